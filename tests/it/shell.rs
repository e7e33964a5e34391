//! Hints and diagnoses for a person at a shell do not mention a function, and a diagnosis covers every server
//! that the flags name.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use devstack::{Postgres, PostgresOptions};
use serde_json::Value;
use tempfile::TempDir;

use crate::command_line::{database, json, output, program, without_aws};

/// Returns the hops of a diagnosis by name.
fn hop<'a>(answer: &'a Value, name: &str) -> &'a Value {
    let hops = answer["body"]["hops"].as_array().expect("hops");
    hops.iter().find(|hop| hop["hop"] == name).unwrap_or_else(|| panic!("no hop {name}: {answer}"))
}

/// Diagnoses an extraction from a database without AWS into a file.
fn diagnose(postgres: &Postgres, folder: &Path, flags: &[&str], ports: Option<&str>) -> Value {
    let event = folder.join("event.json");
    std::fs::write(&event, r#"{"action": "diagnose", "query": "SELECT 1 AS one"}"#).expect("a file");
    let event = event.to_str().expect("UTF-8");
    let usual =
        ["extract", "--event", event, "-o", "one.csv", "--user", "postgres", "--database", "postgres"];
    let mut command = without_aws(postgres, folder, &[&usual, flags].concat());
    if let Some(ports) = ports {
        command.env("PGPORT", ports);
    }
    let answer = output(command);
    let said = [&answer.stdout[..], &answer.stderr].concat();
    json(&said)
}

#[tokio::test]
async fn a_diagnosis_looks_at_the_server_that_an_extraction_would_use() {
    let (postgres, folder) = database().await;
    let diagnose = |flags: &[&str], ports: Option<&str>| diagnose(&postgres, folder.path(), flags, ports);
    let port = postgres.port();
    let one = diagnose(&["--host", "localhost"], None);
    assert_eq!(one["body"]["ok"], true, "{one}");
    assert_eq!(hop(&one, "endpoint")["state"], "skipped", "{one}");

    let second = diagnose(&["--host", "localhost,localhost"], Some(&format!("1,{port}")));
    assert_eq!(second["body"]["ok"], true, "{second}");
    let endpoint = hop(&second, "endpoint");
    assert_eq!(endpoint["state"], "warning", "{second}");
    let cause = endpoint["cause"].as_str().unwrap_or_default();
    assert!(cause.contains("localhost:1 is passed over") && cause.contains("refused"), "{cause}");
    assert!(
        hop(&second, "tcp")["detail"].as_str().is_some_and(|text| text.contains(&port.to_string())),
        "{second}"
    );

    let none = diagnose(&["--host", "localhost,localhost"], Some("1,2"));
    assert_eq!(none["body"]["ok"], false, "{none}");
    let detail = hop(&none, "tcp")["detail"].as_str().unwrap_or_default();
    assert!(detail.contains("Port 2"), "an extraction would return the error of the last one: {none}");
}

#[tokio::test]
async fn a_diagnosis_goes_by_a_unix_socket() {
    let folder = TempDir::new().expect("a folder");
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777))
        .expect("a folder for the server's user");
    let path = folder.path().to_str().expect("UTF-8").to_owned();
    let options = PostgresOptions {
        settings: vec![("unix_socket_directories".to_owned(), path.clone())],
        hba: vec!["local all all scram-sha-256".to_owned()],
        ..PostgresOptions::default()
    };
    let postgres = Postgres::start(options).await.expect("PostgreSQL");
    let answer = diagnose(&postgres, folder.path(), &["--host", &path], None);
    assert_eq!(answer["body"]["ok"], true, "{answer}");
    for name in ["dns", "tcp", "tls"] {
        assert_eq!(hop(&answer, name)["state"], "skipped", "{answer}");
    }
}

/// Returns all output, logs included, without a database and with AWS endpoints at which nothing listens.
fn without_anything(folder: &Path, arguments: &[&str]) -> String {
    let mut command = program(arguments);
    command.current_dir(folder).env("HOME", folder).env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    command
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_REGION", "eu-central-1");
    let answer = output(command);
    String::from_utf8_lossy(&[&answer.stdout[..], &answer.stderr].concat()).into_owned()
}

#[test]
fn no_hint_speaks_of_the_function() {
    let folder = TempDir::new().expect("a folder");
    let role = "arn:aws:iam::222222222222:role/R";
    let usual = ["--timeout", "20", "--bucket", "exports", "--query", "SELECT 1", "--role-arn", role];
    for command in ["extract", "diagnose", "discover"] {
        let flags = if command == "discover" { &["--timeout", "20", "--role-arn", role][..] } else { &usual };
        let said = without_anything(folder.path(), &[&[command], flags].concat());
        // The diagnosis instead finds the cause: nothing listens.
        let means = if command == "diagnose" { "unset AWS_ENDPOINT_URL" } else { "interface endpoint" };
        assert!(said.contains(means), "{command}: {said}");
        assert!(!said.contains("the function"), "{command}: {said}");
    }
}
