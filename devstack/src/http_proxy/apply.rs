//! Applies a fault to a call.

use std::convert::Infallible;
use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};
use http_body_util::{BodyExt, Channel};
use hyper::Response;
use hyper::body::Bytes;
use serde_json::json;
use tokio::time::sleep;

use super::call::Call;
use super::fault::HttpFault;
use crate::background;
use crate::http::{Answer, Body, Peer, full};

pub(super) async fn apply(
    fault: Option<HttpFault>,
    call: &Call,
    body: Bytes,
    peer: &Peer,
    forward: impl AsyncFnOnce(Bytes) -> Result<Answer>,
) -> Result<Response<Body>> {
    match fault {
        None => pass(&forward(body).await?),
        Some(HttpFault::Error { status, code, message }) => error(call, status, code, message),
        Some(HttpFault::Answer(xml)) => {
            Ok(Response::builder().header("content-type", "text/xml").body(full(xml))?)
        }
        Some(HttpFault::Redirect(region)) => redirect(call, region),
        Some(HttpFault::Truncate(length)) => truncate(&forward(body).await?, length),
        Some(HttpFault::Stall) => std::future::pending().await,
        Some(HttpFault::StallAnswer) => {
            forward(body).await?;
            std::future::pending().await
        }
        Some(HttpFault::Reset) => {
            peer.reset_on_close()?;
            bail!("reset")
        }
        Some(HttpFault::LoseAnswer) => {
            forward(body).await?;
            peer.reset_on_close()?;
            bail!("the answer is lost")
        }
        Some(HttpFault::AlterRequest(place)) => pass(&forward(alter(&body, place)).await?),
        Some(HttpFault::AlterAnswer(place)) => {
            let answer = forward(body).await?;
            pass(&Answer { body: alter(&answer.body, place), ..answer })
        }
        Some(HttpFault::Replace(from, to)) => {
            let mut answer = forward(body).await?;
            answer.body = answer.text().replace(from, to).into();
            answer.headers.remove("content-length");
            pass(&answer)
        }
        Some(HttpFault::ShiftDate(seconds)) => {
            let mut answer = forward(body).await?;
            let by = Duration::from_secs(seconds.unsigned_abs());
            let now = SystemTime::now();
            let date = if seconds < 0 { now - by } else { now + by };
            answer.headers.insert("date", httpdate::fmt_http_date(date).parse()?);
            pass(&answer)
        }
        Some(HttpFault::Delay(time)) => {
            sleep(time).await;
            pass(&forward(body).await?)
        }
    }
}

fn alter(body: &Bytes, place: usize) -> Bytes {
    let mut bytes = body.to_vec();
    if let Some(byte) = bytes.get_mut(place) {
        *byte ^= 1;
    }
    bytes.into()
}

fn pass(answer: &Answer) -> Result<Response<Body>> {
    respond(answer, full(answer.body.clone()))
}

/// Returns a response with the status and the headers of `answer`, except those of the transport.
fn respond(answer: &Answer, body: Body) -> Result<Response<Body>> {
    let mut response = Response::builder().status(answer.status).body(body)?;
    for (name, value) in &answer.headers {
        if !matches!(name.as_str(), "connection" | "transfer-encoding" | "keep-alive") {
            response.headers_mut().append(name, value.clone());
        }
    }
    Ok(response)
}

/// Announces the whole body, sends a part of it and closes the connection.
fn truncate(answer: &Answer, length: usize) -> Result<Response<Body>> {
    let (mut sender, body) = Channel::<Bytes, Infallible>::new(1);
    let part = answer.body.slice(..length.min(answer.body.len()));
    background::spawn(async move {
        // An error means that the client has closed the connection.
        let _ = sender.send_data(part).await;
    });
    let mut response = respond(answer, body.map_err(|never| match never {}).boxed())?;
    response.headers_mut().insert("content-length", answer.body.len().into());
    Ok(response)
}

fn redirect(call: &Call, region: &str) -> Result<Response<Body>> {
    let xml =
        "<Error><Code>PermanentRedirect</Code><Message>The bucket is in another region.</Message></Error>";
    let body = if call.method == "HEAD" { "" } else { xml };
    let response = Response::builder().status(301).header("x-amz-bucket-region", region);
    Ok(response.header("content-type", "application/xml").body(full(body))?)
}

fn error(call: &Call, status: u16, code: &str, message: &str) -> Result<Response<Body>> {
    let (kind, body) = match call.service.as_str() {
        "s3" if call.method == "HEAD" => ("application/xml", String::new()),
        "s3" => (
            "application/xml",
            format!(
                "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>devstack</RequestId></Error>"
            ),
        ),
        "sts" | "rds" | "iam" | "sns" | "elasticloadbalancing" => (
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                 <RequestId>devstack</RequestId></ErrorResponse>"
            ),
        ),
        _ => ("application/x-amz-json-1.1", json!({"__type": code, "message": message}).to_string()),
    };
    Ok(Response::builder().status(status).header("content-type", kind).body(full(body))?)
}
