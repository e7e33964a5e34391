use super::*;

fn options(variables: &[(&str, &str)]) -> WriteOptions {
    object(&checked(&json!({}), variables)).options.clone()
}

#[test]
fn the_operators_variables_say_how_objects_are_written() {
    let given = options(&[
        ("S3_SSE", "aws:kms:dsse"),
        ("S3_KMS_KEY_ID", "alias/exports"),
        ("S3_STORAGE_CLASS", "GLACIER_IR"),
        ("S3_TAGS", "team=data&kind=export"),
        ("S3_ACL", "bucket-owner-full-control"),
        ("S3_PAYLOAD_SIGNING", "true"),
    ]);
    let expected = WriteOptions {
        encryption: Some(Encryption::KmsDsse(Some("alias/exports".to_owned()))),
        storage_class: Some("GLACIER_IR"),
        tags: Some("team=data&kind=export".to_owned()),
        acl: Some("bucket-owner-full-control"),
        sign_payload: true,
    };
    assert_eq!(given, expected);
    assert_eq!(options(&[]), WriteOptions::default());
}

#[test]
fn a_key_alone_means_sse_kms() {
    let encryption = |variables: &[(&str, &str)]| options(variables).encryption;
    let key = Some("alias/exports".to_owned());
    assert_eq!(encryption(&[("S3_KMS_KEY_ID", "alias/exports")]), Some(Encryption::Kms(key)));
    assert_eq!(encryption(&[("S3_SSE", "aws:kms")]), Some(Encryption::Kms(None)));
    assert_eq!(encryption(&[("S3_SSE", "AES256")]), Some(Encryption::S3));
}

#[test]
fn what_s3_does_not_take_is_refused_by_name() {
    for (variables, message) in [
        (
            &[("S3_SSE", "aes256")][..],
            "The variable `S3_SSE` must be one of AES256, aws:kms, aws:kms:dsse; did you mean AES256?",
        ),
        (
            &[("S3_STORAGE_CLASS", "STANDARD_AI")],
            "The variable `S3_STORAGE_CLASS` must be one of STANDARD, STANDARD_IA, INTELLIGENT_TIERING, ONEZONE_IA, GLACIER_IR, \
             GLACIER, DEEP_ARCHIVE, REDUCED_REDUNDANCY; did you mean STANDARD_IA?",
        ),
        (
            &[("S3_ACL", "bucket-owner-full-controll")],
            "The variable `S3_ACL` must be one of private, bucket-owner-full-control, bucket-owner-read, authenticated-read, \
             aws-exec-read, public-read, public-read-write; did you mean bucket-owner-full-control?",
        ),
        (&[("S3_PAYLOAD_SIGNING", "yes")], "The variable `S3_PAYLOAD_SIGNING` must be true or false."),
        (&[("S3_TAGS", "team=data&team=sales")], "The variable `S3_TAGS` has a key twice."),
        (
            &[("S3_SSE", "AES256"), ("S3_KMS_KEY_ID", "alias/exports")],
            "The variables `S3_SSE` and `S3_KMS_KEY_ID` contradict each other: AES256 takes no key; use aws:kms or aws:kms:dsse, \
             or leave the key out.",
        ),
    ] {
        refused_in(&json!({}), variables, message);
        let overview = read(&RawEvent::new(r#"{"action": "overview"}"#), &environment(variables)).action;
        assert_eq!(overview.error().map(|error| error.message.as_str()), Some(message));
    }
}

#[test]
fn what_an_overview_replaces_at_every_run_is_standard() {
    let variables = [("S3_STORAGE_CLASS", "GLACIER"), ("S3_SSE", "AES256"), ("S3_ACL", "private")];
    let event = RawEvent::new(r#"{"action": "overview"}"#);
    let Action::Overview(Ok(survey)) = read(&event, &environment(&variables)).action else { unreachable!() };
    let expected =
        WriteOptions { encryption: Some(Encryption::S3), acl: Some("private"), ..WriteOptions::default() };
    assert_eq!(survey.options, expected);
}
