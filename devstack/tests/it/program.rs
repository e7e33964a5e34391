//! Tests of the program `devstack`.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use devstack::{Aws, Result};
use tokio::net::TcpStream;

/// Starts `devstack up` and reads the variables that it prints.
fn up(places: &str) -> Result<(Child, HashMap<String, String>)> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_devstack"))
        .args(["up", "--without-rds"])
        .env("DEVSTACK", places)
        .stdout(Stdio::piped())
        .spawn()?;
    let mut variables = HashMap::new();
    let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
    for line in lines {
        let line = line?;
        let (name, value) = line.trim_start_matches("export ").split_once('=').expect("an export");
        variables.insert(name.to_owned(), value.trim_matches('\'').to_owned());
        if name == "PGSSLROOTCERT" {
            return Ok((child, variables));
        }
    }
    panic!("it ended: {:?}", child.wait()?);
}

async fn works(variables: &HashMap<String, String>) -> Result<()> {
    let s3 = Aws::new(variables["AWS_ENDPOINT_URL_S3"].trim_start_matches("http://"), "111111111111");
    s3.create_bucket("from-outside").await?;
    assert!(s3.list_objects("from-outside", "").await?.is_empty());
    let (client, connection) = tokio_postgres::Config::new()
        .host("127.0.0.1")
        .port(variables["PGPORT"].parse()?)
        .user(&variables["PGUSER"])
        .password(&variables["PGPASSWORD"])
        .connect(tokio_postgres::NoTls)
        .await?;
    tokio::spawn(connection);
    assert_eq!(client.query_one("SHOW ssl", &[]).await?.get::<_, &str>(0), "on");
    Ok(())
}

/// Waits until everything that it started has stopped, which must happen even if it was killed.
async fn goes_away(variables: &HashMap<String, String>) -> Result<()> {
    let port: u16 = variables["PGPORT"].parse()?;
    for _ in 0..200 {
        let port_closed = TcpStream::connect(("127.0.0.1", port)).await.is_err();
        if port_closed && !Path::new(&variables["PGSSLROOTCERT"]).exists() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("something is left of {variables:?}");
}

#[tokio::test]
async fn cleans_up_even_when_killed() -> Result<()> {
    let (mut child, variables) = up("auto")?;
    works(&variables).await?;
    child.kill()?;
    child.wait()?;
    goes_away(&variables).await
}

#[tokio::test]
async fn runs_in_containers() -> Result<()> {
    let wanted = ["postgres:16", "devstack/postgres:debian"];
    let is_there = |image| {
        let inspect = Command::new("docker").args(["image", "inspect", image]).output();
        inspect.is_ok_and(|output| output.status.success())
    };
    if !wanted.into_iter().any(is_there) {
        eprintln!(
            "skipped: no Docker daemon, or none of the images {wanted:?} (devstack images builds them)"
        );
        return Ok(());
    }
    let (mut child, variables) = up("containers")?;
    works(&variables).await?;
    child.kill()?;
    child.wait()?;
    goes_away(&variables).await
}
