use super::*;

#[test]
fn unknown_fields_are_named_with_the_nearest_known_one() {
    for (name, meant) in [
        ("buket", "bucket"),
        ("Bucket", "bucket"),
        ("key_prefix", "keyPrefix"),
        ("qurey", "query"),
        ("filename", "fileName"),
        ("dbConfigParm", "dbConfigParam"),
        ("S3_BUCKET_NAME", "bucket"),
        ("dbQuery", "query"),
        ("crossAccountRoleARN", "crossAccountRoleArn"),
        ("raise-on-error", "raiseOnError"),
    ] {
        refused(
            &json!({name: 1}),
            &format!("\"{name}\" is not a field of an event; did you mean `{meant}`?"),
        );
    }
    refused(&json!({"elephant": 1}), "\"elephant\" is not a field of an event.");
    refused(
        &json!({"allowWrites": true}),
        "\"allowWrites\" is not a field of an event: only the operator sets `ALLOW_WRITES`.",
    );
    refused(
        &json!({"cross\u{7f}AccountRoleArn": 1}),
        "\"cross\u{fffd}AccountRoleArn\" is not a field of an event; did you mean `crossAccountRoleArn`?",
    );
    let long = "x\n".repeat(1_000_000);
    let error = check(&json!({long: 1})).unwrap_err();
    assert!(error.message.len() < 300 && !error.message.contains('\n'), "{error}");
}

#[test]
fn wrong_types_say_what_came_and_what_is_wanted() {
    refused(&json!({"bucket": true}), "`bucket` must be a string, not true or false.");
    refused(&json!({"bucket": {}}), "`bucket` must be a string, not an object.");
    refused(&json!({"raiseOnError": "true"}), "`raiseOnError` must be true or false, not a string.");
    refused(&json!({"compressionLevel": "3"}), "`compressionLevel` must be a whole number, not a string.");
    refused(&json!({"compressionLevel": 3.5}), "`compressionLevel` must be a whole number.");
    refused(&json!({"csv": "java"}), "`csv` must be an object, not a string.");
}

#[test]
fn bad_values_say_what_is_wanted() {
    refused(
        &json!({"ifExists": "overwrite"}),
        "`ifExists` must be one of suffix, fail, skip: overwrite is for local files (--output) only.",
    );
    refused(&json!({"ifExists": "skp"}), "`ifExists` must be one of suffix, fail, skip; did you mean skip?");
    refused(&json!({"onEmpty": "nothing"}), "`onEmpty` must be one of header, fail, skip.");
    refused(
        &json!({"action": "extrat"}),
        "`action` must be one of extract, diagnose, discover, overview, plan; did you mean extract?",
    );
    refused(&json!({"bucketOwner": "1111"}), "`bucketOwner` must be an account's 12 digits.");
    refused(
        &json!({"externalId": "secret value"}),
        "`externalId` must have 2 to 1224 letters, digits and characters of _+=,.@:/-.",
    );
    refused(
        &json!({"dbConfigParam": "/a b"}),
        "`dbConfigParam` must be the name of a parameter: letters, digits and _.-/ only.",
    );
    refused(&json!({"dbConfigParam": "a".repeat(2049)}), "`dbConfigParam` must have 1 to 2048 characters.");
}

#[test]
fn variables_are_checked_like_fields_and_named() {
    refused_in(
        &json!({}),
        &[("RAISE_ON_ERROR", "yes")],
        "The variable `RAISE_ON_ERROR` must be true or false.",
    );
    refused_in(&json!({}), &[("ALLOW_WRITES", "1")], "The variable `ALLOW_WRITES` must be true or false.");
    refused_in(
        &json!({}),
        &[("ALLOW_EVENT_QUERY", "False")],
        "The variable `ALLOW_EVENT_QUERY` must be true or false.",
    );
    refused_in(
        &json!({}),
        &[("COMPRESSION_LEVEL", "x")],
        "The variable `COMPRESSION_LEVEL` must be a whole number.",
    );
    refused_in(
        &json!({}),
        &[("IF_EXISTS", "Fail")],
        "The variable `IF_EXISTS` must be one of suffix, fail, skip; did you mean fail?",
    );
    refused_in(
        &json!({}),
        &[("S3_BUCKET_NAME", "A")],
        "The variable `S3_BUCKET_NAME` is not the name of a bucket: it must have 3 to 63 characters.",
    );
}

#[test]
fn role_arns_have_their_form() {
    for arn in [
        ROLE,
        "arn:aws-cn:iam::222222222222:role/a",
        "arn:aws-us-gov:iam::222222222222:role/path/to/Role+=,.@_-",
    ] {
        assert_eq!(role(&checked(&json!({"crossAccountRoleArn": arn}), &[])).unwrap().arn, arn);
    }
    for arn in [
        "",
        "role",
        "arn:aws:iam::222222222222:user/a",
        "arn:aws:iam::22222222222:role/a",
        "arn:aws:iam:eu-central-1:222222222222:role/a",
        "arn:aws:iam::222222222222:role/",
        "arn:aws:iam::222222222222:role//a",
        "arn:aws:iam::222222222222:role/a b",
        "arn:aws:iam::222222222222:role/a:b",
        "arn:aws:sts::222222222222:role/a",
        "arn:gcp:iam::222222222222:role/a",
        "arn:aws:iam::222222222222:role/é",
        " arn:aws:iam::222222222222:role/a",
    ] {
        let error = check(&json!({"crossAccountRoleArn": arn})).expect_err(arn);
        let wanted = "must be an ARN like arn:aws:iam::222222222222:role/NAME.";
        assert!(
            error.message.starts_with("`crossAccountRoleArn` ") && error.message.ends_with(wanted),
            "{error}"
        );
    }
    let long = format!("arn:aws:iam::222222222222:role/{}", "a".repeat(65));
    assert!(check(&json!({"crossAccountRoleArn": long})).is_err());
}

#[test]
fn buckets_have_the_names_of_s3() {
    for bucket in ["abc", "a.b-c", "123", "a-s3alias", &"x".repeat(63)] {
        assert_eq!(object(&checked(&json!({"bucket": bucket}), &[])).bucket, bucket);
    }
    for bucket in [
        "",
        "ab",
        "Abc",
        "a_b",
        "-abc",
        "abc-",
        "a..b",
        "192.168.1.1",
        "a/b",
        "s3://abc",
        "é12",
        &"x".repeat(64),
    ] {
        let error = check(&json!({"bucket": bucket})).expect_err(bucket);
        let wanted = ["is not the name of a bucket: ", "must be the name of a bucket alone"];
        assert!(wanted.iter().any(|wanted| error.message.contains(wanted)), "{error}");
    }
}

#[test]
fn all_mistakes_come_in_one_answer() {
    refused(
        &json!({"buckt": "a", "bucket": 5, "ifExists": "x", "params": 1, "query": "SELECT 1", "queryParam": "/b"}),
        "\"buckt\" is not a field of an event; did you mean `bucket`? \
         `query` and `queryParam` exclude each other: give one of them. \
         `params` must be an array, not a number. \
         `bucket` must be a string, not a number. \
         `ifExists` must be one of suffix, fail, skip.",
    );
}

#[test]
fn thousands_of_mistakes_make_a_short_answer() {
    let many: serde_json::Map<_, _> = (0..100_000).map(|index| (format!("x{index}"), json!(1))).collect();
    let error = check(&many.into()).unwrap_err();
    assert!(error.message.starts_with("Name 1 (not shown) is not a field of an event. "), "{error}");
    assert!(error.message.ends_with("There are 99980 more mistakes."), "{error}");
    let event = RawEvent::new(format!("{{{}\"query\":\"\"}}", "\"query\":\"secret\",".repeat(100_000)));
    let error = extraction(&event, &environment(&[])).unwrap_err();
    assert!(error.message.starts_with("`query` is given twice. "), "{error}");
}

#[test]
fn what_is_no_json_object_says_where() {
    let message = |text: &str| parse_envelope(text.as_bytes()).unwrap_err().error.message;
    assert_eq!(message("{\"query\": \"secret"), "The event is not JSON: it breaks off at line 1, column 17.");
    assert_eq!(message(""), "The event is not JSON: it breaks off at line 1, column 0.");
    assert_eq!(message("{\n'a': 1}"), "The event is not JSON: see line 2, column 1.");
    assert_eq!(message("{} x"), "The event is not JSON: see line 1, column 4.");
    assert_eq!(message("[]"), "The event must be a JSON object, not an array.");
    assert_eq!(message("\"secret\""), "The event must be a JSON object, not a string.");
    assert_eq!(
        parse_envelope(b"{\"a\": \"\xff\"}").unwrap_err().error.message,
        "The event is not UTF-8 at byte 7."
    );
    assert_eq!(parse_envelope("\u{feff}{}".as_bytes()).unwrap(), Envelope::One(RawEvent::new("{}")));
}

#[test]
fn raise_on_error_is_known_of_an_event_that_cannot_be_run() {
    let raises =
        |event: &str, variables: &[_]| read(&RawEvent::new(event), &environment(variables)).raise_on_error;
    let on = [("RAISE_ON_ERROR", "true")];
    assert!(raises(r#"{"raiseOnError": true, "bucket": 1}"#, &[]));
    assert!(raises("no JSON", &on));
    assert!(!raises(r#"{"raiseOnError": false}"#, &on));
    assert!(!raises("{}", &[]));
    assert!(raises(r#"{"raiseOnError": "false"}"#, &on));
    assert!(raises(r#"{"raiseOnError": null}"#, &on));
    assert!(!raises(r#"{"raiseOnError": 1}"#, &[("RAISE_ON_ERROR", "yes")]));
}
