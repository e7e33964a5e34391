use super::*;
use crate::event::plan::make_events;

const START: &str = "20260301_020304";

fn naming() -> Naming<'static> {
    Naming { request_id: "request", started: Utc.with_ymd_and_hms(2026, 3, 1, 2, 3, 4).unwrap() }
}

fn plan_in(event: &serde_json::Value, variables: &[(&str, &str)]) -> Result<Plan, Error> {
    let mut event = event.clone();
    event["action"] = json!("plan");
    match read(&RawEvent::new(event.to_string()), &environment(variables)).action {
        Action::Plan(plan) => plan.map(|plan| *plan),
        other => panic!("{other:?}"),
    }
}

/// Returns the events of a plan whose items are known.
fn events_in(event: &serde_json::Value, variables: &[(&str, &str)]) -> Vec<serde_json::Value> {
    let plan = plan_in(event, variables).unwrap_or_else(|error| panic!("{event}: {error}"));
    let (ForEach::Range(items) | ForEach::Events(items)) = &plan.for_each else { panic!("{plan:?}") };
    json_of(&plan, items, variables)
}

fn json_of(plan: &Plan, items: &[PlanItem], variables: &[(&str, &str)]) -> Vec<serde_json::Value> {
    let events = make_events(plan, items, naming(), &environment(variables)).unwrap();
    events.iter().map(|event| serde_json::from_str(&event.json).unwrap()).collect()
}

fn events(event: &serde_json::Value) -> Vec<serde_json::Value> {
    events_in(event, &[])
}

fn of_table(template: &serde_json::Value, schema: &str, name: &str) -> serde_json::Value {
    let event = json!({"template": template, "forEach": {"tables": ["*"]}, "keyPrefix": "nightly"});
    let plan = plan_in(&event, &[]).unwrap_or_else(|error| panic!("{event}: {error}"));
    let item = crate::event::of_table(schema, name, &template.to_string());
    json_of(&plan, &[item], &[]).remove(0)
}

#[track_caller]
fn refused_plan_in(event: &serde_json::Value, variables: &[(&str, &str)], message: &str) {
    let error = plan_in(event, variables).expect_err(&event.to_string());
    assert_eq!(error.error_type, ErrorType::InvalidRequest);
    assert_eq!(error.message, message, "{event}");
}

#[track_caller]
fn refused_plan(event: &serde_json::Value, message: &str) {
    refused_plan_in(event, &[], message);
}

fn parts(from: &serde_json::Value, to: &serde_json::Value, step: &str) -> serde_json::Value {
    let range = json!({"from": from, "to": to, "step": step});
    let template = json!({"query": "SELECT $1, $2"});
    let events = events(&json!({"template": template, "forEach": {"range": range}}));
    events.into_iter().map(|mut event| event["params"].take()).collect()
}

#[test]
fn each_month_is_an_event() {
    let template = json!({
        "dbConfigParam": "/shop", "query": "SELECT * FROM o WHERE day >= $1 AND day < $2 AND s = $3",
        "params": ["{from}"], "compression": "gzip",
    });
    let range = json!({"from": "2026-01-01", "to": "2026-02-15", "step": "1 month"});
    let event =
        json!({"template": template, "forEach": {"range": range}, "keyPrefix": "exports/", "bucket": "mine"});
    let common = |from: &str, to: &str| {
        json!({
            "dbConfigParam": "/shop", "query": template["query"], "params": [from, to, from], "compression": "gzip",
            "bucket": "mine", "keyPrefix": format!("exports/{START}"), "fileName": format!("{from}.csv.gz"),
            "ifExists": "skip", "raiseOnError": true,
        })
    };
    assert_eq!(events(&event), [common("2026-01-01", "2026-02-01"), common("2026-02-01", "2026-02-15")]);
}

#[test]
fn parts_end_where_the_next_begin() {
    let of = |from: &str, to: &str, step| parts(&json!(from), &json!(to), step);
    assert_eq!(
        of("2024-01-31", "2024-05-01", "month"),
        json!([
            ["2024-01-31", "2024-02-29"],
            ["2024-02-29", "2024-03-31"],
            ["2024-03-31", "2024-04-30"],
            ["2024-04-30", "2024-05-01"]
        ])
    );
    assert_eq!(of("2026-01-01", "2026-01-15", "2 weeks"), json!([["2026-01-01", "2026-01-15"]]));
    assert_eq!(of("2025-12-01", "2027-01-01", "1 Year").as_array().unwrap().len(), 2);
    assert_eq!(
        of("2026-03-28T22:00:00+01:00", "2026-03-29 04:00:00+01:00", "6 hours"),
        json!([["2026-03-28T22:00:00+01:00", "2026-03-29T04:00:00+01:00"]])
    );
    assert_eq!(
        of("2026-01-31T00:00:00Z", "2026-03-01T00:00:00Z", "1 month")[0],
        json!(["2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z"])
    );
    assert_eq!(of("2026-01-01 10:00", "2026-01-01T10:30", "1 hour")[0][1], "2026-01-01T10:30:00");
    assert_eq!(parts(&json!(-5), &json!(8), "10"), json!([[-5, 5], [5, 8]]));
    assert_eq!(parts(&json!("1"), &json!(2), "10"), json!([[1, 2]]));
}

#[test]
fn mistakes_in_a_range_are_named() {
    let refused = |range: serde_json::Value, message: &str| {
        refused_plan(&json!({"template": {"query": "SELECT $1, $2"}, "forEach": {"range": range}}), message);
    };
    refused(
        json!({"from": "2026-01-01", "till": 1}),
        "\"till\" is not a field of `forEach.range`. `forEach.range.to` is missing. `forEach.range.step` is missing.",
    );
    refused(
        json!({"from": "2026-01-01", "to": 5, "step": 1}),
        "`forEach.range.to` must be of the kind of `from`: both dates, both timestamps, with or without a time zone, or both \
         whole numbers.",
    );
    refused(
        json!({"from": "2026-01-01", "to": "2026-01-01", "step": "1 day"}),
        "`forEach.range.to` must be after `from`: a range has its beginning and not its end.",
    );
    refused(
        json!({"from": "2026-01-01", "to": "2026-02-01", "step": "6 hours"}),
        "`forEach.range.step` must be in days, weeks, months, quarters or years, as `from` is a date.",
    );
    refused(
        json!({"from": 0, "to": 10_001, "step": 1}),
        "`forEach.range.step` makes more than 10000 parts of the range: choose a larger one.",
    );
    for step in ["0 days", "1 fortnight", "", "-1 day", "99999999999999999999 days"] {
        let range = json!({"from": "2026-01-01", "to": "2026-02-01", "step": step});
        let event = json!({"template": {"query": "SELECT $1, $2"}, "forEach": {"range": range}});
        let error = plan_in(&event, &[]).expect_err(step);
        assert!(
            error.message.starts_with("`forEach.range.step` must be a whole number from 1, or"),
            "{error}"
        );
    }
}

#[test]
fn a_range_needs_a_query_to_be_bound_to() {
    let range = json!({"range": {"from": 0, "to": 10, "step": 5}});
    let needs = "`forEach.range` needs a `query` in the template, to whose $1 and $2 each part's beginning and end are bound.";
    refused_plan(&json!({"template": {"table": "t"}, "forEach": range}), needs);
    refused_plan(&json!({"forEach": range}), needs);
    assert_eq!(events_in(&json!({"forEach": range}), &[("DB_QUERY_PARAM", "/sql")]).len(), 2);
    let error = plan_in(&json!({"template": {"query": "SELECT $1"}, "forEach": range}), &[]).unwrap_err();
    assert!(error.message.contains("`template.query` must use $1 and $2"), "{error}");
}

#[test]
fn each_table_is_an_event() {
    let event = of_table(&json!({"format": "parquet", "parallelism": 2}), "Sales", "a/b");
    let expected = json!({
        "format": "parquet", "parallelism": 2, "table": "\"Sales\".\"a/b\"", "bucket": "operators-bucket",
        "keyPrefix": format!("nightly/{START}"), "fileName": "Sales.a%2Fb.parquet", "ifExists": "skip", "raiseOnError": true,
    });
    assert_eq!(event, expected);
    let template = json!({"query": "SELECT count(*) FROM {table}", "keyPrefix": "t/{table}/{date}", "fileName": "{{n}}{table}.csv"});
    let event = of_table(&template, "s", "x}}{\"y");
    assert_eq!(event["query"], "SELECT count(*) FROM \"s\".\"x}}{\"\"y\"");
    assert_eq!(event["keyPrefix"], format!("t/s.x}}}}}}}}%7B%22y/20260301/{START}"));
    assert_eq!(event["fileName"], "{{n}}s.x}}}}%7B%22y.csv");
    // A name that ends as another format does is no other format.
    assert_eq!(of_table(&json!({}), "s", "t.parquet")["fileName"], "s.t%2Eparquet.csv");
    assert_eq!(of_table(&json!({"maxFileSize": "5MiB"}), "s", "t")["fileName"], "s.t");
    assert_eq!(of_table(&json!({"tables": ["{table}"]}), "s", "t")["fileName"], "s.t");
}

#[test]
fn the_way_through_the_machine_is_handed_on() {
    let event = of_table(&json!({"route": "fargate"}), "s", "t");
    assert_eq!(event["route"], "fargate");
    // The program gets the event as it is.
    checked(&event, &[]);
    refused(&json!({"route": "ec2"}), "`route` must be one of function, fargate.");
    refused_plan(
        &json!({"template": {"route": "ec2"}, "forEach": {"tables": ["t"]}}),
        "In `template`: `route` must be fargate, or left out.",
    );
}

#[test]
fn given_events_replace_fields_of_the_template() {
    let template = json!({"query": "SELECT 1", "compression": "gzip"});
    let given = json!([
        {}, {"query": "SELECT 2", "compression": "none", "fileName": "two_{time}.jsonl", "bucket": "other"}, {"compression": null},
    ]);
    let made = events(&json!({"template": template, "forEach": {"events": given}}));
    let fields = ["bucket", "query", "compression", "fileName"];
    let made_of: Vec<_> = made.iter().map(|event| fields.map(|field| event[field].as_str())).collect();
    let operators = Some("operators-bucket");
    assert_eq!(
        made_of,
        [
            [operators, Some("SELECT 1"), Some("gzip"), Some("00000.csv.gz")],
            [Some("other"), Some("SELECT 2"), Some("none"), Some("two_020304.jsonl")],
            [operators, Some("SELECT 1"), None, Some("00002.csv")],
        ]
    );
    assert_eq!(made[0]["keyPrefix"], START);
}

#[test]
fn mistakes_name_the_event_and_its_field() {
    let given = json!([{"query": "SELECT 1"}, {"qery": "SELECT 2"}, {"query": "SELECT 1", "fileName": "00000.csv"}, 5]);
    let plan = |given: &serde_json::Value| json!({"forEach": {"events": given}});
    refused_plan(&plan(&given), "`forEach.events[3]` must be an object, not a number.");
    let given = &given.as_array().unwrap()[..3];
    refused_plan(
        &plan(&json!(given)),
        "`forEach.events[1]`: \"qery\" is not a field of an event; did you mean `query`? `forEach.events[2]`: It would write \
         what `forEach.events[0]` writes: give each a `fileName`, or a stream, of its own.",
    );
    refused_plan(
        &json!({"template": {"tabel": "t", "ifExists": "skip"}, "forEach": {"tables": ["s.*"]}}),
        "In `template`: \"tabel\" is not a field of an event; did you mean `table`?",
    );
    let many: Vec<_> = (0..7).map(|_| json!({"parallelism": 0, "table": "t"})).collect();
    let error = plan_in(&plan(&json!(many)), &[]).unwrap_err();
    assert!(error.message.ends_with("There are mistakes in 2 more events."), "{error}");
}

#[test]
fn what_a_plan_sets_itself_is_refused_otherwise() {
    let of_template = |template: serde_json::Value, start: &str| {
        let event = json!({"template": template, "forEach": {"tables": ["s.*"]}});
        let error = plan_in(&event, &[]).expect_err(start);
        assert!(error.message.starts_with(start), "{error}");
    };
    of_template(json!({"ifExists": "suffix"}), "In `template`: `ifExists` must be skip");
    of_template(json!({"raiseOnError": false}), "In `template`: `raiseOnError` must be true");
    of_template(json!({"action": "diagnose"}), "In `template`: `action` must be extract");
    of_template(json!([]), "`template` must be an object, not an array.");
    refused_plan(
        &json!({"template": {"dbConfigParam": "/a"}, "forEach": {"parameters": "/t"}}),
        "`forEach.parameters` names the configurations: leave `template.dbConfigParam` out.",
    );
    refused_plan(
        &json!({"query": "SELECT 1", "forEach": {"tables": ["s.*"]}}),
        "`query` is no field of a plan: what its exports have belongs into `template`.",
    );
    refused_plan(
        &json!({"template": {"query": "SELECT 1"}, "forEach": {"tables": ["s.*"]}}),
        "`forEach.tables` needs {table} in the template's `table` or `query`, so that each event reads its own.",
    );
    refused(&json!({"forEach": {}}), "`forEach` is for action plan only.");
}

#[test]
fn there_is_one_thing_to_plan_for() {
    let one = "`forEach` must have one of tables, range, parameters and events.";
    refused_plan(&json!({"forEach": {}}), one);
    refused_plan(&json!({"forEach": {"tables": ["t"], "parameters": "/t/"}}), one);
    refused_plan(
        &json!({"forEach": {"tabels": ["t"]}}),
        "\"tabels\" is not a field of `forEach`; did you mean `tables`? `forEach` must have one of tables, range, parameters \
         and events.",
    );
    refused_plan(&json!({}), "`forEach` is missing: give tables, range, parameters or events.");
    refused_plan(
        &json!({"forEach": {"tables": ["s.*", 5]}}),
        "`forEach.tables[1]` must be a table such as sales.orders, or a pattern with a schema such as public.*.",
    );
}

#[test]
fn a_plan_is_no_way_around_the_operator() {
    let tables = json!({"forEach": {"tables": ["s.*"]}});
    refused_plan_in(
        &tables,
        &[("ALLOW_EVENT_QUERY", "false")],
        "`forEach.tables` is not allowed here: with ALLOW_EVENT_QUERY false, ALLOWED_TABLES must list the tables.",
    );
    let sql = json!({"template": {"query": "SELECT $1, $2"}, "forEach": {"range": {"from": 0, "to": 2, "step": 1}}});
    let error = plan_in(&sql, &[("ALLOW_EVENT_QUERY", "false")]).unwrap_err();
    assert!(error.message.starts_with("In `template`: `query` is not allowed here"), "{error}");
    let elsewhere = json!({"forEach": {"events": [{"bucket": "theirs", "query": "SELECT 1"}]}});
    let error = plan_in(&elsewhere, &[("ALLOWED_BUCKETS", "ours-*")]).unwrap_err();
    assert!(
        error.message.starts_with("`forEach.events[0]`: `bucket` \"theirs\" is not allowed here"),
        "{error}"
    );
    refused_plan_in(
        &json!({"bucket": "theirs", "forEach": {"tables": ["s.*"]}}),
        &[("ALLOWED_BUCKETS", "ours-*")],
        "`bucket` \"theirs\" is not allowed here: see ALLOWED_BUCKETS.",
    );
    let error = plan_in(
        &json!({"template": {"dbConfigParam": "/theirs"}, "forEach": {"tables": ["s.*"]}}),
        &[("ALLOWED_CONFIG_PARAMS", "/ours/*")],
    );
    assert!(
        error
            .unwrap_err()
            .message
            .starts_with("In `template`: `dbConfigParam` \"/theirs\" is not allowed here")
    );
}

#[test]
fn an_event_that_step_functions_would_not_take_is_refused() {
    let long = format!("SELECT '{}'", "x".repeat(205_000));
    let error = plan_in(&json!({"forEach": {"events": [{"query": long}]}}), &[]).unwrap_err();
    assert_eq!(error.message, "`forEach.events[0]`: It would have 200 KiB, but may have 200 at most.");
    assert!(error.hint.contains("queryParam"));
}
