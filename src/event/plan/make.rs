//! Makes the events of a plan.

use std::collections::HashMap;

use serde_json::json;

use super::draft::Draft;
use crate::environment::Environment;
use crate::error::{Error, Result};
use crate::event::given::Given;
use crate::event::invalid::invalid;
use crate::event::limits::Limits;
use crate::event::raw_event::RawEvent;
use crate::event::{extraction, fields};
use crate::fields::{Fields, Object};
use crate::form;
use crate::job::{Extraction, ForEach, Naming, Plan, PlanItem, Target, Template};

/// The size in bytes of the largest event. The input of a state of Step Functions has 256 KiB at most, in which an event
/// lies in others.
const MOST_BYTES: usize = 200 << 10;
/// The size in bytes of the largest list, which lies in memory.
const MOST_BYTES_OF_LIST: usize = 32 << 20;
/// The number of events whose mistakes are named.
const NAMED: usize = 5;
/// The way of an export through the state machine.
const ROUTE: &str = fields::ROUTE.name;

/// An event of a plan.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PlannedEvent {
    /// Its JSON.
    pub json: String,
    /// What it asks for.
    pub extraction: Extraction,
    /// `s3://bucket/key` of what it writes.
    pub location: String,
}

/// Makes the events of these items.
///
/// # Errors
/// `InvalidRequest`, or `QueryInvalid`, with the mistakes of some events; two events that would write the same object are
/// one.
pub(crate) fn make_events(
    plan: &Plan,
    items: &[PlanItem],
    naming: Naming<'_>,
    environment: &Environment,
) -> Result<Vec<PlannedEvent>> {
    let mut made = Vec::with_capacity(items.len());
    let mut names: HashMap<String, usize> = HashMap::with_capacity(items.len());
    let mut bytes = 0;
    let (mut first, mut sentences, mut wrong): (Option<Error>, Vec<String>, usize) = (None, Vec::new(), 0);
    for (index, item) in items.iter().enumerate() {
        let event = make(plan, item, naming, environment).and_then(|event| {
            match names.insert(event.location.clone(), index) {
                None => Ok(event),
                Some(before) => Err(invalid(format!(
                    "It would write what {} writes: give each a `fileName`, or a stream, of its own.",
                    which(plan, before, &items[before]),
                ))),
            }
        });
        match event {
            Ok(event) => {
                bytes += event.json.len();
                made.push(event);
            }
            Err(error) => {
                wrong += 1;
                if sentences.len() < NAMED {
                    sentences.push(format!("{}: {}", which(plan, index, item), error.message));
                }
                first.get_or_insert(error);
            }
        }
    }
    if let Some(mut first) = first {
        if wrong > NAMED {
            sentences.push(format!("There are mistakes in {} more events.", wrong - NAMED));
        }
        first.message = sentences.join(" ");
        return Err(first);
    }
    if bytes > MOST_BYTES_OF_LIST {
        let message = format!("The list would have {} MiB, but may have 32 at most.", bytes >> 20);
        return Err(invalid(message)
            .with_hint("Keep the SQL in Parameter Store (queryParam), or plan fewer exports."));
    }
    Ok(made)
}

/// Returns which event of a plan it is, for messages.
fn which(plan: &Plan, index: usize, item: &PlanItem) -> String {
    match &plan.for_each {
        ForEach::Events(_) => format!("`forEach.events[{index}]`"),
        _ => format!("Event {index} ({})", form::shown(&item.name)),
    }
}

/// Makes the event of an item.
pub(super) fn make(
    plan: &Plan,
    item: &PlanItem,
    naming: Naming<'_>,
    environment: &Environment,
) -> Result<PlannedEvent> {
    let template = Object::read(&plan.template.0).map_err(|what| invalid(format!("It {what}.")))?;
    let mut draft = Draft::new(&template, &item.fields, &item.texts);
    let route = fixed(&mut draft)?;
    if draft.get("bucket").is_none() {
        draft.set("bucket", &json!(plan.bucket));
        if let Some(owner) = &plan.bucket_owner {
            draft.set("bucketOwner", &json!(owner));
        }
    }
    // What is wrong is found before names are made of it.
    let extraction = read(&draft, plan, environment)?;
    let location = if draft.get("incremental").is_some() {
        continue_stream(&mut draft, plan, naming)
    } else {
        name_object(&mut draft, &extraction, plan, item, naming);
        String::new()
    };
    let extraction = read(&draft, plan, environment)?;
    let location = match &extraction.target {
        Target::Object(object) if location.is_empty() => {
            format!("s3://{}/{}", object.bucket, extraction.object_key(object, naming)?)
        }
        _ => location,
    };
    draft.set("raiseOnError", &json!(true));
    if let Some(route) = route {
        draft.set(ROUTE, &json!(route));
    }
    let json = draft.json();
    if json.len() > MOST_BYTES {
        let message =
            format!("It would have {} KiB, but may have {} at most.", json.len() >> 10, MOST_BYTES >> 10);
        return Err(invalid(message).with_hint("Keep the SQL in Parameter Store: queryParam."));
    }
    Ok(PlannedEvent { json, extraction, location })
}

/// Takes the fields out that a plan sets itself, and refuses another value of them. Returns the route.
fn fixed(draft: &mut Draft) -> Result<Option<&'static str>> {
    const ROUTES: [(&str, &str); 1] = [("\"fargate\"", "fargate")];
    const OTHERS: [(&str, &str, &str); 3] = [
        ("action", "\"extract\"", "`action` must be extract: a plan is a list of exports."),
        (
            "ifExists",
            "\"skip\"",
            "`ifExists` must be skip, which every event of a plan has: what is there is not made again if the plan is \
             run again.",
        ),
        (
            "raiseOnError",
            "true",
            "`raiseOnError` must be true, which every event of a plan has: the state machine decides by the error.",
        ),
    ];
    for (name, value, sentence) in OTHERS {
        if draft.take(name).is_some_and(|given| given != value) {
            return Err(invalid(sentence));
        }
    }
    let Some(given) = draft.take(ROUTE) else { return Ok(None) };
    match ROUTES.iter().find(|(json, _)| *json == given) {
        Some((_, route)) => Ok(Some(route)),
        None => Err(invalid("`route` must be fargate, or left out.")),
    }
}

/// Reads an event as the function does.
fn read(draft: &Draft, plan: &Plan, environment: &Environment) -> Result<Extraction> {
    let event = RawEvent::new(draft.json()).with_id(plan.event_id.clone());
    let object = Object::read(event.json()).map_err(|what| invalid(format!("It {what}.")))?;
    let mut fields = Fields::new(object, &fields::EVENT, environment);
    let limits = Limits::new(environment, &mut fields.mistakes);
    extraction::read(fields, &limits, &event, &Given::default())
}

/// Names the object in the folder of the plan. The name is the same whenever the event is run, so that a repetition finds
/// what is there.
fn name_object(draft: &mut Draft, extraction: &Extraction, plan: &Plan, item: &PlanItem, naming: Naming<'_>) {
    let prefix = prefix(draft, plan, naming);
    let folder = folder(prefix.as_deref(), naming);
    let name = match draft.text("fileName").map(|name| Template::parse(&name)) {
        Some(Ok(name)) => name.resolve(naming, plan.event_id.as_deref()),
        _ if extraction.layout.set().is_some() => item.name.clone(),
        _ => format!("{}{}", item.name, extraction.format.extension(extraction.compression)),
    };
    draft.set("keyPrefix", &json!(Template::literal(&folder)));
    draft.set("fileName", &json!(Template::literal(&name)));
    draft.set("ifExists", &json!("skip"));
}

/// Leaves the names to the stream, which continues in every plan. Returns what it writes.
fn continue_stream(draft: &mut Draft, plan: &Plan, naming: Naming<'_>) -> String {
    let prefix = prefix(draft, plan, naming);
    if let Some(prefix) = &prefix {
        draft.set("keyPrefix", &json!(Template::literal(prefix)));
    }
    let folder = prefix.map_or_else(String::new, |prefix| format!("{prefix}/"));
    let options: serde_json::Value =
        draft.get("incremental").and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
    let bucket = draft.text("bucket").unwrap_or_default();
    let stream = options["stream"].as_str().unwrap_or_default();
    format!("s3://{bucket}/{folder}{stream}/")
}

/// Returns the prefix of the event's keys, without the folder of the plan.
fn prefix(draft: &Draft, plan: &Plan, naming: Naming<'_>) -> Option<String> {
    let own =
        draft.text("keyPrefix").map(|prefix| Template::parse(prefix.strip_suffix('/').unwrap_or(&prefix)));
    let own = own.and_then(std::result::Result::ok);
    let prefix = own.as_ref().or(plan.key_prefix.as_ref());
    prefix.map(|prefix| prefix.resolve(naming, plan.event_id.as_deref())).filter(|prefix| !prefix.is_empty())
}

/// Returns the folder of a plan that began at this time, without a slash at the end.
pub(crate) fn folder(prefix: Option<&str>, naming: Naming<'_>) -> String {
    let started = naming.started.format("%Y%m%d_%H%M%S");
    prefix.map_or_else(|| started.to_string(), |prefix| format!("{prefix}/{started}"))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::job::{EventJson, PlanTarget, WriteOptions};

    #[test]
    fn a_stream_goes_on_in_every_plan() {
        let plan = Plan {
            template: EventJson(String::new()),
            for_each: ForEach::Range(Vec::new()),
            bucket: "bucket".to_owned(),
            bucket_owner: None,
            key_prefix: Some(Template::constant("nightly")),
            options: WriteOptions::default(),
            event_id: None,
            target: PlanTarget::Folder,
        };
        let naming = Naming { request_id: "request", started: DateTime::UNIX_EPOCH };
        let template = r#"{"bucket": "b", "incremental": {"stream": "sales.orders"}}"#;
        let mut draft = Draft::new(&Object::read(template).unwrap(), &[], &[]);
        assert_eq!(continue_stream(&mut draft, &plan, naming), "s3://b/nightly/sales.orders/");
        assert_eq!((draft.get("keyPrefix"), draft.get("fileName")), (Some("\"nightly\""), None));
    }
}
