//! The protocol's messages on a stream: whole messages for the conversation, rows where they lie for the result.

use std::io;

use bytes::BytesMut;
use postgres_protocol::message::backend::{DATA_ROW_TAG, Header, Message};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::server_error::ServerError;
use super::stream::Stream;

/// What one read asks the socket for. Large, since each wake-up of the reader costs both sides more than the copy.
pub(super) const READ_SIZE: usize = 256 * 1024;

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
}

impl Wire {
    /// Speaks on a stream on which nothing is under way.
    pub fn new(stream: Stream) -> Self {
        Self { stream, input: vec![0; READ_SIZE], start: 0, end: 0, output: BytesMut::new() }
    }

    /// Where messages to the server are collected until [`Self::send`].
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Sends what was collected.
    pub async fn send(&mut self) -> Result<(), WireError> {
        self.stream.write_all(&self.output).await?;
        self.stream.flush().await?;
        self.output.clear();
        Ok(())
    }

    /// Closes the sending direction.
    pub async fn shutdown(&mut self) -> Result<(), WireError> {
        Ok(self.stream.shutdown().await?)
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
            Some(
                Message::NoticeResponse(_) | Message::ParameterStatus(_) | Message::NotificationResponse(_),
            ) => Ok(None),
            Some(Message::ErrorResponse(body)) => {
                Err(WireError::Server(Box::new(ServerError::read(body.fields())?)))
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

    /// Waits until more has arrived.
    pub async fn fill(&mut self) -> Result<(), WireError> {
        self.make_room()?;
        let read = self.stream.read(&mut self.input[self.end..]).await?;
        if read == 0 {
            return Err(WireError::Lost(io::ErrorKind::UnexpectedEof.into()));
        }
        self.end += read;
        Ok(())
    }

    /// Moves an unfinished message to the front; grows the buffer for one that does not fit and shrinks it after.
    fn make_room(&mut self) -> Result<(), WireError> {
        let waiting = self.end - self.start;
        let wanted = self.next_length()?.unwrap_or(0).max(waiting + 1).max(READ_SIZE);
        if wanted > self.input.len() || (self.input.len() > READ_SIZE && waiting < READ_SIZE / 2) {
            // A fresh buffer, and not a growing one, so that a value of 500 MB is never here twice.
            let mut input = vec![0; wanted];
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
