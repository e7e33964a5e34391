//! Calls to AWS emulators, which read only the access key of a signature.

use anyhow::{Context, Result};
use hyper::{Method, Request};
use serde_json::Value;

use crate::http::{Answer, full, send};

/// The region of the stack.
pub const REGION: &str = "eu-central-1";

/// Account A, which has the function.
pub const ACCOUNT_A: &str = "111111111111";

/// Account B, which has the database.
pub const ACCOUNT_B: &str = "222222222222";

/// A client of an emulator, for one account.
#[derive(Clone, Debug)]
pub struct Aws {
    authority: String,
    access_key: String,
    region: &'static str,
}

impl Aws {
    /// Creates a client of the emulator at `host:port` with this access key. For LocalStack it can be an
    /// account's number.
    pub fn new(authority: impl Into<String>, access_key: impl Into<String>) -> Self {
        Self { authority: authority.into(), access_key: access_key.into(), region: REGION }
    }

    /// Returns this client for another region.
    #[must_use]
    pub fn in_region(self, region: &'static str) -> Self {
        Self { region, ..self }
    }

    /// Calls an action of a service that speaks JSON (`AmazonSSM.PutParameter`, `secretsmanager.…`).
    ///
    /// # Errors
    /// Fails if the emulator does not answer or returns an error.
    pub async fn json(&self, service: &str, target: &str, input: &Value) -> Result<Value> {
        let request = self
            .request(service, Method::POST, "/")
            .header("X-Amz-Target", target)
            .header("Content-Type", "application/x-amz-json-1.1")
            .body(full(input.to_string()))?;
        let answer = self.send(request).await?.success().with_context(|| format!("{target} failed"))?;
        if answer.body.is_empty() { Ok(Value::Null) } else { Ok(serde_json::from_slice(&answer.body)?) }
    }

    /// Calls an action of a service that takes a form and returns XML (STS, IAM, RDS, SNS, load balancers,
    /// CloudWatch's `monitoring`).
    ///
    /// # Errors
    /// Fails if the emulator does not answer or returns an error.
    pub async fn query(&self, service: &str, action: &str, fields: &[(&str, &str)]) -> Result<String> {
        let version = match service {
            "sts" => "2011-06-15",
            "iam" => "2010-05-08",
            "monitoring" => "2010-08-01",
            "sns" => "2010-03-31",
            "elasticloadbalancing" => "2015-12-01",
            _ => "2014-10-31",
        };
        let fields: Vec<String> =
            fields.iter().map(|(name, value)| format!("&{name}={}", encode(value, false))).collect();
        let form = format!("Action={action}&Version={version}{}", fields.concat());
        let request = self
            .request(service, Method::POST, "/")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(full(form))?;
        Ok(self.send(request).await?.success().with_context(|| format!("{action} failed"))?.text())
    }

    /// Sends a request to S3 and returns the response, whatever its status. `target` is the encoded path and
    /// query.
    ///
    /// # Errors
    /// Fails if the emulator does not answer.
    pub async fn s3(&self, method: Method, target: &str, body: &[u8]) -> Result<Answer> {
        let request = self.request("s3", method, target).body(full(body.to_vec()))?;
        self.send(request).await
    }

    pub(crate) fn request(
        &self,
        service: &str,
        method: Method,
        target: &str,
    ) -> hyper::http::request::Builder {
        Request::builder()
            .method(method)
            .uri(target)
            .header("Authorization", authorization(&self.access_key, self.region, service))
    }

    pub(crate) async fn send(&self, request: Request<crate::http::Body>) -> Result<Answer> {
        send(&self.authority, request).await
    }
}

/// Returns an `Authorization` header that names the key, with an invalid signature.
pub(crate) fn authorization(access_key: &str, region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={access_key}/20240101/{region}/{service}/aws4_request, \
         SignedHeaders=host, Signature=00"
    )
}

/// Percent-encodes a path, which keeps its slashes, or a value of a query or form.
pub(crate) fn encode(text: &str, path: bool) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte as char),
            b'/' if path => encoded.push('/'),
            _ => encoded.extend(['%', hex(byte >> 4), hex(byte & 15)]),
        }
    }
    encoded
}

fn hex(digit: u8) -> char {
    char::from(b"0123456789ABCDEF"[usize::from(digit)])
}

/// Returns the texts of all elements with this name, in order, with XML's entities resolved.
pub(crate) fn elements(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).filter_map(|rest| Some(unescape(rest.split_once(&close)?.0))).collect()
}

fn unescape(text: &str) -> String {
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    text.replace("&#x27;", "'").replace("&#39;", "'").replace("&#34;", "\"").replace("&amp;", "&")
}
