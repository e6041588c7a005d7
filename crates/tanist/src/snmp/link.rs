//! The connection to the agent: bytes in pieces become messages, and messages bytes. Nothing of it waits for ever, and no more is
//! kept of what the agent sends than one message.

use std::io;
use std::time::Duration;

use agentx::{Header, Malformed, Message};
use conf::model::snmp::MasterAgent;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::names::Names;

/// How long the agent may take to accept a connection, to take a message, and to answer one.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection.
pub(super) struct Link {
    stream: Box<dyn Stream>,
    /// The beginning of a message.
    received: Vec<u8>,
}

/// What was received.
pub(super) enum Received {
    Message(Message),
    /// One that cannot be read; the next can.
    Unreadable(Header, Malformed),
}

impl Link {
    /// Connects to the agent.
    ///
    /// # Errors
    /// In words.
    pub(super) async fn connect(agent: &MasterAgent, names: &Names) -> Result<Self, String> {
        let stream = async {
            let stream: Box<dyn Stream> = match agent {
                MasterAgent::Unix(path) => {
                    Box::new(UnixStream::connect(path).await.map_err(|error| error.to_string())?)
                }
                MasterAgent::Tcp(endpoint) => Box::new(names.connect(endpoint).await?),
            };
            Ok::<_, String>(stream)
        };
        let stream =
            timeout(PATIENCE, stream).await.unwrap_or_else(|_| Err("it does not accept the connection".to_owned()))?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// The next message. Whoever stops waiting loses nothing.
    ///
    /// # Errors
    /// If the connection has ended, or where the next message begins is not known any more.
    pub(super) async fn receive(&mut self) -> io::Result<Received> {
        loop {
            if let Some((header, rest)) = self.received.split_first_chunk::<{ Header::LENGTH }>() {
                let broken = |error| io::Error::new(io::ErrorKind::InvalidData, error);
                let header = Header::read(header).map_err(broken)?;
                if let Some(payload) = rest.get(..header.payload()) {
                    let received = match Message::read(&header, payload) {
                        Ok(message) => Received::Message(message),
                        Err(error) => Received::Unreadable(header, error),
                    };
                    self.received.drain(..Header::LENGTH + header.payload());
                    return Ok(received);
                }
            }
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// If the connection has ended, or the agent does not take it in time.
    pub(super) async fn send(&mut self, message: &Message) -> io::Result<()> {
        let bytes = message.bytes();
        let sent = timeout(PATIENCE, self.stream.write_all(&bytes)).await;
        sent.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "it does not take what is sent to it")))
    }
}
