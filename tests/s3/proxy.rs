//! A way to S3 on which answers get lost.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to a request.
pub enum Fate {
    /// It passes, and so does its answer.
    Pass,
    /// It is done, but the connection breaks before the answer.
    LoseAnswer,
    /// It never reaches S3; this is answered instead.
    Answer(String),
    /// It passes with another body, of the same length.
    Alter,
}

pub struct Proxy {
    pub url: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// A proxy before `upstream`, which asks `fate` about every request's head.
    pub async fn start(upstream: &str, fate: impl Fn(&str) -> Fate + Send + Sync + 'static) -> Self {
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (seen, fate) = (Arc::clone(&heads), Arc::new(fate));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (upstream, seen, fate) = (upstream.clone(), Arc::clone(&seen), Arc::clone(&fate));
                tokio::spawn(async move { serve(client, &upstream, &seen, &*fate).await });
            }
        });
        Self { url, heads }
    }

    /// The heads of all requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no panic").clone()
    }
}

/// One request, then the connection is closed; whatever breaks ends it too.
async fn serve(
    mut client: TcpStream,
    upstream: &str,
    seen: &Mutex<Vec<String>>,
    fate: &(impl Fn(&str) -> Fate + ?Sized),
) -> Option<()> {
    let mut request = Vec::new();
    let end = loop {
        if client.read_buf(&mut request).await.ok()? == 0 {
            return None;
        }
        if let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(request[..end].to_vec()).ok()?;
    let mut body = request.split_off(end + 4);
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(Some(0), |length| length.trim().parse().ok())?;
    while body.len() < length {
        if client.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    seen.lock().expect("no panic").push(head.clone());
    let fate = fate(&head);
    if let Fate::Answer(answer) = fate {
        client.write_all(answer.as_bytes()).await.ok()?;
        return client.shutdown().await.ok();
    }
    if matches!(fate, Fate::Alter)
        && let Some(byte) = body.last_mut()
    {
        *byte ^= 1;
    }
    let mut server = TcpStream::connect(upstream).await.ok()?;
    server.write_all(format!("{head}\r\nConnection: close\r\n\r\n").as_bytes()).await.ok()?;
    server.write_all(&body).await.ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await.ok()?;
    if !matches!(fate, Fate::LoseAnswer) {
        client.write_all(&answer).await.ok()?;
    }
    client.shutdown().await.ok()
}
