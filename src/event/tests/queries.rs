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
        "aws/reference/secretsmanager/prod",
        "/AWS/Reference/SecretsManager/prod",
        "/aws/reference/secretsmanager/prod:1",
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
        configured(&checked(&json!({"dbConfigParam": "/aws/reference/secretsmanager/rds!db-1"}), &[]))
            .parameter,
        "/aws/reference/secretsmanager/rds!db-1"
    );
}

#[test]
fn a_querys_text_is_never_shown() {
    refused(&json!({"query": ""}), "`query` is empty; leave it out for the default.");
    refused(&json!({"query": "SELECT 'secret\u{0}'"}), "`query` has the character NUL, which no SQL has.");
    refused(&json!({"query": ["secret"]}), "`query` must be a string, not an array.");
    let given = checked(
        &json!({"crossAccountRoleArn": ROLE, "externalId": "secret", "query": "SELECT 'secret'", "params": ["secret", ["secret"]]}),
        &[],
    );
    assert!(!format!("{given:?}").contains("secret"), "{given:?}");
    let event = RawEvent::new(json!({"query": "secret"}).to_string());
    assert!(!format!("{event:?}").contains("secret"));
}

#[test]
fn a_long_query_passes() {
    let long = format!("SELECT {}", "x".repeat(1_048_576));
    assert_eq!(checked(&json!({"query": long}), &[]).query, Query::Text(long));
}

#[test]
fn a_query_that_is_not_one_statement_is_found_here() {
    for (sql, message) in [
        (
            "SELECT 1; DELETE FROM t",
            "The query has more than one statement, and only one can be run; the second begins at line 1, column 11.",
        ),
        (
            "-- nothing",
            "The query is empty: it has no statement, at most whitespace, comments and semicolons.",
        ),
    ] {
        for (event, variables) in [(json!({"query": sql}), vec![]), (json!({}), vec![("DB_QUERY", sql)])] {
            let error = check_in(&event, &variables).unwrap_err();
            assert_eq!((error.error_type, error.message.as_str()), (ErrorType::QueryInvalid, message));
        }
        refused(
            &json!({"query": sql, "bucket": 1}),
            &format!("`bucket` must be a string, not a number. {message}"),
        );
    }
    assert_eq!(extractor_sql::rewrite(DEFAULT_QUERY).unwrap().text(), DEFAULT_QUERY);
}
