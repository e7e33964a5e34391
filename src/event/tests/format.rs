use extractor_encode::parquet::{self, ParquetOptions};

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
        ("{date}.snappy.PARQUET", Format::Parquet),
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
    refused(&json!({"fileName": "o.orc"}), "`fileName` ends with .orc, but the file is CSV.");
    refused(
        &json!({"fileName": "o.parquet", "format": "csv"}),
        &format!("`fileName` ends with .parquet, but `format` is csv: {agree}"),
    );
    refused(
        &json!({"fileName": "o.json", "format": "parquet"}),
        "`fileName` ends with .json, but the file is Parquet.",
    );
    refused(
        &json!({"fileName": "o.parquet.gz"}),
        "`fileName` ends as that of a compressed file, but Parquet is compressed within the file: let it end with .parquet.",
    );
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
    refused(&json!({"format": "json"}), "`format` must be one of csv, jsonl, parquet; did you mean jsonl?");
    refused(
        &json!({"format": "parquet", "csv": {}}),
        "`csv` is for files of format csv, and this one is parquet: leave it out.",
    );
    refused(
        &json!({"parquet": {}}),
        "`parquet` is for files of format parquet, and this one is csv: leave it out.",
    );
}

#[test]
fn a_key_that_is_made_of_the_time_has_the_format_s_extension() {
    let extraction = checked(&json!({"format": "jsonl", "compression": "zstd"}), &[]);
    let naming = Naming { request_id: "r", started: Utc.with_ymd_and_hms(2024, 12, 25, 14, 30, 22).unwrap() };
    let key = extraction.object_key(object(&extraction), naming).unwrap();
    assert_eq!(key, "data_export_20241225_143022.jsonl.zst");
    let extraction = checked(&json!({"format": "parquet", "compression": "zstd"}), &[]);
    let key = extraction.object_key(object(&extraction), naming).unwrap();
    assert_eq!(key, "data_export_20241225_143022.parquet");
}

fn parquet_in(event: &serde_json::Value, variables: &[(&str, &str)]) -> ParquetOptions {
    let extraction = checked(event, variables);
    assert_eq!((extraction.compression, extraction.compression_level), (Compression::None, None));
    match extraction.format {
        FileFormat::Parquet(options) => options,
        other => panic!("{other:?}"),
    }
}

#[test]
fn parquet_has_options_of_its_own() {
    let default = ParquetOptions::default();
    assert_eq!(parquet_in(&json!({"format": "parquet"}), &[]), default);
    assert_eq!(parquet_in(&json!({"parquet": {}}), &[("FORMAT", "parquet")]), default);
    let all = json!({"format": "parquet", "parquet": {"rowGroupSize": "8MiB", "uuid": "native", "arrays": "list", "json": "json",
        "numeric": {"precision": 38, "scale": 9}, "unrepresentable": "null"}});
    assert_eq!(
        parquet_in(&all, &[]),
        ParquetOptions {
            compression: parquet::Compression::Zstd(None),
            row_group_size: (8 << 20).try_into().unwrap(),
            uuids: parquet::Uuids::Native,
            arrays: parquet::Arrays::List,
            json: parquet::Json::Json,
            numeric: parquet::Decimal::new(38, 9),
            unrepresentable: parquet::Unrepresentable::Null,
        }
    );
    let wrong = |options: serde_json::Value, message: &str| {
        refused(&json!({"format": "parquet", "parquet": options}), message);
    };
    for (size, bytes) in [(json!("2MB"), 2_000_000), (json!("8 mib"), 8 << 20), (json!(3_000_000), 3_000_000)]
    {
        let event = json!({"format": "parquet", "parquet": {"rowGroupSize": size}});
        assert_eq!(parquet_in(&event, &[]).row_group_size.get(), bytes, "{event}");
    }
    for size in ["", "32", "300MB", "0MiB", "257MiB", "-1MiB", "99999999999999999999MiB"] {
        wrong(
            json!({"rowGroupSize": size}),
            "`parquet.rowGroupSize` must be a size from 1MiB to 256MiB, such as 32MiB, 64MB or a number of bytes.",
        );
    }
    let decimal = "`parquet.numeric` must have a precision of 1 to 38, and a scale of 0 to the precision.";
    wrong(json!({"numeric": {"precision": 39, "scale": 0}}), decimal);
    wrong(json!({"numeric": {"precision": 3, "scale": 4}}), decimal);
    wrong(json!({"numeric": {"precision": 3}}), "`parquet.numeric.scale` is missing.");
    wrong(json!({"uuid": "binary"}), "`parquet.uuid` must be one of text, native.");
    wrong(json!({"array": "list"}), "\"array\" is not a field of `parquet`; did you mean `arrays`?");
}

#[test]
fn the_compression_of_parquet_lies_within_the_file() {
    use parquet::Compression as Inner;
    let of = |compression: Option<&str>, variables: &[(&str, &str)]| {
        parquet_in(&json!({"format": "parquet", "compression": compression}), variables).compression
    };
    assert_eq!(of(Some("snappy"), &[("COMPRESSION", "none")]), Inner::Snappy);
    assert_eq!(of(None, &[("COMPRESSION", "snappy")]), Inner::Snappy);
    assert_eq!(of(Some("none"), &[]), Inner::None);
    assert_eq!(of(None, &[("COMPRESSION", "zstd"), ("COMPRESSION_LEVEL", "7")]), Inner::Zstd(Some(7)));
    // A variable for other formats does not count, neither here nor there.
    assert_eq!(of(None, &[("COMPRESSION", "gzip"), ("COMPRESSION_LEVEL", "9")]), Inner::Zstd(None));
    assert_eq!(checked(&json!({}), &[("COMPRESSION", "snappy")]).compression, Compression::None);
    let level = json!({"format": "parquet", "compression": "zstd", "compressionLevel": 19});
    assert_eq!(parquet_in(&level, &[]).compression, Inner::Zstd(Some(19)));
    let event =
        |compression: &str| json!({"format": "parquet", "compression": compression, "compressionLevel": 20});
    refused(
        &json!({"format": "parquet", "compression": "gzip"}),
        "`compression` must be one of zstd, snappy, none.",
    );
    refused(&event("zstd"), "`compressionLevel` must be 1 to 19, the levels of zstd.");
    refused(&event("snappy"), "`compressionLevel` is for compression zstd: leave it out.");
    refused(&json!({"compression": "snappy"}), "`compression` must be one of none, gzip, zstd.");
}
