//! What brought the event: nobody, EventBridge, SQS, or EventBridge through SQS.

use std::fmt;

use serde_json::value::RawValue;

use super::invalid::{invalid, not_an_event};
use crate::error::Result;
use crate::fields::{Kind, Object};
use crate::form;

/// One event out of its envelope, not yet checked.
#[derive(Clone, PartialEq, Eq)]
pub struct RawEvent {
    json: String,
    id: Option<String>,
    needs_bucket: bool,
}

impl RawEvent {
    /// An event that came without an envelope.
    pub fn new(json: impl Into<String>) -> Self {
        Self { json: json.into(), id: None, needs_bucket: true }
    }

    /// The text of the event, meant to be a JSON object.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What stays the same when the same event is delivered again: EventBridge's `id`, else SQS's message id.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The same event with a field set, whatever it was before; for flags of the command line.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` if the event is not a JSON object.
    pub fn with_field(self, name: &str, value: &serde_json::Value) -> Result<Self> {
        self.with_json(name, &value.to_string())
    }

    /// The same with the JSON as it is written, so that numbers keep every digit.
    pub(crate) fn with_json(self, name: &str, value: &str) -> Result<Self> {
        let object = Object::read(&self.json).map_err(|what| not_an_event(&what))?;
        let others = object.0.into_iter().filter(|(field, _)| field != name);
        let fields: Vec<String> = others
            .map(|(field, value)| format!("{}:{value}", serde_json::Value::from(field)))
            .chain([format!("{}:{value}", serde_json::Value::from(name))])
            .collect();
        Ok(Self { json: format!("{{{}}}", fields.join(",")), ..self })
    }

    /// The same event for a result that stays on this machine.
    #[must_use]
    pub fn without_bucket(self) -> Self {
        Self { needs_bucket: false, ..self }
    }

    /// Whether it has to name a bucket.
    pub(super) fn needs_bucket(&self) -> bool {
        self.needs_bucket
    }

    /// Takes the event out of EventBridge's envelope if it is in one.
    fn unwrapped(self) -> Self {
        let Ok(object) = Object::read(&self.json) else { return self };
        match (object.get("detail-type"), object.get("detail")) {
            (Some(_), Some(detail)) => {
                Self { json: detail.get().to_owned(), id: object.string("id").or(self.id), ..self }
            }
            _ => self,
        }
    }
}

impl fmt::Debug for RawEvent {
    /// Without the text: it holds a query and its parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEvent")
            .field("bytes", &self.json.len())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// One record of an SQS event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What the partial-batch response calls the record by.
    pub message_id: String,
    /// The event in the record's body.
    pub event: RawEvent,
}

/// The events of one invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Envelope {
    /// One event, answered with its response.
    One(RawEvent),
    /// The records of an SQS event, answered with the partial-batch response.
    Batch(Vec<Message>),
}

/// Takes what the function was invoked with apart.
///
/// An event in EventBridge's envelope (`detail-type` and `detail`) is its `detail`; in an SQS event every record's
/// body is an event, perhaps in EventBridge's envelope. A body that is no JSON spoils its own record only,
/// when that is checked.
///
/// # Errors
///
/// `InvalidRequest` if the payload is no JSON object, or `Records` are not those of SQS.
pub fn parse_envelope(payload: &[u8]) -> Result<Envelope> {
    let text = std::str::from_utf8(payload)
        .map_err(|error| invalid(format!("The event is not UTF-8 at byte {}.", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    match Object::read(text).map_err(|what| not_an_event(&what))?.get("Records") {
        Some(records) => messages(records).map(Envelope::Batch),
        None => Ok(Envelope::One(RawEvent::new(text).unwrapped())),
    }
}

fn messages(records: &RawValue) -> Result<Vec<Message>> {
    if Kind::of(records) != Kind::Array {
        return Err(invalid("`Records` must be the array of an SQS event."));
    }
    let records: Vec<&RawValue> = serde_json::from_str(records.get())
        .map_err(|_| invalid("`Records` must be the array of an SQS event."))?;
    records.iter().enumerate().map(|(index, record)| message(index, record)).collect()
}

fn message(index: usize, record: &RawValue) -> Result<Message> {
    let not_sqs =
        || invalid(format!("`Records[{index}]` is not a record of SQS with eventSource and messageId."));
    if Kind::of(record) != Kind::Object {
        return Err(not_sqs());
    }
    let record = Object::of(record).map_err(|_| not_sqs())?;
    let source = record.string("eventSource").ok_or_else(not_sqs)?;
    if source != "aws:sqs" {
        return Err(invalid(format!(
            "`Records[{index}]` comes from {}; of events with records only those of aws:sqs are understood.",
            form::service(&source)
        )));
    }
    let message_id = record.string("messageId").ok_or_else(not_sqs)?;
    // A record without a body is answered as a failed record, like one whose body is no event.
    let json = record.string("body").unwrap_or_default();
    let event = RawEvent { id: Some(message_id.clone()), ..RawEvent::new(json) }.unwrapped();
    Ok(Message { message_id, event })
}
