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

fn batch(payload: &serde_json::Value) -> Batch {
    match parse_envelope(payload.to_string().as_bytes()).unwrap() {
        Envelope::Batch(batch) => batch,
        other => panic!("{payload}: {other:?}"),
    }
}

/// Returns the id of each message for the partial-batch response, and the id of its event.
fn ids(batch: &Batch) -> Vec<(Option<&str>, Option<&str>)> {
    let messages = batch.messages.iter();
    messages
        .map(|message| (message.message_id.as_deref(), message.event.as_ref().ok().and_then(RawEvent::id)))
        .collect()
}

fn queries(batch: &Batch) -> Vec<Option<Query>> {
    let query = |message: &Message| {
        let event = message.event.as_ref().ok()?;
        extraction(event, &environment(&[])).map(|extraction| extraction.query).ok()
    };
    batch.messages.iter().map(query).collect()
}

fn text(query: &str) -> Query {
    Query::Text(query.to_owned())
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
    refused(&json!({"detail": {}}), "\"detail\" is not a field of an event.");
}

#[test]
fn sqs_events_hold_one_event_per_record() {
    let inner = json!({"id": "e-1", "detail-type": "x", "detail": {"query": "SELECT 2"}});
    let batch = batch(&sqs(&[
        json!("{\"query\": \"SELECT 1\"}"),
        json!(inner.to_string()),
        json!("no JSON"),
        json!(5),
    ]));
    let [m0, m1, m2, m3] = ["m0", "m1", "m2", "m3"].map(Some);
    assert_eq!(ids(&batch), [(m0, m0), (m1, Some("e-1")), (m2, m2), (m3, m3)]);
    assert_eq!(queries(&batch), [Some(text("SELECT 1")), Some(text("SELECT 2")), None, None]);
    assert!(!batch.in_order);
    assert_eq!(envelopes::batch(&json!({"Records": []})).messages, []);
}

#[test]
fn a_fifo_queue_s_messages_are_in_order() {
    let mut payload = sqs(&[json!("{}")]);
    payload["Records"][0]["eventSourceARN"] = json!("arn:aws:sqs:eu-central-1:111111111111:exports.fifo");
    assert!(batch(&payload).in_order);
    payload["Records"][0]["eventSourceARN"] = json!("arn:aws:sqs:eu-central-1:111111111111:exports");
    assert!(!batch(&payload).in_order);
}

#[test]
fn a_notification_of_sns_is_unwrapped_wherever_it_comes_from() {
    let query = json!({"query": "SELECT 1"}).to_string();
    let of_sns = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Type": "Notification", "MessageId": "n-1",
        "TopicArn": "arn:aws:sns:eu-central-1:111111111111:exports", "Message": query}}]});
    let direct = batch(&of_sns);
    assert_eq!((ids(&direct), queries(&direct)), (vec![(None, Some("n-1"))], vec![Some(text("SELECT 1"))]));

    // EventBridge through SNS through SQS.
    let event = json!({"id": "e-1", "detail-type": "x", "detail": {"query": "SELECT 2"}});
    let mut notification = of_sns["Records"][0]["Sns"].clone();
    let in_queue = batch(&sqs(&[json!(notification.to_string())]));
    assert_eq!(
        (ids(&in_queue), queries(&in_queue)),
        (vec![(Some("m0"), Some("n-1"))], vec![Some(text("SELECT 1"))])
    );
    notification["Message"] = json!(event.to_string());
    let in_all = batch(&sqs(&[json!(notification.to_string())]));
    assert_eq!(
        (ids(&in_all), queries(&in_all)),
        (vec![(Some("m0"), Some("e-1"))], vec![Some(text("SELECT 2"))])
    );
}

#[test]
fn an_array_is_a_batch_of_pipes() {
    let mut record = sqs(&[json!("{\"query\": \"SELECT 1\"}")])["Records"][0].take();
    record["eventSourceARN"] = json!("arn:aws:sqs:eu-central-1:111111111111:exports.fifo");
    let payload = json!([record, {"query": "SELECT 2"}, {"eventSource": "aws:kinesis", "data": "e30="}, 5]);
    let batch = batch(&payload);
    assert_eq!(ids(&batch), [(Some("m0"), Some("m0")), (None, None), (None, None), (None, None)]);
    assert_eq!(queries(&batch), [Some(text("SELECT 1")), Some(text("SELECT 2")), None, None]);
    assert!(batch.in_order);
    let error = batch.messages[2].event.as_ref().unwrap_err();
    assert_eq!(error.message, "An element comes from \"aws:kinesis\", which sends no extractions.");
    let empty = parse_envelope(b"[]").unwrap_err();
    assert!(empty.is_unread);
    assert_eq!(empty.error.message, "The event must be a JSON object, not an array.");
}

#[test]
fn the_detail_of_scheduler_s_own_event_is_text() {
    let payload =
        json!({"id": "e-1", "detail-type": "Scheduled Event", "detail": "{\"query\": \"SELECT 1\"}"});
    let Envelope::One(event) = parse_envelope(payload.to_string().as_bytes()).unwrap() else { panic!() };
    assert_eq!(event.json(), "{\"query\": \"SELECT 1\"}");
}

#[test]
fn http_requests_have_the_event_in_their_body_and_must_be_allowed() {
    let body = json!({"query": "SELECT 1"}).to_string();
    for is_base64 in [false, true] {
        let payload = json!({"requestContext": {"http": {}}, "body": body, "isBase64Encoded": is_base64});
        let request = parse_envelope(payload.to_string().as_bytes()).unwrap();
        assert_eq!(request, Envelope::Http(HttpBody { text: body.clone(), is_base64 }));
    }
    let asked =
        |allow: &[(&str, &str)]| read_http(Ok(RawEvent::new(body.as_str())), &environment(allow)).action;
    let Action::Extract(Ok(allowed)) = asked(&[("ALLOW_HTTP", "true")]) else { panic!() };
    assert_eq!(allowed.query, text("SELECT 1"));
    for refused in [asked(&[]), asked(&[("ALLOW_HTTP", "yes")])] {
        let Action::Extract(Err(error)) = refused else { panic!() };
        assert_eq!(error.message, "This function answers no HTTP requests.");
    }
}

#[test]
fn records_of_others_are_refused() {
    for (payload, message) in [
        (json!({"Records": 1}), "`Records` must be the array of an event of SQS or SNS."),
        (json!({"Records": [1]}), "`Records[0]` is not a record of SQS or SNS."),
        (
            json!({"Records": [{"eventSource": "aws:sqs"}]}),
            "`Records[0]` is a record of SQS without messageId.",
        ),
        (
            json!({"Records": [{"eventSource": "aws:s3"}]}),
            "`Records[0]` comes from \"aws:s3\", which sends no extractions.",
        ),
        (
            json!({"eventSource": "aws:kafka", "records": {}}),
            "The event comes from \"aws:kafka\", which sends no extractions.",
        ),
        (json!({"alarmData": {}}), "The event comes from a CloudWatch alarm, which sends no extractions."),
    ] {
        let refusal = parse_envelope(payload.to_string().as_bytes()).unwrap_err();
        assert!(refusal.is_unread, "{payload}");
        assert_eq!(refusal.error.message, message);
    }
    for unknown in ["", "5", "true", "no JSON"] {
        assert!(!parse_envelope(unknown.as_bytes()).unwrap_err().is_unread, "somebody may read the answer");
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
