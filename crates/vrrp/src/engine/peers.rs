//! What is remembered of the other routers of one virtual router.
//!
//! Anybody on the link can invent senders, so the memory is small and so is what may be told of them.

use core::net::IpAddr;
use core::time::Duration;

use crate::time::Instant;
use crate::types::Interval;
use crate::wire::ChecksumForm;

/// Peers remembered; of more, those heard longest ago are forgotten.
const PEERS: usize = 4;
/// A peer that was silent for this long is told of anew.
const NEWS_AFTER: Duration = Duration::from_secs(30);
/// Most notices about peers of one router in [`NEWS_AFTER`], whatever the number of peers.
const NOTICES: u8 = 8;
/// Advertisements after our answer that prove a rival deaf: one may be a lost answer.
const UNHEEDED_ANSWERS: u8 = 2;
/// Intervals of silence after which a losing rival's next advertisement is a new try, not disregard of our answer.
const NEW_TRY: u32 = 4;

/// The peers of one router.
#[derive(Clone, Debug, Default)]
pub(crate) struct Peers {
    known: [Peer; PEERS],
    notices: u8,
    notices_from: Instant,
}

/// Another router, as far as remembered.
#[derive(Clone, Copy, Debug, Default)]
struct Peer {
    address: Option<IpAddr>,
    heard: Instant,
    /// The checksum form of its last advertisement.
    form: Option<ChecksumForm>,
    /// Notices given since it was last silent.
    told: u8,
    /// When it was last answered as a losing rival.
    answered: Option<Instant>,
    /// Advertisements heard although it was answered.
    unheeded: u8,
}

/// What is told of a peer once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    LosingRival = 1,
    SamePriority = 2,
    OwnerConflict = 4,
    Interval = 8,
    Addresses = 16,
}

/// What is known of a losing rival's hearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// Nothing to complain of.
    Fine,
    /// An answer went unheeded; it uses this form of checksum and may not accept another.
    Doubtful(ChecksumForm),
    /// Answers go unheeded.
    Deaf,
}

impl Peers {
    /// Notes that `address` was heard.
    pub(crate) fn heard(&mut self, address: IpAddr, received: Instant, form: ChecksumForm) {
        let peer = self.meet(address);
        if received.since(peer.heard) >= NEWS_AFTER {
            peer.told = 0;
        }
        peer.heard = received;
        peer.form = Some(form);
    }

    /// Whether `notice` of `address` is news now; it is not from then on.
    pub(crate) fn is_news(&mut self, address: IpAddr, notice: Notice, now: Instant) -> bool {
        if now.since(self.notices_from) >= NEWS_AFTER {
            (self.notices, self.notices_from) = (0, now);
        }
        let spent = self.notices >= NOTICES;
        let peer = self.meet(address);
        if spent || peer.told & notice as u8 != 0 {
            return false;
        }
        peer.told |= notice as u8;
        self.notices += 1;
        true
    }

    /// Our state has changed: everything is news again, and nobody disregarded an answer yet.
    pub(crate) fn start_afresh(&mut self) {
        for peer in &mut self.known {
            (peer.told, peer.answered, peer.unheeded) = (0, None, 0);
        }
    }

    /// A losing advertisement of `address` was received: what it says of the rival's hearing. One that comes within
    /// half its interval after our answer may have crossed it.
    pub(crate) fn lost_again(&mut self, address: IpAddr, received: Instant, interval: Interval) -> Hearing {
        let peer = self.meet(address);
        let Some(answered) = peer.answered else { return Hearing::Fine };
        let since = received.since(answered);
        if since >= interval.duration() * NEW_TRY {
            peer.unheeded = 0;
        } else if since >= interval.duration() / 2 {
            peer.unheeded = peer.unheeded.saturating_add(1);
        }
        match (peer.unheeded, peer.form) {
            (0, _) | (_, None) => Hearing::Fine,
            (UNHEEDED_ANSWERS.., _) => Hearing::Deaf,
            (_, Some(form)) => Hearing::Doubtful(form),
        }
    }

    /// `address` is being answered.
    pub(crate) fn answered(&mut self, address: IpAddr, now: Instant) {
        self.meet(address).answered = Some(now);
    }

    /// The entry of `address`, in place of the one heard longest ago if it is new.
    fn meet(&mut self, address: IpAddr) -> &mut Peer {
        let rank = |peer: &Peer| (peer.address != Some(address), peer.heard);
        let [first, others @ ..] = &mut self.known;
        let peer = others.iter_mut().fold(first, |best, peer| if rank(peer) < rank(best) { peer } else { best });
        if peer.address != Some(address) {
            *peer = Peer { address: Some(address), ..Peer::default() };
        }
        peer
    }
}
