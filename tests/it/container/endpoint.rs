//! The endpoints that ECS gives a task: its metadata, and the credentials of its role.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use devstack::ACCOUNT_A;
use serde_json::json;

/// The id of the task.
pub const TASK: &str = "158d1c8083dd49d6b527399fd6414f5c";
/// What the endpoint wants to be told before it gives credentials.
pub const AUTHORIZATION: &str = "a-token-of-the-task";

/// A server that answers like ECS until the process ends.
pub struct Endpoint {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that goes away is not missed.
                let _ = answer(stream, &log);
            }
        });
        Self { address, asked }
    }

    /// The variables with which ECS starts a task of this role, in this region.
    pub fn variables(&self) -> Vec<(String, String)> {
        let own = |name: &str, value: String| (name.to_owned(), value);
        vec![
            own("ECS_CONTAINER_METADATA_URI_V4", format!("http://{}/v4/container", self.address)),
            own("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("http://{}/credentials", self.address)),
            own("AWS_CONTAINER_AUTHORIZATION_TOKEN", AUTHORIZATION.to_owned()),
        ]
    }

    /// The paths that were asked for.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn answer(mut stream: TcpStream, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().unwrap_or_else(|| Ok(String::new()))?;
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut is_authorized = false;
    for line in lines {
        let line = line?;
        is_authorized |= line.ends_with(AUTHORIZATION);
        if line.is_empty() {
            break;
        }
    }
    let body = match path.as_str() {
        "/v4/container/task" => json!({
            "Cluster": "exports", "Family": "rds-data-extractor", "LaunchType": "FARGATE",
            "TaskARN": format!("arn:aws:ecs:eu-central-1:{ACCOUNT_A}:task/exports/{TASK}"),
        }),
        "/credentials" if is_authorized => json!({
            "AccessKeyId": ACCOUNT_A, "SecretAccessKey": "test", "Token": "token", "Expiration": "2099-01-01T00:00:00Z",
        }),
        _ => json!(null),
    };
    log.lock().unwrap_or_else(PoisonError::into_inner).push(path);
    let (status, body) =
        if body.is_null() { ("404 Not Found", String::new()) } else { ("200 OK", body.to_string()) };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
