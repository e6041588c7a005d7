//! The router's parameters in the engine: priority, preemption, timing (keepalived-config §3.2, §3.3), announcements
//! (of the router, else of `global_defs`, else keepalived's); what strict mode decides; and its `state`.

use std::num::NonZeroU8;
use std::time::Duration;

use vrrp::config::{
    AnnouncePlan, ChecksumPolicy, Conformance, DOWN_ADVERTS, MOST_ROUNDS, Parameters, Preempt, PrimaryTracking,
};
use vrrp::types::{Interval, Priority, Version};

use super::{Draft, last_of};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{Row, Words, decimal};
use crate::keywords::{global, global_process as process, instance};
use crate::model::{ExtraAnnouncements, ExtraLinks, State, Switch, Vmac};
use crate::read::{Settings, Slot};
use crate::source::{Span, Spanned};
use crate::value::Value;
use crate::{say, suggest};

impl Draft<'_> {
    /// All that the engine takes as it is, and the `state`.
    pub(super) fn parameters(&mut self, version: Version, vmac: Option<&Vmac>) -> (Parameters, State) {
        let written = self.state();
        let priority = self.priority(written);
        let state = self.initial(written, priority);
        let preempt = self.preempt(state, priority);
        let ignores_primary = self.settings.keyword(&instance::DONT_TRACK_PRIMARY).is_some();
        let parameters = Parameters {
            version,
            priority,
            interval: self.interval(version),
            down_adverts: self.down_adverts(),
            preempt,
            source_mac: self.source_mac(vmac),
            checksum: self.checksum(),
            conformance: self.conformance,
            switches: self.switches(priority, preempt),
            announce: self.announce(),
            primary: if ignores_primary { PrimaryTracking::Ignored } else { PrimaryTracking::Tracked },
        };
        (parameters, state)
    }

    /// `state`. MASTER is sticky: a later BACKUP does not undo it.
    fn state(&mut self) -> Option<(State, Span)> {
        let mut said: Option<(State, Span)> = None;
        for setting in self.settings.all(&instance::STATE) {
            let Value::Text(word) = &setting.value else { continue };
            let state = match word.as_str() {
                "MASTER" => State::Master,
                "BACKUP" => State::Backup,
                other => {
                    self.out.push(bad_state(other, setting.span));
                    State::Backup
                }
            };
            if let Some((earlier, span)) = said
                && earlier != state
            {
                self.out.push(say::state_twice(setting.span, span));
            }
            if said.is_none_or(|(earlier, _)| earlier == State::Backup) {
                said = Some((state, setting.span));
            }
        }
        said
    }

    fn priority(&mut self, state: Option<(State, Span)>) -> Priority {
        if let Some(priority) = self.settings.value(&instance::PRIORITY) {
            return Priority::new(priority);
        }
        match state {
            Some((State::Master, span)) if self.settings.is_absent(&instance::PRIORITY) => {
                self.report(say::owner_by_state(span, &self.raw.name));
                self.is_owner_reported = true;
                Priority::OWNER
            }
            Some((State::Master | State::Backup, _)) | None => Priority::DEFAULT,
        }
    }

    /// §3.2 rules 2 to 4: without `state` and in strict mode the priority says it.
    fn initial(&self, written: Option<(State, Span)>, priority: Priority) -> State {
        let by_priority = if priority.is_owner() { State::Master } else { State::Backup };
        written.filter(|_| !self.is_strict()).map_or(by_priority, |(state, _)| state)
    }

    /// §3.2 rules 8 to 12. Of `preempt` and `nopreempt` the last counts.
    fn preempt(&self, state: State, priority: Priority) -> Preempt {
        let never = self.settings.position(&instance::NOPREEMPT) > self.settings.position(&instance::PREEMPT);
        if never && state == State::Backup && !priority.is_owner() {
            return Preempt::Never;
        }
        match self.settings.time(&instance::PREEMPT_DELAY) {
            Some(delay) if !delay.is_zero() && state == State::Backup && !self.is_strict() => Preempt::After(delay),
            Some(_) | None => Preempt::Always,
        }
    }

    /// Whether another version was meant but could not be read.
    fn is_version_lost(&self) -> bool {
        let slots = [self.settings.slot(&instance::VERSION), self.global.slot(&global::VRRP_VERSION)];
        slots.contains(&Slot::Bad) && !slots.contains(&Slot::Present)
    }

    /// §3.3 rules 3 to 5.
    fn interval(&mut self, version: Version) -> Interval {
        let Some(written) = self.settings.get(&instance::ADVERT_INT) else { return Interval::DEFAULT };
        let (Spanned { value, span }, micros) = (written, sent(written.value, version));
        if micros != value && !(version == Version::V2 && self.is_version_lost()) {
            let why = match version {
                Version::V2 => say::interval_rounded_seconds(),
                Version::V3 if value >= 40_960_000 => say::interval_rounded_most(),
                Version::V3 => say::interval_rounded_steps(),
            };
            self.report(say::interval_rounded(span, decimal(value), why, decimal(micros), span, decimal(micros)));
        }
        u16::try_from(micros / 10_000).ok().and_then(Interval::from_centis).unwrap_or(Interval::DEFAULT)
    }

    fn down_adverts(&self) -> NonZeroU8 {
        let written = self.value(&instance::DOWN_TIMER_ADVERTS, &global::VRRP_DOWN_TIMER_ADVERTS);
        written.filter(|_| !self.is_strict()).and_then(NonZeroU8::new).unwrap_or(DOWN_ADVERTS)
    }

    /// An explicit `off` of the router means the default: learn what the master in charge sends.
    fn checksum(&self) -> ChecksumPolicy {
        let own = self.settings.value(&instance::V3_CHECKSUM_AS_V2);
        match own.unwrap_or_else(|| self.global.flag(&global::V3_CHECKSUM_AS_V2)) {
            Switch::On => ChecksumPolicy::Rfc9568,
            Switch::Off => ChecksumPolicy::Auto,
        }
    }

    pub(super) fn is_strict(&self) -> bool {
        self.conformance == Conformance::Strict
    }

    /// §3.2 rules 17 and 18; the last of `accept` and `no_accept` counts.
    pub(super) fn accept(&mut self, version: Version, priority: Priority) -> Switch {
        let [accept, refuse] = [&instance::ACCEPT, &instance::NO_ACCEPT].map(|row| self.settings.position(row));
        let is_strict = self.is_strict() && !priority.is_owner();
        if is_strict && accept.is_none() && refuse.is_none() {
            // The master drops what is sent to its addresses.
            self.report(say::strict_accepts(self.strict_at.unwrap_or(self.raw.span)));
        }
        let accepts = if is_strict { accept > refuse && version == Version::V3 } else { accept >= refuse };
        if accepts { Switch::On } else { Switch::Off }
    }

    pub(super) fn also_strict(&self, diagnostic: Diagnostic) -> Diagnostic {
        diagnostic.also_at(self.strict_at, say::strict_overrides_here())
    }

    fn announce(&mut self) -> AnnouncePlan {
        let base = defaults(self.global);
        let own = |row: &Row<u32>| self.settings.value(row);
        let mut plan = AnnouncePlan {
            repeat: own(&instance::GARP_MASTER_REPEAT).unwrap_or(base.repeat),
            delay: own(&instance::GARP_MASTER_DELAY).map_or(base.delay, seconds),
            refresh: own(&instance::GARP_MASTER_REFRESH).map_or(base.refresh, seconds),
            refresh_repeat: own(&instance::GARP_MASTER_REFRESH_REPEAT).unwrap_or(base.refresh_repeat),
            lower_prio_repeat: own(&instance::GARP_LOWER_PRIO_REPEAT).unwrap_or(base.lower_prio_repeat),
            lower_prio_delay: own(&instance::GARP_LOWER_PRIO_DELAY).map_or(base.lower_prio_delay, seconds),
        };
        check_rounds(
            self.settings,
            [&instance::GARP_MASTER_REPEAT, &instance::GARP_MASTER_REFRESH_REPEAT, &instance::GARP_LOWER_PRIO_REPEAT],
            self.out,
        );
        if self.is_strict() {
            plan.lower_prio_repeat = 0;
            plan.lower_prio_delay = Duration::ZERO;
        }
        plan
    }

    /// `garp_extra_if`, by either name.
    pub(super) fn extra_announcements(&self) -> Option<ExtraAnnouncements> {
        let global = [&process::VRRP_GARP_EXTRA_IF, &process::VRRP_VMAC_GARP_INTVL];
        let own = [&instance::GARP_EXTRA_IF, &instance::VMAC_GARP_INTVL];
        extra(self.settings, own).or_else(|| extra(self.global, global))
    }
}

fn bad_state(word: &str, span: Span) -> Diagnostic {
    let diagnostic = say::bad_state(span, word);
    let meant = match word.to_uppercase().as_str() {
        "SLAVE" | "EQUAL" => Some("BACKUP"),
        _ => suggest::nearest_of(["MASTER", "BACKUP"].into_iter(), word),
    };
    match meant {
        Some(meant) => diagnostic.replace(span, meant, say::bad_state_fix()),
        None => diagnostic,
    }
}

/// The interval that advertisements carry, in microseconds.
fn sent(micros: u64, version: Version) -> u64 {
    match version {
        Version::V2 => rounded(micros, 1_000_000).min(255_000_000),
        Version::V3 => rounded(micros, 10_000).min(40_950_000),
    }
}

/// To the nearest multiple of `step`, at least one.
const fn rounded(micros: u64, step: u64) -> u64 {
    let steps = (micros + step / 2) / step;
    if steps == 0 { step } else { steps * step }
}

/// Of `global_defs`.
pub(super) fn check_global(settings: &Settings, out: &mut Diagnostics) {
    let rows = [
        &global::VRRP_GARP_MASTER_REPEAT,
        &global::VRRP_GARP_MASTER_REFRESH_REPEAT,
        &global::VRRP_GARP_LOWER_PRIO_REPEAT,
    ];
    check_rounds(settings, rows, out);
}

/// More rounds than are ever sent.
fn check_rounds(settings: &Settings, rows: [&Row<u32>; 3], out: &mut Diagnostics) {
    for row in rows {
        if let Some(count) = settings.get(row).filter(|count| count.value > MOST_ROUNDS) {
            out.push(say::many_rounds(count.span, count.value, MOST_ROUNDS));
        }
    }
}

fn defaults(settings: &Settings) -> AnnouncePlan {
    let base = match settings.value(&global::VRRP_MIN_GARP) {
        Some(Switch::On) => AnnouncePlan { repeat: 1, delay: Duration::ZERO, ..AnnouncePlan::DEFAULT },
        Some(Switch::Off) | None => AnnouncePlan::DEFAULT,
    };
    let repeat = settings.value(&global::VRRP_GARP_MASTER_REPEAT).unwrap_or(base.repeat);
    let delay = settings.value(&global::VRRP_GARP_MASTER_DELAY).map_or(base.delay, seconds);
    AnnouncePlan {
        repeat,
        delay,
        refresh: settings.value(&global::VRRP_GARP_MASTER_REFRESH).map_or(base.refresh, seconds),
        refresh_repeat: settings.value(&global::VRRP_GARP_MASTER_REFRESH_REPEAT).unwrap_or(base.refresh_repeat),
        lower_prio_repeat: settings.value(&global::VRRP_GARP_LOWER_PRIO_REPEAT).unwrap_or(repeat),
        lower_prio_delay: settings.value(&global::VRRP_GARP_LOWER_PRIO_DELAY).map_or(delay, seconds),
    }
}

fn extra(settings: &Settings, rows: [&Row<Words>; 2]) -> Option<ExtraAnnouncements> {
    let words = last_of(settings, rows)?.value;
    let links = if words.iter().any(|word| word.value == "all") { ExtraLinks::All } else { ExtraLinks::VirtualMacs };
    let period = words.iter().find_map(|word| word.value.parse().ok()).map(seconds)?;
    Some(ExtraAnnouncements { period, links })
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}
