use super::*;

fn sqs(bodies: &[serde_json::Value]) -> serde_json::Value {
    let records: Vec<_> = bodies
        .iter()
        .enumerate()
        .map(
            |(index, body)| json!({"messageId": format!("m{index}"), "eventSource": "aws:sqs", "body": body}),
        )
        .collect();
    json!({ "Records": records })
}

fn batch(payload: &serde_json::Value) -> Vec<Message> {
    match parse_envelope(payload.to_string().as_bytes()).unwrap() {
        Envelope::Batch(messages) => messages,
        Envelope::One(_) => panic!("{payload}"),
    }
}

#[test]
fn eventbridge_events_are_unwrapped() {
    let payload = json!({"version": "0", "id": "e-1", "detail-type": "Scheduled Event", "source": "aws.events", "detail": {}});
    let Envelope::One(event) = parse_envelope(payload.to_string().as_bytes()).unwrap() else { panic!() };
    assert_eq!((event.json(), event.id()), ("{}", Some("e-1")));
    let payload = json!({"detail-type": "x", "detail": "text"});
    let Envelope::One(event) = parse_envelope(payload.to_string().as_bytes()).unwrap() else { panic!() };
    let error = extraction(&event, &environment(&[])).unwrap_err();
    assert_eq!(error.message, "The event must be a JSON object, not a string.");
    refused(&json!({"detail": {}}), "\"detail\" is no field of an event.");
}

#[test]
fn sqs_events_hold_one_event_a_record() {
    let inner = json!({"id": "e-1", "detail-type": "x", "detail": {"query": "SELECT 2"}});
    let messages = batch(&sqs(&[
        json!("{\"query\": \"SELECT 1\"}"),
        json!(inner.to_string()),
        json!("no JSON"),
        json!(5),
    ]));
    let ids: Vec<_> =
        messages.iter().map(|message| (message.message_id.as_str(), message.event.id().unwrap())).collect();
    assert_eq!(ids, [("m0", "m0"), ("m1", "e-1"), ("m2", "m2"), ("m3", "m3")]);
    let queries: Vec<_> = messages
        .iter()
        .map(|message| extraction(&message.event, &environment(&[])).map(|extraction| extraction.query).ok())
        .collect();
    assert_eq!(
        queries,
        [Some(Query::Text("SELECT 1".to_owned())), Some(Query::Text("SELECT 2".to_owned())), None, None]
    );
    assert_eq!(batch(&json!({"Records": []})), []);
}

#[test]
fn records_of_others_are_refused() {
    for (payload, message) in [
        (json!({"Records": 1}), "`Records` must be the array of an SQS event."),
        (json!({"Records": [1]}), "`Records[0]` is not a record of SQS with eventSource and messageId."),
        (
            json!({"Records": [{"eventSource": "aws:sqs"}]}),
            "`Records[0]` is not a record of SQS with eventSource and messageId.",
        ),
        (
            json!({"Records": [{"eventSource": "aws:s3"}]}),
            "`Records[0]` comes from \"aws:s3\"; of events with records only those of aws:sqs are understood.",
        ),
    ] {
        assert_eq!(parse_envelope(payload.to_string().as_bytes()).unwrap_err().message, message);
    }
}

#[test]
fn a_field_can_be_set_over_the_events() {
    let event = RawEvent::new(r#"{"query": "SELECT 1", "params": [1.10]}"#)
        .with_field("query", &json!("SELECT \"2\""))
        .and_then(|event| event.with_field("bucket", &json!("other")))
        .unwrap();
    assert_eq!(event.json(), r#"{"params":[1.10],"query":"SELECT \"2\"","bucket":"other"}"#);
    assert!(RawEvent::new("[]").with_field("a", &json!(1)).is_err());
}

#[test]
fn blanks_between_the_tokens_do_not_matter() {
    let payload = b" {\n \"detail-type\" : \"x\" ,\t\"detail\" : { \"raiseOnError\" : true , \"keyPrefix\" : null } }\n";
    let Envelope::One(event) = parse_envelope(payload).unwrap() else { panic!() };
    assert!(read(&event, &environment(&[])).raise_on_error);
}
