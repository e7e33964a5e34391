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
    };
    error.map(|error| error.message + &error.hint).unwrap_or_default()
}

proptest! {
    #[test]
    fn no_value_in_a_wrong_place_of_an_event_is_repeated(
        (password, value) in wrong_place::value(),
        field in prop::sample::select(fields::EVENT.fields.iter().map(|field| field.name).collect::<Vec<_>>()),
        option in prop::sample::select(vec!["dialect", "delimiter", "quote", "header", "null", "lineEnding", "bom", "escapeFormulas"]),
        key in prop::sample::select(vec!["roleArn", "externalId", "region"]),
    ) {
        for event in [
            json!({field: value}),
            json!({field: [value]}),
            json!({field: {value.as_str(): value}}),
            json!({value.as_str(): 1}),
            json!({password.as_str(): 1}),
            json!({"csv": {option: value}}),
            json!({"csv": {value.as_str(): 1}}),
            json!({"action": "discover", field: value}),
            json!({"action": "discover", "roles": [{key: value}]}),
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
        let of_fields = fields::EVENT.fields.iter().filter_map(|field| field.variable);
        let others = [
            "ACCOUNT_B_ID", "CROSS_ACCOUNT_ROLE_NAME", "ALLOWED_ROLE_ARNS", "ALLOWED_BUCKETS", "ALLOWED_CONFIG_PARAMS",
            "ALLOWED_QUERY_PARAMS", "ALLOWED_TABLES", "ALLOW_EVENT_QUERY", "ALLOW_WRITES", "S3_KMS_KEY_ID", "S3_SSE", "S3_STORAGE_CLASS", "S3_TAGS", "S3_ACL", "S3_PAYLOAD_SIGNING", "LOG_LEVEL",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        ];
        let of_aws = crate::form::AWS_VARIABLES.iter().map(|(variable, _)| *variable);
        for variable in of_fields.chain(others).chain(of_aws) {
            let said = said(&event, &[("ACCOUNT_B_ID", "222222222222"), (variable, &value)]);
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
