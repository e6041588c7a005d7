//! Who is master, as the wire says.

use std::thread::sleep;
use std::time::{Duration, Instant as StdInstant};

use linux::lan::{Advert, Capture, Captured, Frame, Host};
use vrrp::time::Instant;

/// The advertisements of one VRID on a LAN, of whatever family.
#[derive(Debug)]
pub struct Watch {
    /// The whole recording.
    pub capture: Capture,
    vrid: u8,
}

/// How often the recording is looked at.
const POLL_PERIOD: Duration = Duration::from_millis(10);

impl Watch {
    /// Watches `vrid`.
    #[must_use]
    pub const fn new(capture: Capture, vrid: u8) -> Self {
        Self { capture, vrid }
    }

    /// The present moment, to look from.
    #[must_use]
    pub fn now(&self) -> Captured {
        self.capture.now()
    }

    /// The advertisement in a frame, if it is one of the VRID from `host`.
    #[must_use]
    pub fn advert_of(&self, frame: &Frame, host: &Host) -> Option<Advert> {
        frame.advert().filter(|advert| frame.port == host.port && advert.vrid == self.vrid)
    }

    /// The first advertisement of `host` since `from` that claims to be master.
    pub fn first_claim(&self, from: Captured, host: &Host, timeout: Duration) -> Option<Frame> {
        self.capture.wait(from, timeout, |frame| self.is_claim(frame, host))
    }

    /// The first advertisement of `host` since `from` with priority 0.
    pub fn farewell(&self, from: Captured, host: &Host, timeout: Duration) -> Option<Frame> {
        let says_goodbye = |frame: &Frame| self.advert_of(frame, host).is_some_and(|advert| advert.priority == 0);
        self.capture.wait(from, timeout, says_goodbye)
    }

    /// The last advertisement of `host` before `before`, of whatever priority.
    #[must_use]
    pub fn last_advert(&self, host: &Host, before: Instant) -> Option<Frame> {
        let wanted = |frame: &Frame| frame.at < before && self.advert_of(frame, host).is_some();
        self.capture.since(Captured::default(), wanted).pop()
    }

    /// Time from the last word of `old` to the first claim of `new` since `from`: the time without a master.
    pub fn takeover(&self, from: Captured, new: &Host, old: &Host, timeout: Duration) -> Option<Duration> {
        let first = self.first_claim(from, new, timeout)?.at;
        Some(first.since(self.last_advert(old, first)?.at))
    }

    /// Waits until `master` has been alone for `calm`: it claims, and `rival` has not for that long. False if that does
    /// not come true within `timeout`.
    pub fn settles(&self, from: Captured, master: &Host, rival: &Host, calm: Duration, timeout: Duration) -> bool {
        let deadline = StdInstant::now() + timeout;
        loop {
            let claims = |host: &Host| self.capture.since(from, |frame| self.is_claim(frame, host));
            let (own, others) = (claims(master), claims(rival));
            let alone_since = others.last().or_else(|| own.first()).map(|frame| frame.at);
            if let (Some(since), Some(last)) = (alone_since, own.last())
                && last.at.since(since) >= calm
            {
                return true;
            }
            if StdInstant::now() >= deadline {
                return false;
            }
            sleep(POLL_PERIOD);
        }
    }

    /// Claims of `host` since `from`.
    #[must_use]
    pub fn claims(&self, from: Captured, host: &Host) -> Vec<Frame> {
        self.capture.since(from, |frame| self.is_claim(frame, host))
    }

    /// An advertisement that does not say "I leave".
    fn is_claim(&self, frame: &Frame, host: &Host) -> bool {
        self.advert_of(frame, host).is_some_and(|advert| advert.priority != 0)
    }
}
