//! Sends and receives the messages of the protocol; rows are returned in place, from the read buffer.

use std::collections::HashMap;
use std::io;

use bytes::BytesMut;
use postgres_protocol::message::backend::{DATA_ROW_TAG, Header, Message};
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::positions::Positions;
use super::server_error::ServerError;
use super::stream::Stream;

/// The size of a read from the socket. It is large, since each wake-up costs both sides more than the copy.
pub(super) const READ_SIZE: usize = 256 * 1024;

/// The size of a buffer for a large message is rounded up to this limit.
const ROUNDED: usize = 4 * 1024 * 1024;

/// The size of a message's header: tag and length.
const HEADER: usize = 5;

/// An error of the conversation with the server.
#[derive(Debug)]
pub enum WireError {
    /// The connection broke or was closed.
    Lost(io::Error),
    /// The server sent an error.
    Server(Box<ServerError>),
    /// The server sent something that the protocol does not allow here.
    Protocol(String),
}

impl From<io::Error> for WireError {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}

/// The state of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The server waits for a message; the session is in a transaction or not.
    Ready { in_transaction: bool },
    /// The server handles what was sent.
    Running,
    /// The server has sent an error and will only send `ReadyForQuery`.
    Refused,
    /// The connection broke or was closed.
    Closed,
}

/// The next message of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    /// No message yet, or a part of a row.
    Nothing,
    /// A complete row.
    Row,
    /// Another message, or a part of one.
    Other,
}

/// The connection of a session and its buffers.
pub struct Wire {
    stream: Stream,
    /// The received bytes are `input[start..end]`. All of it is initialised, so that it need not be zeroed
    /// before each read.
    input: Vec<u8>,
    start: usize,
    end: usize,
    output: BytesMut,
    state: State,
    /// The settings that the server has reported since the login, with their last values.
    reported: HashMap<String, String>,
    /// Maps the positions in errors.
    pub(super) positions: Positions,
}

impl Wire {
    /// Creates a wire on a stream whose server waits for a message.
    pub fn new(stream: Stream) -> Self {
        Self {
            stream,
            input: vec![0; READ_SIZE],
            start: 0,
            end: 0,
            output: BytesMut::new(),
            state: State::Ready { in_transaction: false },
            reported: HashMap::new(),
            positions: Positions::default(),
        }
    }

    /// Returns the buffer in which messages to the server are collected until [`Self::send`].
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Sends the collected messages, which end with Sync or are a simple query, so that `ReadyForQuery` ends
    /// the answer.
    pub async fn send(&mut self) -> Result<(), WireError> {
        self.state = State::Running;
        self.send_on().await
    }

    /// Sends what is left to send if [`Self::send`] was dropped before it completed.
    pub async fn send_on(&mut self) -> Result<(), WireError> {
        let sent = async {
            while !self.output.is_empty() {
                self.stream.write_buf(&mut self.output).await?;
            }
            self.stream.flush().await
        };
        sent.await.map_err(|error| self.broke(error))
    }

    /// Sends Terminate and closes the connection, with `close_notify` under TLS.
    pub async fn terminate(&mut self) -> Result<(), WireError> {
        self.state = State::Closed;
        frontend::terminate(&mut self.output);
        self.send_on().await?;
        Ok(self.stream.shutdown().await?)
    }

    /// Returns whether the server is handling a message, or may be.
    pub fn is_running(&self) -> bool {
        self.state == State::Running
    }

    /// Returns whether the connection broke or was closed.
    pub fn is_broken(&self) -> bool {
        self.state == State::Closed
    }

    /// If the server waits for a message, returns whether the session is in a transaction.
    pub fn ready(&self) -> Option<bool> {
        match self.state {
            State::Ready { in_transaction } => Some(in_transaction),
            _ => None,
        }
    }

    fn broke(&mut self, error: io::Error) -> WireError {
        self.state = State::Closed;
        WireError::Lost(error)
    }

    /// Receives the next message that is not a notice, a setting report or a notification. An `ErrorResponse`
    /// is an error.
    pub async fn receive(&mut self) -> Result<Message, WireError> {
        loop {
            if let Some(message) = self.receive_any().await? {
                return Ok(message);
            }
        }
    }

    /// Receives the next message, or `None` if it is one that the server may send at any time.
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
                self.state = State::Refused;
                let error = ServerError::read(body.fields(), &self.positions);
                let error = error.map_err(|error| WireError::Protocol(error.to_string()))?;
                Err(WireError::Server(Box::new(error)))
            }
            Some(Message::ReadyForQuery(body)) => {
                self.state = State::Ready { in_transaction: body.status() != b'I' };
                Ok(Some(Message::ReadyForQuery(body)))
            }
            Some(message) => Ok(Some(message)),
            None => Err(WireError::Protocol("a message is shorter than it says".to_owned())),
        }
    }

    /// Returns the body of the next message if it is a row and has arrived completely.
    ///
    /// `None` means that more must be read, or that the next message is not a row: see [`Self::front`].
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

    /// Returns what the received bytes begin with.
    pub fn front(&self) -> Result<Front, WireError> {
        match self.input[self.start..self.end].first() {
            Some(&DATA_ROW_TAG) if self.complete_message()?.is_some() => Ok(Front::Row),
            None | Some(&DATA_ROW_TAG) => Ok(Front::Nothing),
            Some(_) => Ok(Front::Other),
        }
    }

    /// Returns the last reported value of a setting, if it was reported since the login.
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

    /// Moves an incomplete message to the front. Grows the buffer for a message that does not fit, and
    /// shrinks it when a small one follows.
    fn make_room(&mut self) -> Result<(), WireError> {
        let waiting = self.end - self.start;
        let next = self.next_length()?;
        let wanted = next.unwrap_or(0).max(waiting + 1).max(READ_SIZE);
        let shrinks = next.is_some_and(|next| next <= READ_SIZE) && waiting < READ_SIZE / 2;
        if wanted > self.input.len() || (shrinks && self.input.len() > READ_SIZE) {
            // Rounded up, so that further rows of about the same size fit, unless rounding would waste much.
            let length = if wanted <= ROUNDED { wanted.next_power_of_two() } else { wanted };
            // A new buffer instead of a growing one, which would contain a value of 500 MB twice while it is
            // copied.
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

    /// Returns the length of the next message including its tag, if its header has arrived.
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
    async fn a_buffer_grows_for_a_large_value_and_shrinks_for_a_small_row() {
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
