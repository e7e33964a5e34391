//! What the values of single fields must look like. Every error goes on after the field's name, without a full
//! stop.

use crate::fields::shown;

/// The prefix under which Parameter Store resolves secrets of Secrets Manager.
const SECRETS: &str = "aws/reference/secretsmanager";

/// A name of Parameter Store: of one parameter, or of a path if it ends in `/`.
pub(super) fn parameter_name(text: &str) -> Result<String, String> {
    const MOST: usize = 2048;
    if text.is_empty() || text.len() > MOST {
        return Err(format!("must have 1 to {MOST} characters"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-/:+=@!".contains(c);
    match text.chars().find(|&c| !allowed(c)) {
        Some(c) => {
            Err(format!("has the character {}, which no name in Parameter Store has", shown(&c.to_string())))
        }
        None => Ok(text.to_owned()),
    }
}

/// The name of a parameter with SQL, which is read undecrypted and is no secret.
pub(super) fn query_parameter_name(text: &str) -> Result<String, String> {
    let name = parameter_name(text)?;
    if name.ends_with('/') {
        return Err("must name one parameter, not a path that ends in /".to_owned());
    }
    // Also within an ARN, and however the slashes are doubled.
    let lower = name.to_ascii_lowercase();
    let steps: Vec<&str> = lower.split('/').filter(|step| !step.is_empty()).collect();
    if steps.join("/").contains(SECRETS) {
        return Err(format!("must not name a secret (/{SECRETS}/…): SQL lies in a parameter of type String"));
    }
    Ok(name)
}

/// The ARN of an IAM role.
pub(super) fn role_arn(text: &str) -> Result<String, String> {
    let wanted = || format!("is {}, but must look like arn:aws:iam::222222222222:role/NAME", shown(text));
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts[..] else { return Err(wanted()) };
    let role = resource.strip_prefix("role/").ok_or_else(wanted)?;
    let is_partition = partition == "aws"
        || partition.strip_prefix("aws-").is_some_and(|rest| {
            !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        });
    let is_arn = arn == "arn" && is_partition && service == "iam" && region.is_empty();
    if !is_arn || !is_account(account) || !is_role_path(role) { Err(wanted()) } else { Ok(text.to_owned()) }
}

/// A role's name, with the path before it if it has one.
pub(super) fn role_name(text: &str) -> Result<String, String> {
    let name = text.trim_start_matches('/');
    if is_role_path(name) {
        Ok(name.to_owned())
    } else {
        Err(format!("is {}, but must be the name of a role, not its ARN", shown(text)))
    }
}

fn is_role_path(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    path.len() <= 576
        && (1..=64).contains(&name.len())
        && path.split('/').all(|step| !step.is_empty() && step.bytes().all(allowed))
}

/// The number of an AWS account.
pub(super) fn account(text: &str) -> Result<String, String> {
    if is_account(text) {
        Ok(text.to_owned())
    } else {
        Err(format!("is {}, but must be an account's 12 digits", shown(text)))
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What STS takes as external id. The value is a shared secret of sorts, so that no message shows it.
pub(super) fn external_id(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
    if (2..=1224).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("must have 2 to 1224 letters, digits and characters of _+=,.@:/-".to_owned())
    }
}

/// A region's name.
pub(super) fn region(text: &str) -> Result<String, String> {
    let steps: Vec<&str> = text.split('-').collect();
    let is_word = |step: &&str| !step.is_empty() && step.bytes().all(|byte| byte.is_ascii_lowercase());
    let is_region = matches!(&steps[..], [words @ .., number] if words.len() >= 2
        && words.iter().all(is_word)
        && (1..=2).contains(&number.len())
        && number.bytes().all(|byte| byte.is_ascii_digit()));
    if is_region {
        Ok(text.to_owned())
    } else {
        Err(format!("is {}, but must look like eu-central-1", shown(text)))
    }
}

/// A pattern that identifiers or engines are compared with.
pub(super) fn pattern(text: &str) -> Result<String, String> {
    const MOST: usize = 255;
    if text.is_empty() || text.chars().count() > MOST {
        return Err(format!("must have 1 to {MOST} characters"));
    }
    Ok(text.to_owned())
}

/// The name of a bucket, as S3 has made them since 2018.
pub(super) fn bucket(text: &str) -> Result<String, String> {
    let is_end = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let is_address = text.split('.').count() == 4
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let what = if !(3..=63).contains(&bytes.len()) {
        "names of buckets have 3 to 63 characters"
    } else if !bytes.iter().all(|&byte| is_end(byte) || byte == b'.' || byte == b'-') {
        "names of buckets have lower-case letters, digits, points and hyphens only"
    } else if !is_end(bytes[0]) || !is_end(bytes[bytes.len() - 1]) {
        "names of buckets begin and end with a letter or digit"
    } else if text.contains("..") {
        "names of buckets have no two points in a row"
    } else if is_address {
        "names of buckets do not look like an IP address"
    } else {
        return Ok(text.to_owned());
    };
    Err(format!("is {}, but {what}", shown(text)))
}

/// A query. No message shows it.
pub(super) fn query(text: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err("is empty; leave it out for the default".to_owned());
    }
    if text.contains('\0') {
        return Err("has the character NUL, which no SQL has".to_owned());
    }
    Ok(text.to_owned())
}

/// The partition that ARNs of a region begin with.
pub(super) fn partition(region: &str) -> &'static str {
    const PARTITIONS: [(&str, &str); 7] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-isob-", "aws-iso-b"),
        ("us-isof-", "aws-iso-f"),
        ("us-iso-", "aws-iso"),
        ("eu-isoe-", "aws-iso-e"),
        ("eusc-", "aws-eusc"),
    ];
    PARTITIONS
        .iter()
        .find(|(prefix, _)| region.starts_with(prefix))
        .map_or("aws", |&(_, partition)| partition)
}
