//! What trackers watch, and groups.

use super::{Text, millis};
use crate::model::check::Check;
use crate::model::watch::{BfdSession, InitFile, ParamMatch, SyncGroup, TrackFile, TrackProcess, TrackScript, Watched};
use crate::model::{Sense, Switch, Weight};
use crate::quote::{self, command, quoted, script};

impl Text {
    pub(super) fn watched(&mut self, watched: &Watched) {
        let Watched { scripts, processes, files, sessions, groups: _ } = watched;
        scripts.iter().for_each(|script| self.track_script(script));
        processes.iter().for_each(|process| self.process(process));
        files.iter().for_each(|file| self.file(file));
        sessions.iter().for_each(|session| self.session(session));
    }

    pub(super) fn group(&mut self, group: &SyncGroup) {
        let SyncGroup { name, members, tracked, notify, mail, tracking_weight, not_carried_out } = group;
        self.block(format_args!("vrrp_sync_group {}", quoted(name)), |text| {
            text.list("group", members.iter().map(|member| quoted(member)));
            text.flag("sync_group_tracking_weight", *tracking_weight == Switch::On);
            text.tracked(tracked);
            text.notify(notify);
            text.flag("smtp_alert", *mail == Switch::On);
            not_carried_out.iter().for_each(|statement| text.line(statement));
        });
    }

    fn track_script(&mut self, watched: &TrackScript) {
        let TrackScript { name, check, interval, timeout, weight, rise, fall, init_fail } = watched;
        self.block(format_args!("vrrp_script {}", quoted(name)), |text| {
            text.check(check);
            text.seconds("interval", *interval);
            text.seconds("timeout", *timeout);
            text.weight(*weight);
            text.setting("rise", rise);
            text.setting("fall", fall);
            text.flag("init_fail", *init_fail == Switch::On);
        });
    }

    fn check(&mut self, check: &Check) {
        let run = match check {
            Check::Command(run) => run,
            Check::Tcp(endpoint) => return self.setting("tanist_tcp", endpoint),
            Check::Http(page) => return self.setting("tanist_http", quoted(&page.to_string())),
            Check::Ping(host) => return self.setting("tanist_ping", host.as_str()),
            Check::Unit(unit) => return self.setting("tanist_unit", quoted(unit.as_str())),
            Check::Route(network) => return self.setting("tanist_route", network),
        };
        match &run.user {
            // Such a name can be written for the script tokeniser only.
            Some(user) if user.user.contains(['"', '\n', '\r', '\0']) => self.setting("script", script(run)),
            Some(user) => {
                self.setting("script", command(run));
                self.setting("user", quote::user(user));
            }
            None => self.setting("script", command(run)),
        }
    }

    fn process(&mut self, watched: &TrackProcess) {
        let TrackProcess { name, command, param_match, weight, quorum, quorum_max, .. } = watched;
        let TrackProcess { terminate_delay, fork_delay, full_command, .. } = watched;
        self.block(format_args!("vrrp_track_process {}", quoted(name)), |text| {
            let words: Vec<String> = command.iter().map(|word| quoted(word)).collect();
            text.setting("process", words.join(" "));
            match param_match {
                ParamMatch::None => {}
                ParamMatch::Exact => text.line("param_match"),
                ParamMatch::Initial => text.line("param_match initial"),
                ParamMatch::Partial => text.line("param_match partial"),
            }
            text.weight(*weight);
            if *quorum_max != Some(0) {
                text.setting("quorum", quorum);
            }
            if let Some(most) = quorum_max {
                text.setting("quorum_max", most);
            }
            for (keyword, delay) in [("terminate_delay", terminate_delay), ("fork_delay", fork_delay)] {
                if !delay.is_zero() {
                    text.seconds(keyword, *delay);
                }
            }
            text.flag("full_command", *full_command == Switch::On);
        });
    }

    fn file(&mut self, watched: &TrackFile) {
        let TrackFile { name, file, weight, init } = watched;
        self.block(format_args!("track_file {}", quoted(name)), |text| {
            text.setting("file", quoted(file));
            text.weight(*weight);
            if let Some(InitFile { value, overwrite }) = init {
                let overwrite = if *overwrite == Switch::On { " overwrite" } else { "" };
                text.setting("init_file", format_args!("{value}{overwrite}"));
            }
        });
    }

    fn session(&mut self, watched: &BfdSession) {
        let BfdSession { name, neighbor, source, min_rx, min_tx, idle_tx, .. } = watched;
        let BfdSession { multiplier, passive, ttl, max_hops, multihop, weight, .. } = watched;
        self.block(format_args!("bfd_instance {}", quoted(name)), |text| {
            text.setting("neighbor_ip", neighbor);
            if let Some(source) = source {
                text.setting("source_ip", source);
            }
            for (keyword, time) in [("min_rx", min_rx), ("min_tx", min_tx), ("idle_tx", idle_tx)] {
                text.setting(keyword, millis(*time));
            }
            text.setting("multiplier", multiplier);
            text.flag("passive", *passive == Switch::On);
            if let Some(ttl) = ttl {
                text.setting("ttl", ttl);
            }
            text.setting("max_hops", max_hops);
            // Not known to keepalived before 2.2.8, so only where it is meant.
            text.flag("multihop", *multihop == Switch::On);
            text.weight(*weight);
        });
    }

    fn weight(&mut self, weight: Weight) {
        let reverse = match weight.sense {
            Sense::Plain => "",
            Sense::Reverse => " reverse",
        };
        self.setting("weight", format_args!("{}{reverse}", weight.number));
    }
}
