//! A real client logs in with a token, through the proxy, to a real server.

use std::process::{Command, Output};

use devstack::{IamProxy, Login, Postgres, PostgresOptions, Result};

fn psql(server: &Postgres, port: u16, token: &str) -> Result<Output> {
    let conninfo = format!(
        "host=localhost hostaddr=127.0.0.1 port={port} user=iam_reader dbname=postgres sslmode=verify-full sslrootcert={}",
        server.ca_file().display()
    );
    Ok(Command::new("psql")
        .args([&conninfo, "-Atc", "SELECT current_user"])
        .env("PGPASSWORD", token)
        .output()?)
}

#[tokio::test(flavor = "multi_thread")]
async fn takes_a_token_as_rds_does() -> Result<()> {
    let hba = vec!["host all iam_reader all trust".to_owned()];
    let server = Postgres::start(PostgresOptions { hba, ..PostgresOptions::default() }).await?;
    server.create_role("iam_reader", "never used").await?;
    let certificate = server.authority().issue(&["localhost"])?;
    let proxy = IamProxy::start(server.port(), &certificate).await?;
    let output = psql(&server, proxy.port(), "a-token")?;
    assert_eq!(String::from_utf8_lossy(&output.stdout), "iam_reader\n", "{output:?}");
    proxy.refuse(true);
    let output = psql(&server, proxy.port(), "another")?;
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.contains("PAM authentication failed for user \"iam_reader\""), "{message}");
    let login = |token: &str| Login { user: "iam_reader".into(), token: token.into() };
    assert_eq!(proxy.logins(), [login("a-token"), login("another")]);
    Ok(())
}
