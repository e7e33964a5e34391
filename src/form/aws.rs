//! The forms of names in AWS.

use super::refusal::{no_credentials, refusal};
use super::shape::Shape;
use super::shown::{NOT_SHOWN, is_word};

/// The path under which Parameter Store resolves secrets of Secrets Manager, whose names allow more
/// characters.
const SECRETS: &str = "/aws/reference/secretsmanager/";

/// Checks a name in Parameter Store: that of a parameter, of an earlier version of it, its ARN, or a path if
/// it ends in `/`.
pub(crate) fn parameter_name(text: &str) -> Result<String, String> {
    const MOST: usize = 2048;
    let fits = |text: &str, more: &str| {
        !text.is_empty()
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-/".contains(c) || more.contains(c))
    };
    // A version's number or label may follow.
    let (name, version) = if Shape::of(text) == Some(Shape::Arn) {
        let rest = arn(text, "ssm").and_then(|(_, resource)| resource.strip_prefix("parameter"));
        rest.unwrap_or_default().split_once(':').unwrap_or((rest.unwrap_or_default(), "1"))
    } else {
        text.split_once(':').unwrap_or((text, "1"))
    };
    let more = if name.starts_with(SECRETS) { "+=@!" } else { "" };
    if text.len() > MOST {
        Err(format!("must have 1 to {MOST} characters"))
    } else if fits(name, more) && fits(version, "") && !version.contains('/') {
        Ok(text.to_owned())
    } else {
        Err(refusal(text, "the name of a parameter: letters, digits and _.-/ only"))
    }
}

/// Returns the name of a parameter as messages show it: without a label that may be the password of
/// `user:password`.
pub(crate) fn shown_parameter(name: &str) -> String {
    match name.rsplit_once(':') {
        Some((before, version)) if !before.is_empty() && !version.contains('/') => {
            let is_number = version.bytes().all(|byte| byte.is_ascii_digit());
            let version = if is_number || is_word(version) { version } else { NOT_SHOWN };
            format!("{before}:{version}")
        }
        _ => name.to_owned(),
    }
}

/// Checks the ARN of an IAM role.
pub(crate) fn role_arn(text: &str) -> Result<String, String> {
    let wanted = || refusal(text, "an ARN like arn:aws:iam::222222222222:role/NAME");
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts[..] else { return Err(wanted()) };
    let role = resource.strip_prefix("role/").ok_or_else(wanted)?;
    let is_arn = arn == "arn" && is_partition(partition) && service == "iam" && region.is_empty();
    if !is_arn || !is_account(account) || !is_role_path(role) { Err(wanted()) } else { Ok(text.to_owned()) }
}

/// Checks the name of a role, with an optional path before it.
pub(crate) fn role_name(text: &str) -> Result<String, String> {
    let name = text.trim_start_matches('/');
    if is_role_path(name) && Shape::of(name) != Some(Shape::SlashLogin) {
        Ok(name.to_owned())
    } else {
        Err(refusal(text, "the name of a role, not its ARN"))
    }
}

fn is_role_path(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    path.len() <= 576
        && (1..=64).contains(&name.len())
        && path.split('/').all(|step| !step.is_empty() && step.bytes().all(allowed))
        && no_credentials(path, "").is_ok()
}

/// Checks the number of an AWS account.
pub(crate) fn account(text: &str) -> Result<String, String> {
    if is_account(text) { Ok(text.to_owned()) } else { Err(refusal(text, "an account's 12 digits")) }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_partition(text: &str) -> bool {
    text == "aws"
        || text.strip_prefix("aws-").is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        })
}

/// Checks the ARN of an SNS topic.
pub(crate) fn topic_arn(text: &str) -> Result<String, String> {
    let is_name = |name: &str| {
        (1..=256).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    match arn(text, "sns") {
        Some((_, name)) if is_name(name) => Ok(text.to_owned()),
        _ => Err(refusal(text, "an ARN like arn:aws:sns:eu-central-1:111111111111:NAME")),
    }
}

/// Returns the account and the resource of an ARN of this service.
fn arn<'a>(text: &'a str, service: &str) -> Option<(&'a str, &'a str)> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ["arn", partition, of, of_region, account, resource] = parts[..] else { return None };
    let is_arn = is_partition(partition) && of == service && is_region(of_region) && is_account(account);
    is_arn.then_some((account, resource))
}

/// Checks the name of a region.
pub(crate) fn region(text: &str) -> Result<String, String> {
    if is_region(text) { Ok(text.to_owned()) } else { Err(refusal(text, "a region like eu-central-1")) }
}

fn is_region(text: &str) -> bool {
    let steps: Vec<&str> = text.split('-').collect();
    let is_word = |step: &&str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_lowercase());
    matches!(&steps[..], [words @ .., number] if words.len() >= 2
        && words.iter().all(is_word)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Checks the name of a bucket by the rules that S3 has had since 2018, or the alias or the ARN of an access point.
pub(crate) fn bucket(text: &str) -> Result<String, String> {
    if Shape::of(text) == Some(Shape::Arn) {
        return access_point(text);
    }
    if let Some((_, what)) = OTHER_BUCKETS.iter().find(|(ending, _)| text.ends_with(ending)) {
        return Err((*what).to_owned());
    }
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let is_address = text.split('.').count() == 4
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let what = if let Some(shape) = Shape::of(text) {
        return Err(format!("holds {shape}, but must be the name of a bucket alone"));
    } else if !(3..=63).contains(&bytes.len()) {
        "it must have 3 to 63 characters"
    } else if !bytes.iter().all(|&byte| is_end(byte) || byte == b'.' || byte == b'-') {
        "it must have lower-case letters, digits, points and hyphens only"
    } else if !is_end(bytes[0]) || !is_end(bytes[bytes.len() - 1]) {
        "it must begin and end with a letter or digit"
    } else if text.contains("..") {
        "it must not have two points in a row"
    } else if is_address {
        "it must not look like an IP address"
    } else {
        return Ok(text.to_owned());
    };
    Err(format!("is not the name of a bucket: {what}"))
}

/// The endings of names that are neither a general purpose bucket nor an access point to one.
const OTHER_BUCKETS: [(&str, &str); 5] = [
    ("--x-s3", DIRECTORY),
    ("--xa-s3", DIRECTORY),
    ("--ol-s3", OBJECT_LAMBDA),
    ("--table-s3", "is a table bucket, which takes no files; name a general purpose bucket"),
    (".mrap", MULTI_REGION),
];
const DIRECTORY: &str = "is a directory bucket (S3 Express One Zone), which has endpoints and sessions of its own with which \
    extractions are not tested; name a general purpose bucket";
const OBJECT_LAMBDA: &str = "is an access point of S3 Object Lambda, through which objects are read only; name the access \
    point or the bucket behind it";
const MULTI_REGION: &str = "is a multi-region access point, whose requests take another signature (SigV4A), which this version \
    does not make; name the access point or the bucket of one region";

/// Checks the ARN of an access point.
fn access_point(text: &str) -> Result<String, String> {
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_name = |name: &str| {
        let bytes = name.as_bytes();
        (3..=50).contains(&bytes.len())
            && bytes.iter().all(|&byte| is_end(byte) || byte == b'-')
            && is_end(bytes[0])
            && is_end(bytes[bytes.len() - 1])
    };
    let of = |service| arn(text, service).and_then(|(_, resource)| resource.strip_prefix("accesspoint/"));
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let is_multi_region =
        matches!(parts[..], ["arn", _, "s3", "", _, resource] if resource.starts_with("accesspoint/"));
    let what = match of("s3") {
        Some(name) if is_name(name) => return Ok(text.to_owned()),
        _ if is_multi_region => MULTI_REGION.to_owned(),
        _ if of("s3express").is_some_and(is_name) => DIRECTORY.to_owned(),
        _ if of("s3-object-lambda").is_some_and(is_name) => OBJECT_LAMBDA.to_owned(),
        _ => "holds an ARN, but must be the name of a bucket alone, or the ARN of an access point like \
              arn:aws:s3:eu-central-1:111111111111:accesspoint/NAME"
            .to_owned(),
    };
    Err(what)
}

/// Returns the region in the ARN of an access point.
pub(crate) fn region_of_access_point(bucket: &str) -> Option<&str> {
    bucket.strip_prefix("arn:")?.split(':').nth(2)
}

/// Checks the identifier or the ARN of a DB instance (`kind` `db`) or cluster (`cluster`).
pub(crate) fn identifier(text: &str, kind: &str) -> Result<String, String> {
    let is_identifier = |name: &str| {
        (1..=63).contains(&name.len())
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let of_arn = arn(text, "rds").and_then(|(_, resource)| resource.strip_prefix(kind)?.strip_prefix(':'));
    if is_identifier(of_arn.unwrap_or(text)) && Shape::of(of_arn.unwrap_or(text)).is_none() {
        Ok(text.to_owned())
    } else {
        Err(refusal(text, "an identifier: a letter, then letters, digits and hyphens, 63 at most"))
    }
}

/// Checks the ARN or the name of a secret in Secrets Manager.
pub(crate) fn secret_id(text: &str) -> Result<String, String> {
    let of_arn = arn(text, "secretsmanager").and_then(|(_, resource)| resource.strip_prefix("secret:"));
    let name = of_arn.unwrap_or(text);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_+=.@!-".contains(&byte);
    let is_name = (1..=519).contains(&name.len()) && name.bytes().all(allowed);
    // A secret whose name has this form can be given by its ARN.
    let is_login = of_arn.is_none() && Shape::of(name) == Some(Shape::SlashLogin);
    if is_name && !is_login && no_credentials(name, "").is_ok() {
        Ok(text.to_owned())
    } else {
        Err(refusal(text, "the ARN of a secret"))
    }
}

/// Returns a secret as messages show it: by its ARN only, since any other text may be a password.
pub(crate) fn shown_secret(id: &str) -> String {
    if Shape::of(id) == Some(Shape::Arn) { format!("secret {id}") } else { "secret of secretArn".to_owned() }
}

/// Checks a KMS key: its id, its alias or the ARN of one of them.
pub(crate) fn kms_key(text: &str) -> Result<String, String> {
    let of_arn = arn(text, "kms").map(|(_, resource)| resource);
    let is_id = |id: &str| {
        let id = id.strip_prefix("mrk-").unwrap_or(id);
        (32..=36).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    };
    let is_alias = |alias: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
        (1..=250).contains(&alias.len()) && alias.bytes().all(allowed)
    };
    let named = of_arn.unwrap_or(text);
    let holds = match (named.strip_prefix("alias/"), of_arn) {
        (Some(alias), _) => is_alias(alias),
        (None, Some(resource)) => resource.strip_prefix("key/").is_some_and(is_id),
        (None, None) => is_id(text),
    };
    if holds {
        Ok(text.to_owned())
    } else {
        Err(refusal(text, "the id, the alias (alias/NAME) or the ARN of a key of KMS"))
    }
}

/// A check of a value; its error continues the sentence after the field's name.
pub(crate) type Check = fn(&str) -> Result<String, String>;

/// The variables that the AWS client reads itself and repeats in errors if they are invalid.
pub(crate) const AWS_VARIABLES: [(&str, Check); 12] = [
    ("AWS_PROFILE", profile),
    ("AWS_DEFAULT_PROFILE", profile),
    ("AWS_REGION", region),
    ("AWS_DEFAULT_REGION", region),
    ("AWS_ENDPOINT_URL", endpoint_url),
    ("AWS_ENDPOINT_URL_S3", endpoint_url),
    ("AWS_ENDPOINT_URL_SSM", endpoint_url),
    ("AWS_ENDPOINT_URL_STS", endpoint_url),
    ("AWS_ENDPOINT_URL_RDS", endpoint_url),
    ("AWS_ENDPOINT_URL_CLOUDWATCH", endpoint_url),
    ("AWS_ENDPOINT_URL_SECRETS_MANAGER", endpoint_url),
    ("AWS_CA_BUNDLE", ca_bundle),
];

/// Checks the file with the authorities for calls to AWS, without repeating its path.
pub(crate) fn ca_bundle(path: &str) -> Result<String, String> {
    let pem = std::fs::read(path).map_err(|error| format!("names a file that cannot be read: {error}"))?;
    match openssl::x509::X509::stack_from_pem(&pem) {
        Ok(certificates) if !certificates.is_empty() => Ok(path.to_owned()),
        _ => Err("names a file that holds no certificates in PEM".to_owned()),
    }
}

/// Checks the URL of an AWS endpoint, which must not contain a user and a password.
fn endpoint_url(text: &str) -> Result<String, String> {
    const MUST_BE: &str = "a URL like https://HOST:PORT without a user and a password";
    let authority = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let authority = authority.and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    if !authority.is_empty() && authority.chars().all(allowed) && !text.contains(['?', '#', '@']) {
        return Ok(text.to_owned());
    }
    Err(match Shape::of(text) {
        Some(Shape::Url) | None => format!("must be {MUST_BE}"),
        Some(shape) => format!("holds {shape}, but must be {MUST_BE}"),
    })
}

/// Checks the name of a profile in AWS configuration files.
pub(crate) fn profile(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_alphanumeric() || " _-./%@+".contains(c);
    if !text.is_empty() && text.chars().all(allowed) && Shape::of(text).is_none() {
        Ok(text.to_owned())
    } else {
        Err(refusal(text, "the name of a profile"))
    }
}

/// Returns the name of a Lambda function if it is valid.
pub(crate) fn function_name(text: &str) -> Option<&str> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    ((1..=140).contains(&text.len()) && text.bytes().all(allowed)).then_some(text)
}

/// Returns the source of an event's records in quotes, such as `aws:s3`, if it has that form.
pub(crate) fn service(source: &str) -> String {
    let is_service = |name: &str| {
        (1..=20).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    if source.strip_prefix("aws:").is_some_and(is_service) {
        format!("\"{source}\"")
    } else {
        NOT_SHOWN.to_owned()
    }
}
