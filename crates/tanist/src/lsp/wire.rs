//! Messages as they are sent: headers, an empty line, JSON (LSP 3.17, "Base Protocol").

use std::io::{self, BufRead, Read as _};

use lsp_server::Message;

/// Longest line of a header.
const HEADER_BYTES: u64 = 4096;
/// Largest message; a configuration is far smaller.
const BODY_BYTES: u64 = 256 << 20;

/// What a client sent.
#[derive(Debug)]
pub(super) enum Incoming {
    Message(Message),
    /// Nothing that can be answered: why not.
    Malformed(String),
}

/// The next message. `None`: the input ended.
pub(super) fn read(input: &mut impl BufRead) -> io::Result<Option<Incoming>> {
    let Some(length) = headers(input)? else { return Ok(None) };
    let malformed = |why: String| Ok(Some(Incoming::Malformed(why)));
    let Some(length) = length else { return malformed("a message without Content-Length".to_owned()) };
    if length > BODY_BYTES {
        io::copy(&mut input.take(length), &mut io::sink())?;
        return malformed(format!("a message of {length} bytes; at most {BODY_BYTES} are read"));
    }
    let mut body = Vec::new();
    if input.take(length).read_to_end(&mut body)? as u64 != length {
        return Ok(None);
    }
    match serde_json::from_slice(&body) {
        Ok(message) => Ok(Some(Incoming::Message(message))),
        Err(error) => malformed(format!("a message that is not one of JSON-RPC: {error}")),
    }
}

/// What the headers say of the length, up to the empty line behind them. `None`: the input ended.
fn headers(input: &mut impl BufRead) -> io::Result<Option<Option<u64>>> {
    let mut length = None;
    loop {
        let mut line = Vec::new();
        if input.take(HEADER_BYTES).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        if line.is_empty() {
            return Ok(Some(length));
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is read of a text.
    fn all(text: &str) -> Vec<String> {
        let mut input = text.as_bytes();
        std::iter::from_fn(|| read(&mut input).unwrap())
            .map(|incoming| match incoming {
                Incoming::Message(Message::Request(request)) => format!("request {}", request.method),
                Incoming::Message(Message::Notification(it)) => format!("notification {}", it.method),
                Incoming::Message(Message::Response(_)) => "response".to_owned(),
                Incoming::Malformed(_) => "malformed".to_owned(),
            })
            .collect()
    }

    #[test]
    fn what_makes_no_sense_does_not_hide_the_next_message() {
        let note = "Content-Length: 14\r\n\r\n{\"method\":\"a\"}";
        let good = "notification a";
        let long = "x".repeat(10_000);
        let rows: [(String, &[&str]); 8] = [
            (note.to_owned(), &[good]),
            (format!("content-length:14\nContent-Type: x\n\n{{\"method\":\"a\"}}{note}"), &[good, good]),
            (format!("Content-Length: 3\r\n\r\n{{]}}{note}"), &["malformed", good]),
            (format!("Content-Length: 2\r\n\r\n[]{note}"), &["malformed", good]),
            (format!("Content-Length: -1\r\n\r\n{note}"), &["malformed", good]),
            (format!("{long}\r\nContent-Length: x\r\n\r\n{note}"), &["malformed", good]),
            ("Content-Length: 99\r\n\r\n{}".to_owned(), &[]),
            ("Content-Length: 99999999999999999\r\n\r\n{}".to_owned(), &["malformed"]),
        ];
        for (text, expected) in rows {
            assert_eq!(all(&text), expected, "{text:.100}");
        }
    }
}
