//! A state belongs to one cluster and to one history of it.

use std::time::Duration;

use devstack::{Postgres, PostgresOptions};
use serde_json::json;

use super::refusal::is_stale_at;
use super::stream::{Stream, rows};
use super::workload::options;

const TABLE: &str = "CREATE TABLE t AS SELECT g AS id, g AS ver FROM generate_series(1, 100) g";

async fn insert(server: &Postgres, id: i64) {
    server.execute("postgres", &format!("INSERT INTO t VALUES ({id}, {id})")).await.expect("a row");
}

/// The table of a dump that is restored elsewhere has the same rows and other transaction ids.
#[tokio::test]
async fn a_table_that_was_restored_in_another_cluster_is_refused() {
    let (old, new) = tokio::join!(
        Postgres::start(PostgresOptions::default()),
        Postgres::start(PostgresOptions::default())
    );
    let [old, new] = [old, new].map(|server| server.expect("a server"));
    let stream = Stream::in_folder("t", json!("xmin"));
    for server in [&old, &new] {
        server.execute("postgres", TABLE).await.expect("a table");
    }
    stream.run(&old).await;
    insert(&new, 101).await;
    is_stale_at(&stream, &new, &["system identifier"]).await;

    // The old one goes on as before, and a restart begins anew.
    stream.has_nothing_new(&old).await;
    let answer = stream.run_with(&new, &json!({"incremental": {"restart": true}})).await;
    assert_eq!(answer["recordsProcessed"], 101, "{answer}");
    stream.has_nothing_new(&new).await;
    is_stale_at(&stream, &old, &["system identifier"]).await;
}

/// Makes a standby miss what the primary writes from now on.
async fn disconnect(standby: &Postgres) {
    let client = standby.connect().await.expect("a connection");
    client.batch_execute("ALTER SYSTEM SET primary_conninfo = ''").await.expect("a setting");
    client.batch_execute("SELECT pg_reload_conf()").await.expect("a setting");
    let receivers = "SELECT count(*) FROM pg_stat_wal_receiver";
    while client.query_one(receivers, &[]).await.expect("a count").get::<_, i64>(0) > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A standby that was promoted gives the ids that it has not received to other transactions.
#[tokio::test]
async fn a_standby_that_was_promoted_is_refused() {
    let primary = Postgres::start(options()).await.expect("a primary");
    primary.execute("postgres", TABLE).await.expect("a table");
    let standby = async || {
        let standby = primary.start_standby().await.expect("a standby");
        primary.wait_for(&standby).await.expect("the table at the standby");
        standby
    };
    let [whole, behind] = [standby().await, standby().await];
    let stream = Stream::in_folder("t", json!("xmin"));
    stream.run(&primary).await;
    stream.has_nothing_new(&whole).await;

    disconnect(&behind).await;
    for id in 101..=150 {
        insert(&primary, id).await;
    }
    primary.wait_for(&whole).await.expect("the rows at the standby");
    let answer = stream.run(&primary).await;
    assert_eq!(answer["recordsProcessed"], 50, "{answer}");
    // As long as it is a standby, the one that is behind has nothing new.
    stream.has_nothing_new(&behind).await;

    for promoted in [&whole, &behind] {
        promoted.promote().await.expect("a primary");
        is_stale_at(&stream, promoted, &["timeline"]).await;
        for id in 201..=300 {
            insert(promoted, id).await;
        }
        is_stale_at(&stream, promoted, &["timeline"]).await;
    }
    stream.has_nothing_new(&primary).await;
    standbys_of_a_later_history(&stream, &primary, &whole).await;
}

/// A standby that follows a promoted server is refused, too. The other way round, a standby that has not followed yet has
/// nothing new.
async fn standbys_of_a_later_history(stream: &Stream, primary: &Postgres, promoted: &Postgres) {
    let follower = promoted.start_standby().await.expect("a standby");
    promoted.wait_for(&follower).await.expect("the rows at the standby");
    is_stale_at(stream, &follower, &["timeline"]).await;

    let later = Stream::in_folder("t", json!("xmin"));
    let first = later.run(promoted).await;
    assert_eq!(first["recordsProcessed"], 250, "{first}");
    later.has_nothing_new(&follower).await;
    is_stale_at(&later, primary, &["timeline"]).await;
    let old = primary.start_standby().await.expect("a standby");
    primary.wait_for(&old).await.expect("the rows at the standby");
    later.has_nothing_new(&old).await;
    let objects = later.objects().await;
    assert_eq!(rows(&objects[0].bytes).len(), 250);
    assert_eq!(first["incremental"]["lower"], 0, "{first}");
}
