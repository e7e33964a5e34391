//! Where the event is: in a file, in S3, in a flag or in a variable.

use tokio::sync::oneshot;

use super::input::{read_file, text, wrong};
use super::object_url::{OBJECT_URL, ObjectUrl};
use crate::error::{Error, ErrorType, Result, Stage};
use crate::form;
use crate::s3::Store;

/// The variable with the event, which counts where no flag gives one.
pub(super) const VARIABLE: &str = "EVENT";
/// The most bytes of an event, which are Lambda's.
const MOST: usize = 6 << 20;

/// Where the event is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum EventSource {
    /// In a file, or on standard input.
    File(String),
    /// In an object; the name is that of the flag or variable that names it.
    Object(&'static str, ObjectUrl),
    /// Here.
    Text(String),
}

impl EventSource {
    /// Returns the source that the value of `--event` names.
    pub(super) fn of_flag(name: &'static str, value: &str) -> Result<Self> {
        Self::object(name, value).unwrap_or_else(|| Ok(Self::File(value.to_owned())))
    }

    /// Returns the source that the variable holds or names.
    pub(super) fn of_variable(value: &str) -> Result<Self> {
        let must_be = format!("the event in JSON, or {OBJECT_URL}");
        Self::object(VARIABLE, value).unwrap_or_else(|| Self::of_json(VARIABLE, value, &must_be))
    }

    /// Returns the JSON object of a flag or variable. Whatever else is wrong with it is found when it is read.
    pub(super) fn of_json(name: &str, value: &str, must_be: &str) -> Result<Self> {
        let begins = value.trim_start_matches('\u{feff}').trim_start();
        if begins.starts_with(['{', '[']) {
            return Ok(Self::Text(value.to_owned()));
        }
        Err(wrong(format!("{name} {}.", form::refusal(value, must_be))))
    }

    fn object(name: &'static str, value: &str) -> Option<Result<Self>> {
        let checked = ObjectUrl::split(value)?.checked();
        Some(checked.map(|url| Self::Object(name, url)).map_err(|what| wrong(format!("{name} {what}."))))
    }
}

/// Reads the event in a file, or on standard input, which may keep the program waiting.
pub(super) async fn of_file(path: String) -> Result<String> {
    let (sender, receiver) = oneshot::channel();
    // A thread of its own: the runtime would wait at the end for one of its own to return.
    std::thread::spawn(move || sender.send(read_file("--event", &path)));
    receiver.await.unwrap_or_else(|_| Err(wrong("--event could not be read.")))
}

/// Reads the event in an object, which the flag or variable `name` names.
pub(super) async fn of_object(name: &str, url: &ObjectUrl, store: &Store) -> Result<String> {
    let ObjectUrl { bucket, key } = url;
    let found = store.read_start(key, MOST + 1).await.map_err(unreadable)?;
    let bytes =
        found.ok_or_else(|| wrong(format!("There is no object s3://{bucket}/{key}, which {name} names.")))?;
    if bytes.len() > MOST {
        let message =
            format!("The object that {name} names has more than 6 MiB, which is too much for an event.");
        return Err(wrong(message));
    }
    text(bytes.into()).map_err(|what| wrong(format!("The object that {name} names {what}.")))
}

/// Returns the error of an event that S3 did not give.
fn unreadable(mut error: Error) -> Error {
    const GRANT: &str = "Grant s3:GetObject on the event's object to the identity of your credentials (on ECS the task's role), \
        and kms:Decrypt with a customer key.";
    error.stage = Stage::Event;
    error.message = format!("The event could not be read. {}", error.message);
    if error.error_type == ErrorType::BucketAccessDenied { error.with_hint(GRANT) } else { error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_holds_the_event_or_names_its_object() {
        let of = EventSource::of_variable;
        assert_eq!(of(" {\"query\": 1}"), Ok(EventSource::Text(" {\"query\": 1}".to_owned())));
        let url = ObjectUrl { bucket: "exports".to_owned(), key: "e.json".to_owned() };
        assert_eq!(of("s3://exports/e.json"), Ok(EventSource::Object("EVENT", url)));
        for (wrong, why) in [
            ("event.json", "EVENT must be the event in JSON, or the URL of an object, like s3://BUCKET/KEY."),
            ("https://b.s3.amazonaws.com/k", "EVENT holds a URL, but must be the event in JSON"),
            ("s3://exports/", "EVENT must be the URL of an object"),
            ("s3://u:hunter2@x/k", "EVENT names a bucket that "),
        ] {
            let error = of(wrong).unwrap_err();
            assert!(error.message.starts_with(why), "{}", error.message);
            assert!(!error.message.contains("hunter2"));
        }
    }
}
