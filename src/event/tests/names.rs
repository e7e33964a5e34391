use super::*;

fn key(event: &serde_json::Value, id: Option<&str>) -> Result<String, Error> {
    let event = match id {
        Some(id) => json!({"detail-type": "x", "id": id, "detail": event}),
        None => event.clone(),
    };
    let Envelope::One(event) = parse_envelope(event.to_string().as_bytes())? else { unreachable!() };
    let extraction = extraction(&event, &environment(&[]))?;
    let naming = Naming {
        request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        started: Utc.with_ymd_and_hms(2024, 12, 25, 14, 30, 22).unwrap(),
    };
    extraction.object_key(object(&extraction), naming)
}

#[test]
fn keys_follow_from_the_event_and_the_time() {
    for (event, expected) in [
        (json!({}), "data_export_20241225_143022.csv"),
        (json!({"keyPrefix": "exports/users"}), "exports/users/data_export_20241225_143022.csv"),
        (
            json!({"keyPrefix": "exports/users/", "fileNamePrefix": "a{date}"}),
            "exports/users/a20241225_20241225_143022.csv",
        ),
        (
            json!({"keyPrefix": "dt={isoDate}/{requestId}/", "fileName": "{{x}}-{date}.csv"}),
            "dt=2024-12-25/8476a536-e9f4-11e8-9739-2dfe598c3fcd/{x}-20241225.csv",
        ),
        (json!({"fileName": "x.csv", "fileNamePrefix": "y", "keyPrefix": "p"}), "p/x.csv"),
        (
            json!({"fileName": "{date}/{time}-{requestId}"}),
            "20241225/143022-8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        ),
        (json!({"compression": "gzip"}), "data_export_20241225_143022.csv.gz"),
        (json!({"compression": "zstd", "keyPrefix": "p"}), "p/data_export_20241225_143022.csv.zst"),
        (json!({"compression": "gzip", "fileName": "exact.csv"}), "exact.csv"),
        (json!({"fileName": "😀 é}.csv"}), "😀 é}.csv"),
    ] {
        assert_eq!(key(&event, None).unwrap(), expected, "{event}");
    }
    for event in [
        json!({"fileName": "e-{eventId}", "keyPrefix": "p"}),
        json!({"fileName": "e-e-1", "keyPrefix": "{eventId}"}),
    ] {
        let expected = event["keyPrefix"].as_str().unwrap().replace("{eventId}", "e-1") + "/e-e-1";
        assert_eq!(key(&event, Some("e-1")).unwrap(), expected);
    }
}

#[test]
fn the_location_of_a_run_is_known_before_it_begins() {
    let naming = Naming { request_id: "r", started: Utc.with_ymd_and_hms(2024, 12, 25, 14, 30, 22).unwrap() };
    let incremental = json!({"stream": "orders", "watermark": "xmin"});
    for (event, expected) in [
        (json!({"query": "SELECT 1", "fileName": "{date}.csv"}), "s3://operators-bucket/p/20241225.csv"),
        (json!({"query": "SELECT 1", "fileName": "a/", "maxFileSize": "5MiB"}), "s3://operators-bucket/p/a"),
        (json!({"table": "sales.orders", "incremental": incremental}), "s3://operators-bucket/p/orders"),
    ] {
        let mut event = event;
        event["keyPrefix"] = "p".into();
        assert_eq!(checked(&event, &[]).wanted_location(naming).as_deref(), Some(expected), "{event}");
    }
    let mut local = checked(&json!({"query": "SELECT 1"}), &[]);
    local.target = Target::Local(LocalOutput::Stdout, IfFileExists::Fail);
    assert_eq!(local.wanted_location(naming), None);
}

#[test]
fn names_that_cannot_be_are_refused() {
    for (event, message) in [
        (
            json!({"fileName": "{data}.csv"}),
            "`fileName` has the placeholder \"data\", but those known are {requestId}, {eventId}, {date}, {isoDate} and {time}; did you mean {date}?",
        ),
        (
            json!({"fileName": "{date.csv"}),
            "`fileName` has a { without its }; placeholders look like {requestId}, and {{ stands for a brace.",
        ),
        (json!({"fileName": ""}), "`fileName` must not be empty."),
        (json!({"fileNamePrefix": ""}), "`fileNamePrefix` must not be empty."),
        (
            json!({"fileName": "{eventId}.csv"}),
            "`fileName` uses {eventId}, but this event came through neither EventBridge nor SQS; {requestId} always works.",
        ),
        (
            json!({"keyPrefix": "dt={day}"}),
            "`keyPrefix` has the placeholder \"day\", but those known are {requestId}, {eventId}, {date}, {isoDate} and {time}.",
        ),
        (
            json!({"fileNamePrefix": "orders{dat}"}),
            "`fileNamePrefix` has the placeholder \"dat\", but those known are {requestId}, {eventId}, {date}, {isoDate} and \
             {time}; did you mean {date}?",
        ),
        (
            json!({"keyPrefix": "{eventId}"}),
            "`keyPrefix` uses {eventId}, but this event came through neither EventBridge nor SQS; {requestId} always works.",
        ),
        (json!({"keyPrefix": "a\nb"}), "`keyPrefix` has the control character \\u{a}."),
        (json!({"fileName": "b\u{0}.csv"}), "`fileName` has the control character \\u{0}."),
        (json!({"fileName": "b\u{85}.csv"}), "`fileName` has the control character \\u{85}."),
        (
            json!({"keyPrefix": "x".repeat(1025)}),
            "`keyPrefix` makes a key of 1025 bytes, but S3 takes 1024 at most.",
        ),
        (
            json!({"keyPrefix": "é".repeat(500)}),
            "`keyPrefix` and the file name make a key of 1032 bytes, but S3 takes 1024 at most.",
        ),
        (
            json!({"keyPrefix": "x".repeat(992), "compression": "zstd"}),
            "`keyPrefix` and the file name make a key of 1028 bytes, but S3 takes 1024 at most.",
        ),
    ] {
        assert_eq!(key(&event, None).unwrap_err().message, message, "{event}");
    }
    let error = key(&json!({"fileName": "{eventId}.csv"}), Some("a\u{7}")).unwrap_err();
    assert_eq!(error.message, "`fileName` uses {eventId}, which has the control character \\u{7}.");
    assert!(key(&json!({"fileName": "x".repeat(1024)}), None).is_ok());
}
