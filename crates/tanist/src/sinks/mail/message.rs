//! A mail as it is sent: header and body (RFC 5322).

use std::borrow::Cow;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::time::SystemTime;

use conf::model::mail::Mailbox;
use email_encoding::headers::rfc2047;
use email_encoding::headers::writer::EmailWriter;

/// Longest text of a header that is not encoded: a line has 998 bytes.
const PLAIN: usize = 900;

/// A mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    /// When that was which it is about.
    pub(super) at: SystemTime,
    pub(super) subject: String,
    pub(super) body: Cow<'static, str>,
    /// Another router, if its MAC is to be told as well.
    pub(super) culprit: Option<Culprit>,
    /// Tells it from all others of this daemon: a mail that comes twice is known by it.
    pub(super) number: u64,
}

/// Another router that the mail is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Culprit {
    pub(super) link: String,
    pub(super) address: IpAddr,
}

impl Letter {
    /// Whose lines end in CR LF, whatever stands in names. `host` is what other mail servers may know this one by.
    pub(super) fn message(&self, from: &Mailbox, to: &[Mailbox], host: &str) -> String {
        let to: Vec<String> = to.iter().map(mailbox).collect();
        let sent = httpdate::fmt_http_date(self.at);
        let sent = sent.trim_end_matches("GMT");
        let at = self.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
        let Self { subject, body, number, .. } = self;
        let mut out = String::new();
        let lines = [
            format!("Date: {sent}+0000"),
            format!("From: {}", mailbox(from)),
            format!("Subject: {}", words("Subject: ", subject)),
            format!("Message-ID: <{at}.{}.{number}@{host}>", std::process::id()),
            // Nobody is to answer that he is on holiday (RFC 3834 §5).
            "Auto-Submitted: auto-generated".to_owned(),
            concat!("X-Mailer: tanist ", env!("CARGO_PKG_VERSION")).to_owned(),
            format!("To: {}", to.join(",\r\n ")),
            String::new(),
            body.clone().into_owned(),
            String::new(),
        ];
        for line in lines {
            // Writing into a text cannot fail.
            write!(out, "{line}\r\n").ok();
        }
        out
    }
}

fn mailbox(mailbox: &Mailbox) -> String {
    match mailbox.name() {
        Some(name) => format!("{} <{}>", phrase(name), mailbox.address()),
        None => mailbox.address().to_owned(),
    }
}

/// A name in front of an address.
fn phrase(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " !#$%&'*+-/=?^_`{|}~".contains(c);
    encoded_unless("", text, is_plain)
}

/// Text in a header, behind this much of it.
fn words(before: &str, text: &str) -> String {
    encoded_unless(before, text, |c| matches!(c, ' '..='~'))
}

/// Text as it is, if it is plain; else in a form that holds no control character, and no line that is too long.
fn encoded_unless(before: &str, text: &str, is_plain: impl Fn(char) -> bool) -> String {
    if text.len() <= PLAIN && !text.contains("=?") && text.chars().all(is_plain) {
        return text.to_owned();
    }
    let mut out = String::new();
    // Writing into a text cannot fail.
    rfc2047::encode(text, &mut EmailWriter::new(&mut out, before.len(), 0, false)).ok();
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn letter(subject: &str) -> Letter {
        let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_825_906);
        Letter { at, subject: subject.to_owned(), body: "=> x <=".into(), culprit: None, number: 7 }
    }

    fn message(subject: &str, from: &str, to: &[&str]) -> String {
        let mailbox = |text: &str| Mailbox::parse(text).unwrap();
        letter(subject).message(&mailbox(from), &to.iter().copied().map(mailbox).collect::<Vec<_>>(), "left")
    }

    #[test]
    fn a_message_has_the_headers_of_keepalived_and_its_body() {
        let text =
            message("[left] VRRP Instance VI_1 - Entering MASTER state", "vrrp@left", &["a@b", "Ops Team <c@d>"]);
        let id = format!("<1795825906000000000.{}.7@left>", std::process::id());
        let expected = format!(
            "Date: Sat, 28 Nov 2026 00:31:46 +0000\r\nFrom: vrrp@left\r\n\
             Subject: [left] VRRP Instance VI_1 - Entering MASTER state\r\nMessage-ID: {id}\r\n\
             Auto-Submitted: auto-generated\r\nX-Mailer: tanist {}\r\nTo: a@b,\r\n Ops Team <c@d>\r\n\r\n=> x <=\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn no_name_makes_a_line_of_its_own() {
        let long = "x".repeat(5000);
        for evil in ["A\r\nBcc: x@y", "A\nX", "A\rX", "A\0", "\u{e4}\u{2028}", "=?utf-8?q?A=0d=0aX?=", &long] {
            let text = message(&format!("[left] {evil}"), "a@b", &["c@d"]);
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let lines = head.split("\r\n");
            let names: Vec<&str> =
                lines.clone().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split(':').next()).collect();
            let expected = ["Date", "From", "Subject", "Message-ID", "Auto-Submitted", "X-Mailer", "To"];
            assert_eq!((names.as_slice(), body), (expected.as_slice(), "=> x <=\r\n\r\n"), "{evil:?}");
            assert!(lines.clone().all(|line| line.len() < 998 && line.bytes().all(|byte| matches!(byte, b' '..=b'~'))));
        }
    }

    #[test]
    fn a_name_that_is_no_plain_text_is_encoded() {
        let text = message("x", "Wache am Fluß <a@b>", &["Smith, J. <c@d>"]);
        assert!(text.contains("\r\nFrom: =?utf-8?b?V2FjaGUgYW0gRmx1w58=?= <a@b>\r\n"), "{text}");
        assert!(text.contains("\r\nTo: =?utf-8?b?U21pdGgsIEou?= <c@d>\r\n"), "{text}");
    }
}
