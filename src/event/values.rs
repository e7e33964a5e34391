//! Checks of single values that [`form`] does not cover. Every error continues a sentence that begins with
//! the field's name, without a full stop.

use crate::form;

/// The prefix under which Parameter Store resolves secrets of Secrets Manager.
const SECRETS: &str = "aws/reference/secretsmanager";

/// Checks the name of a parameter with SQL, which is read without decryption and must not be a secret.
pub(super) fn query_parameter_name(text: &str) -> Result<String, String> {
    let name = form::parameter_name(text)?;
    if name.ends_with('/') {
        return Err("must name one parameter, not a path that ends in /".to_owned());
    }
    // Also within an ARN, and with doubled slashes.
    let lower = name.to_ascii_lowercase();
    let steps: Vec<&str> = lower.split('/').filter(|step| !step.is_empty()).collect();
    if steps.join("/").contains(SECRETS) {
        return Err(format!("must not name a secret (/{SECRETS}/…): SQL lies in a parameter of type String"));
    }
    Ok(name)
}

/// Checks an external id as STS does. No message shows the value, which is a kind of shared secret.
pub(super) fn external_id(text: &str) -> Result<String, String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&byte);
    if (2..=1224).contains(&text.len()) && text.bytes().all(allowed) {
        Ok(text.to_owned())
    } else {
        Err("must have 2 to 1224 letters, digits and characters of _+=,.@:/-".to_owned())
    }
}

/// Checks a pattern for identifiers or engines.
pub(super) fn pattern(text: &str) -> Result<String, String> {
    const MOST: usize = 255;
    if text.is_empty() || text.chars().count() > MOST {
        return Err(format!("must have 1 to {MOST} characters"));
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*-_.".contains(&byte)) {
        return Err(form::refusal(text, "a pattern of letters, digits, hyphens and *"));
    }
    Ok(text.to_owned())
}

/// The longest name of a table with its schema, in bytes: two quoted names, in which every character may be a
/// doubled quote.
const LONGEST_TABLE: usize = 2 * (2 * 63 + 2) + 1;

/// Checks the name of a table, which the server interprets.
pub(super) fn table(text: &str) -> Result<String, String> {
    name_in_sql(text, LONGEST_TABLE, "the name of a table, with or without schema")
}

/// Checks the name of a column.
pub(super) fn column(text: &str) -> Result<String, String> {
    name_in_sql(text, 63, "the name of one column, without quotes")
}

fn name_in_sql(text: &str, longest: usize, must_be: &str) -> Result<String, String> {
    form::no_credentials(text, must_be)?;
    if text.trim().is_empty() || text.len() > longest || text.chars().any(char::is_control) {
        return Err(form::refusal(text, must_be));
    }
    Ok(text.to_owned())
}

/// Checks a query. No message shows it.
pub(super) fn query(text: &str) -> Result<String, String> {
    // The file that the query comes from may begin with a byte-order mark.
    let text = text.trim_start_matches('\u{feff}');
    if text.is_empty() {
        return Err("is empty; leave it out for the default".to_owned());
    }
    if text.contains('\0') {
        return Err("has the character NUL, which no SQL has".to_owned());
    }
    form::sql(text)?;
    Ok(text.to_owned())
}

/// Returns the partition of the ARNs in a region.
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
