//! Login with IAM: checks the token as RDS would.

use devstack::{IamProxy, PostgresOptions, StackOptions};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::fixture::{Fixture, PATIENCE, response};
use crate::outcome::fails;

const USER: &str = "shop/exporter";

#[tokio::test]
async fn the_token_is_the_one_that_rds_computes_and_is_never_shown() {
    let trust = format!("host all \"{USER}\" all trust");
    let postgres = PostgresOptions { hba: vec![trust], ..PostgresOptions::default() };
    let fixture = Fixture::start_with(StackOptions { postgres, without_rds: true }).await;
    let postgres = &fixture.stack.postgres;
    postgres.execute("postgres", &format!("CREATE ROLE \"{USER}\" LOGIN")).await.expect("a role");
    let certificate = postgres.authority().issue(&["localhost", "shop.rds.example"]).expect("a certificate");
    let rds = IamProxy::start(postgres.port(), &certificate).await.expect("a proxy");
    let (function, aws) = fixture.proxied(&[("LOG_LEVEL", "TRACE")]).await;

    // Through PrivateLink, the token is for the database's own name and port.
    let (listener, name) = (rds.port(), "shop.rds.example");
    for (changes, database) in [
        (json!({}), format!("localhost:{listener}")),
        (json!({"tlsServerName": name}), format!("{name}:{listener}")),
        (json!({"tlsServerName": name, "databasePort": 5433}), format!("{name}:5433")),
    ] {
        let mut config = json!({"port": rds.port(), "username": USER, "password": null, "auth": "iam"});
        config.as_object_mut().expect("an object").extend(changes.as_object().cloned().expect("an object"));
        fixture.parameter("/iam", config).await;
        let mut event = fixture.event("iam.csv", "SELECT current_user AS me");
        event["dbConfigParam"] = json!("/iam");
        let invocation = function.invoke(&event, PATIENCE).await.expect("an answer");
        let key = response(&invocation)["body"]["s3Location"].as_str().expect("an object");
        let object = fixture.object(key.rsplit('/').next().expect("a name")).await;
        assert_eq!(object, Some(format!("\"me\"\n\"{USER}\"\n").into_bytes()));

        let login = rds.logins().pop().expect("a login");
        assert_eq!(login.user, USER);
        let sts = aws.calls_of("sts", "AssumeRole").pop().expect("a call");
        let answer = String::from_utf8(sts.answer.to_vec()).expect("XML");
        let of = |name: &str| {
            let (_, rest) = answer.split_once(&format!("<{name}>")).expect(name);
            rest.split('<').next().expect("text").to_owned()
        };
        let (key, secret, session) = (of("AccessKeyId"), of("SecretAccessKey"), of("SessionToken"));
        check_token(&login.token, &database, &key, &secret, &session);
        let said = invocation.shown();
        let signature = login.token.rsplit("X-Amz-Signature=").next().expect("a signature").to_owned();
        for hidden in
            [&secret, &session, &login.token, &percent_encoded(&session), &signature[..64].to_owned()]
        {
            assert!(!said.contains(hidden.as_str()), "{said}");
        }
    }

    rds.refuse(true);
    let event = json!({"dbConfigParam": "/iam", "query": "SELECT 1", "crossAccountRoleArn": fixture.role});
    let body = fails(&fixture, &function, &event, "AuthenticationFailed", "connection").await;
    // A name with a slash may be a user with a password and is not repeated.
    for word in ["rds_iam", "rds-db:connect", "(not shown)"] {
        assert!(body.to_string().contains(word), "{word}: {body}");
    }
    // A refused login is not retried, since that would only count towards a limit of the server.
    assert_eq!(rds.logins().len(), 4);
}

/// Computes the signature by the documentation of Signature Version 4, and compares it.
fn check_token(token: &str, host: &str, key: &str, secret: &str, session: &str) {
    let query =
        token.strip_prefix(host).and_then(|rest| rest.strip_prefix("/?")).expect("the database's host");
    let mut parameters: Vec<(&str, &str)> =
        query.split('&').map(|pair| pair.split_once('=').expect("a value")).collect();
    let at = parameters.iter().position(|(name, _)| *name == "X-Amz-Signature").expect("a signature");
    let (_, signature) = parameters.remove(at);
    parameters.sort_unstable();
    let time = parameters.iter().find(|(name, _)| *name == "X-Amz-Date").expect("a time").1;
    let signed = chrono::NaiveDateTime::parse_from_str(time, "%Y%m%dT%H%M%SZ").expect("a time").and_utc();
    assert!((chrono::Utc::now() - signed).num_seconds().abs() < 60, "signed at {time}");
    let scope = format!("{}/eu-central-1/rds-db/aws4_request", &time[..8]);
    let wanted = [
        ("Action", "connect".to_owned()),
        ("DBUser", percent_encoded(USER)),
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256".to_owned()),
        ("X-Amz-Credential", percent_encoded(&format!("{key}/{scope}"))),
        ("X-Amz-Date", time.to_owned()),
        ("X-Amz-Expires", "900".to_owned()),
        ("X-Amz-Security-Token", percent_encoded(session)),
        ("X-Amz-SignedHeaders", "host".to_owned()),
    ];
    let parameters: Vec<_> = parameters.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    assert_eq!(parameters, wanted);

    let query: Vec<_> = wanted.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = format!("GET\n/\n{}\nhost:{host}\n\nhost\n{}", query.join("&"), hex(&Sha256::digest(b"")));
    let text = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{}", hex(&Sha256::digest(request.as_bytes())));
    let mut signing = format!("AWS4{secret}").into_bytes();
    for step in scope.split('/') {
        signing = hmac(&signing, step);
    }
    assert_eq!(signature, hex(&hmac(&signing, &text)));
}

fn hmac(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any key will do");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn percent_encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded + &char::from(byte).to_string()
        } else {
            encoded + &format!("%{byte:02X}")
        }
    })
}
