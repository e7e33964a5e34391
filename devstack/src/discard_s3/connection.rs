//! HTTP/1.1 on a blocking socket, in which request bodies are never copied to this process.

use std::io::{self, Error, ErrorKind, Read, Write};
use std::net::TcpStream;

use rustix::net::{RecvFlags, recv};

const LARGEST_HEAD: usize = 64 * 1024;
const MOST_HEADERS: usize = 128;

/// The method, the target and the headers of a request. Header names are in lower case.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: Vec<(String, String)>,
}

impl Head {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Parses a head at the beginning of `bytes`, and returns it with its length, or `None` if it is
    /// incomplete.
    fn parse(bytes: &[u8]) -> io::Result<Option<(Self, usize)>> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let length = match request.parse(bytes).map_err(|error| invalid(&error.to_string()))? {
            httparse::Status::Complete(length) => length,
            httparse::Status::Partial => return Ok(None),
        };
        let target = request.path.unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let headers = request.headers.iter().map(|header| {
            (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned())
        });
        let head = Self {
            method: request.method.unwrap_or_default().to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            headers: headers.collect(),
        };
        Ok(Some((head, length)))
    }
}

/// A response.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

pub(super) struct Connection {
    stream: TcpStream,
    /// Bytes that were read but not used yet.
    pending: Vec<u8>,
    /// The buffer that `recv` requires even for bytes that it discards. It is never written, and so never
    /// paged in.
    nowhere: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { stream, pending: Vec::new(), nowhere: vec![0; 4 << 20] })
    }

    /// Reads the head of the next request, or returns `None` if the client has closed the connection.
    pub(super) fn read_head(&mut self) -> io::Result<Option<Head>> {
        loop {
            if let Some((head, length)) = Head::parse(&self.pending)? {
                self.pending.drain(..length);
                return Ok(Some(head));
            }
            if self.pending.len() > LARGEST_HEAD {
                return Err(invalid("the head of the request is too long"));
            }
            if self.fill()? == 0 {
                return Ok(None);
            }
        }
    }

    /// Discards the body and returns its length.
    pub(super) fn discard_body(&mut self, head: &Head) -> io::Result<u64> {
        if head.header("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        if head.header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
            return self.discard_chunks();
        }
        let length =
            head.header("content-length").map_or(Ok(0), str::parse).map_err(|_| invalid("Content-Length"))?;
        self.discard(length)?;
        Ok(length)
    }

    fn discard_chunks(&mut self) -> io::Result<u64> {
        let mut total = 0;
        loop {
            let size = self.read_chunk_size()?;
            if size == 0 {
                while !self.read_line()?.is_empty() {}
                return Ok(total);
            }
            self.discard(size + 2)?;
            total += size;
        }
    }

    fn read_chunk_size(&mut self) -> io::Result<u64> {
        loop {
            match httparse::parse_chunk_size(&self.pending) {
                Ok(httparse::Status::Complete((length, size))) => {
                    self.pending.drain(..length);
                    return Ok(size);
                }
                Ok(httparse::Status::Partial) => {}
                Err(_) => return Err(invalid("the size of a chunk")),
            }
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn discard(&mut self, length: u64) -> io::Result<()> {
        let here = self.pending.len().min(length as usize);
        self.pending.drain(..here);
        let mut left = length - here as u64;
        while left > 0 {
            let window = self.nowhere.len().min(left as usize);
            // With MSG_TRUNC, TCP discards the bytes without copying them.
            let (_, count) = recv(&self.stream, &mut self.nowhere[..window], RecvFlags::TRUNC)?;
            if count == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            left -= count as u64;
        }
        Ok(())
    }

    fn read_line(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.pending.windows(2).position(|bytes| bytes == b"\r\n") {
                let line: Vec<u8> = self.pending.drain(..end + 2).collect();
                return Ok(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            if self.fill()? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut block = [0; 8 * 1024];
        let count = self.stream.read(&mut block)?;
        self.pending.extend_from_slice(&block[..count]);
        Ok(count)
    }

    pub(super) fn respond(&mut self, head: &Head, answer: &Answer) -> io::Result<()> {
        let headers: Vec<String> =
            answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let (status, length) = (answer.status, answer.body.len());
        let body = if head.method == "HEAD" { "" } else { &answer.body };
        let text = format!(
            "HTTP/1.1 {status} {}\r\n{}Server: devstack\r\nContent-Length: {length}\r\n\r\n{body}",
            reason(status),
            headers.concat()
        );
        self.stream.write_all(text.as_bytes())
    }
}

fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, what.to_owned())
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        404 => "Not Found",
        _ => "Error",
    }
}
