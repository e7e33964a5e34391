//! Reads any bytes as an event in any environment. The event is accepted, or refused with a documented error whose
//! message shows nothing of the query, the parameters and the external id. Nothing panics.
#![cfg_attr(fuzzing, no_main)]

use chrono::DateTime;
use rds_data_extractor::environment::Environment;
use rds_data_extractor::error::{Error, ErrorType, Stage};
use rds_data_extractor::event::{self, Envelope, RawEvent, parse_envelope};
use rds_data_extractor::job::{Action, Naming, Target};
use rds_data_extractor::names;

/// A text in the fields that no message may show.
const MARK: &str = "marked-secret";

const VARIABLES: [&str; 17] = [
    "DB_CONFIG_PARAM",
    "ACCOUNT_B_ID",
    "CROSS_ACCOUNT_ROLE_NAME",
    "EXTERNAL_ID",
    "DB_QUERY",
    "DB_QUERY_PARAM",
    "S3_BUCKET_NAME",
    "S3_BUCKET_OWNER",
    "S3_KEY_PREFIX",
    "CSV_FILENAME_PREFIX",
    "FORMAT",
    "IF_EXISTS",
    "ON_EMPTY",
    "RAISE_ON_ERROR",
    "ALLOWED_BUCKETS",
    "ALLOW_EVENT_QUERY",
    "ALLOW_WRITES",
];

fn check(event: &RawEvent, environment: &Environment) -> Result<(), Error> {
    let extraction = match event::read(event, environment).action {
        Action::Extract(extraction) | Action::Diagnose(extraction) => extraction?,
        Action::Discover(discovery) => return discovery.map(drop),
        Action::Overview(survey) => return survey.map(drop),
        Action::Plan(plan) => return plan.map(drop),
    };
    for param in &extraction.params {
        let _ = (param.server_text(false), param.server_text(true));
    }
    let Target::Object(object) = &extraction.target else { unreachable!() };
    let key =
        extraction.object_key(object, Naming { request_id: "request", started: DateTime::UNIX_EPOCH })?;
    assert!((1..=names::MAX_KEY_BYTES).contains(&key.len()), "{} bytes", key.len());
    assert!((3..=63).contains(&object.bucket.len()));
    Ok(())
}

fn any_event(data: &[u8]) {
    // Each bit of the first two bytes decides whether a variable is set. One line for each variable that is
    // set follows, then the event.
    let Some((bits, rest)) = data.split_first_chunk::<2>() else { return };
    let set = u16::from_le_bytes(*bits);
    let mut lines = rest.splitn(set.count_ones() as usize + 1, |byte| *byte == b'\n');
    let names = (0..16).filter(|bit| set >> bit & 1 == 1).map(|bit| VARIABLES[bit]);
    let values: Vec<_> = names
        .map(|name| (name, String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned()))
        .collect();
    let environment: Environment = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let payload = lines.next().unwrap_or_default();

    let outcome = parse_envelope(payload).map_err(Error::from).and_then(|envelope| match envelope {
        Envelope::One(event) => check(&event, &environment),
        Envelope::Http(body) => check(&RawEvent::new(body.text), &environment),
        Envelope::Batch(batch) => {
            batch.messages.into_iter().try_for_each(|message| check(&message.event?, &environment))
        }
    });
    if let Err(error) = outcome {
        let documented = [(ErrorType::InvalidRequest, Stage::Event), (ErrorType::QueryInvalid, Stage::Query)];
        assert!(documented.contains(&(error.error_type, error.stage)), "{error:?}");
        assert!(error.message.ends_with(['.', '?']) && error.message.len() < 20_000, "{error:?}");
        assert!(!error.message.contains(char::is_control), "{error:?}");
    }

    // No message shows the value of a confidential field.
    let text = format!("{MARK}{}", String::from_utf8_lossy(payload));
    for name in ["query", "externalId", "params"] {
        let value = if name == "params" { serde_json::json!([text]) } else { serde_json::json!(text) };
        let event = RawEvent::new(serde_json::json!({name: value, "bucket": "data"}).to_string());
        if let Err(error) = check(&event, &Environment::default()) {
            assert!(!error.message.contains(MARK), "{error:?}");
        }
    }
}

fuzz::target!(any_event);
