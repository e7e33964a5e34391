//! Steps that set up AWS and its faults.

use cucumber::given;
use devstack::{HttpFault, Rule};

use super::World;
use super::world::BUCKET;

#[given(regex = r#"^a bucket "(.*)"$"#)]
async fn bucket(world: &mut World, name: String) {
    world.create_bucket(&name).await;
}

#[given(regex = r#"^the object "(.*)" is there already$"#)]
async fn object(world: &mut World, key: String) {
    let bucket = world.words.bucket(BUCKET);
    world.account_a().put_object(&bucket, &key, b"theirs\n").await.expect("an object");
    world.before.insert(format!("{BUCKET}/{key}"));
}

#[given(regex = r#"^somebody's multipart upload of "(.*)" is open$"#)]
async fn upload(world: &mut World, key: String) {
    let bucket = world.words.bucket(BUCKET);
    world.account_a().create_multipart_upload(&bucket, &key).await.expect("an upload");
    world.others_uploads += 1;
}

#[given(regex = r"^(s3|ssm|sts|rds|secretsmanager) answers every (\w+) with (\d+) (\w+)$")]
fn error(world: &mut World, service: String, action: String, status: u16, code: String) {
    let fault = HttpFault::error(status, code.leak());
    world.aws.rule(Rule::every(service.leak(), action.leak(), fault));
}

#[given(regex = r#"^RDS has the instance "(.*)" in account B$"#)]
async fn instance(world: &mut World, identifier: String) {
    rds(world).create_db_instance(&identifier, "shop").await.expect("an instance");
}

#[given(regex = r#"^RDS has the cluster "(.*)" in account B$"#)]
async fn cluster(world: &mut World, identifier: String) {
    rds(world).create_db_cluster(&identifier, "shop").await.expect("a cluster");
}

#[given(regex = r#"^the instance "(.*)" is stopped$"#)]
async fn stopped(world: &mut World, identifier: String) {
    let fields = [("DBInstanceIdentifier", identifier.as_str())];
    rds(world).query("rds", "StopDBInstance", &fields).await.expect("it stops");
}

fn rds(world: &World) -> devstack::Aws {
    let moto = world.fixture.stack.moto.as_ref().expect("the stack has the RDS API");
    moto.account(&world.words.account_b())
}

#[given("a KMS key")]
async fn kms_key(world: &mut World) {
    let made = world.account_a().json("kms", "TrentService.CreateKey", &serde_json::json!({})).await;
    let made = made.expect("a key");
    let arn = made["KeyMetadata"]["Arn"].as_str().expect("its ARN").to_owned();
    world.words.placeholders.push(("{kmsKey}", arn));
}
