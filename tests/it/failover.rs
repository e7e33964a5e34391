//! A name whose address changes while an extraction connects by it, as when RDS fails over, and a server that takes long
//! to wake up.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use devstack::{NameServer, Postgres, PostgresOptions, RuntimeApi, TcpFault, in_own_network};
use rds_data_extractor::config::{Authorities, Endpoint, Login, ServerKind, TlsSettings};
use rds_data_extractor::database::{Resolver, Session, SessionSettings, Snapshot, connect_by};
use rds_data_extractor::deadline::Deadline;
use rds_data_extractor::error::ErrorType;
use rds_data_extractor::secret::Secret;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use crate::fixture::{EXTRACTOR, Fixture, PARAMETER, response};

/// The name of the cluster's writer, which only this drill's name server knows.
const NAME: &str = "shop.cluster-c1.eu-central-1.rds.example";
/// The address of the name before the failover. After it, the address is 127.0.0.1.
const OLD: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// The time limit of an invocation. Connecting is retried for a quarter of it, so an extraction that succeeds
/// has found the new writer within 15 s.
const INVOCATION: Duration = Duration::from_secs(60);

/// Returns the superuser's login, with a name that only the test's resolver knows.
pub fn login(postgres: &Postgres) -> Login {
    Login {
        endpoint: Endpoint { host: "shop.cluster-1.rds".to_owned(), port: postgres.port() },
        database: "postgres".to_owned(),
        username: postgres.superuser().to_owned(),
        password: Secret::new(postgres.password()),
        options: None,
        tls: TlsSettings {
            client: None,
            authorities: Authorities::Pem(postgres.ca_pem().to_owned()),
            server_name: Some(postgres.host().to_owned()),
            ..TlsSettings::default()
        },
        application_name: "failover".to_owned(),
    }
}

pub fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

const SETTINGS: SessionSettings = SessionSettings {
    writable: false,
    lossless: false,
    statement_timeout: None,
    snapshot: Snapshot::Own,
    lock: None,
};

/// Asks the server something, as an extraction does.
async fn is_usable(mut session: Session) -> bool {
    session.begin(SETTINGS).await.expect("a transaction");
    let answer = session.ask("SELECT 1").await.expect("an answer");
    session.close(Duration::from_secs(2)).await;
    answer == [[Some("1".to_owned())]]
}

/// A cluster whose writer's name only this drill's name server knows, and the function that uses the name.
struct Drill {
    fixture: Fixture,
    names: NameServer,
    function: RuntimeApi,
}

impl Drill {
    async fn start() -> Self {
        let fixture = Fixture::with_rds().await;
        let names = NameServer::start().await.expect("a name server");
        let rds = fixture.stack.rds_b().expect("the RDS API");
        rds.create_db_cluster("shop", "postgres").await.expect("a cluster");
        let moto = fixture.stack.moto.as_ref().expect("the RDS API");
        moto.set_address("shop", NAME, fixture.stack.postgres.port());
        fixture
            .parameter(
                PARAMETER,
                json!({"host": null, "dbClusterIdentifier": "shop", "tlsServerName": "localhost"}),
            )
            .await;
        let function = fixture.program(names.wrap(Path::new(EXTRACTOR)).expect("a program"), &[]).await;
        Self { fixture, names, function }
    }

    /// Extracts while the name leads to the old writer, until the name is resolved again.
    async fn flips(&self, what: &str) {
        self.names.set(NAME, &[OLD]);
        let name = format!("{what}.csv");
        let event = self
            .fixture
            .event(&name, "SELECT g, pg_is_in_recovery()::text AS r FROM generate_series(1, 3) g");
        let before = self.names.asked();
        let failover = async {
            // The function has found the old writer, and the attempt has failed.
            self.names.until_asked(before + 2).await;
            self.names.set(NAME, &[Ipv4Addr::LOCALHOST]);
            std::future::pending::<()>().await;
        };
        // An extraction that used the old writer would never resolve the name again.
        let invocation = tokio::select! {
            invocation = self.function.invoke(&event, INVOCATION) => invocation.expect("an answer"),
            () = failover => unreachable!("the failover does not end"),
        };
        let answer = response(&invocation);
        assert_eq!(answer["statusCode"], 200, "{what}: {answer}\n{}", invocation.logs.join("\n"));
        let file = self.fixture.object(&name).await.expect("the object");
        let rows = [1, 2, 3].map(|g| format!("\"{g}\",\"false\"\n")).concat();
        assert_eq!(String::from_utf8_lossy(&file), format!("\"g\",\"r\"\n{rows}"), "{what}");
    }

    fn old(&self) -> SocketAddr {
        (OLD, self.fixture.stack.postgres.port()).into()
    }
}

#[tokio::test]
async fn an_extraction_finds_the_new_writer_during_a_failover() {
    if !NameServer::is_possible() {
        let this = "failover::an_extraction_finds_the_new_writer_during_a_failover";
        return in_own_network(this).await.expect("the drill");
    }
    let drill = Drill::start().await;
    // Nothing listens at the old address.
    drill.flips("refuses").await;

    let silent = TcpListener::bind(drill.old()).await.expect("the old address");
    // The kernel accepts connections, and nobody answers.
    drill.flips("silent").await;
    drop(silent);

    // The old writer has become a reader.
    let replica = ("wal_level".to_owned(), "replica".to_owned());
    let options = PostgresOptions { settings: vec![replica], ..PostgresOptions::default() };
    let reader = Postgres::start(options).await.expect("a server");
    let new = &drill.fixture.stack.postgres;
    for server in [new, &reader] {
        server.create_role("exporter", "the-same").await.expect("a role");
    }
    reader.become_standby().await.expect("a standby");
    let both = format!("{}{}", new.ca_pem(), reader.ca_pem());
    let changes = json!({
        "host": null, "dbClusterIdentifier": "shop", "tlsServerName": "localhost", "sslRootCert": both,
        "username": "exporter", "password": "the-same",
    });
    drill.fixture.parameter(PARAMETER, changes).await;
    let listener = TcpListener::bind(drill.old()).await.expect("the old address");
    let port = reader.port();
    let forwarding = tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut server = TcpStream::connect(local(port)).await.expect("the reader");
                // Either side may close the connection.
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    drill.flips("reads-only").await;
    forwarding.abort();
}

#[tokio::test]
async fn an_extraction_waits_for_a_server_that_wakes_up_after_45_seconds_of_silence() {
    let fixture = Fixture::start().await;
    let proxy = fixture.stack.postgres_proxy().await.expect("a proxy");
    proxy.fault(TcpFault::Silent);
    fixture.parameter(PARAMETER, json!({"port": proxy.port()})).await;
    let function = fixture.function(&[]).await;
    let event = fixture.event("awake.csv", "SELECT 1 AS a");
    let (invocation, ()) = tokio::join!(function.invoke(&event, Duration::from_secs(900)), async {
        sleep(Duration::from_secs(45)).await;
        proxy.fault(TcpFault::None);
    });
    let invocation = invocation.expect("an answer");
    assert_eq!(response(&invocation)["statusCode"], 200, "{}", response(&invocation));
    assert_eq!(fixture.object("awake.csv").await.as_deref(), Some(b"\"a\"\n\"1\"\n".as_slice()));
}

/// Returns a resolver that knows these addresses, and a counter of the queries.
fn counted(addresses: Vec<SocketAddr>) -> (Resolver, Arc<AtomicU32>) {
    let asked = Arc::<AtomicU32>::default();
    let count = Arc::clone(&asked);
    let resolver = Resolver::instead(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        addresses.clone()
    });
    (resolver, asked)
}

#[tokio::test]
async fn one_attempt_gets_past_a_black_hole_among_the_addresses() {
    let postgres = Postgres::start(PostgresOptions::default()).await.expect("a server");
    // TEST-NET-1: packets to it are dropped or answered by a router.
    let hole: SocketAddr = ([192, 0, 2, 1], postgres.port()).into();
    let (resolver, asked) = counted(vec![hole, local(postgres.port())]);
    let session = connect_by(&resolver, &login(&postgres), ServerKind::Any, &Deadline::none())
        .await
        .expect("a session");
    assert!(is_usable(session).await);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

/// The name may lead to another server by the time a statement is cancelled.
#[tokio::test]
async fn a_statement_is_cancelled_at_the_address_of_its_session() {
    let postgres = Postgres::start(PostgresOptions::default()).await.expect("a server");
    // Without a second session, only the cancel request can end the statement.
    let role = "CREATE ROLE single LOGIN PASSWORD 'single' CONNECTION LIMIT 1";
    postgres.execute("postgres", role).await.expect("a role");
    let login = Login { username: "single".to_owned(), password: Secret::new("single"), ..login(&postgres) };
    // Only this resolver knows the name.
    let (resolver, asked) = counted(vec![local(postgres.port())]);
    let mut session =
        connect_by(&resolver, &login, ServerKind::Any, &Deadline::none()).await.expect("a session");
    session.begin(SETTINGS).await.expect("a transaction");
    let sleeping = timeout(Duration::from_secs(1), session.ask("SELECT pg_sleep(60)")).await;
    assert!(sleeping.is_err(), "it sleeps");
    session.close(Duration::from_secs(5)).await;
    let left = postgres.sessions().await.expect("the sessions");
    assert!(!left.iter().any(|session| session.runs("pg_sleep")), "{left:?}");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_asked_for_once() {
    let postgres = Postgres::start(PostgresOptions::default()).await.expect("a server");
    let (resolver, asked) = counted(Vec::new());
    let unknown = connect_by(&resolver, &login(&postgres), ServerKind::Any, &Deadline::none()).await;
    assert_eq!(unknown.err().map(|error| error.error_type), Some(ErrorType::DnsFailed));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}
