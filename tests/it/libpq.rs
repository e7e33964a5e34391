//! The conventions of libpq: its variables, connection strings, service and password files, sockets and
//! client certificates.

use std::fs::{Permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;

use devstack::{Authority, Postgres, PostgresOptions, TcpProxy, Tls};
use tempfile::TempDir;

use crate::command_line::{body, database, output, program, status};

const ONE: &[u8] = b"\"one\"\n\"1\"\n";

/// Runs a query with these flags and variables only.
fn run(folder: &Path, query: &str, flags: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command =
        program(&[&["extract", "--query", query, "--dialect", "java", "-o", "-"], flags].concat());
    command.current_dir(folder).env("HOME", folder).env("USER", "postgres").envs(variables.iter().copied());
    // A call to AWS would fail.
    command.env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    output(command)
}

fn said(answer: &Output) -> String {
    String::from_utf8_lossy(&answer.stdout).into_owned() + &String::from_utf8_lossy(&answer.stderr)
}

fn text(path: impl AsRef<Path>) -> String {
    path.as_ref().to_str().expect("UTF-8").to_owned()
}

#[track_caller]
fn is_one(answer: &Output) {
    assert_eq!((status(answer), &answer.stdout[..]), (0, ONE), "{}", said(answer));
}

#[tokio::test]
async fn variables_alone_name_the_database_as_in_psql() {
    let (postgres, folder) = database().await;
    let (folder, port, ca) = (folder.path(), postgres.port().to_string(), text(postgres.ca_file()));
    let login = [
        ("PGHOST", "localhost"),
        ("PGPORT", &port),
        ("PGPASSWORD", postgres.password()),
        ("PGSSLROOTCERT", &ca),
    ];
    let with = |query, more: &[(&str, &str)]| run(folder, query, &[], &[&login, more].concat());
    is_one(&with("SELECT 1 AS one", &[]));

    // Variables that change which rows are read are honoured.
    let made = "CREATE SCHEMA sales; CREATE TABLE sales.t AS SELECT 1 AS one; CREATE ROLE clerk; \
        GRANT clerk TO postgres; CREATE TABLE t AS SELECT 2 AS one";
    postgres.execute("postgres", made).await.expect("tables");
    is_one(&with("SELECT one FROM t", &[("PGOPTIONS", "-c search_path=sales")]));
    is_one(&with("SELECT (current_user = 'clerk')::int AS one", &[("PGOPTIONS", "-c role=clerk")]));
    let name = "SELECT (current_setting('application_name') = 'nightly')::int AS one";
    is_one(&with(name, &[("PGAPPNAME", "nightly")]));
    // The certificate is checked against the name, and the connection is made to the address.
    is_one(&with("SELECT 1 AS one", &[("PGHOSTADDR", "127.0.0.1")]));
    let answer = with("SELECT 1 AS one", &[("PGHOST", "db.example.com"), ("PGHOSTADDR", "127.0.0.1")]);
    assert!(said(&answer).contains("not valid for db.example.com"), "{}", said(&answer));
    is_one(&with("SELECT 1 AS one", &[("PGTARGETSESSIONATTRS", "primary")]));
    let answer = with("SELECT 1 AS one", &[("PGTARGETSESSIONATTRS", "standby")]);
    assert!(
        said(&answer).contains("is a primary, which target_session_attrs does not admit"),
        "{}",
        said(&answer)
    );
    let proxy = TcpProxy::start("127.0.0.1", postgres.port()).await.expect("a proxy");
    proxy.freeze(true);
    let frozen = proxy.port().to_string();
    let answer = with("SELECT 1 AS one", &[("PGPORT", &frozen), ("PGCONNECT_TIMEOUT", "2")]);
    assert!(said(&answer).contains("within 2 s (connect_timeout)"), "{}", said(&answer));

    // Variables that cannot be honoured are refused by name, without their values.
    for (variable, value) in [
        ("PGTZ", "Europe/Berlin"),
        ("PGDATESTYLE", "German"),
        ("PGCLIENTENCODING", "LATIN1"),
        ("PGSSLCRL", "hunter2.crl"),
        ("PGREQUIREAUTH", "scram-sha-256"),
        ("PGCHANNELBINDING", "require"),
        ("PGREQUIREPEER", "postgres"),
        ("PGGSSENCMODE", "require"),
        ("PGSSLMINPROTOCOLVERSION", "TLSv1.3"),
        ("PGTARGETSESSIONATTRS", "master"),
        ("PGSERVICE", "nowhere"),
    ] {
        let answer = with("SELECT 1 AS one", &[(variable, value)]);
        let said = said(&answer);
        assert_eq!(status(&answer), 2, "{variable}: {said}");
        assert!(said.contains(variable) && !said.contains("hunter2"), "{variable}: {said}");
    }
    is_one(&with(
        "SELECT 1 AS one",
        &[("PGTZ", "UTC"), ("PGCLIENTENCODING", "utf-8"), ("PGGSSENCMODE", "prefer")],
    ));

    // A configuration that is given takes precedence over the variables.
    let answer = run(folder, "SELECT 1", &["--db-config-param", "/c", "--timeout", "5"], &login);
    assert_ne!(body(&answer)["stage"], "connection", "{}", said(&answer));
}

#[tokio::test]
async fn a_service_is_read_from_its_file() {
    let (postgres, folder) = database().await;
    let file = folder.path().join("services");
    let service = format!(
        "[other]\nhost=nowhere\n[shop]\nhost=localhost\nport={}\nuser=postgres\npassword={}\nsslrootcert={}\noptions=-c search_path=s\n",
        postgres.port(),
        postgres.password(),
        text(postgres.ca_file())
    );
    write(&file, service).expect("a file");
    postgres
        .execute("postgres", "CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS one")
        .await
        .expect("a table");
    let variables =
        [("PGSERVICE", "shop"), ("PGSERVICEFILE", file.to_str().expect("UTF-8")), ("PGHOST", "nowhere")];
    is_one(&run(folder.path(), "SELECT one FROM t", &[], &variables));
    std::fs::rename(&file, folder.path().join(".pg_service.conf")).expect("a file");
    is_one(&run(folder.path(), "SELECT one FROM t", &["--database", "service=shop"], &[]));
}

#[tokio::test]
async fn connection_strings_are_taken_where_psql_takes_them() {
    let (postgres, folder) = database().await;
    let folder = folder.path();
    let (port, password, ca) = (postgres.port(), postgres.password(), text(postgres.ca_file()));
    let ask = |flags: &[&str], more: &[(&str, &str)]| {
        run(folder, "SELECT 1 AS one", flags, &[&[("PGSSLROOTCERT", &ca[..])], more].concat())
    };
    let only = |text: &str| ask(&["--database", text], &[]);
    is_one(&only(&format!("postgresql://postgres:{password}@localhost:{port}/postgres")));
    is_one(&only(&format!("host=localhost port={port} user=postgres password='{password}' dbname=postgres")));
    // Several servers: the first cannot be reached.
    let several = format!("postgresql://postgres:{password}@localhost:1,localhost:{port}/postgres");
    is_one(&only(&several));
    is_one(&only(&format!("{several}?target_session_attrs=read-write&load_balance_hosts=random")));
    let ports = format!("1,{port}");
    let login = [("PGPASSWORD", password), ("PGPORT", &ports)];
    is_one(&ask(&["--host", "localhost,localhost"], &login));
    let answer = ask(&["--host", "a,b,c"], &login);
    assert!(status(&answer) == 2 && said(&answer).contains("different lengths"), "{}", said(&answer));

    // Only an address has brackets. In other places, the error says which flag to use.
    let answer =
        ask(&["--host", "[::1]", "--sslmode", "require"], &[("PGPORT", "1"), ("PGPASSWORD", password)]);
    assert!(
        ["ConnectRefused", "ConnectFailed"].iter().any(|kind| said(&answer).contains(kind)),
        "{}",
        said(&answer)
    );
    for (flags, what) in [
        (&["--host", "db:5433"][..], "--port"),
        (&["--host", "postgresql://u:hunter2@db/shop"], "--database"),
        (
            &["--host", "a", "--database", "host=b"],
            "--host and the connection string of --database both give host",
        ),
        (&["--database", "host=b hunter2=1"], "--database has the connection parameter (not shown)"),
    ] {
        let answer = ask(flags, &[]);
        let said = said(&answer);
        assert!(
            status(&answer) == 2 && said.contains(what) && !said.contains("hunter2"),
            "{flags:?}: {said}"
        );
    }
}

#[tokio::test]
async fn a_unix_socket_is_a_server_too() {
    let folder = TempDir::new().expect("a folder");
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("a folder");
    let path = text(folder.path());
    let options = PostgresOptions {
        settings: vec![("unix_socket_directories".to_owned(), path.clone())],
        hba: vec!["local all all scram-sha-256".to_owned()],
        ..PostgresOptions::default()
    };
    let postgres = Postgres::start(options).await.expect("PostgreSQL");
    let port = postgres.port().to_string();
    let login = [("PGPORT", &port[..]), ("PGPASSWORD", postgres.password())];
    is_one(&run(folder.path(), "SELECT 1 AS one", &["--host", &path], &login));
    is_one(&run(folder.path(), "SELECT 1 AS one", &[], &[&login[..], &[("PGHOST", &path)]].concat()));
    // Large results and cancelled statements use it as well.
    let many = "SELECT md5(g::text) AS a FROM generate_series(1, 200000) g";
    let answer = run(folder.path(), many, &["--host", &path], &login);
    assert_eq!(
        (status(&answer), answer.stdout.len()),
        (0, 4 + 200_000 * 35),
        "{}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let answer = run(folder.path(), "SELECT pg_sleep(77)", &["--host", &path, "--timeout", "2"], &login);
    assert_eq!(body(&answer)["errorType"], "DeadlineExceeded");
    let answer = run(folder.path(), "SELECT 1", &["--host", "/nowhere"], &login);
    let body = body(&answer);
    assert_eq!(body["errorType"], "ConnectRefused", "{body}");
    let error = body["error"].as_str().unwrap_or_default();
    assert!(error.starts_with("There is no socket /nowhere/.s.PGSQL."), "{body}");
    assert!(body["hint"].as_str().is_some_and(|hint| hint.contains("unix_socket_directories")), "{body}");
}

#[tokio::test]
async fn a_password_that_is_missing_or_not_used_is_said() {
    let (postgres, folder) = database().await;
    let (folder, port, ca) = (folder.path(), postgres.port().to_string(), text(postgres.ca_file()));
    let login = [("PGHOST", "localhost"), ("PGPORT", &port[..]), ("PGSSLROOTCERT", &ca)];
    let ask = |more: &[(&str, &str)]| run(folder, "SELECT 1 AS one", &[], &[&login, more].concat());
    let answer = ask(&[]);
    assert_eq!(body(&answer)["errorType"], "AuthenticationFailed");
    assert!(
        said(&answer).contains("asks user postgres for a password, and none is given"),
        "{}",
        said(&answer)
    );

    let file = folder.join(".pgpass");
    write(&file, format!("localhost:*:*:postgres:{}\n", postgres.password())).expect("a file");
    std::fs::set_permissions(&file, Permissions::from_mode(0o644)).expect("a file");
    let answer = ask(&[]);
    assert!(
        said(&answer).contains("~/.pgpass is not used") && said(&answer).contains("chmod 600"),
        "{}",
        said(&answer)
    );
    std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("a file");
    is_one(&ask(&[]));
    let answer = ask(&[("PGUSER", "nobody")]);
    assert!(said(&answer).contains("~/.pgpass has no line for this"), "{}", said(&answer));
    let answer = ask(&[("PGPASSFILE", "/no/such/file")]);
    assert!(said(&answer).contains("The file that PGPASSFILE names does not exist"), "{}", said(&answer));
    let empty = folder.join("empty");
    write(&empty, "\n").expect("a file");
    let answer = run(folder, "SELECT 1", &["--password-file", empty.to_str().expect("UTF-8")], &login);
    assert!(
        status(&answer) == 2 && said(&answer).contains("--password-file names is empty"),
        "{}",
        said(&answer)
    );
}

#[tokio::test]
async fn a_client_certificate_logs_in() {
    let folder = TempDir::new().expect("a folder");
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).expect("a folder");
    let authority = Authority::new("clients and server").expect("an authority");
    let ca = folder.path().join("ca.pem");
    write(&ca, authority.pem()).expect("a file");
    let options = PostgresOptions {
        tls: Tls::With(authority.issue(&["localhost"]).expect("a certificate")),
        settings: vec![("ssl_ca_file".to_owned(), text(&ca))],
        hba: vec!["hostssl all clerk all cert".to_owned()],
    };
    let postgres = Postgres::start(options).await.expect("PostgreSQL");
    postgres.create_role("clerk", "unused").await.expect("a role");
    let clerk = authority.issue_client("clerk").expect("a certificate");
    let (certificate, key) = (folder.path().join("clerk.crt"), folder.path().join("clerk.key"));
    write(&certificate, &clerk.certificate).expect("a file");
    write(&key, &clerk.key).expect("a file");
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("a file");
    let (port, ca) = (postgres.port().to_string(), text(&ca));
    let login = [
        ("PGHOST", "localhost"),
        ("PGPORT", &port[..]),
        ("PGUSER", "clerk"),
        ("PGDATABASE", "postgres"),
        ("PGSSLROOTCERT", &ca),
    ];
    let ask = |more: &[(&str, &str)]| run(folder.path(), "SELECT 1 AS one", &[], &[&login, more].concat());
    let (certificate_path, key_path) = (text(&certificate), text(&key));
    let named = [("PGSSLCERT", &certificate_path[..]), ("PGSSLKEY", &key_path)];
    is_one(&ask(&named));
    assert_ne!(status(&ask(&[])), 0, "the server asks for a certificate");
    let answer = ask(&named[..1]);
    assert!(status(&answer) == 2 && said(&answer).contains("PGSSLKEY"), "{}", said(&answer));
    std::fs::set_permissions(&key, Permissions::from_mode(0o644)).expect("a file");
    let answer = ask(&named);
    assert!(status(&answer) == 2 && said(&answer).contains("chmod 600"), "{}", said(&answer));
    // As in psql, the files in ~/.postgresql are used.
    std::fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("a file");
    std::fs::create_dir(folder.path().join(".postgresql")).expect("a folder");
    std::fs::rename(&certificate, folder.path().join(".postgresql/postgresql.crt")).expect("a file");
    std::fs::rename(&key, folder.path().join(".postgresql/postgresql.key")).expect("a file");
    is_one(&ask(&[]));
}

#[tokio::test]
async fn the_authorities_of_the_system_count_with_verify_full_only() {
    let (postgres, folder) = database().await;
    let (port, ca) = (postgres.port().to_string(), text(postgres.ca_file()));
    let another = folder.path().join("another.pem");
    write(&another, Authority::new("another authority").expect("an authority").pem()).expect("a file");
    let with = |mode: &str| {
        let variables = [
            ("PGHOST", "localhost"),
            ("PGPORT", &port),
            ("PGPASSWORD", postgres.password()),
            ("PGSSLROOTCERT", "system"),
            ("PGSSLMODE", mode),
            ("SSL_CERT_FILE", &ca),
            // The bundle is not used then.
            ("RDS_CA_BUNDLE", another.to_str().expect("UTF-8")),
        ];
        run(folder.path(), "SELECT 1 AS one", &[], &variables)
    };
    is_one(&with("verify-full"));
    for weaker in ["verify-ca", "require"] {
        let answer = with(weaker);
        let said = said(&answer);
        let refusal = format!("PGSSLROOTCERT system may not be used with sslmode {weaker}");
        assert!(status(&answer) == 2 && said.contains(&refusal), "{said}");
    }
}
