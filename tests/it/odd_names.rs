//! Unusual names of objects and of columns.

use serde_json::json;

use crate::fixture::{BUCKET, Fixture, PATIENCE, response};

#[tokio::test]
async fn an_object_has_exactly_the_key_that_was_asked_for() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let longest = "é".repeat(500) + &"x".repeat(1024 - 1000 - "long/.csv".len());
    let keys = [
        ("", "plain.csv"),
        ("with spaces", " a  b .csv "),
        ("plus+and%20percent%", "100%25.csv"),
        ("dots/../up", "...csv"),
        ("a//b///c", "//d.csv"),
        ("/from/the/root", "e.csv"),
        ("emoji 😀/日本語", "ünï—☃.csv"),
        ("quotes'\"", "`$(rm -rf)`;&|<>.csv"),
        ("question?and#hash", "a=b&c=d?versionId=1#f.csv"),
        ("back\\slash", "C:\\d.csv"),
        ("brackets[]{{", "}}^~!@()*,.csv"),
        ("combining e\u{301}", "\u{202e}txt.csv"),
        ("long", &format!("{longest}.csv")),
    ];
    let mut count = 0;
    for (prefix, name) in keys {
        // One PutObject, and for some a multipart upload.
        for rows in [1, 300_000] {
            if rows > 1 && !["question?and#hash", "a//b///c"].contains(&prefix) {
                continue;
            }
            let name = format!("{}{name}", if rows > 1 { "parts of " } else { "" });
            let event = json!({
                "query": format!("SELECT md5(g::text) AS a FROM generate_series(1, {rows}) g"),
                "keyPrefix": prefix, "fileName": name,
            });
            let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
            let body = &response(&invocation)["body"];
            let key = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
            // Doubled braces represent single ones.
            let key = key.replace("{{", "{").replace("}}", "}");
            assert_eq!(body["s3Location"], format!("s3://{BUCKET}/{key}"), "{body}");
            let object = fixture.object(&key).await.unwrap_or_else(|| panic!("no object {key}"));
            assert_eq!(object.len() as u64, body["bytesWritten"].as_u64().expect("a number"));
            count += 1;
        }
    }
    assert_eq!(fixture.leftovers().await.objects.len(), count);
}

#[tokio::test]
async fn hostile_labels_come_out_as_they_are() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let labels = [
        "a\"b",
        "\"",
        "comma, semicolon; tab\t",
        "line\nbreak",
        "carriage\r\nreturn",
        "=cmd|' /C calc'!A0",
        "@SUM(1+1)",
        "-- no comment",
        "\"; DROP TABLE t; --",
        "\u{1}\u{8}\u{1b}[31m",
        "\u{feff}mark",
        "\u{202e}override",
        "😀 日本語",
        " blank ",
        "back\\slash \\N \\.",
        "null",
        "{requestId}",
        "${VARIABLE} $(command)",
        &"x".repeat(63),
        &"é".repeat(31),
    ];
    let columns: Vec<_> = labels
        .iter()
        .enumerate()
        .map(|(i, label)| format!("{i} AS \"{}\"", label.replace('"', "\"\"")))
        .collect();
    for dialect in ["java", "postgres"] {
        let event = json!({
            "query": format!("SELECT {}", columns.join(", ")), "fileName": format!("labels-{dialect}.csv"),
            "csv": {"dialect": dialect},
        });
        let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
        assert_eq!(response(&invocation)["body"]["columns"], labels.len(), "{invocation:?}");
        let object = fixture.object(&format!("labels-{dialect}.csv")).await.expect("an object");
        let mut file = csv::ReaderBuilder::new().has_headers(false).from_reader(object.as_slice());
        let rows: Vec<_> = file.records().map(|row| row.expect("CSV")).collect();
        assert_eq!(rows[0].iter().collect::<Vec<_>>(), labels);
        assert_eq!(
            rows[1].iter().collect::<Vec<_>>(),
            (0..labels.len()).map(|i| i.to_string()).collect::<Vec<_>>()
        );
        assert_eq!(rows.len(), 2);
    }
}
