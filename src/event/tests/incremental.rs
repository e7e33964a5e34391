use super::*;

fn with(incremental: &serde_json::Value) -> serde_json::Value {
    json!({"table": "sales.orders", "keyPrefix": "exports", "incremental": incremental})
}

#[test]
fn a_stream_needs_its_name_alone() {
    let plain = checked(&with(&json!({"stream": "orders"})), &[("MAX_FILE_SIZE", "256MiB")]);
    let expected = Incremental {
        stream: "orders".to_owned(),
        watermark: Watermark::Xmin,
        continues_with_other_columns: false,
        restart: false,
    };
    assert_eq!(plain.incremental, Some(expected.clone()));
    assert_eq!((plain.layout, plain.allow_writes), (Layout::File, false));
    let all = json!({"stream": "a-B_1.x", "watermark": {"column": "Tx"}, "onSchemaChange": "continue", "restart": true});
    let all = checked(&with(&all), &[]).incremental;
    assert_eq!(
        all,
        Some(Incremental {
            stream: "a-B_1.x".to_owned(),
            watermark: Watermark::Column("Tx".to_owned()),
            continues_with_other_columns: true,
            restart: true,
        })
    );
    assert_eq!(
        checked(&with(&json!({"stream": "orders", "watermark": "xmin"})), &[]).incremental,
        Some(expected)
    );
}

#[test]
fn a_stream_that_is_no_folder_s_name_is_refused() {
    let must = "`incremental.stream` must be a name of letters, digits, dots, underscores and hyphens that begins with a letter, a \
                digit or a hyphen.";
    for odd in ["", "a/b", ".a", "_a", "a b", "ä"] {
        refused(&with(&json!({"stream": odd})), must);
    }
    refused(&with(&json!({})), "`incremental.stream` is missing: name the stream, such as orders.");
    refused(
        &with(&json!({"stream": "s", "watermark": "updated_at"})),
        "`incremental.watermark` must be \"xmin\" or {\"column\": \"NAME\"}.",
    );
    refused(
        &with(&json!({"stream": "s", "watermark": {}})),
        "`incremental.watermark.column` is missing: name a column of type xid8.",
    );
}

#[test]
fn what_goes_not_with_it_is_named() {
    for (field, value) in [
        ("splitBy", json!("id")),
        ("maxFileSize", json!("256MiB")),
        ("partitionBy", json!(["a"])),
        ("fileName", json!("a.csv")),
        ("fileNamePrefix", json!("a")),
        ("ifExists", json!("skip")),
        ("onEmpty", json!("skip")),
    ] {
        let mut event = with(&json!({"stream": "s"}));
        event[field] = value;
        let error = check(&event).expect_err(field);
        assert!(error.message.contains(&format!("`{field}` goes not with `incremental`")), "{error}");
    }
    refused(&json!({"incremental": {"stream": "s"}}), "`incremental` needs `table`.");
    refused(
        &json!({"incremental": {"stream": "s"}, "query": "SELECT 1"}),
        "`query` goes not with `incremental`, which exports one `table`.",
    );
    let mut event = with(&json!({"stream": "s"}));
    event["keyPrefix"] = json!("exports/{date}");
    refused(
        &event,
        "`keyPrefix` has a placeholder, but the state of an incremental export must lie in the same place for every run.",
    );
}
