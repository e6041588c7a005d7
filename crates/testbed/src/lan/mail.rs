//! A mail server that writes down what it is given.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lab::Host;

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Takes every mail.
    Takes,
    /// Accepts connections and says nothing.
    Silent,
    /// Takes no mail for anybody.
    Refuses,
}

/// A mail that it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenMail {
    /// What stood behind `HELO`.
    pub helo: String,
    /// What stood between `<` and `>` behind `MAIL FROM:`.
    pub from: String,
    /// The same behind each `RCPT TO:`.
    pub to: Vec<String>,
    /// Header and body with line feeds alone.
    pub text: String,
}

impl TakenMail {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.text.split("\n\n").next()?;
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// Serves until it is dropped.
#[derive(Debug)]
pub struct MailServer {
    mails: Arc<Mutex<Vec<TakenMail>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl MailServer {
    /// Serves on `host` at `address`, as `127.0.0.1:25`.
    ///
    /// # Errors
    /// If nothing can listen there.
    pub fn start(host: &Host, address: &str, manner: Manner) -> io::Result<Self> {
        let listener = host.namespace.run(|| TcpListener::bind(address))??;
        listener.set_nonblocking(true)?;
        let (mails, stop) = (Arc::<Mutex<Vec<TakenMail>>>::default(), Arc::<AtomicBool>::default());
        let (taken, stopped) = (Arc::clone(&mails), Arc::clone(&stop));
        let serve = move || {
            let mut held = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                match (listener.accept(), manner) {
                    (Ok((stream, _)), Manner::Silent) => held.push(stream),
                    (Ok((stream, _)), Manner::Takes | Manner::Refuses) => {
                        if let Ok(mail) = talk(stream, manner) {
                            taken.lock().unwrap_or_else(PoisonError::into_inner).extend(mail);
                        }
                    }
                    (Err(_), _) => thread::sleep(Duration::from_millis(5)),
                }
            }
        };
        Ok(Self { mails, stop, thread: Some(thread::spawn(serve)) })
    }

    /// What it took so far.
    #[must_use]
    pub fn mails(&self) -> Vec<TakenMail> {
        self.mails.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One connection, of which one mail is expected.
fn talk(stream: TcpStream, manner: Manner) -> io::Result<Option<TakenMail>> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut stream = BufReader::new(stream);
    let (mut mail, mut is_whole) = (TakenMail::default(), false);
    stream.get_mut().write_all(b"220 a mail server of the tests\r\n")?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Ok(is_whole.then_some(mail));
        }
        let line = line.trim_end();
        let bracketed = || line.split_once('<').map_or("", |(_, rest)| rest.trim_end_matches('>')).to_owned();
        let reply: &[u8] = if let Some(name) = line.strip_prefix("HELO ") {
            mail.helo = name.to_owned();
            b"250 hello\r\n"
        } else if line.starts_with("MAIL FROM:") {
            mail.from = bracketed();
            b"250 yes\r\n"
        } else if line.starts_with("RCPT TO:") && manner == Manner::Refuses {
            b"550 nobody gets mail here\r\n"
        } else if line.starts_with("RCPT TO:") {
            mail.to.push(bracketed());
            b"250 yes\r\n"
        } else if line == "DATA" {
            stream.get_mut().write_all(b"354 go on\r\n")?;
            mail.text = message(&mut stream)?;
            is_whole = true;
            b"250 taken\r\n"
        } else {
            b"221 bye\r\n"
        };
        stream.get_mut().write_all(reply)?;
    }
}

/// Lines up to the dot.
fn message(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.trim_end_matches("\r\n") {
            "." => return Ok(text),
            line => text = text + line.strip_prefix('.').unwrap_or(line) + "\n",
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}
