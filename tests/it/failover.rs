//! A name whose address changes while somebody connects by it, as when RDS fails over, and a server that takes long to
//! wake up.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use devstack::{Postgres, PostgresOptions, TcpFault, TcpProxy};
use rds_data_extractor::config::{Endpoint, Login, TlsSettings};
use rds_data_extractor::database::{Resolver, Session, SessionSettings, Snapshot, connect_by};
use rds_data_extractor::deadline::Deadline;
use rds_data_extractor::secret::Secret;
use tokio::net::TcpListener;
use tokio::time::sleep;

const BEFORE_THE_FLIP: Duration = Duration::from_secs(2);

fn login(postgres: &Postgres) -> Login {
    Login {
        endpoint: Endpoint { host: "shop.cluster-1.rds".to_owned(), port: postgres.port() },
        database: "postgres".to_owned(),
        username: postgres.superuser().to_owned(),
        password: Secret::new(postgres.password()),
        options: None,
        tls: TlsSettings {
            client: None,
            root_certificates: Some(postgres.ca_pem().to_owned()),
            server_name: Some(postgres.host().to_owned()),
            ..TlsSettings::default()
        },
        application_name: "failover".to_owned(),
    }
}

fn local(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Asks the server something, as an extraction does.
async fn is_usable(mut session: Session) -> bool {
    let settings = SessionSettings {
        writable: false,
        lossless: false,
        statement_timeout: None,
        snapshot: Snapshot::Own,
    };
    session.begin(settings).await.expect("a transaction");
    let answer = session.ask("SELECT 1").await.expect("an answer");
    session.close(Duration::from_secs(2)).await;
    answer == [[Some("1".to_owned())]]
}

/// Connects by a name that leads to `old` until it leads to the server; the time from then on.
async fn after_the_flip(postgres: &Postgres, old: SocketAddr) -> Duration {
    let flipped = Arc::new(AtomicBool::new(false));
    let new = local(postgres.port());
    let resolver = {
        let flipped = Arc::clone(&flipped);
        Resolver::instead(move |_| vec![if flipped.load(Ordering::SeqCst) { new } else { old }])
    };
    let login = login(postgres);
    let deadline = Deadline::within(Duration::from_secs(900));
    let (session, since) = tokio::join!(connect_by(&resolver, &login, &deadline), async {
        sleep(BEFORE_THE_FLIP).await;
        flipped.store(true, Ordering::SeqCst);
        Instant::now()
    });
    let took = since.elapsed();
    assert!(is_usable(session.expect("a session")).await);
    took
}

#[tokio::test]
async fn a_failover_while_connecting_costs_seconds() {
    let postgres = Postgres::start(PostgresOptions::default()).await.expect("a server");
    let (refusing, silent) = {
        let closed = TcpListener::bind(local(0)).await.expect("a port");
        // The kernel accepts, and nobody answers.
        let silent = TcpListener::bind(local(0)).await.expect("a port");
        (closed.local_addr().expect("an address"), silent)
    };
    let silent_address = silent.local_addr().expect("an address");
    let (refused, hung) =
        tokio::join!(after_the_flip(&postgres, refusing), after_the_flip(&postgres, silent_address));
    assert!(refused < Duration::from_secs(4), "the old address refuses: {refused:?}");
    assert!(hung < Duration::from_secs(15), "the old address is silent: {hung:?}");
}

#[tokio::test]
async fn a_black_hole_among_the_addresses_holds_up_for_a_moment_only() {
    let postgres = Postgres::start(PostgresOptions::default()).await.expect("a server");
    // TEST-NET-1: packets to it are dropped, or a router says so.
    let hole: SocketAddr = ([192, 0, 2, 1], postgres.port()).into();
    let server = local(postgres.port());
    let resolver = Resolver::instead(move |_| vec![hole, server]);
    let begun = Instant::now();
    let session = connect_by(&resolver, &login(&postgres), &Deadline::none()).await.expect("a session");
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(is_usable(session).await);
}

#[tokio::test]
async fn a_server_that_wakes_up_after_45_seconds_of_silence_is_waited_for() {
    let postgres = Postgres::start(PostgresOptions::default()).await.expect("a server");
    let proxy = TcpProxy::start(postgres.host(), postgres.port()).await.expect("a proxy");
    proxy.fault(TcpFault::Silent);
    let through = local(proxy.port());
    let resolver = Resolver::instead(move |_| vec![through]);
    let login = login(&postgres);
    let deadline = Deadline::within(Duration::from_secs(900));
    let (session, ()) = tokio::join!(connect_by(&resolver, &login, &deadline), async {
        sleep(Duration::from_secs(45)).await;
        proxy.fault(TcpFault::None);
    });
    assert!(is_usable(session.expect("a session")).await);
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_asked_for_once() {
    let postgres = Postgres::start(PostgresOptions::default()).await.expect("a server");
    let begun = Instant::now();
    let unknown = connect_by(&Resolver::instead(|_| Vec::new()), &login(&postgres), &Deadline::none()).await;
    assert!(unknown.is_err() && begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}
