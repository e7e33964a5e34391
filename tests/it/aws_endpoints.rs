//! `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT`, and their keys in profiles, choose the endpoint
//! of every call. A proxy that refuses all connections records their destinations.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

use crate::command_line::{program, spawn};

type Asked = Arc<Mutex<BTreeSet<String>>>;

/// Starts the proxy and returns its URL.
fn proxy(asked: &Asked) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let asked = Arc::clone(asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut line = String::new();
            if BufReader::new(&stream).read_line(&mut line).is_err() {
                continue;
            }
            if let Some(host) = line.strip_prefix("CONNECT ").and_then(|rest| rest.split(':').next()) {
                asked.lock().expect("the hosts").insert(host.to_owned());
            }
            // A client may have gone away.
            let _ =
                stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    url
}

/// Returns the hosts to which these runs connect.
fn asked(settings: &[(&str, &str)]) -> BTreeSet<String> {
    let asked = Asked::default();
    let proxy = proxy(&asked);
    let role = "arn:aws:iam::222222222222:role/R";
    let folder = TempDir::new().expect("a folder");
    let runs = [
        &["diagnose", "--db-config-param", "/none", "--bucket", "some-bucket"][..],
        &["discover"],
        &["discover", "--role-arn", role],
        &["overview", "--output", "page.html"],
    ];
    // In parallel, since each waits between its attempts.
    let runs = runs.map(|arguments| {
        let mut command: Command = program(arguments);
        command.current_dir(folder.path()).env("HTTPS_PROXY", &proxy).envs(settings.iter().copied());
        command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "example");
        spawn(command)
    });
    for run in runs {
        run.wait_with_output().expect("an end");
    }
    asked.lock().expect("the hosts").clone()
}

const REGION: (&str, &str) = ("AWS_REGION", "us-east-1");

fn hosts(of: [&str; 5]) -> BTreeSet<String> {
    of.map(str::to_owned).into()
}

#[test]
fn every_call_goes_to_the_kind_of_endpoint_that_is_asked_for() {
    let usual = asked(&[REGION]);
    assert_eq!(
        usual,
        hosts([
            "monitoring.us-east-1.amazonaws.com",
            "rds.us-east-1.amazonaws.com",
            "some-bucket.s3.us-east-1.amazonaws.com",
            "ssm.us-east-1.amazonaws.com",
            "sts.us-east-1.amazonaws.com",
        ])
    );
    let both = hosts([
        "monitoring-fips.us-east-1.api.aws",
        "rds-fips.us-east-1.api.aws",
        "some-bucket.s3-fips.dualstack.us-east-1.amazonaws.com",
        "ssm-fips.us-east-1.api.aws",
        "sts-fips.us-east-1.api.aws",
    ]);
    let variables = [("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "true"), REGION];
    assert_eq!(asked(&variables), both);
    let folder = TempDir::new().expect("a folder");
    let profile = folder.path().join("config");
    let keys = "[default]\nregion = us-east-1\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n";
    std::fs::write(&profile, keys).expect("a file");
    assert_eq!(asked(&[("AWS_CONFIG_FILE", profile.to_str().expect("a path"))]), both);
}
