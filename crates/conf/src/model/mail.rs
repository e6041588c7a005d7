//! Mails about changes.

use std::fmt;
use std::time::Duration;

use super::Switch;
use super::check::Endpoint;

/// Where mails go and how. Which routers and groups have some says each of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// `notification_email`; empty: nobody gets any.
    pub to: Vec<Mailbox>,
    /// `notification_email_from`; `None`: the user at the host name.
    pub from: Option<Mailbox>,
    /// `smtp_server`; `None`: no mail is sent.
    pub server: Option<Endpoint>,
    /// `smtp_helo_name`; `None`: the host name.
    pub helo: Option<String>,
    /// `smtp_connect_timeout`, for each step.
    pub patience: Duration,
    /// `no_email_faults`: whether there are mails about FAULT.
    pub faults: Switch,
}

impl Mail {
    /// Port of a `smtp_server` without one.
    pub const PORT: u16 = 25;
    /// `smtp_connect_timeout` that is not written.
    pub const PATIENCE: Duration = Duration::from_secs(30);
}

impl Default for Mail {
    fn default() -> Self {
        Self { to: Vec::new(), from: None, server: None, helo: None, patience: Self::PATIENCE, faults: Switch::On }
    }
}

/// Somebody who gets or sends mail. Its text is `ADDRESS`, or `NAME <ADDRESS>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mailbox {
    name: Option<String>,
    address: String,
}

impl Mailbox {
    /// Longest address (RFC 5321 §4.5.3.1.3).
    const BYTES: usize = 254;

    /// Reads `ADDRESS` or `NAME <ADDRESS>`; an address without `@` belongs to the mail server. `None`: it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (name, address) = match text.strip_suffix('>') {
            Some(text) => text.split_once('<')?,
            None => ("", text),
        };
        let name = name.trim().trim_matches('"').trim();
        let is_name = name.chars().all(|c| !c.is_control() && !matches!(c, '"' | '\\' | '<' | '>'));
        let name = (!name.is_empty()).then(|| name.to_owned());
        (is_name && is_address(address)).then(|| Self { name, address: address.to_owned() })
    }

    /// What is written in front of the address: no control character, quote or backslash.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Printable ASCII without blanks, brackets, quotes and the like: it fits between `<` and `>` of SMTP.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

fn is_address(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"<>()\",;\\".contains(&byte);
    let has_both = match text.rsplit_once('@') {
        Some((local, domain)) => !local.is_empty() && !local.contains('@') && !domain.is_empty(),
        None => !text.is_empty(),
    };
    has_both && text.len() <= Mailbox::BYTES && text.bytes().all(is_plain)
}
