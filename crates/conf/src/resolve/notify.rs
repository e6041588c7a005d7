//! Who is told what happens: scripts, pipes (keepalived-config §3.8), and mails.

use std::collections::HashSet;
use std::time::Duration;

use super::{Draft, groups, or_say};
use crate::code::{Code, Severity};
use crate::diagnostic::Diagnostics;
use crate::keyword::{Block, KeywordDef, Row, Words};
use crate::keywords::{global, global_notify, instance, reports, trackers};
use crate::model::check::{Endpoint, Host};
use crate::model::mail::{Mail, Mailbox};
use crate::model::notify::{Lifecycle, Pipe, Pipes, Removal, TimedScript};
use crate::model::{Global, Notify, Script, ScriptUser, Switch};
use crate::read::{Raw, Setting, Settings};
use crate::say;
use crate::source::{Span, Spanned};
use crate::value::Typed as _;

impl Draft<'_> {
    pub(super) fn notify(&self) -> Notify {
        let [master, backup, fault, stop, any, lower_priority, deleted] = scripts(self.settings, ROWS);
        let is_deleted = self.settings.keyword(&instance::NOTIFY_DELETED).is_some();
        let removal = if is_deleted { Removal::Deleted(deleted) } else { Removal::Stop };
        Notify { master, backup, fault, stop, any, lower_priority, removal }
    }
}

/// Scripts that a router runs.
pub(super) static ROWS: [&Row<Script>; 7] = [
    &instance::NOTIFY_MASTER,
    &instance::NOTIFY_BACKUP,
    &instance::NOTIFY_FAULT,
    &instance::NOTIFY_STOP,
    &instance::NOTIFY,
    &instance::NOTIFY_MASTER_RX_LOWER_PRI,
    &instance::NOTIFY_DELETED,
];

/// Scripts that the daemon runs for itself, or that run beside it.
static OF_DAEMON: [&Row<Script>; 4] = [
    &global_notify::STARTUP_SCRIPT,
    &global_notify::SHUTDOWN_SCRIPT,
    &global_notify::NOTIFY_FIFO_SCRIPT,
    &global_notify::VRRP_NOTIFY_FIFO_SCRIPT,
];

/// `startup_script`, `shutdown_script`.
pub(super) fn lifecycle(settings: &Settings) -> Lifecycle {
    let timed = |script: &Row<Script>, limit: &Row<u32>| {
        let script = settings.value(script)?.clone();
        let time_limit = settings.value(limit).map_or(TIME_LIMIT, |seconds| Duration::from_secs(seconds.into()));
        Some(TimedScript { script, time_limit })
    };
    Lifecycle {
        startup: timed(&global_notify::STARTUP_SCRIPT, &global_notify::STARTUP_SCRIPT_TIMEOUT),
        shutdown: timed(&global_notify::SHUTDOWN_SCRIPT, &global_notify::SHUTDOWN_SCRIPT_TIMEOUT),
    }
}

/// Of scripts of the daemon.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The scripts of these keywords.
pub(super) fn scripts<const N: usize>(settings: &Settings, rows: [&Row<Script>; N]) -> [Option<Box<Script>>; N] {
    rows.map(|row| settings.value(row).cloned().map(Box::new))
}

/// Scripts that run when a router or a group becomes something.
pub(crate) fn of_events(raw: &Raw) -> impl Iterator<Item = Spanned<&Script>> {
    let of = |block, rows: &'static [&'static Row<Script>]| {
        raw.blocks(block).iter().flat_map(move |it| rows.iter().filter_map(|row| it.settings.get(row)))
    };
    of(Block::Instance, &ROWS).chain(of(Block::SyncGroup, &groups::SCRIPTS))
}

/// Scripts of the daemon.
pub(crate) fn of_daemon(raw: &Raw) -> impl Iterator<Item = Spanned<&Script>> {
    OF_DAEMON.iter().filter_map(|row| raw.global.get(row))
}

/// Says once who runs scripts if nobody thought of it, or only half.
pub(super) fn check_users(raw: &Raw, has_routers: bool, out: &mut Diagnostics) {
    if !has_routers
        || raw.global.get(&global::SCRIPT_USER).is_some()
        || raw.global.is_bad(&global::ENABLE_SCRIPT_SECURITY)
        || is_misplaced(out)
    {
        return;
    }
    let Some(script) = first_without_user(raw, out) else { return };
    match raw.global.keyword(&global::ENABLE_SCRIPT_SECURITY) {
        None => out.push(say::script_security(script)),
        Some(_) if raw.global.is_bad(&global::SCRIPT_USER) => {}
        Some(security) => out.push(say::script_user(security, script)),
    }
}

/// The first script that does not say who runs it, of those with which nothing graver is wrong.
fn first_without_user(raw: &Raw, out: &Diagnostics) -> Option<Span> {
    let checks = raw.blocks(Block::Script).iter().filter(|script| script.settings.get(&trackers::USER).is_none());
    let checks = checks.filter_map(|script| script.settings.get(&trackers::SCRIPT));
    let mut scripts = of_events(raw).chain(checks).chain(of_daemon(raw));
    // `</run/ok` looks at a file.
    let runs = |script: &Script| script.argv.first().is_some_and(|program| !program.starts_with('<'));
    let unsaid = |script: &Spanned<&Script>| script.value.user.is_none() && runs(script.value);
    let is_wrong = |script: &Spanned<&Script>| out.spoke_within(script.span, Severity::Warning);
    scripts.find(|script| unsaid(script) && !is_wrong(script)).map(|script| script.span)
}

/// Whether somebody thought of it, but in the wrong words or place; that was reported.
fn is_misplaced(out: &Diagnostics) -> bool {
    let unknown = |code| matches!(code, Code::UnknownKeyword | Code::WrongBlock);
    out.iter().any(|diagnostic| unknown(diagnostic.code) && diagnostic.message.contains("script_security`"))
}

pub(super) fn pipes(settings: &Settings, out: &mut Diagnostics) -> Pipes {
    let all = pipe(settings, &global_notify::NOTIFY_FIFO, &global_notify::NOTIFY_FIFO_SCRIPT);
    let mut vrrp = pipe(settings, &global_notify::VRRP_NOTIFY_FIFO, &global_notify::VRRP_NOTIFY_FIFO_SCRIPT);
    let path = |row| settings.value(row).and_then(|words: &[Spanned<String>]| words.first());
    // §3.8 rule 3.
    if let (Some(first), Some(second)) = (path(&global_notify::NOTIFY_FIFO), path(&global_notify::VRRP_NOTIFY_FIFO))
        && first.value == second.value
    {
        out.push(say::one_pipe(second.span, first.span));
        vrrp = None;
    }
    Pipes { all, vrrp, states_on_reload: settings.flag(&global_notify::FIFO_WRITE_VRRP_STATES_ON_RELOAD) }
}

fn pipe(settings: &Settings, row: &Row<Words>, reader: &Row<Script>) -> Option<Pipe> {
    let mut words = settings.value(row)?.iter().map(|word| word.value.clone());
    let path = words.next()?;
    let user = words.next().map(|user| ScriptUser { user, group: words.next() });
    Some(Pipe { path, user, reader: settings.value(reader).cloned() })
}

/// Longest name that is told to a server.
const HELO_BYTES: usize = 255;

pub(super) fn mail(settings: &Settings, out: &mut Diagnostics) -> Mail {
    let from = settings.get(&reports::NOTIFICATION_EMAIL_FROM);
    let patience = settings.value(&reports::SMTP_CONNECT_TIMEOUT);
    Mail {
        to: mail_recipients(settings, out),
        from: from.and_then(|from| {
            or_say(Mailbox::parse(from.value), || say::mail_address_sender(from.span, from.value), out)
        }),
        server: mail_server(settings, out),
        helo: mail_helo(settings, out),
        patience: patience.map_or(Mail::PATIENCE, |seconds| Duration::from_secs(u64::from(seconds.max(1)))),
        faults: if settings.keyword(&reports::NO_EMAIL_FAULTS).is_some() { Switch::Off } else { Switch::On },
    }
}

/// Whether a router or group has mails.
pub(super) fn wants_mail(own: &Settings, row: &Row<Switch>, global: &Settings) -> Switch {
    decisive(own, row, global).and_then(|setting| Switch::of(&setting.value)).unwrap_or_default()
}

/// What says whether a router or group has mails: `smtp_alert` in it, by `row`, else the defaults.
fn decisive<'a>(own: &'a Settings, row: &Row<Switch>, global: &'a Settings) -> Option<&'a Setting> {
    let default = || global.counting(&reports::SMTP_ALERT_VRRP).or_else(|| global.counting(&reports::SMTP_ALERT));
    own.counting(row).or_else(default)
}

/// Says what is missing for the mails that are asked for, and if none are although they could be sent.
pub(super) fn check_mail(raw: &Raw, global: &Global, out: &mut Diagnostics) {
    let Mail { to, server, .. } = &global.mail;
    let lacks = |row: &'static KeywordDef| raw.global.is_absent(row);
    match asks_for_mail(raw) {
        Some(span) if lacks(&reports::SMTP_SERVER) => out.push(say::mail_nowhere_no_server(span)),
        Some(span) if lacks(&reports::NOTIFICATION_EMAIL) => out.push(say::mail_nowhere_no_recipient(span)),
        Some(_) => {}
        None if !to.is_empty() && server.is_some() => report_unused_mail(raw, out),
        None => {}
    }
}

fn report_unused_mail(raw: &Raw, out: &mut Diagnostics) {
    let says_off = [&reports::SMTP_ALERT, &reports::SMTP_ALERT_VRRP].iter().any(|row| raw.global.get(row).is_some());
    if let Some(span) = raw.global.keyword(&reports::NOTIFICATION_EMAIL).filter(|_| !says_off) {
        out.push(say::mail_unused(span));
    }
}

/// A statement by which some router or group has mails.
fn asks_for_mail(raw: &Raw) -> Option<Span> {
    let of = |block: Block, row: &'static Row<Switch>| {
        let mut said = raw.blocks(block).iter().filter_map(|block| decisive(&block.settings, row, &raw.global));
        said.find(|setting| Switch::of(&setting.value) == Some(Switch::On)).map(|setting| setting.keyword)
    };
    of(Block::Instance, &reports::OF_ROUTER).or_else(|| of(Block::SyncGroup, &reports::OF_GROUP))
}

/// Each once.
fn mail_recipients(settings: &Settings, out: &mut Diagnostics) -> Vec<Mailbox> {
    let mut seen = HashSet::new();
    let mut all = Vec::new();
    for entry in settings.entries(&reports::NOTIFICATION_EMAIL) {
        let why = || say::mail_address_recipient(entry.span, &entry.value);
        let read = or_say(Mailbox::parse(&entry.value), why, out);
        all.extend(read.filter(|read| seen.insert(read.address().to_owned())));
    }
    all
}

fn mail_server(settings: &Settings, out: &mut Diagnostics) -> Option<Endpoint> {
    let [host, rest @ ..] = settings.value(&reports::SMTP_SERVER)? else { return None };
    let port = rest.first().and_then(|port| port.value.parse().ok()).unwrap_or(Mail::PORT);
    let read = or_say(Host::parse(&host.value), || say::mail_server(host.span, &host.value), out)?;
    Some(Endpoint { host: read.as_str().to_owned(), port })
}

fn mail_helo(settings: &Settings, out: &mut Diagnostics) -> Option<String> {
    let name = settings.get(&reports::SMTP_HELO_NAME)?;
    let is_graphic = name.value.bytes().all(|byte| byte.is_ascii_graphic());
    let is_name = is_graphic && (1..=HELO_BYTES).contains(&name.value.len());
    or_say(is_name.then(|| name.value.to_owned()), || say::mail_server_helo(name.span, name.value), out)
}
