//! Why a router is master or not: findings, from what the threads say. No clock is read here.

mod answer;
mod look;
mod places;
#[cfg(test)]
mod tests;

use std::net::IpAddr;
use std::time::Duration;

use vrrp::action::TransmitFrom;
use vrrp::config::Preempt;
use vrrp::discard::Discard;
use vrrp::event::{Cause, Causes, Remedy, StateName};
use vrrp::snapshot::{Checksums, Claim, Outcome, Snapshot, Speaker, Tracked};
use vrrp::time::{Instant, Why};
use vrrp::types::{MacAddr, Priority};

use crate::ports::finding::{BetterBy, Finding, Obeys, Speech};
use crate::ports::host::{AddressState, HostView};
use crate::ports::sightings::Unheard;
use crate::ports::tracking::TrackerKey;

pub(super) use self::answer::Answers;
pub(super) use self::look::{Looked, look};
use self::places::place;

/// Intervals after which a packet says nothing of the present any more.
const LATELY: u32 = 5;

/// All that is known of a router.
struct Known<'a> {
    now: Instant,
    router: &'a conf::model::Router,
    snapshot: &'a Snapshot,
    tracked: Vec<(TrackerKey, Tracked)>,
    machine: Machine<'a>,
    /// The other routers of its sync group, with their names.
    others: Vec<(&'a str, &'a Snapshot)>,
    /// The MACs of those it heard, as far as known.
    mac: &'a dyn Fn(IpAddr) -> Option<MacAddr>,
    unheard: Option<Unheard>,
    /// Adverts with VRIDs that no router has.
    other_vrids: u64,
}

/// What the host thread says of the router.
#[derive(Clone, Copy)]
enum Machine<'a> {
    /// It does not answer.
    Silent,
    /// It does not know the router yet.
    Unattached,
    Known(&'a HostView),
}

impl<'a> Machine<'a> {
    const fn view(self) -> Option<&'a HostView> {
        match self {
            Self::Silent | Self::Unattached => None,
            Self::Known(view) => Some(view),
        }
    }
}

impl Known<'_> {
    /// What decides first.
    fn findings(&self) -> Vec<Finding> {
        let mut all = match self.snapshot.state {
            StateName::Initialize => self.of_fault(),
            StateName::Backup => self.of_backup(),
            StateName::Active => self.of_master(),
        };
        all.extend(self.of_priority());
        all.extend(self.of_the_wire());
        all
    }

    fn of_fault(&self) -> Vec<Finding> {
        let all = self.snapshot.waiting_for;
        let mut found: Vec<Finding> = all.iter().flat_map(|cause| self.of_cause(cause)).collect();
        if all.contains(Causes::HOST_FAILED)
            && let Some(until) = self.machine.view().and_then(|view| view.hold_down_until)
        {
            found.push(Finding::HeldDown { until });
        }
        found
    }

    fn of_cause(&self, cause: Cause) -> Vec<Finding> {
        match cause {
            Cause::Tracker => self.trackers(|outcome| outcome == Outcome::Fault),
            Cause::TrackerPending => self.trackers(|outcome| outcome == Outcome::Pending),
            Cause::HostFailed => vec![match self.machine {
                Machine::Silent => Finding::HostThreadSilent,
                Machine::Unattached => Finding::Unusable(None),
                Machine::Known(view) => Finding::Unusable(view.unusable.clone()),
            }],
            Cause::StartupDelay => {
                let until = self.snapshot.next.filter(|next| next.why == Why::Start);
                until.map(|next| Finding::StartupDelay { until: next.at }).into_iter().collect()
            }
            Cause::Group | Cause::GroupPending => self.group_members(cause),
            Cause::NoInterface
            | Cause::LinkDown
            | Cause::NoSource
            | Cause::Shutdown
            | Cause::NoAddress
            | Cause::SourceAbsent
            | Cause::NoPeer => vec![Finding::Lacks(cause)],
        }
    }

    /// The routers of its group that lack something themselves; if none is known any more, the cause as it is.
    fn group_members(&self, cause: Cause) -> Vec<Finding> {
        let of_others = Causes::GROUP.with(Causes::GROUP_PENDING);
        let member = |(name, snapshot): &(&str, &Snapshot)| {
            let lacks: Vec<Cause> = snapshot.waiting_for.without(of_others).iter().collect();
            (!lacks.is_empty()).then(|| Finding::GroupMember { name: (*name).to_owned(), lacks })
        };
        let found: Vec<Finding> = self.others.iter().filter_map(member).collect();
        if found.is_empty() { vec![Finding::Lacks(cause)] } else { found }
    }

    fn of_backup(&self) -> Vec<Finding> {
        let expiry = self.snapshot.next.filter(|next| next.why == Why::ActiveDown).map(|next| next.at);
        if self.snapshot.claim == Claim::Made {
            let hears = |(_, other): &&(&str, &Snapshot)| other.claim == Claim::No;
            let others = self.others.iter().filter(hears).map(|(name, _)| (*name).to_owned()).collect();
            let inferior = self.masters(self.snapshot.down_interval).first().map(|master| self.speech(master));
            return vec![Finding::GroupHears { heard: inferior, others }];
        }
        let Some(master) = self.masters(self.snapshot.down_interval).first().copied() else {
            let last = self.snapshot.master;
            return vec![Finding::HearsNobody { last, at: expiry }];
        };
        let heard = self.speech(master);
        match self.obeys(master.priority.unwrap_or(Priority::RELEASE)) {
            Some(why) => vec![Finding::Master { heard, why }],
            None => vec![Finding::Displaces { heard, at: expiry }],
        }
    }

    /// Why a master with this priority is left alone; `None`: it is displaced.
    fn obeys(&self, theirs: Priority) -> Option<Obeys> {
        let ours = self.snapshot.priority;
        if theirs > ours {
            return Some(Obeys::Higher);
        }
        match self.router.parameters.preempt {
            _ if theirs == ours => Some(Obeys::Same),
            _ if self.snapshot.base_priority.is_owner() => None,
            Preempt::Never => Some(Obeys::NoPreempt),
            Preempt::Always => None,
            Preempt::After(_) => {
                let until = self.snapshot.preempts_at.filter(|until| *until > self.now)?;
                Some(Obeys::Delay { until })
            }
        }
    }

    fn of_master(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        if self.snapshot.base_priority.is_owner() {
            found.push(Finding::Owner);
        }
        let others = self.masters(self.lately());
        let others: Vec<&&Speaker> = others.iter().filter(|other| other.heard >= self.snapshot.since).collect();
        if others.is_empty() && found.is_empty() {
            found.push(Finding::HearsNoBetter);
        }
        found.extend(others.into_iter().map(|other| self.other_master(other)));
        match self.machine {
            Machine::Silent => found.push(Finding::HostThreadSilent),
            Machine::Known(HostView { addresses: AddressState::Missing, .. }) => found.push(Finding::AddressesMissing),
            Machine::Unattached | Machine::Known(_) => {}
        }
        found.extend(self.machine.view().and_then(|view| view.dropping).map(Finding::Dropping));
        found
    }

    fn other_master(&self, other: &Speaker) -> Finding {
        let better_by = match self.snapshot.source {
            Some(ours) if other.priority == Some(self.snapshot.priority) => BetterBy::Address(ours),
            Some(_) | None => BetterBy::Priority,
        };
        Finding::OtherMaster { heard: self.speech(other), better_by }
    }

    fn of_priority(&self) -> Vec<Finding> {
        let (base, effective) = (self.snapshot.base_priority, self.snapshot.priority);
        let moves = |outcome| matches!(outcome, Outcome::Weight(weight) if weight != 0);
        let trackers = self.trackers(moves);
        let priority = (base != effective).then_some(Finding::Priority { base, effective });
        priority.into_iter().chain(trackers).collect()
    }

    fn trackers(&self, concerned: impl Fn(Outcome) -> bool) -> Vec<Finding> {
        let tracker = |(key, tracked): &(TrackerKey, Tracked)| Finding::Tracker {
            key: key.clone(),
            reading: tracked.reading,
            since: tracked.since,
            outcome: tracked.outcome,
        };
        self.tracked.iter().filter(|(_, tracked)| concerned(tracked.outcome)).map(tracker).collect()
    }

    /// What may keep it from hearing the others.
    fn of_the_wire(&self) -> Vec<Finding> {
        let mut found: Vec<Finding> = self.unheard.clone().map(Finding::Unheard).into_iter().collect();
        let masters = self.masters(self.lately().min(self.snapshot.down_interval));
        if self.snapshot.state == StateName::Backup && masters.len() > 1 {
            found.push(Finding::TwoMasters { others: masters.iter().map(|master| self.speech(master)).collect() });
        }
        found.extend(self.refused());
        if self.snapshot.from == TransmitFrom::Both {
            found.push(Finding::DeafPeer(Remedy::PhysicalMac));
        }
        if matches!(self.snapshot.checksums, Checksums::Both(..)) {
            found.push(Finding::DeafPeer(Remedy::BothChecksums));
        }
        let is_alone = self.snapshot.speakers.iter().all(Option::is_none);
        if is_alone && self.other_vrids > 0 && self.snapshot.state != StateName::Initialize {
            found.push(Finding::OtherVrids { count: self.other_vrids });
        }
        found
    }

    /// Of each reason the one whose packet was refused last.
    fn refused(&self) -> Vec<Finding> {
        let mut speakers: Vec<&Speaker> = self.speakers(self.lately()).collect();
        speakers.sort_by_key(|speaker| std::cmp::Reverse(speaker.heard));
        let mut reasons = Vec::new();
        for speaker in speakers {
            match speaker.discarded {
                None | Some(Discard::NotRunning) => {}
                Some(reason) if reasons.iter().any(|(known, _)| *known == reason) => {}
                Some(reason) => reasons.push((reason, speaker)),
            }
        }
        let refused = |(reason, speaker): (Discard, &Speaker)| Finding::Refused {
            heard: self.speech(speaker),
            reason,
            count: self.snapshot.counters.discarded.of(reason),
        };
        reasons.into_iter().map(refused).collect()
    }

    /// Those who were heard as masters in this time, the best first.
    fn masters(&self, time: Duration) -> Vec<&Speaker> {
        let is_master = |it: &&Speaker| it.discarded.is_none() && it.priority.is_some_and(|it| it != Priority::RELEASE);
        let mut masters: Vec<&Speaker> = self.speakers(time).filter(is_master).collect();
        masters.sort_by_key(|it| std::cmp::Reverse((it.priority, it.address)));
        masters
    }

    fn speakers(&self, time: Duration) -> impl Iterator<Item = &Speaker> {
        self.snapshot.speakers.iter().flatten().filter(move |speaker| self.now.since(speaker.heard) <= time)
    }

    fn lately(&self) -> Duration {
        self.snapshot.active_interval.max(self.snapshot.interval).duration() * LATELY
    }

    fn speech(&self, speaker: &Speaker) -> Speech {
        Speech { speaker: *speaker, mac: (self.mac)(speaker.address) }
    }
}
