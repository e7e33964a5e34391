//! Recognises an HTTP request as a call of an AWS API.

use hyper::body::Bytes;
use hyper::http::request::Parts;
use hyper::{HeaderMap, Method};

use super::fault::HttpFault;

/// The length of the longest body that is recorded.
const LONGEST_BODY: usize = 64 * 1024;

/// A recorded call.
#[derive(Clone, Debug)]
pub struct Call {
    /// The service as named in the signature: `s3`, `ssm`, `sts`, `secretsmanager`, `rds`.
    pub service: String,
    /// The operation, such as `UploadPart`, `GetParameter`, `AssumeRole`.
    pub action: String,
    /// The HTTP method.
    pub method: Method,
    /// The path and the query, as they were sent.
    pub target: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, or empty if it is longer than 64 KiB.
    pub body: Bytes,
    /// The body's length.
    pub body_length: usize,
    /// The fault that was applied to it.
    pub fault: Option<HttpFault>,
    /// The status of the service's response, if the service was reached.
    pub status: Option<u16>,
    /// The body of the service's response, or empty if it is longer than 64 KiB.
    pub answer: Bytes,
}

impl Call {
    /// Returns the access key that it is signed with, or the empty string if it is not signed.
    pub fn access_key(&self) -> &str {
        scope(&self.headers, 0).unwrap_or_default()
    }

    /// Returns the region that it is signed for, or the empty string if it is not signed.
    pub fn region(&self) -> &str {
        scope(&self.headers, 2).unwrap_or_default()
    }

    pub(super) fn new(parts: &Parts, body: &Bytes) -> Self {
        let service = service(parts);
        Self {
            action: action(parts, body, &service),
            service,
            method: parts.method.clone(),
            target: parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
            headers: parts.headers.clone(),
            body: kept(body),
            body_length: body.len(),
            fault: None,
            status: None,
            answer: Bytes::new(),
        }
    }

    /// Returns a header's value, or the empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Returns the body if it is short enough to be recorded.
pub(super) fn kept(body: &Bytes) -> Bytes {
    if body.len() > LONGEST_BODY { Bytes::new() } else { body.clone() }
}

/// Returns the service of the credential's scope.
fn service(parts: &Parts) -> String {
    scope(&parts.headers, 3).unwrap_or("s3").to_owned()
}

/// Returns a part of the credential's scope, which has the access key, the day, the region and the service.
fn scope(headers: &HeaderMap, part: usize) -> Option<&str> {
    let signed = headers.get("authorization")?.to_str().ok()?;
    signed.split_once("Credential=")?.1.split(',').next()?.split('/').nth(part)
}

fn action(parts: &Parts, body: &Bytes, service: &str) -> String {
    if let Some(target) = parts.headers.get("x-amz-target").and_then(|value| value.to_str().ok()) {
        return target.rsplit('.').next().unwrap_or_default().to_owned();
    }
    if service == "s3" {
        return s3_operation(parts).to_owned();
    }
    let form = String::from_utf8_lossy(body);
    form.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or("Unknown").to_owned()
}

fn s3_operation(parts: &Parts) -> &'static str {
    let query = parts.uri.query().unwrap_or_default();
    let has = |name: &str| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    let path = parts.uri.path().trim_matches('/');
    let is_object = path.contains('/');
    match (parts.method.as_str(), is_object) {
        ("POST", true) if has("uploads") => "CreateMultipartUpload",
        ("POST", true) if has("uploadId") => "CompleteMultipartUpload",
        ("PUT", true) if has("partNumber") => "UploadPart",
        ("PUT", true) => "PutObject",
        ("POST", false) if has("delete") => "DeleteObjects",
        ("DELETE", true) if has("uploadId") => "AbortMultipartUpload",
        ("DELETE", true) => "DeleteObject",
        ("HEAD", true) => "HeadObject",
        ("GET", true) if has("uploadId") => "ListParts",
        ("GET", true) if has("attributes") => "GetObjectAttributes",
        ("GET", true) => "GetObject",
        ("GET", false) if has("uploads") => "ListMultipartUploads",
        ("GET", false) if has("location") => "GetBucketLocation",
        ("GET", false) if path.is_empty() => "ListBuckets",
        ("GET", false) => "ListObjectsV2",
        ("HEAD", false) => "HeadBucket",
        ("PUT", false) => "CreateBucket",
        ("DELETE", false) => "DeleteBucket",
        _ => "Unknown",
    }
}
