use super::*;

fn layout(event: &serde_json::Value) -> Layout {
    checked(event, &[]).layout
}

fn sized(size: u64) -> Layout {
    Layout::Set(SetOptions { max_file_size: Some(size), ..SetOptions::default() })
}

fn given(output: &str) -> Given {
    let output = match output {
        "-" => LocalOutput::Stdout,
        path => LocalOutput::Path(named(path)),
    };
    let is_folder = matches!(&output, LocalOutput::Path(path) if path.is_folder());
    Given { output: Some(output), is_folder, from_shell: true, ..Given::default() }
}

fn locally(event: &serde_json::Value, output: &str, variables: &[(&str, &str)]) -> Result<Extraction, Error> {
    let event = RawEvent::new(event.to_string());
    match read_with(&event, &given(output), &environment(variables)).action {
        Action::Extract(extraction) => extraction,
        other => panic!("{other:?}"),
    }
}

#[test]
fn sizes_have_units_or_are_bytes() {
    for (size, bytes) in [
        (json!("5MiB"), 5 << 20),
        (json!("256MiB"), 256 << 20),
        (json!("1GB"), 1_000_000_000),
        (json!("1 gib"), 1 << 30),
        (json!("50TB"), 50_000_000_000_000),
        (json!("5242880"), 5 << 20),
        (json!("5242880B"), 5 << 20),
        (json!(6_000_000), 6_000_000),
    ] {
        assert_eq!(layout(&json!({"maxFileSize": size})), sized(bytes), "{size}");
    }
    for size in [
        json!("5242879"),
        json!(0),
        json!(-1),
        json!(6_000_000.5),
        json!("51TB"),
        json!("99999999999TiB"),
        json!("MiB"),
        json!("+6MiB"),
        json!(""),
        json!("256 megabytes"),
    ] {
        refused(
            &json!({"maxFileSize": size}),
            "`maxFileSize` must be a size from 5MiB to 50TB, such as 256MiB, 1GB or a number of bytes.",
        );
    }
    refused(&json!({"maxFileSize": true}), "`maxFileSize` must be a string, not true or false.");
    assert_eq!(layout(&json!({"maxFileSize": null, "partitionBy": [], "manifest": []})), Layout::File);
}

#[test]
fn the_operator_s_size_is_for_all_but_files_that_are_named() {
    let variable = [("MAX_FILE_SIZE", "256MiB")];
    let of = |extraction: Result<Extraction, Error>| extraction.unwrap().layout;
    assert_eq!(of(check_in(&json!({}), &variable)), sized(256 << 20));
    assert_eq!(of(check_in(&json!({"maxFileSize": "5MiB"}), &variable)), sized(5 << 20));
    assert_eq!(of(locally(&json!({}), "orders.csv", &variable)), Layout::File);
    assert_eq!(of(locally(&json!({}), "-", &variable)), Layout::File);
    assert_eq!(of(locally(&json!({}), "orders/", &variable)), sized(256 << 20));
    refused_in(
        &json!({}),
        &[("MAX_FILE_SIZE", "1")],
        "The variable `MAX_FILE_SIZE` must be a size from 5MiB to 50TB, such as 256MiB, 1GB or a number of bytes.",
    );
}

#[test]
fn partitions_are_columns_that_come_once() {
    let by = |columns: &[&str]| {
        let partition_by = columns.iter().map(|column| (*column).to_owned()).collect();
        Layout::Set(SetOptions { partition_by, ..SetOptions::default() })
    };
    assert_eq!(layout(&json!({"partitionBy": ["country", "dt"]})), by(&["country", "dt"]));
    refused(&json!({"partitionBy": "country"}), "`partitionBy` must be an array, not a string.");
    refused(
        &json!({"partitionBy": ["a", 1, "", "a"]}),
        "`partitionBy[1]` must be a string. `partitionBy[2]` must be the name of one column, without quotes. \
         `partitionBy[1]` names a column that comes before.",
    );
}

#[test]
fn manifests_of_others_are_for_sets_in_s3() {
    let set = json!({"maxFileSize": "5MiB", "manifest": ["redshift"]});
    assert!(layout(&set).set().unwrap().redshift);
    assert!(!layout(&json!({"maxFileSize": "5MiB"})).set().unwrap().redshift);
    refused(
        &json!({"manifest": ["redshift"]}),
        "`manifest` is for sets of files: add `maxFileSize`, `partitionBy` or `tables`.",
    );
    refused(
        &json!({"maxFileSize": "5MiB", "manifest": ["redshfit"]}),
        "`manifest[0]` must be one of redshift; did you mean redshift?",
    );
    let error = locally(&set, "orders/", &[]).unwrap_err();
    assert_eq!(error.message, "`manifest` is for sets in S3, of which it has the addresses: leave it out.");
}

#[test]
fn a_set_goes_to_a_folder_of_its_own() {
    let naming = Naming {
        request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd",
        started: Utc.with_ymd_and_hms(2024, 12, 25, 14, 30, 22).unwrap(),
    };
    let key = |mut event: serde_json::Value, given: &Given| {
        event["maxFileSize"] = json!("5MiB");
        let event = RawEvent::new(event.to_string());
        let Action::Extract(extraction) = read_with(&event, given, &environment(&[])).action else {
            unreachable!()
        };
        let extraction = extraction.unwrap();
        extraction.object_key(object(&extraction), naming).unwrap()
    };
    let event = Given::default();
    assert_eq!(key(json!({"keyPrefix": "e"}), &event), "e/data_export_20241225_143022");
    assert_eq!(key(json!({"keyPrefix": "e", "fileName": "orders/"}), &event), "e/orders");
    assert_eq!(
        key(json!({"fileName": "orders.csv", "format": "parquet"}), &event),
        "orders.csv",
        "the extension is no matter"
    );
    let folder = Given { is_folder: true, from_shell: true, ..Given::default() };
    assert_eq!(key(json!({"keyPrefix": "e/orders_{date}/"}), &folder), "e/orders_20241225");
    assert_eq!(key(json!({"keyPrefix": ""}), &folder), "data_export_20241225_143022");
    refused(
        &json!({"keyPrefix": "x".repeat(980), "maxFileSize": "5MiB"}),
        "`keyPrefix` and the names in the folder make a key of 1032 bytes, but S3 takes 1024 at most.",
    );
}

#[test]
fn a_set_on_this_machine_needs_a_folder_that_is_not_there() {
    let set = |more: serde_json::Value| {
        let mut event = json!({"maxFileSize": "5MiB"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        event
    };
    let error = locally(&set(json!({})), "-", &[]).unwrap_err();
    assert_eq!(
        error.message,
        "A set of files (`maxFileSize`, `partitionBy`, `tables`) cannot go to standard output: give --output FOLDER/."
    );
    let error = locally(&set(json!({"ifExists": "overwrite"})), "orders/", &[]).unwrap_err();
    assert_eq!(
        error.message,
        "`ifExists` must be one of suffix, fail, skip: overwrite is for a single file only."
    );
    let target = |more| locally(&set(more), "orders/", &[]).unwrap().target;
    let fails = Target::Local(LocalOutput::Path(named("orders/")), IfFileExists::Fail);
    assert_eq!(target(json!({})), fails);
    assert_eq!(target(json!({"compression": "gzip"})), fails, "the name shows no compression");
}
