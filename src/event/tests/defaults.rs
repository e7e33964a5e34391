use extractor_encode::csv::{CsvOptions, Dialect};

use super::*;

#[test]
fn an_empty_event_runs_from_the_environment_alone() {
    let extraction = checked(&json!({}), &[]);
    assert_eq!(
        extraction,
        Extraction {
            source: Source::Configured(Configured { parameter: "/myapp/db/".to_owned(), role: None }),
            query: Query::DefaultTableList,
            params: vec![],
            readers: Readers::One,
            allowed_tables: None,
            target: Target::Object(ObjectTarget {
                bucket: "operators-bucket".to_owned(),
                bucket_owner: None,
                key_prefix: None,
                file_name: FileName::Prefix(named("data_export")),
                options: WriteOptions::default(),
                if_exists: IfExists::Suffix,
            }),
            format: FileFormat::Csv(CsvOptions::for_dialect(Dialect::Java)),
            compression: Compression::None,
            compression_level: None,
            layout: Layout::File,
            on_empty: OnEmpty::Header,
            allow_writes: false,
            event_id: None,
            incremental: None,
        }
    );
}

#[test]
fn every_variable_stands_in_for_its_field() {
    let variables = [
        ("DB_CONFIG_PARAM", "/operators/db"),
        ("ACCOUNT_B_ID", "333333333333"),
        ("CROSS_ACCOUNT_ROLE_NAME", "Reader"),
        ("EXTERNAL_ID", "operators-id"),
        ("DB_QUERY", "SELECT 1"),
        ("S3_BUCKET_OWNER", "111111111111"),
        ("S3_KEY_PREFIX", "operators/prefix/"),
        ("CSV_FILENAME_PREFIX", "operators_export"),
        ("COMPRESSION", "gzip"),
        ("COMPRESSION_LEVEL", "3"),
        ("IF_EXISTS", "fail"),
        ("ON_EMPTY", "skip"),
        ("RAISE_ON_ERROR", "true"),
        ("ALLOW_WRITES", "true"),
    ];
    let given = checked(&json!({}), &variables);
    assert_eq!(configured(&given).parameter, "/operators/db");
    let asked = role(&given).unwrap();
    assert_eq!(asked.arn, "arn:aws:iam::333333333333:role/Reader");
    assert_eq!(asked.external_id.as_deref(), Some("operators-id"));
    assert_eq!(given.query, Query::Text("SELECT 1".to_owned()));
    assert_eq!(object(&given).bucket_owner.as_deref(), Some("111111111111"));
    assert_eq!(key_prefix(&given), Some("operators/prefix"));
    assert_eq!(object(&given).file_name, FileName::Prefix(named("operators_export")));
    assert_eq!((given.compression, given.compression_level), (Compression::Gzip, Some(3)));
    assert_eq!((object(&given).if_exists, given.on_empty), (IfExists::Fail, OnEmpty::Skip));
    assert!(given.allow_writes);
    assert!(raises(&json!({}), &variables));

    let event = json!({
        "action": "extract", "dbConfigParam": "/events/db", "crossAccountRoleArn": ROLE, "externalId": "events-id",
        "query": "SELECT 2", "bucket": "events-bucket", "bucketOwner": "444444444444",
        "keyPrefix": "events", "fileNamePrefix": "events_export", "compression": "zstd", "compressionLevel": 9,
        "ifExists": "skip", "onEmpty": "fail", "raiseOnError": false,
    });
    let given = checked(&event, &variables);
    assert_eq!(configured(&given).parameter, "/events/db");
    let asked = role(&given).unwrap();
    assert_eq!((asked.arn.as_str(), asked.external_id.as_deref()), (ROLE, Some("events-id")));
    assert_eq!(given.query, Query::Text("SELECT 2".to_owned()));
    assert_eq!(object(&given).bucket, "events-bucket");
    assert_eq!(object(&given).bucket_owner.as_deref(), Some("444444444444"));
    assert_eq!(key_prefix(&given), Some("events"));
    assert_eq!(object(&given).file_name, FileName::Prefix(named("events_export")));
    assert_eq!((given.compression, given.compression_level), (Compression::Zstd, Some(9)));
    assert_eq!((object(&given).if_exists, given.on_empty), (IfExists::Skip, OnEmpty::Fail));
    assert!(!raises(&event, &variables));
}

#[test]
fn an_empty_variable_and_a_null_count_as_not_given() {
    let names = [
        "DB_CONFIG_PARAM",
        "ACCOUNT_B_ID",
        "CROSS_ACCOUNT_ROLE_NAME",
        "EXTERNAL_ID",
        "DB_QUERY",
        "DB_QUERY_PARAM",
        "S3_BUCKET_OWNER",
        "S3_KEY_PREFIX",
        "CSV_FILENAME_PREFIX",
        "COMPRESSION",
        "COMPRESSION_LEVEL",
        "IF_EXISTS",
        "ON_EMPTY",
        "PARALLELISM",
        "RAISE_ON_ERROR",
        "ALLOWED_ROLE_ARNS",
        "ALLOWED_BUCKETS",
        "ALLOWED_CONFIG_PARAMS",
        "ALLOWED_QUERY_PARAMS",
        "ALLOWED_TABLES",
        "ALLOW_EVENT_QUERY",
        "ALLOW_WRITES",
        "S3_SSE",
        "S3_KMS_KEY_ID",
        "S3_STORAGE_CLASS",
        "S3_TAGS",
        "S3_ACL",
        "S3_PAYLOAD_SIGNING",
    ];
    let empty: Vec<_> = names.iter().map(|name| (*name, "")).collect();
    assert_eq!(checked(&json!({}), &empty), checked(&json!({}), &[]));
    let nulls: serde_json::Map<_, _> =
        fields::EVENT.fields.iter().map(|field| (field.name.to_owned(), serde_json::Value::Null)).collect();
    assert_eq!(checked(&nulls.into(), &[]), checked(&json!({}), &[]));
    assert_eq!(checked(&json!(null), &[]), checked(&json!({}), &[]));
}

#[test]
fn a_bucket_is_required() {
    let error = extraction(&RawEvent::new("{}"), &Environment::default()).unwrap_err();
    assert_eq!(error.message, "`bucket` is missing: set it in the event or as S3_BUCKET_NAME.");
    let wrong = extraction(&RawEvent::new(r#"{"bucket": 1}"#), &Environment::default()).unwrap_err();
    assert_eq!(wrong.message, "`bucket` must be a string, not a number.");
}

#[test]
fn the_role_of_the_variables_lies_in_the_regions_partition() {
    for (region, arn) in [
        ("eu-central-1", "arn:aws:iam::333333333333:role/CrossAccountRDSAccessRole"),
        ("cn-north-1", "arn:aws-cn:iam::333333333333:role/CrossAccountRDSAccessRole"),
        ("us-gov-west-1", "arn:aws-us-gov:iam::333333333333:role/CrossAccountRDSAccessRole"),
        ("us-isob-east-1", "arn:aws-iso-b:iam::333333333333:role/CrossAccountRDSAccessRole"),
    ] {
        let given = checked(&json!({}), &[("ACCOUNT_B_ID", "333333333333"), ("AWS_REGION", region)]);
        assert_eq!(role(&given).unwrap().arn, arn);
    }
    let given = checked(&json!({}), &[("CROSS_ACCOUNT_ROLE_NAME", "Reader"), ("EXTERNAL_ID", "some-id")]);
    assert_eq!(role(&given), None, "without an account there is no role");
    refused_in(
        &json!({}),
        &[("ACCOUNT_B_ID", "33"), ("CROSS_ACCOUNT_ROLE_NAME", ROLE)],
        "The variable `ACCOUNT_B_ID` must be an account's 12 digits.",
    );
    refused_in(
        &json!({}),
        &[("ACCOUNT_B_ID", "333333333333"), ("CROSS_ACCOUNT_ROLE_NAME", "a:b")],
        "The variable `CROSS_ACCOUNT_ROLE_NAME` holds two parts with a colon between (user:password), but must be the name \
         of a role, not its ARN.",
    );
}

#[test]
fn an_empty_prefix_of_the_event_means_the_root() {
    let given = checked(&json!({"keyPrefix": ""}), &[("S3_KEY_PREFIX", "exports")]);
    assert_eq!(object(&given).key_prefix, None);
    assert_eq!(object(&checked(&json!({"keyPrefix": "/"}), &[])).key_prefix, None);
    assert_eq!(key_prefix(&checked(&json!({"keyPrefix": "a//"}), &[])), Some("a/"));
    assert_eq!(key_prefix(&checked(&json!({"keyPrefix": "/a b/../é"}), &[])), Some("/a b/../é"));
}
