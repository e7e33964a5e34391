use super::*;

fn readers(event: &serde_json::Value, variables: &[(&str, &str)]) -> Readers {
    checked(event, variables).readers
}

fn several(readers: u8) -> std::num::NonZeroU8 {
    std::num::NonZeroU8::new(readers).unwrap()
}

#[test]
fn a_table_stands_in_place_of_a_query() {
    let table =
        checked(&json!({"table": "sales.\"Orders\""}), &[("DB_QUERY", "SELECT 1"), ("ALLOW_WRITES", "true")]);
    assert_eq!(table.query, Query::Table("sales.\"Orders\"".to_owned()));
    assert_eq!((table.readers, table.allow_writes), (Readers::One, false));
    assert!(checked(&json!({"query": "SELECT 1", "table": null}), &[("ALLOW_WRITES", "true")]).allow_writes);
    refused(
        &json!({"table": "t", "query": "SELECT 1"}),
        "`table` and `query` exclude each other: give one of them.",
    );
    refused(
        &json!({"table": "t", "queryParam": "/sql/a"}),
        "`table` and `queryParam` exclude each other: give one of them.",
    );
    refused(
        &json!({"table": "t", "params": [1]}),
        "`params` came with `table`, which takes none: leave one of them out.",
    );
    for odd in ["", " ", "a\nb"] {
        refused_like(&json!({"table": odd}), "must be the name of a table");
    }
    refused_like(&json!({"table": "postgres://u:p@h/d"}), "must be the name of a table");
}

#[track_caller]
fn refused_like(event: &serde_json::Value, words: &str) {
    let error = check(event).expect_err("a mistake");
    assert!(error.message.contains(words) && !error.message.contains("u:p"), "{error}");
}

#[test]
fn several_readers_need_to_know_how_to_divide_the_rows() {
    assert_eq!(readers(&json!({"table": "t", "parallelism": 4}), &[]), Readers::ByPages(several(4)));
    let split = json!({"query": "SELECT 1 AS a", "splitBy": "a", "parallelism": 64});
    assert_eq!(readers(&split, &[("ALLOW_WRITES", "true")]), Readers::ByColumn(several(64), "a".to_owned()));
    assert!(!checked(&split, &[("ALLOW_WRITES", "true")]).allow_writes);
    assert_eq!(
        readers(&json!({"splitBy": "a", "parallelism": 2}), &[("DB_QUERY", "SELECT 1 AS a")]),
        Readers::ByColumn(several(2), "a".to_owned()),
        "the operator's query"
    );
    assert_eq!(readers(&json!({"query": "SELECT 1 AS a", "splitBy": "a"}), &[]), Readers::One);
    refused(
        &json!({"query": "SELECT 1", "parallelism": 2}),
        "`parallelism` above 1 needs to know how to divide the rows: add `splitBy`, a column of the query, or give `table` \
         instead of the query.",
    );
    refused(
        &json!({"parallelism": 2}),
        "`parallelism` above 1 needs to know how to divide the rows: add `table` or `tables`, or a `query` and `splitBy`.",
    );
    refused(
        &json!({"table": "t", "splitBy": "a", "parallelism": 2}),
        "`splitBy` goes with `query` alone: a table is divided by its pages, leave it out.",
    );
    refused(&json!({"splitBy": "a", "parallelism": 2}), "`splitBy` came without a query: add `query`.");
    for readers in [0, -1, 65, 300] {
        refused(&json!({"table": "t", "parallelism": readers}), "`parallelism` must be 1 to 64.");
    }
    refused_like(
        &json!({"query": "SELECT 1", "splitBy": "", "parallelism": 2}),
        "must be the name of one column",
    );
}

#[test]
fn a_variable_that_does_not_fit_the_event_does_not_count() {
    let four = [("PARALLELISM", "4")];
    assert_eq!(readers(&json!({}), &four), Readers::One);
    assert_eq!(readers(&json!({"query": "SELECT 1"}), &four), Readers::One);
    assert_eq!(readers(&json!({"table": "t"}), &four), Readers::ByPages(several(4)));
    assert_eq!(readers(&json!({"table": "t", "parallelism": 1}), &four), Readers::One);
    refused_in(&json!({}), &[("PARALLELISM", "65")], "The variable `PARALLELISM` must be 1 to 64.");
}

#[test]
fn without_queries_in_events_the_operator_must_list_the_tables() {
    let no = ("ALLOW_EVENT_QUERY", "false");
    let must = |name: &str| {
        format!(
            "`{name}` is not allowed here: with ALLOW_EVENT_QUERY false, ALLOWED_TABLES must list the tables."
        )
    };
    refused_in(&json!({"table": "t"}), &[no], &must("table"));
    let split = json!({"splitBy": "a", "parallelism": 2});
    refused_in(&split, &[no, ("DB_QUERY", "SELECT 1 AS a")], &must("splitBy"));
    let allowed = [no, ("ALLOWED_TABLES", "public.*, sales.orders"), ("DB_QUERY", "SELECT 1 AS a")];
    let table = checked(&json!({"table": "t"}), &allowed);
    assert_eq!(table.allowed_tables, Some(vec!["public.*".to_owned(), "sales.orders".to_owned()]));
    checked(&split, &allowed);
    assert_eq!(checked(&json!({"table": "t"}), &[]).allowed_tables, None);
}
