//! The parts of several readers on their way to S3.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::fixture::{Fixture, PATIENCE, response};

const MIN_PART: usize = 5 << 20;

fn unpacked(compression: &str, bytes: Vec<u8>) -> Vec<u8> {
    if compression == "none" {
        return bytes;
    }
    let mut program = Command::new(compression);
    let mut program =
        program.arg("-dc").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program");
    let mut input = program.stdin.take().expect("its input");
    let writing = std::thread::spawn(move || input.write_all(&bytes).expect("all of it"));
    let output = program.wait_with_output().expect("an end");
    writing.join().expect("all of it");
    output.stdout
}

#[tokio::test]
async fn they_are_numbered_one_by_one_and_none_but_the_last_is_small() {
    let fixture = Fixture::start().await;
    let database = fixture.stack.postgres.connect().await.expect("a connection");
    let sql = "CREATE TABLE hashes AS SELECT g AS id, encode(sha512(g::text::bytea), 'hex') AS a FROM generate_series(1, 500000) g";
    database.batch_execute(sql).await.expect("a table");
    let (function, proxy) = fixture.proxied(&[]).await;
    for compression in ["none", "gzip", "zstd"] {
        proxy.clear();
        let before = proxy.calls_of("s3", "UploadPart").len();
        let key = format!("{compression}.csv");
        let mut event = fixture.event(&key, "");
        event["query"] = json!(null);
        event["table"] = json!("hashes");
        event["parallelism"] = json!(3);
        event["compression"] = json!(compression);
        let invocation = function.invoke(event, PATIENCE).await.expect("an answer");
        let body = &response(&invocation)["body"];
        assert_eq!(body["recordsProcessed"], 500_000, "{body}");
        let mut parts: Vec<(usize, usize)> = proxy.calls_of("s3", "UploadPart")[before..]
            .iter()
            .map(|call| {
                let number = call.target.split(['?', '&']).find_map(|pair| pair.strip_prefix("partNumber="));
                (number.expect("a number").parse().expect("a number"), call.body_length)
            })
            .collect();
        parts.sort_unstable();
        assert!(parts.len() > 3, "{compression}: {parts:?}");
        assert!(parts.iter().map(|(number, _)| *number).eq(1..=parts.len()), "{compression}: {parts:?}");
        let small = parts.iter().rev().skip(1).find(|(_, length)| *length < MIN_PART);
        assert_eq!(small, None, "{compression}: {parts:?}");
        let complete = proxy.calls_of("s3", "CompleteMultipartUpload");
        let complete = complete.last().expect("a call");
        let stored = fixture.object(&key).await.expect("the object");
        let checksum = aws_smithy_types::base64::encode(crc_fast::crc64_nvme(&stored).to_be_bytes());
        assert_eq!(complete.header("x-amz-checksum-crc64nvme"), checksum, "{compression}");
        let file = unpacked(compression, stored);
        assert_eq!(body["bytesUncompressed"], file.len(), "{body}");
        let lines: Vec<_> = file.split(|byte| *byte == b'\n').collect();
        assert_eq!((lines[0], lines.len()), (&b"\"id\",\"a\""[..], 500_002), "{compression}");
        assert!(!lines[1..].contains(&lines[0]), "{compression}: one header");
    }
    fixture.leaves_only_objects().await;
}
