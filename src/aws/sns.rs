//! `Publish` of SNS, whose protocol is form-encoded requests and XML answers.

use std::fmt::Write;

use aws_config::SdkConfig;
use aws_smithy_types::error::ErrorMetadata;
use serde_json::json;

use super::AwsFailure;
use super::signed::{Service, post};

const CONTENT_TYPE: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

static SNS: Service = Service { id: "SNS", name: "sns", error };

/// A message to publish.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The subject: one line of ASCII, at most 100 characters.
    pub subject: &'a str,
    /// The text for subscribers by mail, chat and SMS.
    pub text: &'a str,
    /// The JSON for programs: queues, functions, HTTP endpoints and Firehose.
    pub json: &'a str,
}

/// Publishes to a topic, in the region of its ARN.
///
/// # Errors
/// The error that SNS returned, or why it could not be reached.
pub async fn publish(aws: &SdkConfig, topic_arn: &str, message: Message<'_>) -> Result<(), AwsFailure> {
    let region = topic_arn.split(':').nth(3).filter(|region| !region.is_empty());
    let aws = super::with(aws, region, None);
    post(&aws, &SNS, "Publish", &[CONTENT_TYPE], &form(topic_arn, message)).await.map(drop)
}

fn form(topic_arn: &str, message: Message<'_>) -> String {
    let by_protocol = json!({
        "default": message.text, "sqs": message.json, "lambda": message.json, "http": message.json,
        "https": message.json, "firehose": message.json,
    });
    let by_protocol = by_protocol.to_string();
    let fields = [
        ("Action", "Publish"),
        ("Version", "2010-03-31"),
        ("TopicArn", topic_arn),
        ("Subject", message.subject),
        ("MessageStructure", "json"),
        ("Message", &by_protocol),
    ];
    let mut form = String::new();
    for (name, value) in fields {
        if !form.is_empty() {
            form.push('&');
        }
        form.push_str(name);
        form.push('=');
        for byte in value.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => form.push(byte.into()),
                // Writing to a String does not fail.
                _ => drop(write!(form, "%{byte:02X}")),
            }
        }
    }
    form
}

fn error(body: &[u8]) -> ErrorMetadata {
    let text = String::from_utf8_lossy(body);
    let element = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(inner, _)| inner.to_owned())
    };
    let code = element("Code").unwrap_or_default();
    // Other services call it AccessDenied.
    let code = if code == "AuthorizationError" { "AccessDenied".to_owned() } else { code };
    ErrorMetadata::builder().code(code).message(element("Message").unwrap_or_default()).build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_encodes_every_byte() {
        let message = Message { subject: "A & B", text: "ü=\n", json: "{}" };
        let form = form("arn:aws:sns:eu-central-1:1:t", message);
        assert!(form.starts_with("Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns"), "{form}");
        assert!(form.contains("&Subject=A%20%26%20B&"), "{form}");
        assert!(form.contains("%C3%BC%3D%5Cn"), "{form}");
    }

    #[test]
    fn an_error_has_a_code_and_a_message() {
        let error = error(b"<ErrorResponse><Error><Code>NotFound</Code><Message>Topic does not exist</Message></Error></ErrorResponse>");
        assert_eq!((error.code(), error.message()), (Some("NotFound"), Some("Topic does not exist")));
    }
}
