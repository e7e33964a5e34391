//! Steps that set up the database and the connection to it.

use std::time::{Duration, Instant};

use cucumber::gherkin::Step;
use cucumber::given;
use devstack::{Authority, IamProxy, ServerCertificate};

use super::World;
use super::fixture::IAM_USER;
use super::when::below;

#[given("the database has run")]
async fn run(world: &mut World, step: &Step) {
    let database = world.own_database().await;
    let sql = below(step).replace("{database}", &database);
    world.fixture.stack.postgres.execute(&database, &sql).await.expect("the statements run");
}

/// The scenarios share the server, and a transaction of any of them holds the windows of all others back.
#[given("every transaction has ended")]
async fn ended(world: &mut World) {
    const LAST: &str = "SELECT txid_current()";
    const ENDED: &str = "SELECT txid_snapshot_xmin(txid_current_snapshot())";
    const PATIENCE: Duration = Duration::from_secs(60);
    let client = world.fixture.stack.postgres.connect_to(&world.database).await.expect("a connection");
    let last: i64 = client.query_one(LAST, &[]).await.expect("an id").get(0);
    let began = Instant::now();
    while client.query_one(ENDED, &[]).await.expect("an id").get::<_, i64>(0) <= last {
        assert!(began.elapsed() < PATIENCE, "a transaction does not end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[given("a transaction that stays open has run")]
async fn stays_open(world: &mut World, step: &Step) {
    let database = world.own_database().await;
    let client = world.fixture.stack.postgres.connect_to(&database).await.expect("a connection");
    client.batch_execute(&format!("BEGIN; {}", below(step))).await.expect("the statements run");
    world.transaction = Some(client);
}

#[given("the open transaction has committed")]
async fn commits(world: &mut World) {
    let client = world.transaction.take().expect("a transaction is open");
    client.batch_execute("COMMIT").await.expect("it commits");
}

#[given("a database of the scenario's own")]
async fn own(world: &mut World) {
    world.own_database().await;
}

#[given("nothing listens on the database's port")]
fn closed(world: &mut World) {
    world.configure("port", 1.into());
}

#[given("a database server without TLS")]
async fn without_tls(world: &mut World) {
    let port = world.fixture.without_tls().await.port();
    world.configure("port", port.into());
}

#[given(
    regex = r"^a database server whose certificate (is expired|vouches for itself|is made out to another name)$"
)]
async fn certificate(world: &mut World, fault: String) {
    let authority = world.fixture.stack.postgres.authority();
    let certificate = match fault.as_str() {
        "is expired" => authority.issue_expired(&["localhost"]),
        "vouches for itself" => ServerCertificate::self_signed(&["localhost"]),
        _ => authority.issue(&["shop.rds.example"]),
    };
    before_the_database(world, &certificate.expect("a certificate")).await;
}

#[given("the configuration trusts another authority only")]
fn other_authority(world: &mut World) {
    let other = Authority::new("another authority").expect("an authority");
    world.configure("sslRootCert", other.pem().into());
}

#[given(regex = r"^a database that logs in by IAM( and refuses every token)?$")]
async fn iam(world: &mut World, refuses: String) {
    let certificate = world.fixture.stack.postgres.authority().issue(&["localhost"]);
    before_the_database(world, &certificate.expect("a certificate")).await;
    world.iam.as_ref().expect("it was just started").refuse(!refuses.is_empty());
    world.configure("auth", "iam".into());
    world.configure("password", serde_json::Value::Null);
}

/// Puts an IAM proxy with this certificate in front of the database.
async fn before_the_database(world: &mut World, certificate: &ServerCertificate) {
    let proxy = IamProxy::start(world.fixture.stack.postgres.port(), certificate).await.expect("a proxy");
    world.configure("port", proxy.port().into());
    world.configure("username", IAM_USER.into());
    world.iam = Some(proxy);
}
