//! The model as a keepalived.conf: every default is filled in, nothing is left to includes, definitions or loops.
//!
//! Reading the text gives the same model. One thing cannot always be written in the language: a word with a backslash at
//! its end.

mod machine;
mod notify;
mod router;
mod watched;

use std::fmt::Display;
use std::time::Duration;

use host::LeaseRule;
use vrrp::config::UnknownVrids;

use crate::keyword::decimal;
use crate::model::check::Endpoint;
use crate::model::mail::{Mail, Mailbox};
use crate::model::notify::ScriptGroups;
use crate::model::{
    BEFORE_FILTERS, Config, Gaps, Global, MissingInterfaces, ReloadTime, Reloads, Scheduling, ScriptSecurity,
    StartupDelay, Switch, VmacPrefixes,
};
use crate::quote::{self, quoted};
use crate::secrets::Secrets;

impl Config {
    /// The effective configuration as a keepalived.conf. What is watched stands before what watches it, as keepalived
    /// wants it. With hidden secrets it is a valid text all the same, but of routers that nobody hears.
    #[must_use]
    pub fn to_text(&self, secrets: Secrets) -> String {
        let mut text = Text { out: String::new(), depth: 0, secrets };
        let Self { global, routers, left_out, watched, garp_groups, track_groups, link_delays, .. } = self;
        text.global(global);
        text.machine(garp_groups, track_groups, link_delays);
        text.list("static_ipaddress", &self.static_addresses);
        text.list("static_routes", &self.static_routes);
        text.list("static_rules", &self.static_rules);
        text.watched(watched);
        for router in routers.iter().chain(left_out) {
            text.router(router);
        }
        for group in &watched.groups {
            text.group(group);
        }
        text.out
    }
}

/// A text in the making.
struct Text {
    out: String,
    depth: usize,
    secrets: Secrets,
}

impl Text {
    fn line(&mut self, line: impl Display) {
        self.out.push_str(&"    ".repeat(self.depth));
        self.out.push_str(&line.to_string());
        self.out.push('\n');
    }

    fn block(&mut self, header: impl Display, body: impl FnOnce(&mut Self)) {
        self.line(format_args!("{header} {{"));
        self.depth += 1;
        body(self);
        self.depth -= 1;
        self.line("}");
    }

    /// A block with an entry a line, unless there are none.
    fn list(&mut self, header: &str, entries: impl IntoIterator<Item = impl Display>) {
        let mut entries = entries.into_iter().peekable();
        if entries.peek().is_some() {
            self.block(header, |text| entries.for_each(|entry| text.line(entry)));
        }
    }

    fn setting(&mut self, keyword: &str, value: impl Display) {
        self.line(format_args!("{keyword} {value}"));
    }

    /// A setting that is a word.
    fn word(&mut self, keyword: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.setting(keyword, quoted(value));
        }
    }

    /// A keyword without argument.
    fn flag(&mut self, keyword: &str, written: bool) {
        if written {
            self.line(keyword);
        }
    }

    fn switch(&mut self, keyword: &str, on: bool) {
        self.setting(keyword, if on { "on" } else { "off" });
    }

    fn seconds(&mut self, keyword: &str, time: Duration) {
        self.setting(keyword, seconds(time));
    }

    fn global(&mut self, global: &Global) {
        let Global {
            net_namespace,
            instance,
            router_id,
            missing_interfaces,
            script_user,
            script_security,
            script_groups,
            lifecycle,
            pipes,
            gaps,
            vmac_prefixes: VmacPrefixes { router: prefix, addresses: address_prefix },
            startup,
            scheduling,
            iproute_usr_dir,
            iproute_etc_dir,
            reloads,
            mail,
            unknown_vrids,
            lease,
            drop_priority,
            not_carried_out,
        } = global;
        let Gaps { arp, na } = *gaps;
        let StartupDelay { after_start, after_boot } = *startup;
        self.word("net_namespace", net_namespace.as_deref());
        self.word("instance", instance.as_deref());
        let mut body = Self { out: String::new(), depth: 1, secrets: self.secrets };
        body.word("router_id", router_id.as_deref());
        body.flag("dynamic_interfaces", *missing_interfaces == MissingInterfaces::Awaited);
        if let Some(user) = script_user {
            body.setting("script_user", quote::user(user));
        }
        body.flag("enable_script_security", *script_security == ScriptSecurity::Enforced);
        if *script_groups == ScriptGroups::AllOfUser {
            body.switch("set_supplementary_groups", true);
        }
        body.lifecycle(lifecycle);
        body.pipes(pipes);
        for (keyword, time) in [
            ("vrrp_garp_interval", arp),
            ("vrrp_gna_interval", na),
            ("vrrp_startup_delay", after_start),
            ("vrrp_delay_after_boot", after_boot),
        ] {
            if !time.is_zero() {
                body.seconds(keyword, time);
            }
        }
        body.word("vmac_prefix", Some(&**prefix).filter(|prefix| *prefix != VmacPrefixes::DEFAULT));
        body.word("vmac_addr_prefix", Some(&**address_prefix).filter(|it| it != prefix));
        body.scheduling(scheduling);
        body.word("iproute_usr_dir", iproute_usr_dir.as_deref());
        body.word("iproute_etc_dir", iproute_etc_dir.as_deref());
        body.reloads(reloads);
        body.mail(mail);
        body.flag("log_unknown_vrids", *unknown_vrids == UnknownVrids::Told);
        match *lease {
            LeaseRule::Unsaid => {}
            LeaseRule::Lasts(time) => body.seconds("tanist_lease", time),
            LeaseRule::Off => body.setting("tanist_lease", "off"),
        }
        if *drop_priority != BEFORE_FILTERS {
            body.setting("nftables_priority", drop_priority);
        }
        not_carried_out.iter().for_each(|statement| body.line(statement));
        if !body.out.is_empty() {
            self.block("global_defs", |text| text.out.push_str(&body.out));
        }
    }
}

impl Text {
    fn scheduling(&mut self, scheduling: &Scheduling) {
        let Scheduling { real_time, nice, processors } = scheduling;
        if let Some(priority) = real_time {
            self.setting("vrrp_rt_priority", priority);
        }
        if let Some(nice) = nice {
            self.setting("vrrp_priority", nice);
        }
        if !processors.is_empty() {
            let numbers: Vec<String> = processors.iter().map(u16::to_string).collect();
            self.setting("vrrp_cpu_affinity", numbers.join(" "));
        }
    }
}

impl Text {
    fn reloads(&mut self, reloads: &Reloads) {
        let Reloads { time, file } = reloads;
        if let Some(ReloadTime { file, repeat }) = time {
            self.setting("reload_time_file", quoted(file));
            self.flag("reload_repeat", *repeat == Switch::On);
        }
        self.word("reload_file", file.as_deref());
    }

    fn mail(&mut self, mail: &Mail) {
        let Mail { to, from, server, helo, patience, faults } = mail;
        self.list("notification_email", to.iter().map(|to| quoted(&to.to_string())));
        self.word("notification_email_from", from.as_ref().map(Mailbox::to_string).as_deref());
        if let Some(Endpoint { host, port }) = server {
            self.setting("smtp_server", format_args!("{} {port}", quoted(host)));
        }
        self.word("smtp_helo_name", helo.as_deref());
        if *patience != Mail::PATIENCE {
            self.seconds("smtp_connect_timeout", *patience);
        }
        self.flag("no_email_faults", *faults == Switch::Off);
    }
}

/// Seconds with as many digits as are needed.
fn seconds(time: Duration) -> String {
    decimal(micros(time))
}

/// Milliseconds with as many digits as are needed.
fn millis(time: Duration) -> String {
    decimal(micros(time) * 1000)
}

/// No time of the model is longer.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 1000)
}
