//! The protocol's messages on a stream: whole messages for the conversation, rows where they lie for the result.

use std::collections::HashMap;
use std::io;

use bytes::BytesMut;
use postgres_protocol::message::backend::{DATA_ROW_TAG, Header, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::positions::Positions;
use super::server_error::ServerError;
use super::stream::Stream;

/// What one read asks the socket for. Large, since each wake-up of the reader costs both sides more than the copy.
pub(super) const READ_SIZE: usize = 256 * 1024;

/// Up to here a buffer for a large message is rounded up.
const ROUNDED: usize = 4 * 1024 * 1024;

/// Tag and length: what stands before each message's body.
const HEADER: usize = 5;

/// What can go wrong while talking.
#[derive(Debug)]
pub enum WireError {
    /// The connection broke or was closed.
    Lost(io::Error),
    /// The server refused or failed, in its own words.
    Server(Box<ServerError>),
    /// The server sent something that the protocol does not allow here.
    Protocol(String),
}

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Ours; the session is in a transaction or not.
    Ours { in_transaction: bool },
    /// The server's, which does what it was told.
    Servers,
    /// The server's, which has refused and says no more than `ReadyForQuery`.
    Refused,
    /// Nobody's: the connection broke, or was closed.
    Nobodys,
}

/// What comes next in a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// Nothing yet, or a part of a row.
    Nothing,
    /// A whole row.
    Row,
    /// Another message, or a part of one.
    Other,
}

/// Both directions of a session.
pub struct Wire {
    stream: Stream,
    /// Received bytes are `input[start..end]`; all of it is initialised, so that reading need not zero it again.
    input: Vec<u8>,
    start: usize,
    end: usize,
    output: BytesMut,
    turn: Turn,
    /// What the server last reported of its settings since the login.
    reported: HashMap<String, String>,
    /// What the positions of errors mean.
    pub(super) positions: Positions,
}

impl Wire {
    /// Speaks on a stream on which nothing is under way.
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            input: vec![0; READ_SIZE],
            start: 0,
            end: 0,
            output: BytesMut::new(),
            turn: Turn::Ours { in_transaction: false },
            reported: HashMap::new(),
            positions: Positions::default(),
        }
    }

    /// Where messages to the server are collected until [`Self::send`].
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Sends what was collected, which ends with Sync or is a simple query: `ReadyForQuery` will end the answer.
    pub async fn send(&mut self) -> Result<(), WireError> {
        self.turn = Turn::Servers;
        self.send_on().await
    }

    /// Sends what is left of it where [`Self::send`] was not waited for.
    pub async fn send_on(&mut self) -> Result<(), WireError> {
        let sent = async {
            while !self.output.is_empty() {
                self.stream.write_buf(&mut self.output).await?;
            }
            self.stream.flush().await
        };
        sent.await.map_err(|error| self.broke(error))
    }

    /// Says goodbye and closes, with TLS's own word for it.
    pub async fn terminate(&mut self) -> Result<(), WireError> {
        self.turn = Turn::Nobodys;
        frontend::terminate(&mut self.output);
        self.send_on().await?;
        Ok(self.stream.shutdown().await?)
    }

    /// Whether the server does what it was told, or may do so.
    pub fn is_running(&self) -> bool {
        self.turn == Turn::Servers
    }

    /// Whether there is nobody left to talk to.
    pub fn is_broken(&self) -> bool {
        self.turn == Turn::Nobodys
    }

    /// Whether it is our turn, in a transaction (`Some(true)`) or outside of one.
    pub fn ready(&self) -> Option<bool> {
        match self.turn {
            Turn::Ours { in_transaction } => Some(in_transaction),
            _ => None,
        }
    }

    fn broke(&mut self, error: io::Error) -> WireError {
        self.turn = Turn::Nobodys;
        WireError::Lost(error)
    }

    /// The next message that is not a notice, a setting's report or a notification; an `ErrorResponse` is an error.
    pub async fn receive(&mut self) -> Result<Message, WireError> {
        loop {
            if let Some(message) = self.receive_any().await? {
                return Ok(message);
            }
        }
    }

    /// The next message, `None` where it is one that the server may send at any time and nobody waits for.
    pub async fn receive_any(&mut self) -> Result<Option<Message>, WireError> {
        let length = loop {
            match self.complete_message()? {
                Some(length) => break length,
                None => self.fill().await?,
            }
        };
        let mut bytes = BytesMut::from(&self.input[self.start..self.start + length]);
        self.start += length;
        match Message::parse(&mut bytes).map_err(|error| WireError::Protocol(error.to_string()))? {
            Some(Message::NoticeResponse(_) | Message::NotificationResponse(_)) => Ok(None),
            Some(Message::ParameterStatus(body)) => {
                self.reported.insert(body.name()?.to_owned(), body.value()?.to_owned());
                Ok(None)
            }
            Some(Message::ErrorResponse(body)) => {
                self.turn = Turn::Refused;
                let error = ServerError::read(body.fields(), &self.positions);
                let error = error.map_err(|error| WireError::Protocol(error.to_string()))?;
                Err(WireError::Server(Box::new(error)))
            }
            Some(Message::ReadyForQuery(body)) => {
                self.turn = Turn::Ours { in_transaction: body.status() != b'I' };
                Ok(Some(Message::ReadyForQuery(body)))
            }
            Some(message) => Ok(Some(message)),
            None => Err(WireError::Protocol("a message is shorter than it says".to_owned())),
        }
    }

    /// The body of the next message if it is a row and has arrived whole.
    ///
    /// `None` says that more has to be read, or that something other than a row comes next: see [`Self::front`].
    pub fn arrived_row(&mut self) -> Option<&[u8]> {
        let [tag, a, b, c, d] = *self.input[self.start..self.end].first_chunk::<HEADER>()?;
        let length = 1 + u32::from_be_bytes([a, b, c, d]) as usize;
        if tag != DATA_ROW_TAG || length < HEADER || self.end - self.start < length {
            return None;
        }
        let body = self.start + HEADER..self.start + length;
        self.start += length;
        Some(&self.input[body])
    }

    /// What stands at the front of what has arrived.
    pub fn front(&self) -> Result<Front, WireError> {
        match self.input[self.start..self.end].first() {
            Some(&DATA_ROW_TAG) if self.complete_message()?.is_some() => Ok(Front::Row),
            None | Some(&DATA_ROW_TAG) => Ok(Front::Nothing),
            Some(_) => Ok(Front::Other),
        }
    }

    /// What the server last reported of a setting, if it changed since the login.
    pub fn reported(&self, setting: &str) -> Option<&str> {
        self.reported.get(setting).map(String::as_str)
    }

    /// Waits until more has arrived.
    pub async fn fill(&mut self) -> Result<(), WireError> {
        self.make_room()?;
        let read = self.stream.read(&mut self.input[self.end..]).await.map_err(|error| self.broke(error))?;
        if read == 0 {
            return Err(self.broke(io::ErrorKind::UnexpectedEof.into()));
        }
        self.end += read;
        Ok(())
    }

    /// Moves an unfinished message to the front; grows the buffer for one that does not fit, and shrinks it when a
    /// small one comes after that.
    fn make_room(&mut self) -> Result<(), WireError> {
        let waiting = self.end - self.start;
        let next = self.next_length()?;
        let wanted = next.unwrap_or(0).max(waiting + 1).max(READ_SIZE);
        let shrinks = next.is_some_and(|next| next <= READ_SIZE) && waiting < READ_SIZE / 2;
        if wanted > self.input.len() || (shrinks && self.input.len() > READ_SIZE) {
            // Rows of about one size find room from then on; to the byte where twice as much would be a lot.
            let length = if wanted <= ROUNDED { wanted.next_power_of_two() } else { wanted };
            // A fresh buffer, and not a growing one, which would hold a value of 500 MB twice while it is copied.
            let mut input = vec![0; length];
            input[..waiting].copy_from_slice(&self.input[self.start..self.end]);
            self.input = input;
        } else {
            self.input.copy_within(self.start..self.end, 0);
        }
        self.start = 0;
        self.end = waiting;
        Ok(())
    }

    /// The length of the next message with its tag, if that much is known.
    fn next_length(&self) -> Result<Option<usize>, WireError> {
        let header = Header::parse(&self.input[self.start..self.end])
            .map_err(|error| WireError::Protocol(error.to_string()))?;
        Ok(header.map(|header| 1 + header.len() as usize))
    }

    fn complete_message(&self) -> Result<Option<usize>, WireError> {
        Ok(self.next_length()?.filter(|length| *length <= self.end - self.start))
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpStream;

    use super::super::socket::tests as socket;
    use super::*;

    async fn connected() -> (Wire, TcpStream) {
        let (socket, server) = socket::connected().await;
        (Wire::new(Stream::Plain(socket)), server)
    }

    fn header(body: usize) -> Vec<u8> {
        [&[DATA_ROW_TAG][..], &(body as u32 + 4).to_be_bytes()].concat()
    }

    #[tokio::test]
    async fn large_rows_of_about_one_size_are_read_into_one_buffer() {
        let (mut wire, mut server) = connected().await;
        let bodies: Vec<_> = (0..40).map(|i| READ_SIZE + 100 * i).collect();
        let sent = bodies.clone();
        let sending = tokio::spawn(async move {
            for body in sent {
                server.write_all(&header(body)).await.unwrap();
                server.write_all(&vec![b'x'; body]).await.unwrap();
            }
        });
        let mut buffers = Vec::new();
        for body in bodies {
            let row = loop {
                match wire.arrived_row() {
                    Some(row) => break row.len(),
                    None => wire.fill().await.unwrap(),
                }
            };
            assert_eq!(row, body);
            buffers.push(wire.input.as_ptr());
        }
        sending.await.unwrap();
        assert!(buffers.iter().all(|buffer| *buffer == buffers[0]), "{buffers:?}");
    }

    #[tokio::test]
    async fn a_buffer_is_as_large_as_its_value_and_small_again_for_a_small_row() {
        let (mut wire, _server) = connected().await;
        let huge = 3 * ROUNDED;
        wire.input[..HEADER].copy_from_slice(&header(huge));
        wire.end = HEADER;
        wire.make_room().unwrap();
        assert_eq!(wire.input.len(), HEADER + huge);
        wire.make_room().unwrap();
        assert_eq!(wire.input.len(), HEADER + huge, "in the middle of it");
        wire.start = huge;
        wire.end = huge + HEADER;
        wire.input[huge..].copy_from_slice(&header(10));
        wire.make_room().unwrap();
        assert_eq!(wire.input.len(), READ_SIZE);
        assert_eq!(wire.input[..HEADER], header(10));
    }
}
