use super::*;

fn packed(event: &serde_json::Value, variables: &[(&str, &str)]) -> (Compression, Option<i32>) {
    let extraction = checked(event, variables);
    (extraction.compression, extraction.compression_level)
}

#[test]
fn a_level_is_checked_against_its_compression() {
    for (name, compression, levels) in
        [("gzip", Compression::Gzip, [1, 9]), ("zstd", Compression::Zstd, [1, 19])]
    {
        assert_eq!(packed(&json!({"compression": name}), &[]), (compression, None));
        for level in levels {
            let event = json!({"compression": name, "compressionLevel": level});
            assert_eq!(packed(&event, &[]), (compression, Some(level)));
        }
        for level in [i32::MIN, -1, levels[0] - 1, levels[1] + 1] {
            refused(
                &json!({"compression": name, "compressionLevel": level}),
                &format!("`compressionLevel` must be {} to {}, the levels of {name}.", levels[0], levels[1]),
            );
        }
    }
    refused_in(
        &json!({}),
        &[("COMPRESSION", "gzip"), ("COMPRESSION_LEVEL", "19")],
        "The variable `COMPRESSION_LEVEL` must be 1 to 9, the levels of gzip.",
    );
    refused(
        &json!({"compression": "gzp", "compressionLevel": 99}),
        "`compression` must be one of none, gzip, zstd; did you mean gzip?",
    );
}

#[test]
fn a_level_of_an_event_that_compresses_nothing_is_refused() {
    let message = "`compressionLevel` is for a file that is compressed: give `compression` too.";
    refused(&json!({"compressionLevel": 3}), message);
    refused_in(&json!({"compression": "none", "compressionLevel": 3}), &[("COMPRESSION", "zstd")], message);
    assert_eq!(
        packed(&json!({"compressionLevel": 3}), &[("COMPRESSION", "zstd")]),
        (Compression::Zstd, Some(3))
    );
}

#[test]
fn the_variable_s_level_goes_with_the_variable_s_compression() {
    let operators = [("COMPRESSION", "zstd"), ("COMPRESSION_LEVEL", "19")];
    assert_eq!(packed(&json!({}), &operators), (Compression::Zstd, Some(19)));
    assert_eq!(packed(&json!({"compression": "zstd"}), &operators), (Compression::Zstd, Some(19)));
    assert_eq!(packed(&json!({"compression": "gzip"}), &operators), (Compression::Gzip, None));
    assert_eq!(packed(&json!({"compression": "none"}), &operators), (Compression::None, None));
    for none in [&[("COMPRESSION_LEVEL", "6")][..], &[("COMPRESSION_LEVEL", "6"), ("COMPRESSION", "none")]] {
        assert_eq!(packed(&json!({"compression": "gzip"}), none), (Compression::Gzip, Some(6)));
        assert_eq!(packed(&json!({}), none), (Compression::None, None));
    }
}

#[test]
fn the_end_of_a_file_name_chooses_the_compression_if_nothing_else_does() {
    let of = |name: &str, variables: &[(&str, &str)]| packed(&json!({"fileName": name}), variables).0;
    assert_eq!(of("o.csv.gz", &[]), Compression::Gzip);
    assert_eq!(of("{date}.CSV.ZST", &[]), Compression::Zstd);
    assert_eq!(of("o.csv", &[]), Compression::None);
    assert_eq!(of("o.csv.gz", &[("COMPRESSION", "zstd"), ("COMPRESSION_LEVEL", "19")]), Compression::Gzip);
    assert_eq!(of("o.csv.gz", &[("COMPRESSION", "none")]), Compression::Gzip);
    assert_eq!(of("o.csv", &[("COMPRESSION", "gzip")]), Compression::Gzip, "Content-Encoding says it");
    assert_eq!(
        packed(&json!({"fileName": "o.gz", "compressionLevel": 9}), &[]),
        (Compression::Gzip, Some(9))
    );
    assert_eq!(packed(&json!({"fileName": "o.csv", "compression": "zstd"}), &[]), (Compression::Zstd, None));
}

#[test]
fn a_name_and_a_compression_that_contradict_each_other_are_refused() {
    let agree = "make them agree, or leave `compression` out.";
    for compression in ["none", "zstd"] {
        refused(
            &json!({"fileName": "o.csv.gz", "compression": compression}),
            &format!("`fileName` ends with .gz, but `compression` is {compression}: {agree}"),
        );
    }
    refused(
        &json!({"fileName": "o.csv.bz2"}),
        "`fileName` ends with .bz2, but files are compressed with gzip (.gz) or zstd (.zst) only.",
    );

    let local = |path: &str, event: &serde_json::Value, variables: &[(&str, &str)]| {
        let output = Some(LocalOutput::Path(Template::parse(path).unwrap()));
        let given = Given { output, ..Given::default() };
        match read_with(&RawEvent::new(event.to_string()), &given, &environment(variables)).action {
            Action::Extract(extraction) => {
                extraction.map(|extraction| extraction.compression).map_err(|error| error.message)
            }
            other => panic!("{other:?}"),
        }
    };
    let gzip = json!({"compression": "gzip"});
    assert_eq!(local("o-{date}.csv.gz", &json!({}), &[]), Ok(Compression::Gzip));
    assert_eq!(local("o.csv", &json!({}), &[("COMPRESSION", "gzip")]), Ok(Compression::None));
    assert_eq!(local("/dev/null", &gzip, &[]), Ok(Compression::Gzip));
    assert_eq!(local("/dev/null", &json!({}), &[("COMPRESSION", "gzip")]), Ok(Compression::Gzip));
    assert_eq!(
        local("o.csv", &gzip, &[]).unwrap_err(),
        "`compression` is gzip, but the name of --output does not end with .gz: make them agree."
    );
    assert_eq!(
        local("o.gz", &json!({"compression": "none"}), &[]).unwrap_err(),
        format!("--output ends with .gz, but `compression` is none: {agree}")
    );
    assert_eq!(
        local("{eventId}.csv", &json!({}), &[]).unwrap_err(),
        "--output uses {eventId}, but this event came through neither EventBridge nor SQS; {requestId} always works."
    );
}
