//! What is remembered of the other routers of one virtual router.
//!
//! Anybody on the link can invent senders, so the memory is small and so is what may be reported of them.

use core::net::IpAddr;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::event::Peer;
use crate::snapshot::Speaker;
use crate::time::Instant;
use crate::types::{Interval, Priority};
use crate::wire::ChecksumForm;

/// Peers remembered; of more, the one heard longest ago is forgotten.
pub(crate) const PEERS: usize = 4;
/// A peer that was silent for this long is reported anew.
const NEWS_AFTER: Duration = Duration::from_secs(30);
/// Most notices about peers of one router in [`NEWS_AFTER`], whatever the number of peers.
const NOTICES: u8 = 8;
/// Adverts after our answer that prove a peer deaf: one may be a lost answer.
const UNHEEDED_ANSWERS: u8 = 2;
/// Intervals of silence after which the next advert of an inferior peer is a new try, not disregard of our answer.
const NEW_TRY: u32 = 4;

/// The peers of one router: speakers of whom an advert was accepted, or would have been but for its number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Peers {
    known: [Known; PEERS],
    notices: u8,
    notices_from: Instant,
}

/// Another router, as far as remembered.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Known {
    address: Option<IpAddr>,
    /// When its last advert was received that was accepted.
    heard: Instant,
    priority: Option<Priority>,
    /// What its last packet looked like if that was dropped.
    dropped: Option<Speaker>,
    /// The checksum form of its last advert.
    form: Option<ChecksumForm>,
    /// Notices given since it was last silent or our state changed.
    reported: u8,
    /// The interval and the address list that were reported as others than ours.
    interval: Option<Interval>,
    list: Option<u32>,
    /// When it was last answered as an inferior peer.
    answered: Option<Instant>,
    /// Adverts heard although it was answered.
    unheeded: u8,
    claims: Claims,
    /// The highest number for which an advert of it was refused.
    refused: Option<u32>,
}

/// Adverts of another master in a row, half an interval apart at least, that show that it goes on: one or two may have left
/// before it heard us, and with the third we may find a way to reach it.
const SECOND_MASTER: u8 = 4;

/// When another was last heard as a master beside us, and how often in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Claims(Option<(Instant, u8)>);

impl Claims {
    /// One more advert was received: whether by that it has gone on for so long that there are two masters.
    pub(crate) fn go_on(&mut self, received: Instant, interval: Interval) -> bool {
        let interval = interval.duration();
        let adverts = match self.0 {
            Some((before, _)) if received.since(before) < interval / 2 => return false,
            Some((before, adverts)) if received.since(before) < interval * NEW_TRY => adverts.saturating_add(1),
            Some(_) | None => 1,
        };
        self.0 = Some((received, adverts));
        adverts == SECOND_MASTER
    }
}

/// What is reported of a peer once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    SamePriority,
    OwnerConflict,
    /// It advertises this interval, not ours.
    Interval(Interval),
    /// It advertises the list with this digest, not ours.
    Addresses(u32),
    /// It is none of the configured peers.
    Unlisted,
    TwoMasters,
}

/// Whether an inferior peer hears us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reception {
    Ok,
    /// An answer went unheeded; the peer uses this form of checksum and may not accept another.
    Suspect(ChecksumForm),
    /// Answers go unheeded.
    Deaf,
}

impl Peers {
    /// An advert of `peer` is in order.
    pub(crate) fn heard(&mut self, peer: Peer, received: Instant, form: ChecksumForm) {
        let known = self.meet(peer.address);
        if received.since(known.heard) >= NEWS_AFTER {
            known.reported = 0;
        }
        (known.heard, known.priority, known.form) = (received, Some(peer.priority), Some(form));
        known.dropped = None;
    }

    /// A packet of `speaker` was dropped. Its claims to be master; `None` if it is no peer.
    pub(crate) fn dropped(&mut self, speaker: Speaker) -> Option<&mut Claims> {
        let known = self.known.iter_mut().find(|known| known.address == Some(speaker.address))?;
        known.dropped = Some(speaker);
        Some(&mut known.claims)
    }

    /// Whether `notice` of `address` is news now; it is not from then on.
    pub(crate) fn is_news(&mut self, address: IpAddr, notice: Notice, now: Instant) -> bool {
        if now.since(self.notices_from) >= NEWS_AFTER {
            (self.notices, self.notices_from) = (0, now);
        }
        if self.notices >= NOTICES || !self.meet(address).note(notice) {
            return false;
        }
        self.notices += 1;
        true
    }

    /// Our state has changed: who has our priority is news again, and nobody disregarded an answer yet.
    pub(crate) fn start_afresh(&mut self) {
        for peer in &mut self.known {
            (peer.reported, peer.answered, peer.unheeded, peer.claims) = (0, None, 0, Claims::default());
        }
    }

    /// Our interval or our addresses have changed: mismatches are news again.
    pub(crate) fn forget_mismatches(&mut self) {
        for peer in &mut self.known {
            (peer.interval, peer.list) = (None, None);
        }
    }

    /// An inferior advert of `address` was received: what that says of the peer's reception. One that comes within half
    /// its interval after our answer may have crossed it.
    pub(crate) fn inferior_again(&mut self, address: IpAddr, received: Instant, interval: Interval) -> Reception {
        let peer = self.meet(address);
        let Some(answered) = peer.answered else { return Reception::Ok };
        let since = received.since(answered);
        if since >= interval.duration() * NEW_TRY {
            peer.unheeded = 0;
        } else if since >= interval.duration() / 2 {
            peer.unheeded = peer.unheeded.saturating_add(1);
        }
        match (peer.unheeded, peer.form) {
            (0, _) | (_, None) => Reception::Ok,
            (UNHEEDED_ANSWERS.., _) => Reception::Deaf,
            (_, Some(form)) => Reception::Suspect(form),
        }
    }

    /// An inferior advert of `address` was received while we are Active: whether the peer has by that gone on for so long that
    /// there are two masters.
    pub(crate) fn is_second_master(&mut self, address: IpAddr, received: Instant, interval: Interval) -> bool {
        self.meet(address).claims.go_on(received, interval)
    }

    /// An advert of `address` with this number is refused: whether that is higher than another that was.
    pub(crate) fn counts_on(&mut self, address: IpAddr, number: u32) -> bool {
        let refused = &mut self.meet(address).refused;
        let counts_on = refused.is_some_and(|before| number > before);
        *refused = (*refused).max(Some(number));
        counts_on
    }

    /// `address` is being answered.
    pub(crate) fn answered(&mut self, address: IpAddr, now: Instant) {
        self.meet(address).answered = Some(now);
    }

    /// The peers as a snapshot shows them.
    pub(crate) fn speakers(&self) -> impl Iterator<Item = Speaker> + '_ {
        self.known.iter().filter_map(|known| {
            let Known { heard, priority, .. } = *known;
            known.dropped.or(Some(Speaker { address: known.address?, priority, heard, discarded: None }))
        })
    }

    /// The entry of `address`, in place of the one heard longest ago if it is new.
    fn meet(&mut self, address: IpAddr) -> &mut Known {
        let rank = |peer: &Known| (peer.address != Some(address), peer.heard);
        let [first, others @ ..] = &mut self.known;
        let peer = others.iter_mut().fold(first, |best, peer| if rank(peer) < rank(best) { peer } else { best });
        if peer.address != Some(address) {
            *peer = Known { address: Some(address), ..Known::default() };
        }
        peer
    }
}

impl Known {
    /// Takes note that `notice` is given of this peer. Whether it was not before.
    fn note(&mut self, notice: Notice) -> bool {
        match notice {
            Notice::SamePriority => self.note_bit(1),
            Notice::OwnerConflict => self.note_bit(2),
            Notice::Unlisted => self.note_bit(4),
            Notice::TwoMasters => self.note_bit(8),
            Notice::Interval(interval) => self.interval.replace(interval) != Some(interval),
            Notice::Addresses(list) => self.list.replace(list) != Some(list),
        }
    }

    const fn note_bit(&mut self, bit: u8) -> bool {
        let is_new = self.reported & bit == 0;
        self.reported |= bit;
        is_new
    }
}
