//! Lambda's Invoke API, for `aws lambda invoke --endpoint-url`.

use std::sync::{Arc, Weak};

use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http_body_util::BodyExt;
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Method, Request, Response};
use serde_json::json;

use super::driver::Driver;
use super::function::FunctionError;
use super::invocation::{Invocation, InvokeOptions};
use crate::background;
use crate::http::{Body, Server, full};

/// How many bytes of the log Lambda returns.
const LOG_TAIL: usize = 4096;

pub(super) async fn serve(driver: Weak<Driver>, port: u16) -> Result<Server> {
    Server::start(port, move |request| {
        let driver = driver.upgrade();
        async move {
            match driver {
                Some(driver) => invoke(driver, request).await,
                None => refuse(503, "ServiceException", "the stack is stopping"),
            }
        }
    })
    .await
}

async fn invoke(driver: Arc<Driver>, request: Request<Incoming>) -> Result<Response<Body>> {
    let path = request.uri().path().to_owned();
    let name = path.strip_prefix("/2015-03-31/functions/").and_then(|rest| rest.strip_suffix("/invocations"));
    let (Some(name), &Method::POST) = (name, request.method()) else {
        return refuse(404, "ResourceNotFoundException", "only Invoke is served here");
    };
    // The function's name, or a partial or whole ARN, whose colons may be encoded.
    let name = name.replace("%3A", ":");
    let own = &driver.function.name;
    if name != *own && !name.contains(&format!("function:{own}")) {
        return refuse(
            404,
            "ResourceNotFoundException",
            &format!("Function not found: {name} (there is {own})"),
        );
    }
    let headers = request.headers().clone();
    let mut event = request.into_body().collect().await?.to_bytes();
    if event.is_empty() {
        event = Bytes::from_static(b"{}");
    }
    if let Err(error) = serde_json::from_slice::<&serde_json::value::RawValue>(&event) {
        let message = format!("Could not parse request body into json: {error}");
        return refuse(400, "InvalidRequestContentException", &message);
    }
    match header(&headers, "x-amz-invocation-type") {
        "DryRun" => Ok(Response::builder().status(204).body(full(""))?),
        "Event" => {
            background::spawn(async move {
                if let Err(error) = driver.invoke(event, InvokeOptions::default()).await {
                    driver.output.push(format!("devstack: {error:#}"));
                }
            });
            Ok(Response::builder().status(202).body(full(""))?)
        }
        _ => {
            let invocation = driver.invoke(event, InvokeOptions::default()).await?;
            respond(invocation, header(&headers, "x-amz-log-type") == "Tail")
        }
    }
}

fn respond(invocation: Invocation, with_log: bool) -> Result<Response<Body>> {
    let mut response = Response::builder()
        .header("Content-Type", "application/json")
        .header("x-amzn-RequestId", &invocation.request_id)
        .header("X-Amz-Executed-Version", "$LATEST");
    if with_log {
        let log = invocation.logs.join("\n");
        let tail = &log.as_bytes()[log.len().saturating_sub(LOG_TAIL)..];
        response = response.header("X-Amz-Log-Result", BASE64_STANDARD.encode(tail));
    }
    let body = match invocation.result {
        Ok(value) => value.to_string(),
        Err(FunctionError { error_type, error_message }) => {
            response = response.header("X-Amz-Function-Error", "Unhandled");
            json!({"errorType": error_type, "errorMessage": error_message}).to_string()
        }
    };
    Ok(response.body(full(body))?)
}

fn refuse(status: u16, kind: &str, message: &str) -> Result<Response<Body>> {
    let body = json!({"Type": "User", "Message": message}).to_string();
    Ok(Response::builder().status(status).header("X-Amzn-ErrorType", kind).body(full(body))?)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
