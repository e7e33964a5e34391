use chrono::{TimeZone, Utc};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::error::{Error, ErrorType, Stage};

const ROLE: &str = "arn:aws:iam::222222222222:role/CrossAccountRDSRole";

fn environment(variables: &[(&str, &str)]) -> Environment {
    [("S3_BUCKET_NAME", "operators-bucket")].iter().chain(variables).copied().collect()
}

fn check_in(event: &serde_json::Value, variables: &[(&str, &str)]) -> Result<Extraction, Error> {
    Extraction::check(&RawEvent::new(event.to_string()), &environment(variables))
}

fn check(event: &serde_json::Value) -> Result<Extraction, Error> {
    check_in(event, &[])
}

fn checked(event: &serde_json::Value, variables: &[(&str, &str)]) -> Extraction {
    check_in(event, variables).unwrap_or_else(|error| panic!("{event}: {error}"))
}

#[track_caller]
fn refused_in(event: &serde_json::Value, variables: &[(&str, &str)], message: &str) {
    let error = check_in(event, variables).expect_err(&format!("{event} in {variables:?}"));
    assert_eq!((error.error_type, error.stage), (ErrorType::InvalidRequest, Stage::Event));
    assert_eq!(error.message, message, "{event} in {variables:?}");
}

#[track_caller]
fn refused(event: &serde_json::Value, message: &str) {
    refused_in(event, &[], message);
}

mod defaults {
    use super::*;

    #[test]
    fn an_empty_event_runs_from_the_environment_alone() {
        let extraction = checked(&json!({}), &[]);
        assert_eq!(
            extraction,
            Extraction {
                action: Action::Extract,
                db_config_param: "/myapp/db/".to_owned(),
                role: None,
                query: Query::DefaultTableList,
                params: vec![],
                bucket: "operators-bucket".to_owned(),
                bucket_owner: None,
                key_prefix: None,
                file_name: FileName::Prefix("data_export".to_owned()),
                csv: json!({"dialect": "java"}),
                compression: Compression::None,
                compression_level: None,
                if_exists: IfExists::Suffix,
                on_empty: OnEmpty::Header,
                raise_on_error: false,
                allow_writes: false,
                event_id: None,
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
            ("COMPRESSION", "none"),
            ("COMPRESSION_LEVEL", "3"),
            ("IF_EXISTS", "fail"),
            ("ON_EMPTY", "skip"),
            ("RAISE_ON_ERROR", "true"),
            ("ALLOW_WRITES", "true"),
        ];
        let given = checked(&json!({}), &variables);
        assert_eq!(given.db_config_param, "/operators/db");
        let role = given.role.unwrap();
        assert_eq!(role.arn, "arn:aws:iam::333333333333:role/Reader");
        assert_eq!(role.external_id.as_deref(), Some("operators-id"));
        assert_eq!(given.query, Query::Text("SELECT 1".to_owned()));
        assert_eq!(given.bucket_owner.as_deref(), Some("111111111111"));
        assert_eq!(given.key_prefix.as_deref(), Some("operators/prefix"));
        assert_eq!(given.file_name, FileName::Prefix("operators_export".to_owned()));
        assert_eq!(given.compression_level, Some(3));
        assert_eq!((given.if_exists, given.on_empty), (IfExists::Fail, OnEmpty::Skip));
        assert!(given.raise_on_error && given.allow_writes);

        let event = json!({
            "action": "extract", "dbConfigParam": "/events/db", "crossAccountRoleArn": ROLE, "externalId": "events-id",
            "query": "SELECT 2", "bucket": "events-bucket", "bucketOwner": "444444444444",
            "keyPrefix": "events", "fileNamePrefix": "events_export", "compression": "none", "compressionLevel": 9,
            "ifExists": "skip", "onEmpty": "fail", "raiseOnError": false,
        });
        let given = checked(&event, &variables);
        assert_eq!(given.db_config_param, "/events/db");
        let role = given.role.unwrap();
        assert_eq!((role.arn.as_str(), role.external_id.as_deref()), (ROLE, Some("events-id")));
        assert_eq!(given.query, Query::Text("SELECT 2".to_owned()));
        assert_eq!(given.bucket, "events-bucket");
        assert_eq!(given.bucket_owner.as_deref(), Some("444444444444"));
        assert_eq!(given.key_prefix.as_deref(), Some("events"));
        assert_eq!(given.file_name, FileName::Prefix("events_export".to_owned()));
        assert_eq!(given.compression_level, Some(9));
        assert_eq!((given.if_exists, given.on_empty), (IfExists::Skip, OnEmpty::Fail));
        assert!(!given.raise_on_error);
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
            "RAISE_ON_ERROR",
            "ALLOWED_ROLE_ARNS",
            "ALLOWED_BUCKETS",
            "ALLOWED_CONFIG_PARAMS",
            "ALLOWED_QUERY_PARAMS",
            "ALLOW_EVENT_QUERY",
            "ALLOW_WRITES",
        ];
        let empty: Vec<_> = names.iter().map(|name| (*name, "")).collect();
        assert_eq!(checked(&json!({}), &empty), checked(&json!({}), &[]));
        let nulls: serde_json::Map<_, _> =
            fields::FIELDS.iter().map(|field| (field.name.to_owned(), serde_json::Value::Null)).collect();
        assert_eq!(checked(&nulls.into(), &[]), checked(&json!({}), &[]));
        assert_eq!(checked(&json!(null), &[]), checked(&json!({}), &[]));
    }

    #[test]
    fn a_bucket_is_required() {
        let error = Extraction::check(&RawEvent::new("{}"), &Environment::default()).unwrap_err();
        assert_eq!(error.message, "`bucket` is missing: set it in the event or as S3_BUCKET_NAME.");
        let wrong =
            Extraction::check(&RawEvent::new(r#"{"bucket": 1}"#), &Environment::default()).unwrap_err();
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
            assert_eq!(given.role.unwrap().arn, arn);
        }
        let given = checked(&json!({}), &[("CROSS_ACCOUNT_ROLE_NAME", "Reader"), ("EXTERNAL_ID", "some-id")]);
        assert_eq!(given.role, None, "without an account there is no role");
        refused_in(
            &json!({}),
            &[("ACCOUNT_B_ID", "33"), ("CROSS_ACCOUNT_ROLE_NAME", ROLE)],
            "The variable `ACCOUNT_B_ID` is \"33\", but must be an account's 12 digits.",
        );
        refused_in(
            &json!({}),
            &[("ACCOUNT_B_ID", "333333333333"), ("CROSS_ACCOUNT_ROLE_NAME", "a:b")],
            "The variable `CROSS_ACCOUNT_ROLE_NAME` is \"a:b\", but must be the name of a role, not its ARN.",
        );
    }

    #[test]
    fn an_empty_prefix_of_the_event_means_the_root() {
        let given = checked(&json!({"keyPrefix": ""}), &[("S3_KEY_PREFIX", "exports")]);
        assert_eq!(given.key_prefix, None);
        assert_eq!(checked(&json!({"keyPrefix": "/"}), &[]).key_prefix, None);
        assert_eq!(checked(&json!({"keyPrefix": "a//"}), &[]).key_prefix.as_deref(), Some("a/"));
        assert_eq!(checked(&json!({"keyPrefix": "/a b/../é"}), &[]).key_prefix.as_deref(), Some("/a b/../é"));
    }
}

mod queries {
    use super::*;

    #[test]
    fn query_and_query_param_exclude_each_other_within_one_layer() {
        refused(
            &json!({"query": "SELECT 1", "queryParam": "/sql"}),
            "`query` and `queryParam` exclude each other: give one of them.",
        );
        let both = [("DB_QUERY", "SELECT 1"), ("DB_QUERY_PARAM", "/sql")];
        refused_in(
            &json!({}),
            &both,
            "The variables `DB_QUERY` and `DB_QUERY_PARAM` exclude each other: set one of them.",
        );
        let text = Query::Text("SELECT 2".to_owned());
        let name = Query::Parameter("/events/sql".to_owned());
        assert_eq!(checked(&json!({"query": "SELECT 2"}), &both).query, text);
        assert_eq!(checked(&json!({"query": "SELECT 2"}), &both[1..]).query, text);
        assert_eq!(checked(&json!({"queryParam": "/events/sql"}), &both[..1]).query, name);
        assert_eq!(checked(&json!({"queryParam": "/events/sql", "query": null}), &both).query, name);
        assert_eq!(checked(&json!({}), &both[1..]).query, Query::Parameter("/sql".to_owned()));
    }

    #[test]
    fn a_query_param_never_names_a_secret() {
        for name in [
            "/aws/reference/secretsmanager/prod",
            "//aws//reference/secretsmanager/prod",
            "/AWS/Reference/SecretsManager/prod",
            "arn:aws:ssm:eu-central-1:111111111111:parameter/aws/reference/secretsmanager/prod",
        ] {
            let message = "must not name a secret (/aws/reference/secretsmanager/…): SQL lies in a parameter of type String.";
            refused(&json!({"queryParam": name}), &format!("`queryParam` {message}"));
            refused_in(
                &json!({}),
                &[("DB_QUERY_PARAM", name)],
                &format!("The variable `DB_QUERY_PARAM` {message}"),
            );
        }
        refused(
            &json!({"queryParam": "/sql/"}),
            "`queryParam` must name one parameter, not a path that ends in /.",
        );
        assert_eq!(
            checked(&json!({"dbConfigParam": "/aws/reference/secretsmanager/rds!db-1"}), &[]).db_config_param,
            "/aws/reference/secretsmanager/rds!db-1"
        );
    }

    #[test]
    fn a_querys_text_is_never_shown() {
        refused(&json!({"query": ""}), "`query` is empty; leave it out for the default.");
        refused(
            &json!({"query": "SELECT 'secret\u{0}'"}),
            "`query` has the character NUL, which no SQL has.",
        );
        refused(&json!({"query": ["secret"]}), "`query` must be a string, not an array.");
        let given = checked(&json!({"query": "SELECT 'secret'", "params": ["secret", ["secret"]]}), &[]);
        assert!(!format!("{given:?}").contains("secret"), "{given:?}");
        let event = RawEvent::new(json!({"query": "secret"}).to_string());
        assert!(!format!("{event:?}").contains("secret"));
    }

    #[test]
    fn a_long_query_passes() {
        let long = "x".repeat(1_048_576);
        assert_eq!(checked(&json!({"query": long}), &[]).query, Query::Text(long));
    }
}

mod parameters {
    use super::*;

    fn params(json: &str) -> Vec<Param> {
        let event = RawEvent::new(format!("{{\"params\": {json}}}"));
        Extraction::check(&event, &environment(&[])).unwrap().params
    }

    fn server_text(json: &str) -> Option<String> {
        params(&format!("[{json}]"))[0].server_text(false).unwrap()
    }

    #[test]
    fn numbers_keep_every_digit() {
        for number in ["0.1000", "123456789012345678901234567890", "1E400", "-0.0", "1e-7"] {
            assert_eq!(params(&format!("[{number}]")), [Param::Number(number.to_owned())]);
            assert_eq!(server_text(number).as_deref(), Some(number));
        }
    }

    #[test]
    fn every_kind_of_value_has_its_servers_text() {
        assert_eq!(params("[]"), []);
        assert_eq!(server_text("null"), None);
        assert_eq!(server_text("true").as_deref(), Some("true"));
        assert_eq!(server_text("false").as_deref(), Some("false"));
        assert_eq!(server_text(r#""it's \"é\" \n""#).as_deref(), Some("it's \"é\" \n"));
        assert_eq!(server_text(r#"{"a" : 1.10}"#).as_deref(), Some(r#"{"a" : 1.10}"#));
        assert_eq!(
            server_text(r#"[1.0, "a\"\\b", null, true, "", "NULL"]"#).as_deref(),
            Some(r#"{1.0,"a\"\\b",NULL,true,"","NULL"}"#)
        );
        assert_eq!(server_text("[[1, 2], [3, 4]]").as_deref(), Some("{{1,2},{3,4}}"));
        assert_eq!(server_text("[]").as_deref(), Some("{}"));
        assert_eq!(server_text(r#"[{"a": "b"}]"#).as_deref(), Some(r#"{"{\"a\": \"b\"}"}"#));
    }

    #[test]
    fn an_array_stays_json_for_a_json_parameter() {
        let array = &params(r#"[[1, {"a": [2.50]}]]"#)[0];
        assert_eq!(array.server_text(true).unwrap().as_deref(), Some(r#"[1, {"a": [2.50]}]"#));
        assert_eq!(params(r#"["{\"a\":1}"]"#)[0].server_text(true).unwrap().as_deref(), Some("{\"a\":1}"));
    }

    #[test]
    fn arrays_have_six_dimensions_at_most() {
        let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert_eq!(server_text(&nested(6)).as_deref(), Some("{{{{{{1}}}}}}"));
        assert!(params(&format!("[{}]", nested(7)))[0].server_text(false).is_err());
        assert!(params(&format!("[{}]", nested(200_000)))[0].server_text(false).is_err());
    }

    #[test]
    fn wrong_values_are_named_by_place() {
        refused(&json!({"params": {"a": 1}}), "`params` must be an array, not an object.");
        refused(
            &json!({"params": ["fine", "sec\u{0}ret"]}),
            "`params[1]` has the character NUL, which PostgreSQL cannot store.",
        );
        let event = RawEvent::new(r#"{"params": ["\ud800"]}"#);
        let error = Extraction::check(&event, &environment(&[])).unwrap_err();
        assert_eq!(error.message, "`params[0]` has a \\u escape that is half a character.");
        refused(
            &json!({"params": vec![0; 65_536]}),
            "`params` has 65536 values, but a statement takes 65535 at most.",
        );
        assert_eq!(checked(&json!({"params": vec![0; 65_535]}), &[]).params.len(), 65_535);
    }
}

mod mistakes {
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
                &format!("\"{name}\" is no field of an event; did you mean `{meant}`?"),
            );
        }
        refused(&json!({"elephant": 1}), "\"elephant\" is no field of an event.");
        refused(
            &json!({"allowWrites": true}),
            "\"allowWrites\" is no field of an event: only the operator sets `ALLOW_WRITES`.",
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
        refused(
            &json!({"compressionLevel": "3"}),
            "`compressionLevel` must be a whole number, not a string.",
        );
        refused(
            &json!({"compressionLevel": 3.5}),
            "`compressionLevel` is \"3.5\", but must be a whole number.",
        );
        refused(&json!({"csv": "java"}), "`csv` must be an object, not a string.");
    }

    #[test]
    fn bad_values_say_what_is_wanted() {
        refused(
            &json!({"ifExists": "skp"}),
            "`ifExists` is \"skp\", but must be one of suffix, fail, skip; did you mean skip?",
        );
        refused(
            &json!({"onEmpty": "nothing"}),
            "`onEmpty` is \"nothing\", but must be one of header, fail, skip.",
        );
        refused(
            &json!({"action": "extrat"}),
            "`action` is \"extrat\", but must be one of extract, diagnose, discover; did you mean extract?",
        );
        refused(
            &json!({"bucketOwner": "1111"}),
            "`bucketOwner` is \"1111\", but must be an account's 12 digits.",
        );
        refused(
            &json!({"externalId": "secret value"}),
            "`externalId` must have 2 to 1224 letters, digits and characters of _+=,.@:/-.",
        );
        refused(
            &json!({"dbConfigParam": "/a b"}),
            "`dbConfigParam` has the character \" \", which no name in Parameter Store has.",
        );
        refused(&json!({"dbConfigParam": ""}), "`dbConfigParam` must have 1 to 2048 characters.");
    }

    #[test]
    fn variables_are_checked_like_fields_and_named() {
        refused_in(
            &json!({}),
            &[("RAISE_ON_ERROR", "yes")],
            "The variable `RAISE_ON_ERROR` is \"yes\", but must be true or false.",
        );
        refused_in(
            &json!({}),
            &[("ALLOW_WRITES", "1")],
            "The variable `ALLOW_WRITES` is \"1\", but must be true or false.",
        );
        refused_in(
            &json!({}),
            &[("ALLOW_EVENT_QUERY", "False")],
            "The variable `ALLOW_EVENT_QUERY` is \"False\", but must be true or false.",
        );
        refused_in(
            &json!({}),
            &[("COMPRESSION_LEVEL", "x")],
            "The variable `COMPRESSION_LEVEL` is \"x\", but must be a whole number.",
        );
        refused_in(
            &json!({}),
            &[("IF_EXISTS", "Fail")],
            "The variable `IF_EXISTS` is \"Fail\", but must be one of suffix, fail, skip; did you mean fail?",
        );
        refused_in(
            &json!({}),
            &[("S3_BUCKET_NAME", "A")],
            "The variable `S3_BUCKET_NAME` is \"A\", but names of buckets have 3 to 63 characters.",
        );
    }

    #[test]
    fn role_arns_have_their_form() {
        for arn in [
            ROLE,
            "arn:aws-cn:iam::222222222222:role/a",
            "arn:aws-us-gov:iam::222222222222:role/path/to/Role+=,.@_-",
        ] {
            assert_eq!(checked(&json!({"crossAccountRoleArn": arn}), &[]).role.unwrap().arn, arn);
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
            refused(
                &json!({"crossAccountRoleArn": arn}),
                &format!(
                    "`crossAccountRoleArn` is \"{arn}\", but must look like arn:aws:iam::222222222222:role/NAME."
                ),
            );
        }
        let long = format!("arn:aws:iam::222222222222:role/{}", "a".repeat(65));
        assert!(check(&json!({"crossAccountRoleArn": long})).is_err());
    }

    #[test]
    fn buckets_have_the_names_of_s3() {
        for bucket in ["abc", "a.b-c", "123", "a-s3alias", &"x".repeat(63)] {
            assert_eq!(checked(&json!({"bucket": bucket}), &[]).bucket, bucket);
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
            assert!(error.message.contains("names of buckets"), "{error}");
        }
    }

    #[test]
    fn all_mistakes_come_in_one_answer() {
        refused(
            &json!({"buckt": "a", "bucket": 5, "ifExists": "x", "params": 1, "query": "a", "queryParam": "/b"}),
            "\"buckt\" is no field of an event; did you mean `bucket`? \
             `query` and `queryParam` exclude each other: give one of them. \
             `params` must be an array, not a number. \
             `bucket` must be a string, not a number. \
             `ifExists` is \"x\", but must be one of suffix, fail, skip.",
        );
    }

    #[test]
    fn thousands_of_mistakes_make_a_short_answer() {
        let many: serde_json::Map<_, _> = (0..100_000).map(|index| (format!("x{index}"), json!(1))).collect();
        let error = check(&many.into()).unwrap_err();
        assert!(error.message.ends_with("There are 99980 mistakes more."), "{error}");
        let event = RawEvent::new(format!("{{{}\"query\":\"\"}}", "\"query\":\"secret\",".repeat(100_000)));
        let error = Extraction::check(&event, &environment(&[])).unwrap_err();
        assert!(error.message.starts_with("`query` is given twice. "), "{error}");
    }

    #[test]
    fn what_is_not_in_this_version_is_refused_by_name() {
        refused(&json!({"action": "diagnose"}), "`action` asks for diagnose, which is not in this version.");
        refused(
            &json!({"action": "discover", "metrics": true}),
            "`action` asks for discover, which is not in this version. `metrics` is not in this version.",
        );
        refused(
            &json!({"compression": "gzip"}),
            "`compression` asks for gzip, which is not in this version.",
        );
        refused_in(
            &json!({}),
            &[("COMPRESSION", "zstd")],
            "The variable `COMPRESSION` asks for zstd, which is not in this version.",
        );
        refused(&json!({"parallelism": 2}), "`parallelism` is not in this version.");
        refused(&json!({"partitionBy": "id"}), "`partitionBy` is not in this version.");
        refused(&json!({"table": "users"}), "`table` is not in this version.");
        refused(&json!({"roles": [{}]}), "`roles` is not in this version.");
        checked(&json!({"action": "extract", "compression": "none", "parallelism": 1, "table": null}), &[]);
        checked(&json!({"compression": "none"}), &[("COMPRESSION", "gzip")]);
    }

    #[test]
    fn what_is_no_json_object_says_where() {
        let message = |text: &str| parse_envelope(text.as_bytes()).unwrap_err().message;
        assert_eq!(
            message("{\"query\": \"secret"),
            "The event is not JSON: it breaks off at line 1, column 17."
        );
        assert_eq!(message(""), "The event is not JSON: it breaks off at line 1, column 0.");
        assert_eq!(message("{\n'a': 1}"), "The event is not JSON: see line 2, column 1.");
        assert_eq!(message("{} x"), "The event is not JSON: see line 1, column 4.");
        assert_eq!(message("[1]"), "The event must be a JSON object, not an array.");
        assert_eq!(message("\"secret\""), "The event must be a JSON object, not a string.");
        assert_eq!(
            parse_envelope(b"{\"a\": \"\xff\"}").unwrap_err().message,
            "The event is not UTF-8 at byte 7."
        );
        assert_eq!(parse_envelope("\u{feff}{}".as_bytes()).unwrap(), Envelope::One(RawEvent::new("{}")));
    }

    #[test]
    fn raise_on_error_is_known_of_an_event_that_cannot_be_run() {
        let raises =
            |event: &str, variables: &[_]| raises_on_error(&RawEvent::new(event), &environment(variables));
        let on = [("RAISE_ON_ERROR", "true")];
        assert!(raises(r#"{"raiseOnError": true, "bucket": 1}"#, &[]));
        assert!(raises("no JSON", &on));
        assert!(!raises(r#"{"raiseOnError": false}"#, &on));
        assert!(!raises("{}", &[]));
    }
}

mod limits {
    use super::*;

    #[test]
    fn patterns_match_whole_values() {
        use super::super::limits::matches;
        for (pattern, value) in [
            ("a", "a"),
            ("*", ""),
            ("*", "abc"),
            ("a*", "a"),
            ("a*c", "abbc"),
            ("*b*", "abc"),
            ("a*b*c", "aXbbYc"),
            ("*ab", "aab"),
            ("a**b", "ab"),
            ("*a*a", "aa"),
            ("é*", "éa"),
        ] {
            assert!(matches(pattern, value), "{pattern} {value}");
        }
        for (pattern, value) in [
            ("a", "ab"),
            ("a", "A"),
            ("", "a"),
            ("a*a", "a"),
            ("*b", "abc"),
            ("a*b*c", "acb"),
            ("?", "a"),
            ("[a]", "a"),
            ("*aa*aa", "aaa"),
            ("b*", "ab"),
        ] {
            assert!(!matches(pattern, value), "{pattern} {value}");
        }
        assert!(!matches(&"*a".repeat(10_000), &"a".repeat(9_999)));
    }

    #[test]
    fn events_ask_only_for_what_the_operator_allows() {
        let limits = [
            ("ALLOWED_ROLE_ARNS", "arn:aws:iam::222222222222:role/Cross*, arn:aws:iam::333333333333:role/B"),
            ("ALLOWED_BUCKETS", "exports-*\tother"),
            ("ALLOWED_CONFIG_PARAMS", "/cross-account/*"),
            ("ALLOWED_QUERY_PARAMS", "/sql/*"),
        ];
        checked(
            &json!({"crossAccountRoleArn": ROLE, "bucket": "exports-1", "dbConfigParam": "/cross-account/db", "queryParam": "/sql/a"}),
            &limits,
        );
        checked(&json!({"bucket": "other", "query": "SELECT 1"}), &limits);
        refused_in(
            &json!({"crossAccountRoleArn": "arn:aws:iam::444444444444:role/CrossAccountRDSRole", "bucket": "mine", "dbConfigParam": "/prod/db", "queryParam": "/prod/password"}),
            &limits,
            "`dbConfigParam` \"/prod/db\" is not allowed here: see ALLOWED_CONFIG_PARAMS. \
             `crossAccountRoleArn` \"arn:aws:iam::444444444444:role/CrossAccountRDSRole\" is not allowed here: see ALLOWED_ROLE_ARNS. \
             `queryParam` \"/prod/password\" is not allowed here: see ALLOWED_QUERY_PARAMS. \
             `bucket` \"mine\" is not allowed here: see ALLOWED_BUCKETS.",
        );
    }

    #[test]
    fn the_operators_own_values_need_no_leave() {
        let limits = [
            ("ALLOWED_ROLE_ARNS", "none"),
            ("ALLOWED_BUCKETS", "none"),
            ("ALLOWED_CONFIG_PARAMS", "none"),
            ("ALLOWED_QUERY_PARAMS", "none"),
            ("ACCOUNT_B_ID", "222222222222"),
            ("CROSS_ACCOUNT_ROLE_NAME", "CrossAccountRDSRole"),
            ("DB_CONFIG_PARAM", "/operators/db"),
            ("DB_QUERY_PARAM", "/operators/sql"),
        ];
        let from_environment = checked(&json!({}), &limits);
        let asked = json!({
            "crossAccountRoleArn": ROLE, "bucket": "operators-bucket", "dbConfigParam": "/operators/db",
            "queryParam": "/operators/sql",
        });
        assert_eq!(checked(&asked, &limits), from_environment);
        assert_eq!(from_environment.role.unwrap().arn, ROLE);
    }

    #[test]
    fn without_event_queries_only_the_operators_and_listed_parameters_run() {
        let no = ("ALLOW_EVENT_QUERY", "false");
        refused_in(
            &json!({"query": "SELECT 1"}),
            &[no],
            "`query` is not allowed here: ALLOW_EVENT_QUERY is false, and the operator's query runs.",
        );
        refused_in(
            &json!({"queryParam": "/sql/a"}),
            &[no],
            "`queryParam` is not allowed here: with ALLOW_EVENT_QUERY false, ALLOWED_QUERY_PARAMS must list it.",
        );
        refused_in(
            &json!({"queryParam": "/other"}),
            &[no, ("ALLOWED_QUERY_PARAMS", "/sql/*")],
            "`queryParam` \"/other\" is not allowed here: see ALLOWED_QUERY_PARAMS.",
        );
        let listed = checked(&json!({"queryParam": "/sql/a"}), &[no, ("ALLOWED_QUERY_PARAMS", "/sql/*")]);
        assert_eq!(listed.query, Query::Parameter("/sql/a".to_owned()));
        let operators = checked(&json!({"params": [1]}), &[no, ("DB_QUERY", "SELECT $1")]);
        assert_eq!(operators.query, Query::Text("SELECT $1".to_owned()));
        assert_eq!(checked(&json!({}), &[no]).query, Query::DefaultTableList);
        assert!(check_in(&json!({}), &[("ALLOW_EVENT_QUERY", "no")]).is_err());
    }

    #[test]
    fn only_the_operator_allows_writing() {
        assert!(checked(&json!({}), &[("ALLOW_WRITES", "true")]).allow_writes);
        assert!(!checked(&json!({}), &[("ALLOW_WRITES", "false")]).allow_writes);
        assert!(check(&json!({"ALLOW_WRITES": true})).is_err());
    }
}

mod names {
    use super::*;

    fn key(event: &serde_json::Value, id: Option<&str>) -> Result<String, Error> {
        let event = match id {
            Some(id) => json!({"detail-type": "x", "id": id, "detail": event}),
            None => event.clone(),
        };
        let Envelope::One(event) = parse_envelope(event.to_string().as_bytes())? else { unreachable!() };
        Extraction::check(&event, &environment(&[]))?.object_key(Naming {
            request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            started: Utc.with_ymd_and_hms(2024, 12, 25, 14, 30, 22).unwrap(),
        })
    }

    #[test]
    fn keys_follow_from_the_event_and_the_time() {
        for (event, expected) in [
            (json!({}), "data_export_20241225_143022.csv"),
            (json!({"keyPrefix": "exports/users"}), "exports/users/data_export_20241225_143022.csv"),
            (
                json!({"keyPrefix": "exports/users/", "fileNamePrefix": "a{date}"}),
                "exports/users/a{date}_20241225_143022.csv",
            ),
            (json!({"fileName": "x.csv", "fileNamePrefix": "y", "keyPrefix": "p"}), "p/x.csv"),
            (
                json!({"fileName": "{date}/{time}-{requestId}"}),
                "20241225/143022-8476a536-e9f4-11e8-9739-2dfe598c3fcd",
            ),
            (json!({"fileName": "😀 é}.csv"}), "😀 é}.csv"),
        ] {
            assert_eq!(key(&event, None).unwrap(), expected, "{event}");
        }
        assert_eq!(key(&json!({"fileName": "{eventId}.csv"}), Some("e-1")).unwrap(), "e-1.csv");
    }

    #[test]
    fn names_that_cannot_be_are_refused() {
        for (event, message) in [
            (
                json!({"fileName": "{data}.csv"}),
                "`fileName` has the placeholder \"data\", but those known are {requestId}, {eventId}, {date} and {time}; did you mean {date}?",
            ),
            (
                json!({"fileName": "{date.csv"}),
                "`fileName` has a { without its }; placeholders look like {requestId}.",
            ),
            (json!({"fileName": ""}), "`fileName` must not be empty."),
            (json!({"fileNamePrefix": ""}), "`fileNamePrefix` must not be empty."),
            (
                json!({"fileName": "{eventId}.csv"}),
                "`fileName` uses {eventId}, but this event came through neither EventBridge nor SQS; {requestId} always works.",
            ),
            (json!({"keyPrefix": "a\nb"}), "`keyPrefix` has the control character \\u{a}."),
            (
                json!({"keyPrefix": "x".repeat(1025)}),
                "`keyPrefix` makes a key of 1025 bytes, but S3 takes 1024 at most.",
            ),
            (
                json!({"keyPrefix": "é".repeat(500)}),
                "`keyPrefix` and the file name make a key of 1032 bytes, but S3 takes 1024 at most.",
            ),
        ] {
            assert_eq!(key(&event, None).unwrap_err().message, message, "{event}");
        }
        let error = key(&json!({"fileName": "{eventId}.csv"}), Some("a\u{7}")).unwrap_err();
        assert_eq!(error.message, "`fileName` has the control character \\u{7}.");
        assert!(key(&json!({"fileName": "x".repeat(1024)}), None).is_ok());
    }

    #[test]
    fn a_suffix_stands_before_the_extension_and_fits() {
        for (key, expected) in [
            ("a/b_20241225_143022.csv", "a/b_20241225_143022_s.csv"),
            ("b.csv.gz", "b_s.csv.gz"),
            ("b.zst", "b_s.zst"),
            ("v1.2/b", "v1.2/b_s"),
            ("v1.2/.b", "v1.2/.b_s"),
            ("b", "b_s"),
            ("a/.gz", "a/_s.gz"),
        ] {
            assert_eq!(suffixed_key(key, "s"), expected);
        }
        let long = format!("{}.csv", "é".repeat(510));
        let cut = suffixed_key(&long, "suffix");
        assert!(cut.len() <= 1024 && cut.ends_with("é_suffix.csv"));
    }
}

mod envelopes {
    use super::*;

    fn sqs(bodies: &[serde_json::Value]) -> serde_json::Value {
        let records: Vec<_> = bodies
            .iter()
            .enumerate()
            .map(|(index, body)| json!({"messageId": format!("m{index}"), "eventSource": "aws:sqs", "body": body}))
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
        let error = Extraction::check(&event, &environment(&[])).unwrap_err();
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
        let ids: Vec<_> = messages
            .iter()
            .map(|message| (message.message_id.as_str(), message.event.id().unwrap()))
            .collect();
        assert_eq!(ids, [("m0", "m0"), ("m1", "e-1"), ("m2", "m2"), ("m3", "m3")]);
        let queries: Vec<_> = messages
            .iter()
            .map(|message| {
                Extraction::check(&message.event, &environment(&[])).map(|extraction| extraction.query).ok()
            })
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
}

mod examples {
    use super::*;

    fn extractions(payload: &str) -> Vec<Extraction> {
        let events = match parse_envelope(payload.as_bytes()).unwrap() {
            Envelope::One(event) => vec![event],
            Envelope::Batch(messages) => messages.into_iter().map(|message| message.event).collect(),
        };
        events.iter().map(|event| Extraction::check(event, &environment(&[])).unwrap()).collect()
    }

    #[test]
    fn every_example_is_an_event() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/events");
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            assert!(!extractions(&std::fs::read_to_string(entry.unwrap().path()).unwrap()).is_empty());
            count += 1;
        }
        assert!(count >= 8);
    }

    #[test]
    fn the_usual_event_is_understood() {
        let given = &extractions(include_str!("../../examples/events/usual.json"))[0];
        assert_eq!(given.db_config_param, "/cross-account/db-config");
        assert_eq!(given.role.as_ref().unwrap().arn, ROLE);
        assert_eq!(given.role.as_ref().unwrap().external_id.as_deref(), Some("unique-external-id"));
        assert_eq!(given.bucket, "data-extraction-bucket");
        assert_eq!(given.key_prefix.as_deref(), Some("exports/users"));
    }

    #[test]
    fn enveloped_examples_carry_their_ids() {
        let given = &extractions(include_str!("../../examples/events/eventbridge.json"))[0];
        assert_eq!(given.event_id.as_deref(), Some("6a7e8feb-b491-4cf7-a9f1-bf3703467718"));
        assert!(given.raise_on_error);
        let given = extractions(include_str!("../../examples/events/sqs.json"));
        assert_eq!(given[0].event_id.as_deref(), Some("059f36b4-87a3-44ab-83d2-661975830a7d"));
        assert_eq!(given[1].event_id.as_deref(), Some("17793124-05d4-b198-2fde-7ededc63b103"));
    }
}

/// JSON of any shape, with the fields that the event knows among it.
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
    let mut names: Vec<String> = fields::FIELDS.iter().map(|field| field.name.to_owned()).collect();
    names.extend(["Records", "detail", "detail-type", "id", "buckt"].map(str::to_owned));
    prop::collection::hash_map(prop::sample::select(names), value, 0..8).prop_map(|fields| json!(fields))
}

fn every_outcome_is_documented(payload: &[u8]) -> Result<(), TestCaseError> {
    let check = |event: &RawEvent| match Extraction::check(event, &environment(&[])) {
        Ok(extraction) => {
            let naming = Naming { request_id: "r", started: Utc.timestamp_opt(0, 0).unwrap() };
            for param in &extraction.params {
                let _ = param.server_text(false);
            }
            extraction.object_key(naming).map(drop)
        }
        Err(error) => Err(error),
    };
    let outcome = parse_envelope(payload).and_then(|envelope| match envelope {
        Envelope::One(event) => check(&event),
        Envelope::Batch(messages) => messages.iter().try_for_each(|message| check(&message.event)),
    });
    if let Err(error) = outcome {
        prop_assert_eq!((error.error_type, error.stage), (ErrorType::InvalidRequest, Stage::Event));
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
        prop_assert_eq!(super::limits::matches(&pattern, &value), states.contains(&pattern_bytes.len()));
    }
}
