//! The stages parts and upload against a real S3 API.

mod access_points;
mod bucket;
mod endings;
mod faults;
mod names;
mod sending;
mod sets;
mod sets_faults;
mod sets_names;
mod sets_sending;

use devstack::LocalStack;
use tokio::sync::OnceCell;

/// The `host:port` of the LocalStack that all tests share; each has a bucket of its own.
pub async fn s3() -> String {
    static LOCALSTACK: OnceCell<LocalStack> = OnceCell::const_new();
    LOCALSTACK.get_or_init(|| async { LocalStack::start().await.expect("LocalStack") }).await.authority()
}
