use super::*;

fn name(text: &str) -> TableSelector {
    TableSelector::Name(text.to_owned())
}

fn pattern(text: &str) -> TableSelector {
    TableSelector::Pattern(text.to_owned())
}

#[test]
fn tables_stand_in_place_of_a_query() {
    let event = json!({"tables": ["public.*", "sales.orders", "\"Odd\".\"T*\""]});
    let extraction = checked(&event, &[("DB_QUERY", "SELECT 1"), ("ALLOW_WRITES", "true")]);
    let selectors = vec![pattern("public.*"), name("sales.orders"), name("\"Odd\".\"T*\"")];
    assert_eq!(extraction.query, Query::Tables(selectors));
    assert_eq!((extraction.readers, extraction.allow_writes), (Readers::One, false));
    let four = Readers::ByPages(4.try_into().unwrap());
    assert_eq!(checked(&json!({"tables": ["t"]}), &[("PARALLELISM", "4")]).readers, four);
    assert_eq!(
        checked(&json!({"tables": null, "query": "SELECT 1"}), &[]).query,
        Query::Text("SELECT 1".to_owned())
    );
}

#[test]
fn what_goes_not_with_tables_is_named() {
    let exclude = |field: &str| format!("`tables` and `{field}` exclude each other: give one of them.");
    refused(&json!({"tables": ["t"], "table": "t"}), &exclude("table"));
    refused(&json!({"tables": ["t"], "query": "SELECT 1"}), &exclude("query"));
    refused(&json!({"tables": ["t"], "queryParam": "/sql/a"}), &exclude("queryParam"));
    refused(&json!({"tables": ["t"], "splitBy": "id", "parallelism": 2}), &exclude("splitBy"));
    let partitions = check(&json!({"tables": ["t"], "partitionBy": ["a"]})).expect_err("a mistake");
    assert!(partitions.message.contains(&exclude("partitionBy")), "{partitions}");
    refused(
        &json!({"tables": ["t"], "params": [1]}),
        "`params` came with `tables`, which takes none: leave one of them out.",
    );
}

#[test]
fn a_text_that_is_no_table_is_refused_by_its_place() {
    let must = "must be a table such as sales.orders, or a pattern with a schema such as public.*.";
    refused(&json!({"tables": ["t", ""]}), &format!("`tables[1]` {must}"));
    refused(&json!({"tables": [7]}), &format!("`tables[0]` {must}"));
    for odd in ["a b", "a..b", "a.b.c", "\"a", "a\tb", "a.\"\""] {
        refused(&json!({"tables": [odd]}), &format!("`tables[0]` {must}"));
    }
    refused(
        &json!({"tables": ["orders_*"]}),
        "`tables[0]` is a pattern without a schema: write public.orders_*, or *.orders_* for all schemas.",
    );
    refused(&json!({"tables": []}), "`tables` is empty: name at least one table, or leave it out.");
    refused(&json!({"tables": "public.*"}), "`tables` must be an array, not a string.");
    let many = vec!["t"; 1_001];
    refused(&json!({"tables": many}), "`tables` has more than 1000 names: use patterns such as public.*.");
    let error = check(&json!({"tables": ["postgres://u:p@h/d"]})).expect_err("a mistake");
    assert!(!error.message.contains("u:p"), "{error}");
}

#[test]
fn without_queries_in_events_the_operator_must_list_the_tables() {
    let no = ("ALLOW_EVENT_QUERY", "false");
    refused_in(
        &json!({"tables": ["public.*"]}),
        &[no],
        "`tables` is not allowed here: with ALLOW_EVENT_QUERY false, ALLOWED_TABLES must list the tables.",
    );
    let allowed = checked(&json!({"tables": ["public.*"]}), &[no, ("ALLOWED_TABLES", "public.a")]);
    assert_eq!(allowed.allowed_tables, Some(vec!["public.a".to_owned()]));
}
