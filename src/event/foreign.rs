//! Services whose events are not extractions.

use crate::fields::Object;
use crate::form;

/// A field that no extraction has, and the service that sends it.
const MARKS: [(&str, &str); 17] = [
    ("invokingEvent", "AWS Config"),
    ("alarmData", "a CloudWatch alarm"),
    ("awslogs", "CloudWatch Logs"),
    ("deliveryStreamArn", "Amazon Data Firehose"),
    ("triggerSource", "Amazon Cognito"),
    ("identityPoolId", "Amazon Cognito"),
    ("ResponseURL", "AWS CloudFormation"),
    ("CodePipeline.job", "AWS CodePipeline"),
    ("getObjectContext", "S3 Object Lambda"),
    ("invocationSchemaVersion", "S3 Batch Operations"),
    ("ClientRequestToken", "AWS Secrets Manager"),
    ("sessionState", "Amazon Lex"),
    ("currentIntent", "Amazon Lex"),
    ("methodArn", "an authorizer of API Gateway"),
    ("routeArn", "an authorizer of API Gateway"),
    ("actionGroup", "Amazon Bedrock"),
    ("arguments", "AWS AppSync"),
];

/// Returns the sender of an event that is not an extraction, if it is a known service.
pub(super) fn source(event: &Object<'_>) -> Option<String> {
    // Kafka, MQ and DocumentDB send objects with the records under another name.
    let by_source = || event.string("eventSource").map(|source| form::service(&source));
    let mark = MARKS.iter().find(|(mark, _)| event.get(mark).is_some());
    mark.map(|(_, sender)| (*sender).to_owned()).or_else(by_source)
}
