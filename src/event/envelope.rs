//! The envelopes that deliver events; docs/events.md lists them.

use std::fmt;

use serde_json::value::RawValue;

use super::foreign;
use super::invalid::{invalid, not_an_event};
use super::raw_event::RawEvent;
use crate::error::{Error, Result};
use crate::fields::{Kind, Object};
use crate::form;

/// One message of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The id for the partial-batch response. A message without an id is delivered again only if the
    /// invocation fails.
    pub message_id: Option<String>,
    /// The event in the message, or why there is none.
    pub event: Result<RawEvent>,
}

/// The messages of one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// In the order in which they are processed.
    pub messages: Vec<Message>,
    /// Whether processing stops at the first failure, as it must for a FIFO queue.
    pub in_order: bool,
}

/// The body of an HTTP request, which should be an event.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpBody {
    /// The body as received.
    pub text: String,
    /// Whether the body is Base64-encoded.
    pub is_base64: bool,
}

impl fmt::Debug for HttpBody {
    /// Omits the text, which holds a query and its parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBody").field("bytes", &self.text.len()).finish_non_exhaustive()
    }
}

/// The events of one invocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Envelope {
    /// One event, answered with its response.
    One(RawEvent),
    /// A request from a Function URL, API Gateway or a load balancer, answered in their format.
    Http(HttpBody),
    /// The messages of SQS, SNS or EventBridge Pipes, answered with the partial-batch response.
    Batch(Batch),
}

/// A payload that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Why it was refused.
    pub error: Error,
    /// Whether the sender treats any response as success, so that the event is lost unless the invocation
    /// fails.
    pub is_unread: bool,
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        refusal.error
    }
}

/// Parses the payload of an invocation.
///
/// EventBridge's envelope (`detail-type` and `detail`) and SNS notifications are unwrapped. In an SQS event
/// the body of every record is an event, and in an array from EventBridge Pipes every element is one; each of
/// them may be in an envelope. A body that is not JSON fails only its own record, when that is checked.
///
/// # Errors
///
/// If the payload is neither a JSON object nor an array of them, or comes from a service that does not send
/// extractions.
pub fn parse_envelope(payload: &[u8]) -> Result<Envelope, Refusal> {
    let text = std::str::from_utf8(payload)
        .map_err(|error| read(invalid(format!("The event is not UTF-8 at byte {}.", error.valid_up_to()))))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(text)
        && !elements.is_empty()
    {
        let messages: Vec<_> = elements.into_iter().map(element).collect();
        return Ok(batch(messages));
    }
    let object = Object::read(text).map_err(|what| Refusal {
        // An array always comes from Pipes.
        is_unread: text.trim_start().starts_with('['),
        error: not_an_event(&what),
    })?;
    if let Some(records) = object.get("Records") {
        return self::records(records).map(batch).map_err(unread);
    }
    if let Some(source) = foreign::source(&object) {
        return Err(unread(not_understood(&format!("The event comes from {source}"))));
    }
    if object.get("requestContext").is_some_and(|context| Kind::of(context) == Kind::Object) {
        return Ok(Envelope::Http(body(&object)));
    }
    Ok(Envelope::One(RawEvent::new(text).unwrapped()))
}

fn read(error: Error) -> Refusal {
    Refusal { error, is_unread: false }
}

fn unread(error: Error) -> Refusal {
    Refusal { error, is_unread: true }
}

fn not_understood(what: &str) -> Error {
    invalid(format!("{what}, which sends no extractions.")).with_hint(
        "See docs/events.md for the sources that are understood; an EventBridge rule or a Step Functions state can \
         turn other events into extractions.",
    )
}

/// A message, and whether it comes from a FIFO queue.
struct Sent {
    message: Message,
    is_fifo: bool,
}

fn batch(sent: Vec<Sent>) -> Envelope {
    let in_order = sent.iter().any(|sent| sent.is_fifo);
    Envelope::Batch(Batch { messages: sent.into_iter().map(|sent| sent.message).collect(), in_order })
}

fn records(records: &RawValue) -> Result<Vec<Sent>> {
    let no_array = || invalid("`Records` must be the array of an event of SQS or SNS.");
    let records: Vec<&RawValue> = serde_json::from_str(records.get()).map_err(|_| no_array())?;
    let record = |(index, record): (usize, &&RawValue)| {
        let name = format!("`Records[{index}]`");
        let unknown = || invalid(format!("{name} is not a record of SQS or SNS."));
        if Kind::of(record) != Kind::Object {
            return Err(unknown());
        }
        let record = Object::of(record).map_err(|_| unknown())?;
        match source(&record).ok_or_else(unknown)?.as_str() {
            SQS => of_sqs(&record)
                .ok_or_else(|| invalid(format!("{name} is a record of SQS without messageId."))),
            SNS => of_sns(&record)
                .ok_or_else(|| invalid(format!("{name} is a record of SNS without a message."))),
            other => Err(not_understood(&format!("{name} comes from {}", form::service(other)))),
        }
    };
    records.iter().enumerate().map(record).collect()
}

const SQS: &str = "aws:sqs";
const SNS: &str = "aws:sns";

/// Returns the source of a record. SNS and SES capitalize the name of the field.
fn source(record: &Object<'_>) -> Option<String> {
    record.string("eventSource").or_else(|| record.string("EventSource"))
}

fn of_sqs(record: &Object<'_>) -> Option<Sent> {
    let message_id = record.string("messageId")?;
    // A record without a body fails, like one whose body is not an event.
    let event = RawEvent::new(record.string("body").unwrap_or_default()).unwrapped();
    let event = Ok(event.with_id(Some(message_id.clone())));
    let is_fifo = record
        .string("eventSourceARN")
        .is_some_and(|arn| arn.rsplit_once('.').is_some_and(|(_, kind)| kind == "fifo"));
    Some(Sent { message: Message { message_id: Some(message_id), event }, is_fifo })
}

fn of_sns(record: &Object<'_>) -> Option<Sent> {
    let notification = Object::of(record.get("Sns")?).ok()?;
    let event = RawEvent::new(notification.string("Message")?).unwrapped();
    let event = Ok(event.with_id(notification.string("MessageId")));
    Some(Sent { message: Message { message_id: None, event }, is_fifo: false })
}

/// Parses an element of a batch from EventBridge Pipes: a record of the pipe's source, or the output of its
/// input transformer.
fn element(element: &RawValue) -> Sent {
    let made = |event| Sent { message: Message { message_id: None, event }, is_fifo: false };
    let text = element.get();
    let Ok(object) = Object::read(text) else { return made(Ok(RawEvent::new(text))) };
    match source(&object).as_deref() {
        None => made(Ok(RawEvent::new(text).unwrapped())),
        Some(SQS) => of_sqs(&object)
            .unwrap_or_else(|| made(Err(invalid("An element is a record of SQS without messageId.")))),
        Some(other) => {
            let error = not_understood(&format!("An element comes from {}", form::service(other)));
            made(Err(error.with_hint(
                "Give the pipe an input transformer that makes the extraction out of the source's record.",
            )))
        }
    }
}

fn body(request: &Object<'_>) -> HttpBody {
    let is_base64 = request.get("isBase64Encoded").is_some_and(|encoded| encoded.get() == "true");
    HttpBody { text: request.string("body").unwrap_or_default(), is_base64 }
}
