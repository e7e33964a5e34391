use super::*;

/// Generates JSON of any shape that includes known fields.
fn hostile_event() -> impl Strategy<Value = serde_json::Value> {
    let marked = prop::sample::select(vec![
        "marked-secret",
        "",
        "a\0b",
        "skip",
        "none",
        "/x/",
        "{date}",
        "{",
        "😀",
        "\u{85}",
    ]);
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|value| json!(value)),
        any::<f64>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        marked.prop_map(|value| json!(value)),
        ".*".prop_map(|value| json!(value)),
    ];
    let value = leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|values| json!(values)),
            prop::collection::hash_map(".*", inner, 0..6).prop_map(|values| json!(values)),
        ]
    });
    let mut names: Vec<String> = fields::EVENT.fields.iter().map(|field| field.name.to_owned()).collect();
    names.extend(["Records", "detail", "detail-type", "id", "buckt"].map(str::to_owned));
    prop::collection::hash_map(prop::sample::select(names), value, 0..8).prop_map(|fields| json!(fields))
}

fn every_outcome_is_documented(payload: &[u8]) -> Result<(), TestCaseError> {
    let check = |event: &RawEvent| match extraction(event, &environment(&[])) {
        Ok(extraction) => {
            let naming = Naming { request_id: "r", started: Utc.timestamp_opt(0, 0).unwrap() };
            for param in &extraction.params {
                let _ = param.server_text(false);
            }
            extraction.object_key(object(&extraction), naming).map(drop)
        }
        Err(error) => Err(error),
    };
    let outcome = parse_envelope(payload).map_err(Error::from).and_then(|envelope| match envelope {
        Envelope::One(event) => check(&event),
        Envelope::Http(body) => check(&RawEvent::new(body.text)),
        Envelope::Batch(batch) => batch.messages.into_iter().try_for_each(|message| check(&message.event?)),
    });
    if let Err(error) = outcome {
        let kind = (error.error_type, error.stage);
        let documented = [(ErrorType::InvalidRequest, Stage::Event), (ErrorType::QueryInvalid, Stage::Query)];
        prop_assert!(documented.contains(&kind), "{:?}", kind);
        prop_assert!(error.message.ends_with(['.', '?']), "{}", error.message);
        prop_assert!(error.message.len() < 20_000 && !error.message.contains(char::is_control));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_event_is_an_extraction_or_a_documented_error(event in hostile_event()) {
        every_outcome_is_documented(event.to_string().as_bytes())?;
    }

    #[test]
    fn any_bytes_are_an_event_or_a_documented_error(payload in prop::collection::vec(any::<u8>(), 0..200)) {
        every_outcome_is_documented(&payload)?;
    }

    #[test]
    fn queries_params_and_external_ids_are_never_shown(name in "query|params|externalId", other in hostile_event()) {
        let mut event = other;
        let marked = [json!("marked \0 secret"), json!(["marked \0 secret"])];
        event[&name] = marked[usize::from(name == "params")].clone();
        for field in ["detail", "Records", "buckt", "id", "detail-type"] {
            event.as_object_mut().unwrap().remove(field);
        }
        for (_, value) in event.as_object_mut().unwrap().iter_mut().filter(|(field, _)| **field != name) {
            *value = json!(value.to_string().replace("marked", ""));
        }
        let error = check(&event).unwrap_err();
        prop_assert!(!error.message.contains("marked"), "{}", error.message);
    }

    #[test]
    fn a_pattern_matches_as_its_regular_expression_would(pattern in "[ab*]{0,8}", value in "[ab]{0,8}") {
        let mut states: Vec<usize> = vec![0];
        let pattern_bytes = pattern.as_bytes();
        let close = |states: &mut Vec<usize>| {
            let mut index = 0;
            while index < states.len() {
                let state = states[index];
                if pattern_bytes.get(state) == Some(&b'*') && !states.contains(&(state + 1)) {
                    states.push(state + 1);
                }
                index += 1;
            }
        };
        close(&mut states);
        for byte in value.bytes() {
            states = states.iter().filter_map(|&state| match pattern_bytes.get(state) {
                Some(b'*') => Some(state),
                Some(&expected) if expected == byte => Some(state + 1),
                _ => None,
            }).collect();
            close(&mut states);
        }
        prop_assert_eq!(matches(&pattern, &value), states.contains(&pattern_bytes.len()));
    }
}
