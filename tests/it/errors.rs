//! Each `errorType` is provoked for real: by a row of the matrix, or where [`ELSEWHERE`] says.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use devstack::TcpFault;
use rds_data_extractor::error::ErrorType;
use serde_json::json;

use crate::fixture::{Fixture, response};
use crate::matrix;

/// The files that provoke the error types for which the matrix has no row.
const ELSEWHERE: [(&str, ErrorType); 9] = [
    ("features/mistakes.feature", ErrorType::InvalidRequest),
    ("features/empty_result.feature", ErrorType::NoData),
    ("features/parquet.feature", ErrorType::ValueUnrepresentable),
    ("features/incremental.feature", ErrorType::WatermarkInvalid),
    ("tests/it/command_line.rs", ErrorType::OutputFailed),
    ("tests/it/errors.rs", ErrorType::Internal),
    ("tests/it/matrix/command_line.rs", ErrorType::Cancelled),
    ("tests/it/overview/publishing.rs", ErrorType::PublishFailed),
    ("tests/it/readers/joining.rs", ErrorType::SnapshotUnavailable),
];

#[test]
fn every_error_type_is_provoked_somewhere() {
    let mut provoked: HashSet<&str> = matrix::error_types().collect();
    for (file, error) in ELSEWHERE {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        let text = std::fs::read_to_string(path).expect("a test");
        assert!(text.contains(error.as_str()), "{file} does not provoke {error}");
        provoked.insert(error.as_str());
    }
    for error in ErrorType::ALL {
        assert!(provoked.contains(error.as_str()), "nothing provokes {error}");
    }
}

/// One bit of one byte among rows of `int4` is inverted on the way. Most bytes are lengths, and with a wrong length the
/// row cannot be written.
#[tokio::test]
async fn a_row_that_is_no_row_is_an_internal_error() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let proxy = fixture.stack.postgres_proxy().await.expect("a proxy");
    let through = json!({"host": "127.0.0.1", "port": proxy.port(), "sslMode": "disable"});
    fixture.parameter("/through", through).await;
    let query = "SELECT g, g, g, g, g, g, g, g, g, g FROM generate_series(1, 20000) AS g";
    let event = json!({"dbConfigParam": "/through", "query": query, "keyPrefix": "altered"});
    let mut seen = Vec::new();
    for place in 500_000..500_016 {
        proxy.fault(TcpFault::AlterAt(place));
        let invocation = function.invoke(&event, Duration::from_secs(10)).await.expect("an answer");
        let body = &response(&invocation)["body"];
        seen.push(body["errorType"].as_str().unwrap_or("Success").to_owned());
        if body["errorType"] == ErrorType::Internal.as_str() {
            assert_eq!(body["stage"], "encode", "{body:#}");
            let hint = body["hint"].as_str().unwrap_or_default();
            assert!(hint.ends_with("(docs/errors.md#internal)"), "{body:#}");
            return;
        }
    }
    panic!("no row was malformed: {seen:?}");
}
