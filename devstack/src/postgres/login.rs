//! Logins as superuser.

use std::time::Duration;

use anyhow::Result;
use tokio_postgres::{Client, Config, NoTls};

use super::files::SUPERUSER;
use crate::background;

/// Connects as superuser to a port of 127.0.0.1, without TLS.
pub(crate) async fn as_superuser(port: u16, password: &str, database: &str) -> Result<Client> {
    let mut config = Config::new();
    config
        .host("127.0.0.1")
        .port(port)
        .user(SUPERUSER)
        .password(password)
        .dbname(database)
        .application_name("devstack")
        .connect_timeout(Duration::from_secs(10));
    background::run(async move {
        let (client, connection) = config.connect(NoTls).await?;
        background::spawn(connection);
        Ok(client)
    })
    .await
}
