use super::*;

fn format_in(event: &serde_json::Value, variables: &[(&str, &str)]) -> Format {
    checked(event, variables).format.format()
}

fn format(event: &serde_json::Value) -> Format {
    format_in(event, &[])
}

#[test]
fn the_event_chooses_the_format_then_the_name_then_the_variable() {
    let jsonl = [("FORMAT", "jsonl")];
    assert_eq!(format(&json!({})), Format::Csv);
    assert_eq!(format(&json!({"format": "jsonl"})), Format::JsonLines);
    assert_eq!(format_in(&json!({}), &jsonl), Format::JsonLines);
    assert_eq!(format_in(&json!({"format": "csv"}), &jsonl), Format::Csv);
    for (name, of_name) in [
        ("o.jsonl", Format::JsonLines),
        ("o-{date}.NDJSON.gz", Format::JsonLines),
        ("o.jsonl.zst", Format::JsonLines),
        ("o.csv", Format::Csv),
        ("o.txt", Format::Csv),
        ("o.gz", Format::Csv),
    ] {
        assert_eq!(format(&json!({"fileName": name})), of_name, "{name}");
    }
    assert_eq!(format_in(&json!({"fileName": "o.csv.gz"}), &jsonl), Format::Csv);
    assert_eq!(format_in(&json!({"fileName": "o.jsonl"}), &[("FORMAT", "csv")]), Format::JsonLines);
    for name in ["o", "o.txt", "o.json", "o.json.gz"] {
        assert_eq!(format_in(&json!({"fileName": name}), &jsonl), Format::JsonLines, "{name}");
        assert_eq!(format(&json!({"fileName": name, "format": "jsonl"})), Format::JsonLines, "{name}");
    }
    assert_eq!(checked(&json!({"fileName": "o.jsonl.gz"}), &[]).compression, Compression::Gzip);
}

#[test]
fn a_name_and_a_format_that_contradict_each_other_are_refused() {
    let agree = "make them agree, or leave `format` out.";
    refused(
        &json!({"fileName": "o.csv.gz", "format": "jsonl"}),
        &format!("`fileName` ends with .csv, but `format` is jsonl: {agree}"),
    );
    refused(
        &json!({"fileName": "o.ndjson", "format": "csv"}),
        &format!("`fileName` ends with .ndjson, but `format` is csv: {agree}"),
    );
    let json = "ends with .json, but the file is CSV: `format` jsonl writes an object a line.";
    refused(&json!({"fileName": "o.json"}), &format!("`fileName` {json}"));
    refused(&json!({"fileName": "o.parquet"}), "`fileName` ends with .parquet, but the file is CSV.");
    refused(
        &json!({"fileName": "o.xlsx.gz", "format": "jsonl"}),
        "`fileName` ends with .xlsx, but the file is JSON lines.",
    );
    let output = Some(LocalOutput::Path(Template::parse("o.json").unwrap()));
    let given = Given { output, ..Given::default() };
    let Action::Extract(local) = read_with(&RawEvent::new("{}"), &given, &environment(&[])).action else {
        unreachable!()
    };
    assert_eq!(local.unwrap_err().message, format!("--output {json}"));
}

#[test]
fn options_of_another_format_and_formats_that_are_not_written_are_refused() {
    let csv = "`csv` is for files of format csv, and this one is jsonl: leave it out.";
    refused(&json!({"format": "jsonl", "csv": {}}), csv);
    refused(&json!({"fileName": "o.jsonl", "csv": {"bom": true}}), csv);
    refused_in(&json!({"csv": {"dialect": "java"}}), &[("FORMAT", "jsonl")], csv);
    assert_eq!(format(&json!({"format": "jsonl", "csv": null})), Format::JsonLines);
    refused(&json!({"format": "json"}), "`format` must be one of csv, jsonl; did you mean jsonl?");
    let parquet = "must be csv or jsonl: parquet is not in this version.";
    refused(&json!({"format": "parquet"}), &format!("`format` {parquet}"));
    refused_in(&json!({}), &[("FORMAT", "parquet")], &format!("The variable `FORMAT` {parquet}"));
    refused(&json!({"parquet": {}}), "`parquet` is not in this version.");
}

#[test]
fn a_key_that_is_made_of_the_time_has_the_format_s_extension() {
    let extraction = checked(&json!({"format": "jsonl", "compression": "zstd"}), &[]);
    let naming = Naming { request_id: "r", started: Utc.with_ymd_and_hms(2024, 12, 25, 14, 30, 22).unwrap() };
    let key = extraction.object_key(object(&extraction), naming).unwrap();
    assert_eq!(key, "data_export_20241225_143022.jsonl.zst");
}
