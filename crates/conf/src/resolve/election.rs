//! The router's parameters in the engine: priority, preemption, timing (keepalived-config §3.2, §3.3); and its `state`.

use std::num::NonZeroU8;

use vrrp::config::{ChecksumPolicy, DOWN_ADVERTS, Parameters, Preempt, PrimaryTracking};
use vrrp::types::{Interval, Priority, Version};

use super::Draft;
use crate::diagnostic::Diagnostic;
use crate::keyword::decimal;
use crate::keywords::{global, instance};
use crate::model::{State, Switch, Vmac};
use crate::read::Slot;
use crate::say;
use crate::source::{Span, Spanned};
use crate::suggest;
use crate::value::Value;

impl Draft<'_> {
    /// All that the engine takes as it is, and the `state`.
    pub(super) fn parameters(&mut self, version: Version, vmac: Option<&Vmac>) -> (Parameters, State) {
        let written = self.state();
        let priority = self.priority(written);
        let state = self.initial(written, priority);
        let preempt = self.preempt(state, priority);
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
            primary: self.primary(),
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
                self.report(say::owner_by_state(span, self.name));
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

    fn primary(&self) -> PrimaryTracking {
        let is_ignored = self.settings.keyword(&instance::DONT_TRACK_PRIMARY).is_some();
        if is_ignored { PrimaryTracking::Ignored } else { PrimaryTracking::Tracked }
    }

    /// An explicit `off` of the router means the default: learn what the master in charge sends.
    fn checksum(&self) -> ChecksumPolicy {
        let own = self.settings.value(&instance::V3_CHECKSUM_AS_V2);
        match own.unwrap_or_else(|| self.global.flag(&global::V3_CHECKSUM_AS_V2)) {
            Switch::On => ChecksumPolicy::Rfc9568,
            Switch::Off => ChecksumPolicy::Auto,
        }
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
