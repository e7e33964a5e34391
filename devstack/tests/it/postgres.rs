//! Tests of the PostgreSQL server: with and without TLS, with other certificates, and its cleanup.

use std::path::Path;

use devstack::{Postgres, PostgresOptions, Result, ServerCertificate, TcpProxy, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Returns the server's response to an `SSLRequest`: `S` or `N`.
async fn offer(server: &Postgres) -> Result<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port())).await?;
    stream.write_all(&[0, 0, 0, 8, 4, 210, 22, 47]).await?;
    Ok(stream.read_u8().await?)
}

#[tokio::test]
async fn serves_tls_and_can_be_switched() -> Result<()> {
    let server = Postgres::start(PostgresOptions::default()).await?;
    assert_eq!(offer(&server).await?, b'S');
    assert!(server.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
    server.create_database("shop").await?;
    server.execute("shop", "CREATE TABLE users (id int)").await?;

    server.set_tls(Tls::Off).await?;
    assert_eq!(offer(&server).await?, b'N');

    server.set_tls(Tls::With(ServerCertificate::self_signed(&["elsewhere.example"])?)).await?;
    assert_eq!(offer(&server).await?, b'S');
    let kept = server.connect_to("shop").await?;
    assert_eq!(kept.query("SELECT * FROM users", &[]).await?.len(), 0);
    let monetary: String = kept.query_one("SHOW lc_monetary", &[]).await?.get(0);
    assert_eq!(monetary.to_lowercase().replace('-', ""), "c.utf8");
    Ok(())
}

#[tokio::test]
async fn counts_and_terminates_sessions() -> Result<()> {
    let server = Postgres::start(PostgresOptions::default()).await?;
    server.create_role("reader", "secret of reader").await?;
    let (client, connection) = tokio_postgres::Config::new()
        .host("127.0.0.1")
        .port(server.port())
        .user("reader")
        .password("secret of reader")
        .dbname("postgres")
        .connect(tokio_postgres::NoTls)
        .await?;
    let ended = tokio::spawn(connection);
    assert_eq!(server.sessions().await?.len(), 1);
    assert_eq!(server.terminate_clients().await?, 1);
    assert!(ended.await?.is_err());
    assert!(client.is_closed());
    Ok(())
}

#[tokio::test]
async fn leaves_nothing_behind() -> Result<()> {
    let server = Postgres::start(PostgresOptions::default()).await?;
    let (port, pid, ca) = (server.port(), server.pid(), server.ca_file());
    assert_eq!(std::fs::read_to_string(&ca)?, server.ca_pem());
    drop(server);
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    assert!(!ca.exists());
    if let Some(pid) = pid {
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
    Ok(())
}

#[tokio::test]
async fn a_standby_streams_and_can_be_promoted() -> Result<()> {
    let primary = Postgres::start(PostgresOptions::replicating()).await?;
    let standby = primary.start_standby().await?;
    primary.execute("postgres", "CREATE TABLE t AS SELECT 7 AS n").await?;
    primary.wait_for(&standby).await?;
    let reader = standby.connect().await?;
    assert_eq!(reader.query_one("SELECT n FROM t", &[]).await?.get::<_, i32>(0), 7);
    assert!(standby.execute("postgres", "INSERT INTO t VALUES (8)").await.is_err());

    let both = TcpProxy::balancing(&[("localhost", primary.port()), ("localhost", standby.port())]).await?;
    let mut in_recovery = Vec::new();
    for _ in 0..4 {
        let (client, connection) = tokio_postgres::Config::new()
            .host("127.0.0.1")
            .port(both.port())
            .user(primary.superuser())
            .password(primary.password())
            .connect(tokio_postgres::NoTls)
            .await?;
        tokio::spawn(connection);
        in_recovery.push(client.query_one("SELECT pg_is_in_recovery()", &[]).await?.get::<_, bool>(0));
    }
    assert_eq!(in_recovery, [false, true, false, true]);

    standby.promote().await?;
    standby.execute("postgres", "INSERT INTO t VALUES (8)").await?;
    assert_eq!(reader.query("SELECT n FROM t", &[]).await?.len(), 2);
    assert_eq!(primary.connect().await?.query("SELECT n FROM t", &[]).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn transaction_ids_can_be_moved_before_their_wrap() -> Result<()> {
    let server = Postgres::start(PostgresOptions::default()).await?;
    server.execute("postgres", "CREATE TABLE t AS SELECT 7 AS n").await?;
    server.set_next_transaction_id(u32::MAX - 1_000).await?;
    let client = server.connect().await?;
    let id: i64 = client.query_one("SELECT pg_current_xact_id()::text::bigint", &[]).await?.get(0);
    assert!((i64::from(u32::MAX) - 1_000..i64::from(u32::MAX)).contains(&id), "{id}");
    server.execute("postgres", "INSERT INTO t VALUES (8)").await?;
    assert_eq!(client.query("SELECT n FROM t", &[]).await?.len(), 2);
    Ok(())
}
