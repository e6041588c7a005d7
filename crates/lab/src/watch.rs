//! The adverts of one virtual router in a recording: who is master, and since when, as the wire says.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use vrrp::time::Instant;
use vrrp::types::Family;

use crate::capture::{Capture, Captured};
use crate::frame::{CapturedFrame, ObservedAdvert};
use crate::host::Plugged;
use crate::wait;

/// Looks for the adverts of one VRID. Several can look at one recording.
#[derive(Clone, Debug)]
pub struct Watch {
    /// The whole recording.
    pub capture: Arc<Capture>,
    vrid: u8,
    /// `None`: of both.
    family: Option<Family>,
}

/// A change of master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Takeover {
    /// The last advert of the old master, of whatever priority; `None` if it had not sent any.
    pub last: Option<Instant>,
    /// The first advert of the new one.
    pub first: Instant,
}

impl Takeover {
    /// Time without a master; `None` if there was none before.
    #[must_use]
    pub fn gap(&self) -> Option<Duration> {
        self.last.map(|last| self.first.since(last))
    }
}

impl Watch {
    /// Watches `vrid` in both families.
    #[must_use]
    pub fn new(capture: impl Into<Arc<Capture>>, vrid: u8) -> Self {
        Self { capture: capture.into(), vrid, family: None }
    }

    /// Watches `vrid` in one family.
    #[must_use]
    pub fn of_family(capture: impl Into<Arc<Capture>>, vrid: u8, family: Family) -> Self {
        Self { capture: capture.into(), vrid, family: Some(family) }
    }

    /// The present end of the recording, to look from.
    #[must_use]
    pub fn now(&self) -> Captured {
        self.capture.now()
    }

    /// The advert in a frame, if it is one of the watched router from `host`.
    #[must_use]
    pub fn advert_of(&self, frame: &CapturedFrame, host: &dyn Plugged) -> Option<ObservedAdvert> {
        let family = |advert: &ObservedAdvert| self.family.is_none_or(|family| family == Family::of(&advert.source));
        let advert = (frame.port == host.port()).then(|| frame.advert()).flatten()?;
        (advert.vrid == self.vrid && family(&advert)).then_some(advert)
    }

    /// The first advert of `host` since `from` in which it is master (priority 1 to 255).
    #[must_use]
    pub fn first_advert(&self, from: Captured, host: &dyn Plugged, timeout: Duration) -> Option<CapturedFrame> {
        self.capture.wait(from, timeout, |frame| self.is_master_in(frame, host))
    }

    /// The first advert of `host` since `from` in which it leaves (priority 0).
    #[must_use]
    pub fn priority_zero(&self, from: Captured, host: &dyn Plugged, timeout: Duration) -> Option<CapturedFrame> {
        let leaves = |frame: &CapturedFrame| self.advert_of(frame, host).is_some_and(|advert| advert.priority == 0);
        self.capture.wait(from, timeout, leaves)
    }

    /// The last advert of `host` before `before`, of whatever priority.
    #[must_use]
    pub fn last_advert(&self, host: &dyn Plugged, before: Instant) -> Option<CapturedFrame> {
        let wanted = |frame: &CapturedFrame| frame.at < before && self.advert_of(frame, host).is_some();
        self.capture.since(Captured::default(), wanted).pop()
    }

    /// The adverts of `host` since `from` in which it is master.
    #[must_use]
    pub fn adverts(&self, from: Captured, host: &dyn Plugged) -> Vec<CapturedFrame> {
        self.capture.since(from, |frame| self.is_master_in(frame, host))
    }

    /// The adverts of `host` in the whole recording, those in which it leaves as well: when, and with which priority.
    #[must_use]
    pub fn all_adverts(&self, host: &dyn Plugged) -> Vec<(Instant, u8)> {
        let frames = self.capture.since(Captured::default(), |frame| frame.port == host.port());
        frames.iter().filter_map(|frame| Some((frame.at, self.advert_of(frame, host)?.priority))).collect()
    }

    /// The takeover by `new` from `old` since `from`, for which it waits up to `timeout`.
    #[must_use]
    pub fn takeover(
        &self,
        from: Captured,
        new: &dyn Plugged,
        old: &dyn Plugged,
        timeout: Duration,
    ) -> Option<Takeover> {
        let first = self.first_advert(from, new, timeout)?.at;
        Some(Takeover { last: self.last_advert(old, first).map(|frame| frame.at), first })
    }

    /// Waits until `master` has been the only one for `calm`: it advertises, and `peer` has not for that long. False if
    /// that does not come true within `timeout`.
    #[must_use]
    pub fn settles(
        &self,
        from: Captured,
        master: &dyn Plugged,
        peer: &dyn Plugged,
        calm: Duration,
        timeout: Duration,
    ) -> bool {
        wait::until(timeout, || {
            let (own, others) = (self.adverts(from, master), self.adverts(from, peer));
            let alone_since = others.last().or_else(|| own.first()).map(|frame| frame.at);
            alone_since.zip(own.last()).is_some_and(|(since, last)| last.at.since(since) >= calm)
        })
    }

    /// What `host` has announced to all its neighbours since `from` (gratuitous ARP, unsolicited NA), and when.
    #[must_use]
    pub fn announcements(&self, from: Captured, host: &dyn Plugged) -> Vec<(Instant, IpAddr)> {
        let frames = self.capture.since(from, |frame| frame.port == host.port());
        frames.iter().filter_map(|frame| Some((frame.at, frame.announcement()?.0))).collect()
    }

    /// The longest time between two adverts of `host` since `from`; `None` if there are less than two.
    #[must_use]
    pub fn longest_gap(&self, from: Captured, host: &dyn Plugged) -> Option<Duration> {
        let adverts = self.adverts(from, host);
        adverts.windows(2).map(|pair| pair[1].at.since(pair[0].at)).max()
    }

    fn is_master_in(&self, frame: &CapturedFrame, host: &dyn Plugged) -> bool {
        self.advert_of(frame, host).is_some_and(|advert| advert.priority != 0)
    }
}
