//! The Runtime API that the function's process calls.

use std::sync::Arc;

use anyhow::Result;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Method, Request, Response};

use super::dispatcher::{Answer, Dispatcher};
use super::function::FunctionError;
use crate::http::{Body, Server, full};

/// Lambda's limit for a response, in bytes.
const LARGEST_RESPONSE: usize = 6 * 1024 * 1024 + 100 * 1024;

pub(super) async fn serve(dispatcher: &Arc<Dispatcher>) -> Result<Server> {
    let dispatcher = Arc::clone(dispatcher);
    Server::start(0, move |request| {
        let dispatcher = Arc::clone(&dispatcher);
        async move { answer(&dispatcher, request).await }
    })
    .await
}

async fn answer(dispatcher: &Dispatcher, request: Request<Incoming>) -> Result<Response<Body>> {
    const ROOT: &str = "/2018-06-01/runtime/";
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.strip_prefix(ROOT).unwrap_or_default().split('/').collect();
    let method = request.method().clone();
    match (method, parts.as_slice()) {
        (Method::GET, ["invocation", "next"]) => {
            let work = dispatcher.poll().await?;
            Ok(Response::builder()
                .header("Content-Type", "application/json")
                .header("Lambda-Runtime-Aws-Request-Id", &work.request_id)
                .header("Lambda-Runtime-Deadline-Ms", work.deadline_ms)
                .header("Lambda-Runtime-Invoked-Function-Arn", &work.arn)
                .header("Lambda-Runtime-Trace-Id", trace_id(&work.request_id, work.deadline_ms))
                .body(full(work.event))?)
        }
        (Method::POST, ["invocation", id, "response"]) => {
            let body = request.into_body().collect().await?.to_bytes();
            dispatcher.answer(id, parse(&body));
            accepted()
        }
        (Method::POST, ["invocation", id, "error"]) => {
            let error = error(request).await?;
            dispatcher.answer(id, Err(error));
            accepted()
        }
        (Method::POST, ["init", "error"]) => {
            dispatcher.fail_to_start(error(request).await?);
            accepted()
        }
        _ => Ok(Response::builder().status(404).body(full("{}"))?),
    }
}

fn parse(body: &[u8]) -> Answer {
    if body.len() > LARGEST_RESPONSE {
        let error_message = format!("Response payload size ({} bytes) exceeded maximum allowed", body.len());
        return Err(FunctionError { error_type: "Function.ResponseSizeTooLarge".into(), error_message });
    }
    serde_json::from_slice(body).map_err(|error| FunctionError {
        error_type: "Function.InvalidResponse".into(),
        error_message: format!("the response is not JSON: {error}"),
    })
}

async fn error(request: Request<Incoming>) -> Result<FunctionError> {
    let body = request.into_body().collect().await?.to_bytes();
    Ok(serde_json::from_slice(&body).unwrap_or_else(|_| FunctionError {
        error_message: String::from_utf8_lossy(&body).into_owned(),
        ..FunctionError::default()
    }))
}

fn accepted() -> Result<Response<Body>> {
    Ok(Response::builder()
        .status(202)
        .header("Content-Type", "application/json")
        .body(full(r#"{"status":"OK"}"#))?)
}

/// Returns a trace id that differs between requests.
fn trace_id(request_id: &str, deadline_ms: u64) -> String {
    let number = request_id.bytes().fold(deadline_ms, |sum, byte| sum.wrapping_mul(31) ^ u64::from(byte));
    format!("Root=1-{:08x}-{number:024x};Parent={number:016x};Sampled=0", deadline_ms / 1000)
}
