//! One mail to one server: SMTP without extensions, as keepalived speaks it (RFC 5321 §3). Nothing here waits for ever, or
//! reads more than a server has to say.

use std::io;
use std::time::Duration;

use conf::model::mail::Mailbox;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Longest line of a reply that is read; RFC 5321 §4.5.3.1.5 has 512 bytes.
const LINE: u64 = 2048;
/// Lines of one reply.
const LINES: usize = 100;
/// Characters of a reply that are shown.
const SHOWN: usize = 200;
/// How long the server may take to say goodbye: the mail is sent by then.
const GOODBYE: Duration = Duration::from_millis(500);

/// Why a mail was not sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It may be taken another time.
    Later(String),
    /// The server does not take this mail.
    Refused(String),
}

/// Who does not get a mail that was sent, and why.
pub(super) type Refusals = Vec<(String, String)>;

/// Who sends what to whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Envelope<'a> {
    /// Name of this host.
    pub(super) helo: &'a str,
    pub(super) from: &'a Mailbox,
    /// Not empty.
    pub(super) to: &'a [Mailbox],
    /// Lines that end in CR LF.
    pub(super) message: &'a str,
}

/// Hands a mail over. `patience` is for each step.
pub(super) async fn send(stream: TcpStream, patience: Duration, mail: Envelope<'_>) -> Result<Refusals, Failure> {
    let mut dialogue = Dialogue { stream: BufReader::new(stream), patience };
    // What goes wrong up to here is not this mail's fault.
    dialogue.reply().await?.expect(2).map_err(Failure::into_later)?;
    dialogue.command(&format!("HELO {}", mail.helo)).await?.expect(2).map_err(Failure::into_later)?;
    dialogue.command(&format!("MAIL FROM:<{}>", mail.from.address())).await?.expect(2)?;
    let mut refused = Vec::new();
    for to in mail.to {
        let reply = dialogue.command(&format!("RCPT TO:<{}>", to.address())).await?;
        if let Err(why) = reply.expect(2) {
            refused.push((to.address(), why));
        }
    }
    if refused.len() == mail.to.len() {
        // Somebody may take it later: greylisting, a full disk.
        let may_be_later = |(_, why): &(&str, Failure)| matches!(why, Failure::Later(_));
        let first = refused.iter().position(may_be_later).unwrap_or(0);
        return Err(refused.swap_remove(first).1);
    }
    dialogue.command("DATA").await?.expect(3)?;
    // A line with nothing but a dot ends the mail (§4.5.2).
    dialogue.write(&(mail.message.replace("\n.", "\n..") + ".\r\n")).await?;
    dialogue.reply().await?.expect(2)?;
    timeout(GOODBYE, dialogue.command("QUIT")).await.ok();
    Ok(refused.into_iter().map(|(address, why)| (address.to_owned(), why.into_reason())).collect())
}

impl Failure {
    fn into_later(self) -> Self {
        Self::Later(self.into_reason())
    }

    fn into_reason(self) -> String {
        match self {
            Self::Later(why) | Self::Refused(why) => why,
        }
    }
}

struct Dialogue {
    stream: BufReader<TcpStream>,
    patience: Duration,
}

/// What the server said.
struct Reply {
    /// Of three digits.
    code: u16,
    /// The last line, fit to be shown.
    text: String,
}

impl Reply {
    /// Whether its first digit is as it should be.
    fn expect(self, digit: u16) -> Result<(), Failure> {
        let Self { code, text } = self;
        match code / 100 {
            first if first == digit => Ok(()),
            5 => Err(Failure::Refused(text)),
            _ => Err(Failure::Later(text)),
        }
    }
}

impl Dialogue {
    async fn command(&mut self, command: &str) -> Result<Reply, Failure> {
        self.write(&format!("{command}\r\n")).await?;
        self.reply().await
    }

    async fn write(&mut self, text: &str) -> Result<(), Failure> {
        let written = timeout(self.patience, self.stream.get_mut().write_all(text.as_bytes())).await;
        written.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| broken(&error))
    }

    async fn reply(&mut self) -> Result<Reply, Failure> {
        match timeout(self.patience, self.read_reply()).await {
            Ok(reply) => reply,
            Err(_) => Err(Failure::Later(format!("the mail server does not answer within {:?}", self.patience))),
        }
    }

    /// A reply may have several lines, of which all but the last have a hyphen behind the code.
    async fn read_reply(&mut self) -> Result<Reply, Failure> {
        for _ in 0..LINES {
            let mut line = Vec::new();
            let mut limited = (&mut self.stream).take(LINE);
            limited.read_until(b'\n', &mut line).await.map_err(|error| broken(&error))?;
            let line = String::from_utf8_lossy(&line);
            if line.is_empty() {
                return Err(Failure::Later("the mail server closed the connection".to_owned()));
            }
            let text: String = line.trim_end().chars().filter(|c| !c.is_control()).take(SHOWN).collect();
            let code = line.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
            let Some(code) = code.and_then(|code| code.parse().ok()).filter(|_| line.ends_with('\n')) else {
                return Err(Failure::Later(format!("no mail server answers, but says: {text}")));
            };
            if !line[3..].starts_with('-') {
                return Ok(Reply { code, text: format!("the mail server says: {text}") });
            }
        }
        Err(Failure::Later("the mail server does not stop talking".to_owned()))
    }
}

fn broken(error: &io::Error) -> Failure {
    Failure::Later(format!("the connection to the mail server is broken: {error}"))
}

#[cfg(test)]
mod tests;
