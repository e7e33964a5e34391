//! Empties an account of an emulator, which is much faster than starting another emulator.

use anyhow::Result;
use hyper::Method;
use serde_json::{Value, json};

use crate::aws::{Aws, elements, encode};
use crate::s3::object;

impl Aws {
    /// Deletes all buckets with their objects and uploads, and all parameters, secrets and roles.
    ///
    /// # Errors
    /// Fails if the emulator refuses a deletion.
    pub(crate) async fn delete_everything(&self) -> Result<()> {
        let buckets = self.s3(Method::GET, "/", b"").await?.success()?.text();
        for bucket in elements(&buckets, "Name") {
            self.delete_bucket(&bucket).await?;
        }
        loop {
            let page = self.json("ssm", "AmazonSSM.DescribeParameters", &json!({"MaxResults": 10})).await?;
            let names = texts(&page["Parameters"], "Name");
            if names.is_empty() {
                break;
            }
            self.json("ssm", "AmazonSSM.DeleteParameters", &json!({ "Names": names })).await?;
        }
        let secrets = self.json("secretsmanager", "secretsmanager.ListSecrets", &json!({})).await?;
        for secret in texts(&secrets["SecretList"], "ARN") {
            let now = json!({"SecretId": secret, "ForceDeleteWithoutRecovery": true});
            self.json("secretsmanager", "secretsmanager.DeleteSecret", &now).await?;
        }
        for role in elements(&self.query("iam", "ListRoles", &[]).await?, "RoleName") {
            self.query("iam", "DeleteRole", &[("RoleName", &role)]).await?;
        }
        Ok(())
    }

    async fn delete_bucket(&self, bucket: &str) -> Result<()> {
        for found in self.list_objects(bucket, "").await? {
            self.s3(Method::DELETE, &object(bucket, &found.key), b"").await?.success()?;
        }
        for upload in self.list_multipart_uploads(bucket).await? {
            let target = format!("{}?uploadId={}", object(bucket, &upload.key), encode(&upload.id, false));
            self.s3(Method::DELETE, &target, b"").await?.success()?;
        }
        self.s3(Method::DELETE, &format!("/{bucket}"), b"").await?.success()?;
        Ok(())
    }
}

fn texts(list: &Value, name: &str) -> Vec<String> {
    let items = list.as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| Some(item[name].as_str()?.to_owned())).collect()
}
