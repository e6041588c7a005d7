//! Make before break: a master that leaves by plan keeps its addresses until its successor is heard. RFC 9568 §6.4.3 has it
//! say priority 0 and go to Initialize; it does not ask for the hole until a backup's skew time is over.

use core::time::Duration;

use super::machine::leaves_a_gap;
use super::outbox::Outbox;
use super::router::Router;
use crate::action::Action;
use crate::event::{Causes, Peer, Reason};
use crate::time::Instant;
use crate::timing;
use crate::types::Priority;

/// What a router may lack and still hold its addresses and forward: nothing of it concerns its parent, its addresses or the
/// machine. What others of its group lack does not either.
const HARMLESS: Causes =
    Causes::TRACKER.with(Causes::TRACKER_PENDING).with(Causes::SHUTDOWN).with(Causes::STARTUP_DELAY);

impl Router {
    /// An Active that leaves for this reason gives up its addresses, now or once a successor is heard.
    pub(super) fn leave_addresses(&mut self, now: Instant, reason: &Reason, out: &mut Outbox) {
        let linger = self.linger();
        if leaves_a_gap(reason) && self.may_linger() && !linger.is_zero() {
            self.leaving = Some(now + linger);
            out.act(Action::KeepAddresses { router: self.id });
        } else {
            out.act(Action::WithdrawAddresses { router: self.id });
        }
    }

    /// For how long addresses are kept for a successor: the slowest backup has priority 1, and takes over a 256th before that.
    pub(super) fn linger(&self) -> Duration {
        let slowest = timing::skew(self.version(), Priority::RELEASE, self.config.parameters.interval);
        slowest.min(self.config.parameters.switches.linger)
    }

    /// An advert is in order, whatever the state: whoever sends one with a priority is there to hold the addresses.
    pub(super) fn hear_successor(&mut self, peer: Peer, out: &mut Outbox) {
        if peer.priority != Priority::RELEASE {
            self.let_go(out);
        }
    }

    /// Nobody was heard in time. Returns whether that has happened now.
    pub(super) fn leaving_expired(&mut self, now: Instant, out: &mut Outbox) -> bool {
        let is_over = self.leaving.is_some_and(|until| until <= now);
        if is_over {
            self.let_go(out);
        }
        is_over
    }

    /// Something happened to the router: it may no longer be able to hold its addresses.
    pub(super) fn review_leaving(&mut self, out: &mut Outbox) {
        if !self.may_linger() {
            self.let_go(out);
        }
    }

    /// Withdraws the addresses that it still holds.
    pub(super) fn let_go(&mut self, out: &mut Outbox) {
        if self.leaving.take().is_some() {
            out.act(Action::WithdrawAddresses { router: self.id });
        }
    }

    fn may_linger(&self) -> bool {
        self.own_causes().without(HARMLESS).is_empty()
    }
}
