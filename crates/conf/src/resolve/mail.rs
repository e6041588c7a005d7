//! Mails about changes: where they go, who has some.

use std::collections::HashSet;
use std::time::Duration;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Block, KeywordDef, Row};
use crate::keywords::mail as rows;
use crate::model::check::{Endpoint, Host};
use crate::model::mail::{Mail, Mailbox};
use crate::model::{Global, Switch};
use crate::read::{Raw, Settings};
use crate::source::Span;

/// Longest name that is told to a server.
const HELO_BYTES: usize = 255;

pub(super) fn resolve(settings: &Settings, out: &mut Diagnostics) -> Mail {
    let from = settings.get(&rows::NOTIFICATION_EMAIL_FROM);
    Mail {
        to: recipients(settings, out),
        from: from.and_then(|from| mailbox(from.value, from.span, "the user at the host name is the sender", out)),
        server: server(settings, out),
        helo: helo(settings, out),
        patience: patience(settings, out),
        faults: match settings.keyword(&rows::NO_EMAIL_FAULTS) {
            Some(_) => Switch::Off,
            None => Switch::On,
        },
    }
}

/// Whether a router or group has mails: `smtp_alert` in it, by `row`, else the defaults.
pub(super) fn wanted(own: &Settings, row: &Row<Switch>, global: &Settings) -> Switch {
    let default = || global.value(&rows::SMTP_ALERT_VRRP).or_else(|| global.value(&rows::SMTP_ALERT));
    own.value(row).or_else(default).unwrap_or_default()
}

/// Says what is missing for the mails that are asked for, and if none are although they could be sent.
pub(super) fn check(raw: &Raw, global: &Global, out: &mut Diagnostics) {
    let asked = asked(raw);
    let Mail { to, server, .. } = &global.mail;
    let lacks = |row: &'static KeywordDef| raw.global.is_absent(row);
    match asked {
        Some(span) => {
            for (row, what) in [
                (&rows::SMTP_SERVER.def, "no `smtp_server` says which mail server takes them"),
                (&rows::NOTIFICATION_EMAIL.def, "no `notification_email` says who gets them"),
            ] {
                if lacks(row) {
                    let diagnostic = Diagnostic::new(Code::MailNowhere, span, format!("mails are not sent: {what}"));
                    return out.push(diagnostic.note("as in keepalived").help("add it to `global_defs`"));
                }
            }
        }
        None if !to.is_empty() && server.is_some() => report_unused(raw, out),
        None => {}
    }
}

fn report_unused(raw: &Raw, out: &mut Diagnostics) {
    let says_off = [&rows::SMTP_ALERT, &rows::SMTP_ALERT_VRRP].iter().any(|row| raw.global.get(row).is_some());
    let Some(span) = raw.global.keyword(&rows::NOTIFICATION_EMAIL).filter(|_| !says_off) else { return };
    let diagnostic = Diagnostic::new(Code::MailUnused, span, "no router or group asks for mails, so none are sent");
    out.push(diagnostic.note("as in keepalived").help("add `smtp_alert` to `global_defs` for mails about all of them"));
}

/// A statement by which some router or group has mails.
fn asked(raw: &Raw) -> Option<Span> {
    let of = |block: Block, row: &'static Row<Switch>| {
        raw.blocks(block).iter().find_map(|block| match wanted(&block.settings, row, &raw.global) {
            Switch::On => {
                let own = block.settings.keyword(row);
                let global =
                    || raw.global.keyword(&rows::SMTP_ALERT_VRRP).or_else(|| raw.global.keyword(&rows::SMTP_ALERT));
                own.or_else(global)
            }
            Switch::Off => None,
        })
    };
    of(Block::Instance, &rows::OF_ROUTER).or_else(|| of(Block::SyncGroup, &rows::OF_GROUP))
}

/// Each once.
fn recipients(settings: &Settings, out: &mut Diagnostics) -> Vec<Mailbox> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for entry in settings.entries(&rows::NOTIFICATION_EMAIL) {
        let read = mailbox(&entry.value, entry.span, "it is left out", out);
        all.extend(read.filter(|read| seen.insert(read.address().to_owned())));
    }
    all
}

fn mailbox(text: &str, span: Span, otherwise: &str, out: &mut Diagnostics) -> Option<Mailbox> {
    let read = Mailbox::parse(text);
    if read.is_none() {
        let what = format!("invalid mail address {text:?}");
        let help = "write `NAME@DOMAIN`, or `\"Full Name <NAME@DOMAIN>\"` with quotes around it";
        out.push(Diagnostic::new(Code::MailAddress, span, what).note(otherwise).help(help));
    }
    read
}

fn server(settings: &Settings, out: &mut Diagnostics) -> Option<Endpoint> {
    let [host, rest @ ..] = settings.value(&rows::SMTP_SERVER)? else { return None };
    let port = rest.first().and_then(|port| port.value.parse().ok()).unwrap_or(Mail::PORT);
    let read = Host::parse(&host.value);
    if read.is_none() {
        let what = format!("`{}` is neither the name of a mail server nor an address", host.value);
        let help = "the port, if it is not 25, is a word of its own: `smtp_server HOST PORT`";
        out.push(Diagnostic::new(Code::MailServer, host.span, what).note("no mail is sent").help(help));
    }
    Some(Endpoint { host: read?.as_str().to_owned(), port })
}

fn helo(settings: &Settings, out: &mut Diagnostics) -> Option<String> {
    let name = settings.get(&rows::SMTP_HELO_NAME)?;
    if name.value.is_empty() || name.value.len() > HELO_BYTES || !name.value.bytes().all(|byte| byte.is_ascii_graphic())
    {
        let what = format!("{:?} cannot be given to a mail server as the name of this host", name.value);
        out.push(Diagnostic::new(Code::MailServer, name.span, what).note("the host name is used"));
        return None;
    }
    Some(name.value.to_owned())
}

fn patience(settings: &Settings, out: &mut Diagnostics) -> Duration {
    let Some(seconds) = settings.get(&rows::SMTP_CONNECT_TIMEOUT) else { return Mail::PATIENCE };
    if seconds.value == 0 {
        let what = "no server answers in no time";
        out.push(Diagnostic::new(Code::OutOfRange, seconds.span, what).note("it is given a second, as by keepalived"));
    }
    Duration::from_secs(u64::from(seconds.value.max(1)))
}
