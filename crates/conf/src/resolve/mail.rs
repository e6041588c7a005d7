//! Mails about changes: where they go, who has some.

use std::collections::HashSet;
use std::time::Duration;

use super::or_say;
use crate::diagnostic::Diagnostics;
use crate::keyword::{Block, KeywordDef, Row};
use crate::keywords::reports as rows;
use crate::model::check::{Endpoint, Host};
use crate::model::mail::{Mail, Mailbox};
use crate::model::{Global, Switch};
use crate::read::{Raw, Setting, Settings};
use crate::say;
use crate::source::Span;
use crate::value::Typed as _;

/// Longest name that is told to a server.
const HELO_BYTES: usize = 255;

pub(super) fn resolve(settings: &Settings, out: &mut Diagnostics) -> Mail {
    let from = settings.get(&rows::NOTIFICATION_EMAIL_FROM);
    Mail {
        to: recipients(settings, out),
        from: from.and_then(|from| {
            or_say(Mailbox::parse(from.value), || say::mail_address_sender(from.span, from.value), out)
        }),
        server: server(settings, out),
        helo: helo(settings, out),
        patience: patience(settings, out),
        faults: if settings.keyword(&rows::NO_EMAIL_FAULTS).is_some() { Switch::Off } else { Switch::On },
    }
}

/// Whether a router or group has mails.
pub(super) fn wanted(own: &Settings, row: &Row<Switch>, global: &Settings) -> Switch {
    decisive(own, row, global).and_then(|setting| Switch::of(&setting.value)).unwrap_or_default()
}

/// What says whether a router or group has mails: `smtp_alert` in it, by `row`, else the defaults.
fn decisive<'a>(own: &'a Settings, row: &Row<Switch>, global: &'a Settings) -> Option<&'a Setting> {
    let default = || global.counting(&rows::SMTP_ALERT_VRRP).or_else(|| global.counting(&rows::SMTP_ALERT));
    own.counting(row).or_else(default)
}

/// Says what is missing for the mails that are asked for, and if none are although they could be sent.
pub(super) fn check(raw: &Raw, global: &Global, out: &mut Diagnostics) {
    let Mail { to, server, .. } = &global.mail;
    let lacks = |row: &'static KeywordDef| raw.global.is_absent(row);
    match asked(raw) {
        Some(span) if lacks(&rows::SMTP_SERVER) => out.push(say::mail_nowhere_no_server(span)),
        Some(span) if lacks(&rows::NOTIFICATION_EMAIL) => out.push(say::mail_nowhere_no_recipient(span)),
        Some(_) => {}
        None if !to.is_empty() && server.is_some() => report_unused(raw, out),
        None => {}
    }
}

fn report_unused(raw: &Raw, out: &mut Diagnostics) {
    let says_off = [&rows::SMTP_ALERT, &rows::SMTP_ALERT_VRRP].iter().any(|row| raw.global.get(row).is_some());
    if let Some(span) = raw.global.keyword(&rows::NOTIFICATION_EMAIL).filter(|_| !says_off) {
        out.push(say::mail_unused(span));
    }
}

/// A statement by which some router or group has mails.
fn asked(raw: &Raw) -> Option<Span> {
    let of = |block: Block, row: &'static Row<Switch>| {
        let mut said = raw.blocks(block).iter().filter_map(|block| decisive(&block.settings, row, &raw.global));
        said.find(|setting| Switch::of(&setting.value) == Some(Switch::On)).map(|setting| setting.keyword)
    };
    of(Block::Instance, &rows::OF_ROUTER).or_else(|| of(Block::SyncGroup, &rows::OF_GROUP))
}

/// Each once.
fn recipients(settings: &Settings, out: &mut Diagnostics) -> Vec<Mailbox> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for entry in settings.entries(&rows::NOTIFICATION_EMAIL) {
        let why = || say::mail_address_recipient(entry.span, &entry.value);
        let read = or_say(Mailbox::parse(&entry.value), why, out);
        all.extend(read.filter(|read| seen.insert(read.address().to_owned())));
    }
    all
}

fn server(settings: &Settings, out: &mut Diagnostics) -> Option<Endpoint> {
    let [host, rest @ ..] = settings.value(&rows::SMTP_SERVER)? else { return None };
    let port = rest.first().and_then(|port| port.value.parse().ok()).unwrap_or(Mail::PORT);
    let read = or_say(Host::parse(&host.value), || say::mail_server(host.span, &host.value), out)?;
    Some(Endpoint { host: read.as_str().to_owned(), port })
}

fn helo(settings: &Settings, out: &mut Diagnostics) -> Option<String> {
    let name = settings.get(&rows::SMTP_HELO_NAME)?;
    let is_graphic = name.value.bytes().all(|byte| byte.is_ascii_graphic());
    let is_name = is_graphic && (1..=HELO_BYTES).contains(&name.value.len());
    or_say(is_name.then(|| name.value.to_owned()), || say::mail_server_helo(name.span, name.value), out)
}

fn patience(settings: &Settings, out: &mut Diagnostics) -> Duration {
    let Some(seconds) = settings.get(&rows::SMTP_CONNECT_TIMEOUT) else { return Mail::PATIENCE };
    if seconds.value == 0 {
        out.push(say::out_of_range_no_patience(seconds.span));
    }
    Duration::from_secs(u64::from(seconds.value.max(1)))
}
