//! Calls to AWS through a proxy that decrypts TLS with an authority of its own, as many companies have.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;

use openssl::pkey::PKey;
use openssl::ssl::{SslAcceptor, SslMethod};
use openssl::x509::X509;
use tempfile::TempDir;

use crate::command_line::{body, output, program};

const HOST: &str = "ssm.eu-central-1.amazonaws.com";

/// Starts the proxy, which answers instead of Parameter Store that there is no such parameter. Returns its
/// port and its authority.
fn proxy() -> (u16, String) {
    let authority = devstack::Authority::new("a company's authority").expect("an authority");
    let certificate = authority.issue(&[HOST]).expect("a certificate");
    let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).expect("TLS");
    let key = PKey::private_key_from_pem(certificate.key.as_bytes()).expect("a key");
    acceptor.set_private_key(&key).expect("a key");
    let chain = X509::from_pem(certificate.certificate.as_bytes()).expect("a certificate");
    acceptor.set_certificate(&chain).expect("a certificate");
    let acceptor = acceptor.build();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that does not trust the authority disconnects.
            let _ = serve(&acceptor, stream);
        }
    });
    (port, authority.pem().to_owned())
}

fn serve(acceptor: &SslAcceptor, mut stream: TcpStream) -> Option<()> {
    let asked = head(&stream)?;
    assert!(asked.starts_with(&format!("CONNECT {HOST}:443")), "{asked}");
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    let mut tls = acceptor.accept(stream).ok()?;
    head(&mut tls)?;
    let answer = r#"{"__type": "ParameterNotFound"}"#;
    let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: application/x-amz-json-1.1\r\nConnection: close";
    write!(tls, "{head}\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).ok()?;
    tls.shutdown().ok().map(|_| ())
}

/// Reads the head of a request; its body does not matter.
fn head(stream: impl std::io::Read) -> Option<String> {
    let mut lines = BufReader::with_capacity(1, stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if lines.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    Some(head)
}

#[test]
fn calls_to_aws_trust_the_authorities_of_aws_ca_bundle() {
    let (port, authority) = proxy();
    let folder = TempDir::new().expect("a folder");
    let bundle = folder.path().join("company.pem");
    std::fs::write(&bundle, authority).expect("a file");
    let junk = folder.path().join("junk.pem");
    std::fs::write(&junk, "no certificate").expect("a file");
    let extract = |bundle: Option<&std::path::Path>| -> Command {
        let mut command = program(&["extract", "--db-config-param", "/none", "--bucket", "some-bucket"]);
        command.env("HTTPS_PROXY", format!("http://127.0.0.1:{port}")).env("AWS_REGION", "eu-central-1");
        command.env("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "example");
        if let Some(bundle) = bundle {
            command.env("AWS_CA_BUNDLE", bundle);
        }
        command
    };
    let trusted = body(&output(extract(Some(&bundle))));
    assert_eq!(trusted["errorType"], "ParameterNotFound", "{trusted}");
    // The key of a profile does the same, but the variable takes precedence.
    let config = folder.path().join("config");
    let with_profile = |of_profile: &std::path::Path, variable: Option<&std::path::Path>| {
        let text = format!(
            "[default]\nregion = eu-central-1\n[profile company]\nca_bundle = {}\n",
            of_profile.display()
        );
        std::fs::write(&config, text).expect("a file");
        let mut command = extract(variable);
        command.env("AWS_CONFIG_FILE", &config).env("AWS_PROFILE", "company");
        body(&output(command))
    };
    let of_profile = with_profile(&bundle, None);
    assert_eq!(of_profile["errorType"], "ParameterNotFound", "{of_profile}");
    let of_variable = with_profile(&junk, Some(&bundle));
    assert_eq!(of_variable["errorType"], "ParameterNotFound", "{of_variable}");
    let refused = with_profile(&folder.path().join("hunter2.pem"), None);
    assert_eq!(refused["errorType"], "InvalidRequest", "{refused}");
    let error = refused["error"].as_str().unwrap_or_default();
    assert!(error.contains("ca_bundle of the AWS profile names a file that cannot be read"), "{error}");
    assert!(!error.contains("hunter2"), "{error}");
    std::fs::remove_file(&config).expect("a file");
    let unknown = body(&output(extract(None)));
    assert_eq!(unknown["errorType"], "ParameterStoreFailed", "{unknown}");
    for (bundle, words) in
        [(junk, "no certificates"), (folder.path().join("hunter2.pem"), "cannot be read: No such file")]
    {
        let answer = output(extract(Some(&bundle)));
        let refused = body(&answer);
        assert_eq!(refused["errorType"], "InvalidRequest", "{refused}");
        let error = refused["error"].as_str().unwrap_or_default();
        assert!(error.contains("AWS_CA_BUNDLE") && error.contains(words), "{error}");
        assert!(refused["hint"].to_string().contains("Correct the variable"), "{refused}");
        assert!(!error.contains("hunter2"), "{error}");
    }
}
