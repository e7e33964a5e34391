//! TLS with the database: what each mode checks, and what an error names.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use devstack::{Authority, RuntimeApi, ServerCertificate, Tls};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::{fails, names};

const MODES: [&str; 3] = ["verify-full", "verify-ca", "require"];

/// Connects with these changes to the configuration. `refusal` must be in the error message; `None` expects
/// success.
async fn connects(fixture: &Fixture, function: &RuntimeApi, changes: Value, refusal: Option<&str>) -> Value {
    fixture.parameter("/tls", changes.clone()).await;
    let event = json!({"dbConfigParam": "/tls", "query": "SELECT 1 AS one", "keyPrefix": "tls"});
    if let Some(words) = refusal {
        let body = fails(fixture, function, &event, "TlsFailed", "connection").await;
        names(&body, &[words]);
        return body;
    }
    let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
    let answer = response(&invocation);
    assert_eq!(answer["statusCode"], 200, "{changes}: {answer}");
    let warned = answer["body"]["warnings"].to_string().contains("not encrypted");
    assert_eq!(warned, changes["sslMode"] == "disable", "{answer}");
    answer["body"].clone()
}

#[tokio::test]
async fn each_mode_checks_what_its_name_says() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let own = fixture.stack.postgres.authority();
    let unknown = Authority::new("somebody else's authority").expect("an authority");
    let good = own.issue(&["localhost"]);
    let self_signed = ServerCertificate::self_signed(&["localhost"]);
    let (host, authority, expired) =
        ("not valid for localhost", "its authority is not among the trusted ones", "has expired");
    // The certificate, the refusal by verify-full, and the refusal by verify-ca.
    let table = [
        (good, None, None),
        (own.issue(&["other.example"]), Some(host), None),
        (unknown.issue(&["localhost"]), Some(authority), Some(authority)),
        (self_signed, Some(authority), Some(authority)),
        (own.issue_expired(&["localhost"]), Some(expired), Some(expired)),
    ];
    for (certificate, full, ca) in table {
        let certificate = certificate.expect("a certificate");
        fixture.stack.postgres.set_tls(Tls::With(certificate)).await.expect("a restart");
        for (mode, refusal) in
            [("verify-full", full), ("verify-ca", ca), ("require", None), ("disable", None)]
        {
            connects(&fixture, &function, json!({"sslMode": mode}), refusal).await;
        }
        // By default, everything is checked.
        connects(&fixture, &function, json!({}), full).await;
    }
    fixture.stack.postgres.set_tls(Tls::Off).await.expect("a restart");
    for mode in MODES {
        connects(&fixture, &function, json!({"sslMode": mode}), Some("the server offers no TLS")).await;
    }
    connects(&fixture, &function, json!({"sslMode": "disable"}), None).await;
}

#[tokio::test]
async fn names_roots_and_versions_are_the_configured_ones() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let postgres = &fixture.stack.postgres;
    // Neither the system's authorities nor another one in PEM has issued the certificate.
    let trusted = "its authority is not among the trusted ones";
    let body = connects(&fixture, &function, json!({"sslRootCert": null}), Some(trusted)).await;
    assert!(body["hint"].as_str().is_some_and(|hint| hint.contains("sslRootCert")), "{body}");
    let other = Authority::new("another authority").expect("an authority");
    connects(&fixture, &function, json!({"sslRootCert": other.pem()}), Some(trusted)).await;
    let both = format!("{}{}", other.pem(), postgres.ca_pem());
    connects(&fixture, &function, json!({"sslRootCert": both}), None).await;
    connects(&fixture, &function, json!({"sslRootCert": "no certificate"}), Some("sslRootCert")).await;
    let bundle = postgres.ca_file().display().to_string();
    let packaged = fixture.function(&[("RDS_CA_BUNDLE", &bundle)]).await;
    connects(&fixture, &packaged, json!({"sslRootCert": null}), None).await;
    // Without a bundle, the system's authorities are trusted, but not with verify-ca, since they are public
    // ones.
    let system = fixture.function(&[("SSL_CERT_FILE", &bundle)]).await;
    connects(&fixture, &system, json!({"sslRootCert": null}), None).await;
    let by_ca = json!({"sslRootCert": null, "sslMode": "verify-ca"});
    let body = connects(&fixture, &system, by_ca.clone(), Some("verify-ca needs the database's own")).await;
    assert!(body["hint"].as_str().is_some_and(|hint| hint.contains("verify-full")), "{body}");
    connects(&fixture, &packaged, by_ca, None).await;
    let missing = fixture.function(&[("RDS_CA_BUNDLE", "/no/such/bundle.pem")]).await;
    connects(&fixture, &missing, json!({"sslRootCert": null}), Some("RDS_CA_BUNDLE")).await;

    // Through an NLB or PrivateLink, the certificate has another name than the host.
    let certificate = postgres.authority().issue(&["shop.rds.example"]).expect("a certificate");
    postgres.set_tls(Tls::With(certificate)).await.expect("a restart");
    let named = |host: &str, name: &str| json!({"host": host, "tlsServerName": name});
    connects(&fixture, &function, named("localhost", "shop.rds.example"), None).await;
    connects(&fixture, &function, named("127.0.0.1", "shop.rds.example"), None).await;
    let body =
        connects(&fixture, &function, json!({"host": "127.0.0.1"}), Some("not valid for 127.0.0.1")).await;
    assert!(body["hint"].as_str().is_some_and(|hint| hint.contains("tlsServerName")), "{body}");

    let speak = async |least: &str, most: &str| {
        for (name, value) in [
            ("ssl_min_protocol_version", least),
            ("ssl_max_protocol_version", most),
            ("ssl_ciphers", "ALL:@SECLEVEL=0"),
        ] {
            postgres.execute("postgres", &format!("ALTER SYSTEM SET {name} = '{value}'")).await.expect("set");
        }
        postgres.set_tls(Tls::On).await.expect("a restart");
    };
    for old in ["TLSv1", "TLSv1.1"] {
        speak(old, old).await;
        for mode in MODES {
            connects(&fixture, &function, json!({"sslMode": mode}), Some("no TLS 1.2 or later")).await;
        }
    }
    for new in ["TLSv1.2", "TLSv1.3"] {
        speak(new, new).await;
        connects(&fixture, &function, json!({}), None).await;
    }
}

#[tokio::test]
async fn whoever_offers_plain_text_learns_nothing() {
    let fixture = Fixture::start().await;
    let function = fixture.function(&[]).await;
    let no_tls = "the server offers no TLS";
    // A refusal; an error instead of an answer; consent, followed in plain text by the answer to a login that
    // was never sent.
    for (answer, words) in [
        (b"N".as_slice(), no_tls),
        (b"E\0\0\0\x1bSFATAL\0C28000\0Mno TLS\0\0", no_tls),
        (b"SR\0\0\0\x08\0\0\0\0Z\0\0\0\x05I", "its answer is not TLS"),
    ] {
        for mode in MODES {
            let (port, heard) = man_in_the_middle(answer).await;
            connects(&fixture, &function, json!({"port": port, "sslMode": mode}), Some(words)).await;
            let heard = heard.lock().expect("no panic").clone();
            let heard = String::from_utf8_lossy(&heard);
            assert!(!heard.contains("user") && !heard.contains("postgres"), "{mode}: {heard:?}");
        }
    }
}

/// Answers each request for TLS with `answer`, and records what the client sends after it.
async fn man_in_the_middle(answer: &'static [u8]) -> (u16, Arc<Mutex<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let keeping = Arc::clone(&heard);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 8];
            if stream.read_exact(&mut request).await.is_err() || stream.write_all(answer).await.is_err() {
                continue;
            }
            let mut said = Vec::new();
            // A client that waits for more is disconnected.
            let _ = tokio::time::timeout(Duration::from_secs(2), stream.read_to_end(&mut said)).await;
            keeping.lock().expect("no panic").extend(said);
        }
    });
    (port, heard)
}
