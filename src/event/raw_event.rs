//! One event as received.

use std::fmt;

use super::invalid::not_an_event;
use crate::error::Result;
use crate::fields::Object;

/// The deepest nesting of envelopes: one of EventBridge, in one of SNS, in a record of SQS.
const ENVELOPES: usize = 3;

/// One event taken out of its envelope, not yet checked.
#[derive(Clone, PartialEq, Eq)]
pub struct RawEvent {
    json: String,
    id: Option<String>,
}

impl RawEvent {
    /// Creates an event that came without an envelope.
    pub fn new(json: impl Into<String>) -> Self {
        Self { json: json.into(), id: None }
    }

    /// Returns the text of the event, which should be a JSON object.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Returns the id that stays the same when the event is delivered again: EventBridge's `id`, else the
    /// message id of SNS or SQS.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Sets the id, unless the event has one.
    pub(super) fn with_id(self, id: Option<String>) -> Self {
        Self { id: self.id.or(id), ..self }
    }

    /// Returns the event with a field set, replacing any previous value; used for command-line flags.
    ///
    /// # Errors
    ///
    /// `InvalidRequest` if the event is not a JSON object.
    pub fn with_field(self, name: &str, value: &serde_json::Value) -> Result<Self> {
        self.with_json(name, &value.to_string())
    }

    /// Does the same as [`Self::with_field`] with the JSON as it is written, so that numbers keep every
    /// digit.
    pub(crate) fn with_json(self, name: &str, value: &str) -> Result<Self> {
        let object = Object::read(&self.json).map_err(|what| not_an_event(&what))?;
        let others = object.0.into_iter().filter(|(field, _)| field != name);
        let fields: Vec<String> = others
            .map(|(field, value)| format!("{}:{value}", serde_json::Value::from(field)))
            .chain([format!("{}:{value}", serde_json::Value::from(name))])
            .collect();
        Ok(Self { json: format!("{{{}}}", fields.join(",")), ..self })
    }

    /// Unwraps the envelopes of EventBridge and SNS.
    pub(super) fn unwrapped(mut self) -> Self {
        for _ in 0..ENVELOPES {
            let inner = Object::read(&self.json).ok().and_then(|object| content(&object));
            let Some((json, id)) = inner else { break };
            self = Self { json, id: id.or(self.id) };
        }
        self
    }
}

/// Returns the content of an envelope, and the envelope's id.
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
    /// Omits the text, which holds a query and its parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RawEvent")
            .field("bytes", &self.json.len())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
