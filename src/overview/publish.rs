//! Publishes what is new and what has ended to the topic.

use aws_config::SdkConfig;
use extractor_overview::{Changes, Overview, notices};

use crate::aws::{self, Message};
use crate::error::{Error, ErrorType, Result, Stage};

/// Publishes all changes and returns the number of messages.
pub(super) async fn publish(
    aws: &SdkConfig,
    topic_arn: &str,
    overview: &Overview,
    changes: &Changes,
    page: &str,
) -> Result<usize> {
    let notices = notices(overview, changes, Some(page));
    for notice in &notices {
        let message = Message { subject: &notice.subject, text: &notice.text, json: &notice.json };
        aws::publish(aws, topic_arn, message).await.map_err(|refusal| {
            let message = format!(
                "The page is written, but what is new could not be published to {topic_arn}: {refusal}. The next run tries again."
            );
            let hint = if refusal.is_denied() {
                "Grant sns:Publish on the topic to the function's role, and with a customer key kms:GenerateDataKey* and \
                 kms:Decrypt; look at the topic's policy."
            } else {
                "Check topicArn (or OVERVIEW_TOPIC_ARN): aws sns get-topic-attributes --topic-arn ARN"
            };
            Error::new(ErrorType::PublishFailed, Stage::Upload, message).with_hint(hint)
        })?;
    }
    Ok(notices.len())
}
