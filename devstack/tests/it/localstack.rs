//! Tests of the services of LocalStack that the extractor and its tests use.

use devstack::{ACCOUNT_A, ACCOUNT_B, LocalStack, Object, OpenUpload, Result};
use serde_json::json;

#[tokio::test]
async fn serves_two_accounts_side_by_side() -> Result<()> {
    let (one, two) = tokio::join!(LocalStack::start(), LocalStack::start());
    let (one, two) = (one?, two?);
    let (a, b) = (one.account(ACCOUNT_A), one.account(ACCOUNT_B));
    let put = json!({"Name": "/db", "Value": "secret", "Type": "SecureString"});
    a.json("ssm", "AmazonSSM.PutParameter", &put).await?;
    let get = json!({"Name": "/db", "WithDecryption": true});
    let parameter = a.json("ssm", "AmazonSSM.GetParameter", &get).await?;
    assert_eq!(parameter["Parameter"]["Value"], "secret");
    assert!(b.json("ssm", "AmazonSSM.GetParameter", &get).await.is_err());
    let elsewhere = two.account(ACCOUNT_A).json("ssm", "AmazonSSM.GetParameter", &get).await;
    assert!(elsewhere.expect_err("another stack").to_string().contains("GetParameter"));

    let bucket = "data-extraction-bucket";
    a.create_bucket(bucket).await?;
    a.put_object(bucket, "x/ä & b.csv", b"1,2\n").await?;
    assert_eq!(a.get_object(bucket, "x/ä & b.csv").await?, "1,2\n");
    assert_eq!(a.list_objects(bucket, "x/").await?, [Object { key: "x/ä & b.csv".into(), size: 4 }]);
    assert!(a.head_object(bucket, "x/ä & b.csv").await?.is_some());
    assert!(a.head_object(bucket, "y").await?.is_none());
    let id = a.create_multipart_upload(bucket, "x/z").await?;
    assert_eq!(a.list_multipart_uploads(bucket).await?, [OpenUpload { key: "x/z".into(), id }]);

    let arn = "arn:aws:iam::222222222222:role/Reader";
    let role = a.query("sts", "AssumeRole", &[("RoleArn", arn), ("RoleSessionName", "x")]).await?;
    assert!(role.contains("arn:aws:sts::222222222222:assumed-role/Reader/x"), "{role}");

    let there = two.account(ACCOUNT_A);
    there.create_bucket(bucket).await?;
    there.put_object(bucket, "large", &vec![0; 2 << 20]).await?;
    one.reset().await?;
    assert_eq!(there.get_object(bucket, "large").await?.len(), 2 << 20);
    assert!(a.json("ssm", "AmazonSSM.GetParameter", &get).await.is_err());
    a.create_bucket(bucket).await?;
    assert!(a.list_objects(bucket, "").await?.is_empty());
    assert!(a.list_multipart_uploads(bucket).await?.is_empty());
    Ok(())
}
