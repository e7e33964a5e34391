//! Runs every command of the program that the documents show in a shell, as a reader would, and every
//! statement.

use std::path::Path;
use std::process::{Command, Stdio};

use devstack::{ACCOUNT_A, ACCOUNT_B};
use serde_json::json;
use tempfile::TempDir;

use crate::documents::{blocks, documents, read};
use crate::fixture::{BUCKET, Fixture, PARAMETER};

const TABLES: &str = "
    CREATE TABLE users AS SELECT g AS id, 'User ' || g AS name, 'active' AS status FROM generate_series(1, 9) g;
    CREATE TABLE orders AS SELECT g AS id, (g * 1000.10)::numeric(12, 2) AS amount FROM generate_series(1, 9) g;
    GRANT SELECT ON users, orders TO reader";
const PASSWORD: &str = "the-reader-s-password";

/// Returns the lines of a shell that call the program, with continued lines joined: indented ones, those in
/// blocks of `sh`, and those in prose.
fn commands(text: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let indented = joined.lines().filter_map(|line| line.strip_prefix("    "));
    let fenced = blocks(&joined, "sh")
        .into_iter()
        .flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>());
    let inline = joined.lines().flat_map(|line| line.split('`').skip(1).step_by(2));
    let lines = indented.map(str::to_owned).chain(fenced).chain(inline.map(str::to_owned));
    lines.filter(|line| calls_the_program(line)).collect()
}

/// Returns whether a line's first word, or one after a pipe, is the program with one of its commands.
fn calls_the_program(line: &str) -> bool {
    line.split("| ").any(|part| {
        let mut words = part.split_whitespace().skip_while(|word| word.contains('='));
        let program = words.next() == Some("rds-data-extractor");
        program && words.next().is_some_and(|word| word.chars().all(|c| c.is_ascii_lowercase()))
    })
}

/// The environment of the commands: a reader's machine, accounts and database.
async fn surroundings(folder: &Path) -> (Fixture, Vec<(String, String)>) {
    let fixture = Fixture::with_rds().await;
    let stack = &fixture.stack;
    let postgres = &stack.postgres;
    postgres.execute("postgres", "CREATE DATABASE shop").await.expect("a database");
    postgres.create_role("reader", PASSWORD).await.expect("a role");
    postgres.execute("shop", TABLES).await.expect("tables");
    let config = stack.db_config("shop", "reader", PASSWORD);
    let account = stack.account_a();
    account.put_parameter(PARAMETER, &config.to_string(), "SecureString").await.expect("a parameter");
    // The default of dbConfigParam.
    account.put_config_path("/myapp/db", &config).await.expect("parameters");
    stack.rds_b().expect("the RDS API").create_db_instance("shop-db", "shop").await.expect("an instance");

    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let readme = read("README.md");
    let event = blocks(&readme, "json").into_iter().next().expect("the README's event");
    write("event.json", &event);
    account.put_object(BUCKET, "events/users.json", event.as_bytes()).await.expect("an object");
    write("orders.sql", "SELECT * FROM orders ORDER BY id");
    write("plan.json", &read("examples/events/plan.json"));
    write("db-config.json", &config.to_string());
    let profiles = [("account-a", ACCOUNT_A), ("account-b", ACCOUNT_B)].map(|(name, account)| {
        format!("[profile {name}]\nregion = eu-central-1\naws_access_key_id = {account}\naws_secret_access_key = test\n")
    });
    write(".aws/config", &profiles.concat());
    write(".local/share/bash-completion/completions/README", "the folder is there");
    std::fs::create_dir(folder.join("bin")).expect("a folder");
    std::os::unix::fs::symlink(
        env!("CARGO_BIN_EXE_rds-data-extractor"),
        folder.join("bin/rds-data-extractor"),
    )
    .expect("a link");

    let path = std::env::var("PATH").unwrap_or_default();
    let mut variables = stack.function_env();
    let own = json!({
        "HOME": folder, "PATH": format!("{}:{path}", folder.join("bin").display()),
        "PGPORT": postgres.port().to_string(), "PGSSLROOTCERT": postgres.ca_file(),
        "PGUSER": "reader", "PGDATABASE": "shop", "PGPASSWORD": PASSWORD,
    });
    for (name, value) in own.as_object().expect("an object") {
        variables.push((name.clone(), value.as_str().expect("text").to_owned()));
    }
    (fixture, variables)
}

#[tokio::test]
async fn every_command_that_is_shown_runs() {
    let folder = TempDir::new().expect("a folder");
    let (fixture, variables) = surroundings(folder.path()).await;
    let mut count = 0;
    let mut complete = None;
    let mut wrong = Vec::new();
    for (name, text) in documents() {
        // The RDS API here does not know pending maintenance. The overview's own tests run the command with
        // one that does.
        for shown in
            commands(&text).into_iter().filter(|shown| !shown.contains("rds-data-extractor overview"))
        {
            count += 1;
            // Each reader begins without the file, which would not be overwritten.
            for name in ["orders.csv", "users.csv"] {
                let _ = std::fs::remove_file(folder.path().join(name));
            }
            // The values that readers replace by their own.
            let command = shown
                .replace("db.example.com", "localhost")
                .replace("PGPASSWORD=… ", "")
                .replace(" PARAMETER", &format!(" {PARAMETER}"));
            let ran = Command::new("bash")
                .args(["-euo", "pipefail", "-c", &command])
                .current_dir(folder.path())
                .env_clear()
                .envs(variables.iter().cloned())
                .stdin(Stdio::null())
                .output()
                .expect("bash");
            if !ran.status.success() {
                let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
                wrong.push(format!("{name}: {shown}\n  {}\n{out}{err}", ran.status));
            }
            complete = std::fs::read_to_string(folder.path().join("orders.csv")).ok().or(complete);
        }
    }
    // The statements for an administrator. Those of security.md are tested separately.
    for name in ["docs/deploying.md", "docs/observability.md"] {
        for sql in blocks(&read(name), "sql") {
            if let Err(error) = fixture.stack.postgres.execute("shop", &sql).await {
                wrong.push(format!("{name}: {error:#}\n{sql}"));
            }
            count += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count >= 22, "{count} commands were found");
    let complete = complete.expect("the file of a command");
    assert_eq!(complete.lines().count(), 10, "{complete}");
}
