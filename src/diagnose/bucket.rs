//! The hop `bucket`: opens an upload of the extraction's key and aborts it.

use aws_config::SdkConfig;

use super::diagnosis::HopResult;
use super::way::Way;
use crate::aws;
use crate::error::{AwsCause, Error, ErrorType};
use crate::s3::{Destination, Rehearsed, S3, belongs_to_another, rehearse};

/// The result of the hop, and by how many seconds this machine's clock is ahead of S3's.
pub(super) struct Tried {
    pub result: HopResult,
    pub ahead: Option<f64>,
}

/// Checks the bucket and the key, opens an upload and aborts it.
pub(super) async fn try_upload(aws: &SdkConfig, destination: Destination) -> Tried {
    let (config, observer) = aws::observed(aws);
    let s3 = S3::impatient(&config);
    let result = match rehearse(&s3, destination.clone()).await {
        Ok(rehearsed) => judge(rehearsed, &destination, aws.region().map(AsRef::as_ref)),
        Err(error) => explain(&error, &Way::of("s3", &observer).await, &s3, &destination).await,
    };
    Tried { result, ahead: observer.ahead() }
}

fn judge(rehearsed: Rehearsed, destination: &Destination, here: Option<&str>) -> HopResult {
    match rehearsed {
        Rehearsed::Possible { key, region, encryption } => {
            let bucket = &destination.bucket;
            let mut facts = vec![format!("An upload of s3://{bucket}/{key} was opened and aborted")];
            facts.extend(region.as_ref().map(|region| format!("region {region}")));
            facts.extend(destination.bucket_owner.as_ref().map(|owner| format!("owner {owner}")));
            facts.extend(encryption);
            let result = HopResult::ok(format!("{}.", facts.join("; ")));
            match region.filter(|region| here.is_some_and(|here| here != region)) {
                Some(region) => result.warn(
                    format!("The bucket is in {region} and the function is not: every file costs the transfer, and a gateway endpoint serves only its own region."),
                    "Use a bucket in the function's region (terraform: s3_bucket_name), or give the subnets NAT (aws_api_access = \"nat\").",
                ),
                None => result,
            }
        }
        Rehearsed::Exists(existing) => HopResult::ok(format!("{} exists.", existing.location())).warn(
            "The object exists and ifExists is skip, so that nothing would be extracted.",
            "Choose another fileName, or ifExists suffix (IF_EXISTS; terraform: if_exists).",
        ),
    }
}

async fn explain(error: &Error, way: &Way, s3: &S3, destination: &Destination) -> HopResult {
    let is_explained = error.hint != error.error_type.hint();
    if error.error_type == ErrorType::UploadFailed
        && is_explained
        && error.aws().is_some_and(|aws| aws.status.is_none())
    {
        // The bucket is in another region and does not answer.
        return HopResult::failed(
            format!("{way}: {}", error.message),
            &error.hint,
            "Use a bucket in the function's region (terraform: s3_bucket_name), or give the subnets NAT (aws_api_access = \"nat\").",
        );
    }
    if let Some(result) = way.explain(error) {
        return result;
    }
    let Destination { bucket, .. } = destination;
    let detail = format!("{way}: {}.", error.message.trim_end_matches('.'));
    let key = destination.keys.current();
    let (cause, fix) = match error.error_type {
        ErrorType::BucketNotFound => (
            format!("There is no bucket {bucket}."),
            format!("Correct bucket (S3_BUCKET_NAME; terraform: s3_bucket_name), or create it (terraform: create_bucket = true): aws s3api head-bucket --bucket {bucket}"),
        ),
        ErrorType::ObjectExists => (
            format!("s3://{bucket}/{key} exists, and ifExists is fail."),
            "Choose another fileName, or ifExists suffix (IF_EXISTS; terraform: if_exists).".to_owned(),
        ),
        ErrorType::BucketAccessDenied if error.aws().is_some_and(AwsCause::denies_key) => (
            "The key that encrypts the object may not be used by the function's role.".to_owned(),
            "Grant kms:GenerateDataKey and kms:Decrypt on the key to the function's role, in its policy and in the key's (S3_KMS_KEY_ID; terraform: s3_kms_key_id, kms_key_arn).".to_owned(),
        ),
        ErrorType::BucketAccessDenied if error.hint != error.error_type.hint() => {
            (format!("{}.", error.message.trim_end_matches('.')), error.hint.clone())
        }
        ErrorType::BucketAccessDenied if belongs_to_another(s3, destination).await => (
            format!(
                "The bucket {bucket} does not belong to account {}, which bucketOwner names.",
                destination.bucket_owner.as_deref().unwrap_or_default()
            ),
            "Correct bucketOwner (S3_BUCKET_OWNER; terraform: s3_bucket_owner), or the bucket's name: somebody else may have taken it.".to_owned(),
        ),
        ErrorType::BucketAccessDenied => (
            format!("The function's role, the bucket's policy or an endpoint's policy does not allow s3:PutObject on {key}."),
            format!(
                "Grant s3:PutObject, s3:GetObject, s3:ListBucket, s3:ListBucketMultipartUploads and s3:AbortMultipartUpload to the function's role on {bucket} \
                 and this prefix (S3_KEY_PREFIX; terraform: s3_bucket_name, s3_key_prefix, s3_gateway_bucket_arns), and look at the bucket's policy: \
                 aws s3api get-bucket-policy --bucket {bucket}"
            ),
        ),
        _ => (format!("{}.", error.message.trim_end_matches('.')), error.hint.clone()),
    };
    HopResult::failed(detail, cause, fix)
}

#[cfg(test)]
mod tests {
    use super::super::diagnosis::State;
    use super::*;

    fn possible(region: &str) -> HopResult {
        let rehearsed = Rehearsed::Possible {
            key: "k.csv".into(),
            region: Some(region.into()),
            encryption: Some("encrypted with AES256".into()),
        };
        judge(rehearsed, &Destination::new("b", "k.csv", "id", "text/csv"), Some("eu-central-1"))
    }

    #[test]
    fn a_bucket_in_another_region_is_a_warning() {
        assert_eq!(
            possible("eu-central-1").detail,
            "An upload of s3://b/k.csv was opened and aborted; region eu-central-1; encrypted with AES256."
        );
        assert_eq!(possible("eu-central-1").state, State::Ok);
        assert_eq!(possible("us-west-2").state, State::Warning);
    }
}
