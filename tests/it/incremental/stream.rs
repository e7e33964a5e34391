//! A stream of incremental exports: how the program runs on it, and what it has written.

use std::collections::BTreeMap;
use std::io::{Seek, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use devstack::{ACCOUNT_A, Aws, HttpProxy, Postgres, REGION};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::command_line::{body, program};

/// The name of every stream. Each has a bucket or a folder of its own.
const NAME: &str = "s";
/// The prefix of the keys in a bucket.
const PREFIX: &str = "exports";

/// A stream in a bucket or in a folder.
pub struct Stream {
    /// The event of its runs.
    pub event: Value,
    /// The port of a proxy through which they connect to the server.
    pub port: Option<u16>,
    place: Place,
}

enum Place {
    Folder(TempDir),
    Bucket { account: Aws, name: String, endpoint: String },
}

/// An object or a file of a stream.
pub struct Object {
    /// The name below the prefix or the folder.
    pub name: String,
    pub bytes: Vec<u8>,
    /// The object's metadata. A file has none.
    pub metadata: BTreeMap<String, String>,
}

impl Stream {
    /// Creates a stream of a table in a new folder.
    pub fn in_folder(table: &str, watermark: Value) -> Self {
        let mut event = json!({"table": table, "incremental": {"stream": NAME}});
        event["incremental"]["watermark"] = watermark;
        Self { event, port: None, place: Place::Folder(TempDir::new().expect("a folder")) }
    }

    /// Creates a stream of a table in a new bucket.
    pub async fn in_bucket(table: &str, watermark: Value) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let emulator = crate::upload::s3().await;
        let account = Aws::new(&emulator, ACCOUNT_A);
        let name = format!("stream-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        account.create_bucket(&name).await.expect("a bucket");
        let incremental = json!({"stream": NAME});
        let mut event =
            json!({"table": table, "incremental": incremental, "bucket": name, "keyPrefix": PREFIX});
        event["incremental"]["watermark"] = watermark;
        let endpoint = format!("http://{emulator}");
        Self { event, port: None, place: Place::Bucket { account, name, endpoint } }
    }

    /// Starts a proxy in front of the emulator that has the bucket.
    pub async fn proxy() -> HttpProxy {
        HttpProxy::start(&[("s3", crate::upload::s3().await)]).await.expect("a proxy")
    }

    /// Returns the program with the event as it is after `changes`: an object whose fields replace those of the event, where
    /// null removes one.
    pub fn command(&self, server: &Postgres, changes: &Value) -> Command {
        let mut event = self.event.clone();
        change(&mut event, changes);
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(event.to_string().as_bytes()).expect("an event");
        file.rewind().expect("its begin");
        let flags = ["extract", "--event", "-", "--user", "postgres", "--database", "postgres"];
        let mut command = Command::from(program(&flags));
        command
            .stdin(Stdio::from(file))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .env("PGHOST", server.host())
            .env("PGPORT", self.port.unwrap_or_else(|| server.port()).to_string())
            .env("PGPASSWORD", server.password())
            .env("PGSSLMODE", "disable")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
        match &self.place {
            Place::Folder(folder) => {
                command.arg("--output").arg(format!("{}/", folder.path().display()));
            }
            Place::Bucket { endpoint, .. } => {
                command
                    .env("AWS_ENDPOINT_URL_S3", endpoint)
                    .env("AWS_ACCESS_KEY_ID", ACCOUNT_A)
                    .env("AWS_SECRET_ACCESS_KEY", "test")
                    .env("AWS_REGION", REGION);
            }
        }
        command
    }

    /// Runs the program with a changed event, and returns the body of its answer.
    pub async fn run_with(&self, server: &Postgres, changes: &Value) -> Value {
        body(&self.command(server, changes).output().await.expect("the program starts"))
    }

    /// Runs the program, which must succeed, and returns the body of its answer.
    pub async fn run(&self, server: &Postgres) -> Value {
        let answer = self.run_with(server, &json!({})).await;
        assert_eq!(answer["errorType"], Value::Null, "{answer}");
        answer
    }

    /// Runs the program, which must find nothing new.
    pub async fn has_nothing_new(&self, server: &Postgres) {
        let before = self.names().await;
        let answer = self.run(server).await;
        assert_eq!(answer["recordsProcessed"], 0, "{answer}");
        assert!(is_nothing_new(&answer), "{answer}");
        assert_eq!(self.names().await, before, "{answer}");
    }

    /// Runs the program until its window has passed this transaction.
    pub async fn run_beyond(&self, server: &Postgres, transaction: i64) {
        for _ in 0..200 {
            let answer = self.run_with(server, &json!({})).await;
            if answer["retryable"] == true {
                continue;
            }
            let upper = answer["incremental"]["upper"].as_i64().unwrap_or_else(|| panic!("{answer}"));
            if upper > transaction {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("no window has passed transaction {transaction}");
    }

    /// Returns the names of all objects or files except the state, in order.
    pub async fn names(&self) -> Vec<String> {
        let mut names = match &self.place {
            Place::Folder(folder) => files_below(folder.path(), ""),
            Place::Bucket { account, name, .. } => {
                let listed = account.list_objects(name, PREFIX).await.expect("a list");
                let below = |key: &str| key[PREFIX.len() + 1..].to_owned();
                listed.iter().map(|object| below(&object.key)).collect()
            }
        };
        names.retain(|name| !name.ends_with("/_watermark.json") && !name.contains("/."));
        names.sort();
        names
    }

    /// Returns all objects or files except the state, in the order of their names.
    pub async fn objects(&self) -> Vec<Object> {
        let mut objects = Vec::new();
        for name in self.names().await {
            let bytes = self.read(&name).await.expect("it stands");
            objects.push(Object { metadata: self.metadata(&name).await, name, bytes });
        }
        objects
    }

    /// Returns the rows of all objects, in the order of their names.
    pub async fn rows(&self) -> Vec<Vec<Row>> {
        self.objects().await.iter().map(|object| rows(&object.bytes)).collect()
    }

    async fn metadata(&self, name: &str) -> BTreeMap<String, String> {
        let Place::Bucket { account, name: bucket, .. } = &self.place else { return BTreeMap::new() };
        let headers = account.head_object(bucket, &format!("{PREFIX}/{name}")).await.expect("headers");
        let headers = headers.expect("the object");
        let metadata = headers.iter().filter_map(|(name, value)| {
            let name = name.as_str().strip_prefix("x-amz-meta-")?;
            Some((name.to_owned(), value.to_str().ok()?.to_owned()))
        });
        metadata.collect()
    }

    /// Returns the bytes of the object or the file with this name, if there is one.
    pub async fn read(&self, name: &str) -> Option<Vec<u8>> {
        match &self.place {
            Place::Folder(folder) => std::fs::read(folder.path().join(name)).ok(),
            Place::Bucket { account, name: bucket, .. } => {
                Some(account.get_object(bucket, &format!("{PREFIX}/{name}")).await.ok()?.to_vec())
            }
        }
    }

    /// Writes an object or a file with this name and, in a bucket, this metadata.
    pub async fn write(&self, name: &str, bytes: &[u8], metadata: &[(&str, &str)]) {
        match &self.place {
            Place::Folder(folder) => std::fs::write(folder.path().join(name), bytes).expect("a file"),
            Place::Bucket { account, name: bucket, .. } => {
                let key = format!("{PREFIX}/{name}");
                account.put_object_with(bucket, &key, bytes, metadata).await.expect("an object");
            }
        }
    }

    /// Returns the bytes of the state.
    pub async fn state_bytes(&self) -> Option<Vec<u8>> {
        self.read(&format!("{NAME}/_watermark.json")).await
    }

    /// Returns the state.
    pub async fn state(&self) -> Value {
        serde_json::from_slice(&self.state_bytes().await.expect("a state")).expect("JSON")
    }

    /// Changes the state by hand.
    pub async fn change_state(&self, changes: &Value) {
        let mut state = self.state().await;
        change(&mut state, changes);
        self.write(&format!("{NAME}/_watermark.json"), state.to_string().as_bytes(), &[]).await;
    }
}

/// A row of the tables of these tests: its id and its version.
pub type Row = (i64, i64);

/// Returns the first two columns of a CSV file.
pub fn rows(file: &[u8]) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(file);
    reader
        .records()
        .map(|record| {
            let record = record.expect("a record");
            let number = |index: usize| record[index].parse().expect("a number");
            (number(0), number(1))
        })
        .collect()
}

/// Returns whether an answer says that there is nothing new.
pub fn is_nothing_new(answer: &Value) -> bool {
    let message = answer["message"].as_str().unwrap_or_default();
    message.starts_with("Nothing new") && answer["s3Location"].is_null()
}

/// Replaces the fields of an object by those of another one, where null removes one.
fn change(object: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            object.as_object_mut().expect("an object").remove(name);
        } else if value.is_object() && object[name].is_object() {
            change(&mut object[name], value);
        } else {
            object[name] = value.clone();
        }
    }
}

fn files_below(folder: &Path, prefix: &str) -> Vec<String> {
    let mut files = Vec::new();
    for entry in folder.read_dir().into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            files.extend(files_below(&entry.path(), &format!("{name}/")));
        } else {
            files.push(name);
        }
    }
    files
}
