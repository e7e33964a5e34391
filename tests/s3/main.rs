//! The stages parts and upload against a real S3 API.
#![allow(missing_docs)]

mod bed;
mod faults;
mod names;
mod proxy;
mod sending;

/// The S3 endpoint of this run.
async fn endpoint() -> String {
    std::env::var("S3_TEST_ENDPOINT").expect("S3_TEST_ENDPOINT names an S3 endpoint")
}
