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
