use super::*;
use crate::form::wrong_place;

/// Returns the error of reading an event, with its hint, or nothing.
fn said(event: &str, variables: &[(&str, &str)]) -> String {
    let event = match parse_envelope(event.as_bytes()) {
        Ok(Envelope::One(event)) => event,
        Ok(Envelope::Batch(_) | Envelope::Http(_)) => return String::new(),
        Err(refusal) => return refusal.error.message + &refusal.error.hint,
    };
    let error = match read(&event, &environment(variables)).action {
        Action::Extract(read) | Action::Diagnose(read) => read.err(),
        Action::Discover(read) => read.err(),
        Action::Overview(read) => read.err(),
        Action::Plan(read) => read.err(),
    };
    error.map(|error| error.message + &error.hint).unwrap_or_default()
}

/// Returns the names of all fields, of the event and of the objects in it.
fn every_field() -> Vec<String> {
    wrong_place::names().fields.iter().cloned().collect()
}

#[test]
fn every_field_of_an_event_is_found_in_the_sources() {
    let known = fields::EVENT.fields.iter().map(|field| field.name);
    let missing: Vec<_> = known.filter(|field| !wrong_place::names().fields.contains(*field)).collect();
    assert_eq!(missing, [""; 0]);
}

proptest! {
    #[test]
    fn no_value_in_a_wrong_place_of_an_event_is_repeated(
        (password, value) in wrong_place::value(),
        field in prop::sample::select(every_field()),
    ) {
        let field = field.as_str();
        for event in [
            json!({field: value}),
            json!({field: [value]}),
            json!({field: {value.as_str(): value}}),
            json!({value.as_str(): 1}),
            json!({password.as_str(): 1}),
            json!({"csv": {field: value}}),
            json!({"csv": {field: [value]}}),
            json!({"thresholds": {field: value}, "action": "overview"}),
            json!({"exports": [{field: value}], "action": "overview"}),
            json!({"action": "overview", field: value}),
            json!({"action": "diagnose", field: value}),
            json!({"csv": {value.as_str(): 1}}),
            json!({"action": "plan", field: value}),
            json!({"action": "plan", "forEach": {field: value}, "template": {"query": "SELECT 1"}}),
            json!({"action": "plan", "forEach": {"range": {field: value, value.as_str(): 1}}, "template": {"query": "SELECT 1"}}),
            json!({"action": "plan", "forEach": {"tables": [value]}}),
            json!({"action": "plan", "forEach": {"tables": ["t.*"]}, "template": {field: value}}),
            json!({"action": "plan", "forEach": {"events": [{field: value}, {value.as_str(): 1}]}}),
            json!({"action": "discover", field: value}),
            json!({"action": "discover", "roles": [{field: value}]}),
            json!({"action": "discover", "roles": [{value.as_str(): 1}, value]}),
            json!({"fileName": format!("{{{value}}}")}),
            json!({"fileName": format!("{{{password}}}")}),
            json!({"Records": [{"eventSource": value, "messageId": "1"}]}),
            json!({"detail-type": value, "detail": {field: value}, "id": value}),
            json!({"detail-type": "x", "detail": {"fileName": "{eventId}"}, "id": value}),
            json!(value),
        ] {
            let said = said(&event.to_string(), &[]);
            prop_assert!(!said.contains(&password), "{event}\n{said}");
        }
        for field in ["action", "crossAccountRoleArn", "compression", "ifExists", "onEmpty", "bucketOwner"] {
            let said = said(&json!({field: password}).to_string(), &[]);
            prop_assert!(!said.contains(&password), "{field}\n{said}");
        }
        let said = said(&value, &[]);
        prop_assert!(!said.contains(&password), "{said}");
    }

    #[test]
    fn no_value_in_a_wrong_variable_is_repeated((password, value) in wrong_place::value(), event in "\\{\\}|\\{\"action\":\"discover\"\\}") {
        for variable in &wrong_place::names().variables {
            let said = said(&event, &[("ACCOUNT_B_ID", "222222222222"), (variable.as_str(), &value)]);
            prop_assert!(!said.contains(&password), "{variable}: {value}\n{said}");
        }
    }
}

#[test]
fn what_a_wrong_value_looks_like_is_said() {
    refused(
        &json!({"bucket": "https://bucket.s3.amazonaws.com/?X-Amz-Signature=hunter2"}),
        "`bucket` holds a URL, but must be the name of a bucket alone.",
    );
    refused(
        &json!({"dbConfigParam": "postgresql://reader:hunter2@db/shop"}),
        "`dbConfigParam` holds a URL, but must be the name of a parameter: letters, digits and _.-/ only.",
    );
    refused(
        &json!({"query": "{\"password\": \"hunter2\"}"}),
        "`query` holds a JSON document, but must be a statement of SQL that returns rows.",
    );
    refused_in(
        &json!({}),
        &[("S3_KMS_KEY_ID", "hunter2")],
        "The variable `S3_KMS_KEY_ID` must be the id, the alias (alias/NAME) or the ARN of a key of KMS.",
    );
}
