//! What trackers watch, and sync groups.

use serde_json::json;

use super::router::{notified, tracking};
use super::{Statement, command, on};
use crate::model::check::Check;
use crate::model::watch::{BfdSession, InitFile, ParamMatch, SyncGroup, TrackFile, TrackProcess, TrackScript};
use crate::quote::{self, quoted};

pub(super) fn group(group: &SyncGroup) -> Statement<'_> {
    let SyncGroup { name, members, tracked, notify, mail, tracking_weight } = group;
    let mut body =
        vec![Statement::names("group", members), Statement::flag("sync_group_tracking_weight", on(*tracking_weight))];
    body.extend(tracking(tracked, &[]));
    body.extend(notified(notify));
    body.push(Statement::flag("smtp_alert", on(*mail)));
    Statement::named("vrrp_sync_group", name, body)
}

pub(super) fn track_script(watched: &TrackScript) -> Statement<'_> {
    let TrackScript { name, check, interval, timeout, weight, rise, fall, init_fail } = watched;
    let mut body = checked(check);
    body.push(Statement::seconds("interval", *interval));
    body.push(Statement::seconds("timeout", *timeout));
    body.extend(Statement::weight(*weight));
    body.push(Statement::setting("rise", *rise));
    body.push(Statement::setting("fall", *fall));
    body.push(Statement::flag("init_fail", on(*init_fail)));
    Statement::named("vrrp_script", name, body)
}

fn checked(check: &Check) -> Vec<Statement<'_>> {
    let run = match check {
        Check::Command(run) => run,
        Check::Tcp(endpoint) => return vec![Statement::shown("tanist_tcp", endpoint)],
        Check::Http(page) => return vec![Statement::word("tanist_http", Some(page.to_string()))],
        Check::Ping(host) => return vec![Statement::setting("tanist_ping", host.as_str())],
        Check::Unit(unit) => return vec![Statement::word("tanist_unit", Some(unit.as_str()))],
        Check::Route(network) => return vec![Statement::shown("tanist_route", network)],
    };
    match &run.user {
        // Such a name can be written for the script tokeniser only.
        Some(user) if user.user.contains(['"', '\n', '\r', '\0']) => vec![Statement::script("script", Some(run))],
        user => {
            let user = user.as_ref().map(|user| Statement::user("user", Some(user)).in_text_only());
            let script = Statement::line("script", quote::command(run), command(run));
            [script].into_iter().chain(user).collect()
        }
    }
}

pub(super) fn process(watched: &TrackProcess) -> Statement<'_> {
    #[rustfmt::skip]
    let TrackProcess {
        name, command, param_match, weight, quorum, quorum_max, terminate_delay, fork_delay, full_command,
    } = watched;
    let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
    let (argument, json) = match param_match {
        ParamMatch::None => ("", None),
        ParamMatch::Exact => ("", Some("exact")),
        ParamMatch::Initial => ("initial", Some("initial")),
        ParamMatch::Partial => ("partial", Some("partial")),
    };
    let mut body = vec![
        Statement::line("process", words.join(" "), command.as_slice()),
        Statement::line("param_match", argument, json).unless(json.is_none()),
    ];
    body.extend(Statement::weight(*weight));
    body.extend([
        Statement::setting("quorum", *quorum).unless(*quorum_max == Some(0)),
        Statement::optional("quorum_max", *quorum_max),
        Statement::seconds("terminate_delay", *terminate_delay).unless(terminate_delay.is_zero()),
        Statement::seconds("fork_delay", *fork_delay).unless(fork_delay.is_zero()),
        Statement::flag("full_command", on(*full_command)),
    ]);
    Statement::named("vrrp_track_process", name, body)
}

pub(super) fn file(watched: &TrackFile) -> Statement<'_> {
    let TrackFile { name, file, weight, init } = watched;
    let mut body = vec![Statement::word("file", Some(file))];
    body.extend(Statement::weight(*weight));
    body.push(Statement::given("init_file", *init, |keyword, InitFile { value, overwrite }| {
        let words = if on(overwrite) { format!("{value} overwrite") } else { value.to_string() };
        Statement::line(keyword, words, json!({ "value": value, "overwrite": on(overwrite) }))
    }));

    Statement::named("track_file", name, body)
}

pub(super) fn session(watched: &BfdSession) -> Statement<'_> {
    #[rustfmt::skip]
    let BfdSession {
        name, neighbor, source, min_rx, min_tx, idle_tx, multiplier, passive, ttl, max_hops, multihop, weight,
    } = watched;
    let mut body = vec![
        Statement::shown("neighbor_ip", neighbor),
        Statement::optional("source_ip", source.map(|source| source.to_string())),
        Statement::millis("min_rx", *min_rx),
        Statement::millis("min_tx", *min_tx),
        Statement::millis("idle_tx", *idle_tx),
        Statement::setting("multiplier", *multiplier),
        Statement::flag("passive", on(*passive)),
        Statement::setting("ttl", watched.full_hop_limit()).unless(ttl.is_none()),
        Statement::setting("max_hops", *max_hops),
        // Not known to keepalived before 2.2.8, so only where it is meant.
        Statement::flag("multihop", on(*multihop)),
    ];
    body.extend(Statement::weight(*weight));
    Statement::named("bfd_instance", name, body)
}
