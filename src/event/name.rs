//! Reads the names of the object and the file.

use chrono::{DateTime, Utc};

use super::fields;
use crate::fields::{Field, Fields, Read};
use crate::form;
use crate::job::{FileName, Naming, Template, check_key};
use crate::names::MAX_KEY_BYTES;

const DEFAULT_FILE_NAME_PREFIX: &str = "data_export";

/// Reads the prefix of the key and the file name. Together they must make a key that S3 takes. With `prefix_is_name`, the
/// prefix is that of the files of a set, whose name it is.
pub(super) fn of_object(
    fields: &mut Fields<'_>,
    event_id: Option<&str>,
    prefix_is_name: bool,
) -> (Option<Template>, FileName) {
    let prefix = prefix(fields, event_id);
    let exact = name(fields, fields::FILE_NAME, event_id).value().map(FileName::Exact);
    let by_prefix = name(fields, fields::FILE_NAME_PREFIX, event_id).value();
    let name = exact.unwrap_or_else(|| {
        let default = || Template::constant(DEFAULT_FILE_NAME_PREFIX);
        FileName::Prefix(by_prefix.unwrap_or_else(default))
    });
    match prefix {
        Some(prefix) if prefix_is_name => (None, FileName::Exact(prefix)),
        prefix => (prefix, name),
    }
}

/// Reads the prefix of the key, of which one slash at the end is dropped.
pub(super) fn prefix(fields: &mut Fields<'_>, event_id: Option<&str>) -> Option<Template> {
    let prefix = fields.text(fields::KEY_PREFIX, |text| {
        let text = text.strip_suffix('/').unwrap_or(text);
        template(text, event_id).map(|template| Some(template).filter(|_| !text.is_empty()))
    });
    prefix.value().flatten()
}

fn name(fields: &mut Fields<'_>, field: Field, event_id: Option<&str>) -> Read<Template> {
    fields.text(field, |text| {
        if text.is_empty() { Err("must not be empty".to_owned()) } else { template(text, event_id) }
    })
}

fn template(text: &str, event_id: Option<&str>) -> Result<Template, String> {
    check_part(text)?;
    let template = Template::parse(text)?;
    check_event_id(&template, event_id)?;
    Ok(template)
}

fn check_part(text: &str) -> Result<(), String> {
    check_key(text)?;
    form::no_credentials(text, "a part of the object's key")
}

fn check_event_id(template: &Template, event_id: Option<&str>) -> Result<(), String> {
    if !template.needs_event_id() {
        return Ok(());
    }
    let id = event_id.ok_or(
        "uses {eventId}, but this event came through neither EventBridge nor SQS; {requestId} always works",
    )?;
    check_part(id).map_err(|what| format!("uses {{eventId}}, which {what}"))
}

/// Checks the path of a local file, which is a flag.
pub(super) fn check_path(fields: &mut Fields<'_>, path: &Template, event_id: Option<&str>) {
    let checked = check_event_id(path, event_id);
    // The sender chooses the id, and it must not lead to another folder.
    let leads_away = path.needs_event_id() && event_id.is_some_and(|id| id.contains('/'));
    let checked = if leads_away { Err("uses {eventId}, which has a slash".to_owned()) } else { checked };
    if let Err(what) = checked {
        fields.mistakes.add(format!("--output {what}."));
    }
}

/// What follows the name in the longest key that is known before the rows are.
#[derive(Clone, Copy)]
pub(super) struct Longest<'a> {
    /// Whether the name is that of a folder, in which the files of a set have names.
    pub(super) is_set: bool,
    pub(super) extension: &'a str,
}

/// Finds a key that is too long before any call to AWS, taking a request id as long as Lambda's.
pub(super) fn check_key_length(
    fields: &mut Fields<'_>,
    prefix: Option<&Template>,
    name: &FileName,
    event_id: Option<&str>,
    Longest { is_set, extension }: Longest<'_>,
) {
    let naming = Naming { request_id: &"0".repeat(36), started: DateTime::<Utc>::UNIX_EPOCH };
    let within = if is_set { format!("/part-00000-00000000{extension}").len() } else { 0 };
    let name = name.resolve(naming, event_id, if is_set { "" } else { extension });
    let bytes = prefix.map_or(0, |prefix| prefix.resolve(naming, event_id).len() + 1) + name.len() + within;
    if bytes > MAX_KEY_BYTES {
        let names = if is_set { "the names in the folder" } else { "the file name" };
        fields.mistakes.add(format!(
            "`keyPrefix` and {names} make a key of {bytes} bytes, but S3 takes {MAX_KEY_BYTES} at most."
        ));
    }
}
