//! One event as it came.

use std::fmt;

use super::invalid::not_an_event;
use crate::error::Result;
use crate::fields::Object;

/// Envelopes within each other: of EventBridge, within one of SNS, within a record of SQS.
const ENVELOPES: usize = 3;

/// One event out of its envelope, not yet checked.
#[derive(Clone, PartialEq, Eq)]
pub struct RawEvent {
    json: String,
    id: Option<String>,
}

impl RawEvent {
    /// An event that came without an envelope.
    pub fn new(json: impl Into<String>) -> Self {
        Self { json: json.into(), id: None }
    }

    /// The text of the event, meant to be a JSON object.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// What stays the same when the same event is delivered again: EventBridge's `id`, else SNS's or SQS's message id.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The same event with an id, if it has none of its own.
    pub(super) fn with_id(self, id: Option<String>) -> Self {
        Self { id: self.id.or(id), ..self }
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

    /// Takes the event out of the envelopes of EventBridge and SNS that it is in.
    pub(super) fn unwrapped(mut self) -> Self {
        for _ in 0..ENVELOPES {
            let inner = Object::read(&self.json).ok().and_then(|object| content(&object));
            let Some((json, id)) = inner else { break };
            self = Self { json, id: id.or(self.id) };
        }
        self
    }
}

/// What an envelope holds, and the envelope's id.
fn content(object: &Object<'_>) -> Option<(String, Option<String>)> {
    if object.get("detail-type").is_some() {
        let detail = object.get("detail")?;
        // EventBridge Scheduler's own envelope has the detail as text.
        let text = object.string("detail").filter(|text| Object::read(text).is_ok());
        return Some((text.unwrap_or_else(|| detail.get().to_owned()), object.string("id")));
    }
    if object.string("Type").as_deref() == Some("Notification") && object.get("TopicArn").is_some() {
        return Some((object.string("Message")?, object.string("MessageId")));
    }
    None
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
