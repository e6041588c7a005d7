//! Who speaks on the wire, and when: read from the switch's capture.

use std::time::Duration;

use linux::lan::{Capture, Captured, Frame, Host};
use vrrp::time::Instant;
use vrrp::types::{Family, Vrid};

/// The advertisements of one virtual router.
#[derive(Debug)]
pub(super) struct Wire {
    capture: Capture,
    vrid: Vrid,
    family: Family,
}

/// A change of master as the wire saw it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Takeover {
    /// The last advertisement of the old master, or its priority 0; `None` if there was no master.
    pub(super) last: Option<Instant>,
    /// The first advertisement of the new one.
    pub(super) first: Instant,
}

impl Takeover {
    /// Time without a master.
    pub(super) fn gap(&self) -> Option<Duration> {
        self.last.map(|last| self.first.since(last))
    }
}

impl Wire {
    pub(super) const fn new(capture: Capture, vrid: Vrid, family: Family) -> Self {
        Self { capture, vrid, family }
    }

    /// The present moment, to look from.
    pub(super) fn now(&self) -> Captured {
        self.capture.now()
    }

    /// The takeover by `new` from `old` since `from`, waiting up to `timeout` for it.
    pub(super) fn takeover(&self, from: Captured, new: &Host, old: &Host, timeout: Duration) -> Option<Takeover> {
        let first = self.capture.wait(from, timeout, |frame| self.is_claim(frame, new))?.at;
        let before = |frame: &Frame| self.is_advert(frame, old) && frame.at < first;
        let last = self.capture.since(Captured::default(), before).last().map(|frame| frame.at);
        Some(Takeover { last, first })
    }

    /// How often `host` claimed to be master since `from`, and after `after`.
    pub(super) fn claims(&self, from: Captured, host: &Host, after: Instant) -> usize {
        self.capture.since(from, |frame| frame.at > after && self.is_claim(frame, host)).len()
    }

    /// An advertisement that does not say "I leave".
    fn is_claim(&self, frame: &Frame, host: &Host) -> bool {
        self.is_advert(frame, host) && frame.advert().is_some_and(|advert| advert.priority != 0)
    }

    fn is_advert(&self, frame: &Frame, host: &Host) -> bool {
        let ours = |vrid: u8, family: Family| vrid == self.vrid.value() && family == self.family;
        frame.port == host.port && frame.advert().is_some_and(|advert| ours(advert.vrid, Family::of(&advert.source)))
    }
}
