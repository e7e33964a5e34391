use super::*;

fn events(payload: &str) -> Vec<RawEvent> {
    match parse_envelope(payload.as_bytes()).unwrap() {
        Envelope::One(event) => vec![event],
        Envelope::Batch(batch) => batch.messages.into_iter().map(|message| message.event.unwrap()).collect(),
        Envelope::Http(body) => vec![RawEvent::new(body.text)],
    }
}

fn extractions(payload: &str) -> Vec<Extraction> {
    events(payload).iter().map(|event| extraction(event, &environment(&[])).unwrap()).collect()
}

fn raises(payload: &str) -> bool {
    events(payload).iter().any(|event| read(event, &environment(&[])).raise_on_error)
}

#[test]
fn every_example_is_an_event() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/events");
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        for event in events(&std::fs::read_to_string(entry.unwrap().path()).unwrap()) {
            let action = read(&event, &environment(&[])).action;
            assert_eq!(action.error(), None, "{event:?}");
            count += 1;
        }
    }
    assert!(count >= 8);
}

#[test]
fn the_usual_event_is_understood() {
    let given = &extractions(include_str!("../../../examples/events/usual.json"))[0];
    assert_eq!(configured(given).parameter, "/cross-account/db-config");
    assert_eq!(role(given).unwrap().arn, ROLE);
    assert_eq!(role(given).unwrap().external_id.as_deref(), Some("unique-external-id"));
    assert_eq!(object(given).bucket, "data-extraction-bucket");
    assert_eq!(key_prefix(given), Some("exports/users"));
}

#[test]
fn enveloped_examples_carry_their_ids() {
    let given = &extractions(include_str!("../../../examples/events/eventbridge.json"))[0];
    assert_eq!(given.event_id.as_deref(), Some("6a7e8feb-b491-4cf7-a9f1-bf3703467718"));
    assert!(raises(include_str!("../../../examples/events/eventbridge.json")));
    let given = extractions(include_str!("../../../examples/events/sqs.json"));
    assert_eq!(given[0].event_id.as_deref(), Some("059f36b4-87a3-44ab-83d2-661975830a7d"));
    assert_eq!(given[1].event_id.as_deref(), Some("17793124-05d4-b198-2fde-7ededc63b103"));
}
