//! Runs that are killed, at places that a proxy holds and at any moment.

use std::time::Duration;

use devstack::{HttpFault, HttpProxy, Postgres, Rule};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::stream::Stream;
use crate::command_line::body;

/// A call at which a run is killed.
#[derive(Clone, Debug)]
pub struct Death {
    pub name: &'static str,
    /// The end of the key.
    target: &'static str,
    /// Whether the service has been called.
    after: bool,
}

/// The calls that make an object and move the state.
pub const DEATHS: [Death; 4] = [
    Death { name: "before the object", target: ".csv", after: false },
    Death { name: "after the object", target: ".csv", after: true },
    Death { name: "before the state", target: "_watermark.json", after: false },
    Death { name: "after the state", target: "_watermark.json", after: true },
];

/// The operations that complete an object: of a small one, and of one in parts.
pub const COMPLETIONS: [&str; 2] = ["PutObject", "CompleteMultipartUpload"];

impl Death {
    /// Runs the program, and kills it once its call waits at the proxy. Returns whether it came to that call.
    pub async fn strikes(
        &self,
        stream: &Stream,
        server: &Postgres,
        proxy: &HttpProxy,
        operations: &[&'static str],
        changes: &Value,
    ) -> bool {
        let fault = if self.after { HttpFault::StallAnswer } else { HttpFault::Stall };
        proxy.clear();
        for operation in operations {
            proxy.rule(Rule::every("s3", operation, fault.clone()).with_target(self.target));
        }
        let mut child = stream
            .command(server, changes)
            .env("AWS_ENDPOINT_URL_S3", proxy.url())
            .spawn()
            .expect("a process");
        let waits = || {
            let calls = proxy.calls();
            calls.iter().any(|call| call.fault.is_some() && (!self.after || call.status.is_some()))
        };
        while !waits() {
            if timeout(Duration::from_millis(5), child.wait()).await.is_ok() {
                return false;
            }
        }
        child.kill().await.expect("a dead process");
        true
    }
}

/// Runs the program and kills it after a time, if it has not ended. Returns the body of its answer.
pub async fn killed_after(
    time: Duration,
    stream: &Stream,
    server: &Postgres,
    changes: &Value,
) -> Option<Value> {
    // A child that is dropped is killed.
    let child = stream.command(server, changes).spawn().expect("a process");
    let output = tokio::select! {
        output = child.wait_with_output() => output.expect("an end"),
        () = sleep(time) => return None,
    };
    Some(body(&output))
}

/// Returns the change of an event by which several connections read.
pub fn readers(number: u8) -> Value {
    json!({"parallelism": number})
}
