use super::*;

#[test]
fn patterns_match_whole_values() {
    use crate::job::matches;
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
fn an_access_point_must_be_allowed_like_a_bucket() {
    let arn = "arn:aws:s3:eu-central-1:111111111111:accesspoint/exports";
    let limits = [("ALLOWED_BUCKETS", "arn:aws:s3:eu-central-1:111111111111:accesspoint/exp*")];
    assert_eq!(object(&checked(&json!({"bucket": arn}), &limits)).bucket, arn);
    refused_in(
        &json!({"bucket": arn}),
        &[("ALLOWED_BUCKETS", "exports*")],
        &format!("`bucket` \"{arn}\" is not allowed here: see ALLOWED_BUCKETS."),
    );
}

#[test]
fn the_operators_own_values_are_always_allowed() {
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
    assert_eq!(role(&from_environment).unwrap().arn, ROLE);
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
    for variable in ["ALLOW_WRITES", "ALLOW_EVENT_QUERY"] {
        let words =
            format!("\"{variable}\" is not a field of an event: only the operator sets `{variable}`.");
        refused(&json!({variable: true}), &words);
    }
}
