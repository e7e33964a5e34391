//! What the manifest says, and the answer.

use serde_json::{Value, json};

use super::extract;
use crate::command_line::database;
use crate::fixture::{BUCKET, Fixture, PATIENCE, response};

#[tokio::test]
async fn the_manifest_describes_columns_and_files() {
    let (postgres, folder) = database().await;
    let query = "SELECT 1::bigint AS id, 1.5::numeric(10,2) AS n, 'x'::varchar(5) AS v, now() AS t, 'DE'::text AS country, \
        '{1}'::int[] AS a";
    let flags = ["--query", query, "--format", "parquet", "--partition-by", "country"];
    let (body, set) = extract(&postgres, folder.path(), "orders", &flags);
    let manifest = &set.manifest;
    assert_eq!(
        manifest["columns"],
        json!([
            {"name": "id", "type": "bigint", "parquetType": "INT64"},
            {"name": "n", "type": "numeric(10,2)", "parquetType": "DECIMAL(10,2)"},
            {"name": "v", "type": "character varying(5)", "parquetType": "STRING"},
            {"name": "t", "type": "timestamp with time zone", "parquetType": "TIMESTAMP(MICROS,true)"},
            {"name": "country", "type": "text", "partition": true},
            {"name": "a", "type": "integer[]", "parquetType": "STRING"},
        ])
    );
    for (field, value) in [
        ("version", json!(1)),
        ("requestId", body["requestId"].clone()),
        ("format", json!("parquet")),
        ("compression", json!("zstd")),
        ("rows", json!(1)),
        ("bytes", body["bytesWritten"].clone()),
    ] {
        assert_eq!(manifest[field], value, "{field}");
    }
    let time = |field: &str| {
        chrono::DateTime::parse_from_rfc3339(manifest[field].as_str().expect("a time")).expect("a time")
    };
    assert!(time("startedAt") <= time("finishedAt"));
    let [file] = manifest["files"].as_array().expect("a list").as_slice() else { panic!("one file") };
    assert_eq!((&file["rows"], &file["partition"]), (&json!(1), &json!({"country": "DE"})));
    let id = &body["requestId"].as_str().expect("an id")[..8];
    assert_eq!(file["path"], format!("country=DE/part-00000-{id}.parquet"));
    let place = folder.path().canonicalize().expect("a folder").join("orders");
    assert!(
        body["manifest"].as_str().expect("a path").ends_with("orders/_manifest.json"),
        "{body} {place:?}"
    );
    assert_eq!(body["s3Location"], Value::Null);
}

#[tokio::test]
async fn redshift_and_s3_find_what_the_manifests_name() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let query = "SELECT g AS id, repeat(md5(g::text), 10) AS a FROM generate_series(1, 40000) g";
    let mut event = fixture.event("orders", query);
    event["maxFileSize"] = json!("5MiB");
    event["manifest"] = json!(["redshift"]);
    let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
    let body = &response(&invocation)["body"];
    assert_eq!(body["s3Location"], format!("s3://{BUCKET}/orders/"), "{body}");
    assert_eq!(body["manifest"], format!("s3://{BUCKET}/orders/_manifest.json"));
    let read = async |name: &str| fixture.object(&format!("orders/{name}")).await;
    let json_of =
        async |name: &str| serde_json::from_slice::<Value>(&read(name).await.expect(name)).expect("JSON");
    let (ours, theirs) = (json_of("_manifest.json").await, json_of("_redshift.manifest").await);
    assert_eq!(read("_SUCCESS").await.expect("a file"), b"");
    let files = ours["files"].as_array().expect("a list");
    assert_eq!((body["files"].as_u64(), files.len() > 2), (Some(files.len() as u64), true), "{body}");
    let mut rows = 0;
    for (file, entry) in files.iter().zip(theirs["entries"].as_array().expect("a list")) {
        let path = file["path"].as_str().expect("a path");
        let object = read(path).await.expect(path);
        assert_eq!(file["bytes"], object.len(), "{path}");
        rows += object.split(|byte| *byte == b'\n').count() - 2;
        let expected = json!({"url": format!("s3://{BUCKET}/orders/{path}"), "mandatory": true,
            "meta": {"content_length": object.len()}});
        assert_eq!(*entry, expected);
    }
    assert_eq!((rows, body["recordsProcessed"].as_u64()), (40_000, Some(40_000)));
    fixture.leaves_only_objects().await;
}
