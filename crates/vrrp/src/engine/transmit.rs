//! Sending: what an advert of this router looks like, and in how many copies it leaves.

use core::net::IpAddr;

use super::outbox::Outbox;
use super::router::{Repeat, Router};
use super::state::State;
use crate::action::{Destination, Stamp, Transmit, TransmitFrom};
use crate::auth::{ah, hmac};
use crate::config::{Authentication, ChecksumPolicy, Medium, NoAddresses, OldChecksum, SourceMac, Unicast};
use crate::snapshot::Checksums;
use crate::time::Instant;
use crate::types::{Family, Priority, Version};
use crate::wire::{Advert, ChecksumForm, HOP_LIMIT, IpFields, packet_len};

impl Router {
    /// Queues an advert: to the group, or to each peer; in both checksum forms if a peer heeds one only. A unicast router
    /// whose only peer it is itself has nobody to speak to.
    pub(super) fn transmit(&mut self, now: Instant, priority: Priority, out: &mut Outbox) {
        self.transmit_as_of(now, now, priority, out);
    }

    /// Answers a packet that was received at that moment. What was received after it may still be unread, and is not to be
    /// taken for old because of the answer.
    pub(super) fn transmit_answer(&mut self, now: Instant, received: Instant, out: &mut Outbox) {
        self.transmit_as_of(now, received, self.priority, out);
    }

    fn transmit_as_of(&mut self, now: Instant, heard_until: Instant, priority: Priority, out: &mut Outbox) {
        let State::Active(active) = &self.state else { return };
        let source = active.source;
        if !self.has_listeners(source) {
            return;
        }
        self.adverts += 1;
        let forms = match self.checksums() {
            Checksums::One(form) => [None, Some(form)],
            Checksums::Both(first, second) => [Some(second), Some(first)],
        };
        for form in forms.into_iter().flatten() {
            for from in self.copies().into_iter().flatten() {
                let (number, identification) = (self.adverts, out.next_identification());
                let (sequence, hop_limit) = (self.next_sequence(now, heard_until, out), self.hop_limit());
                self.queue(priority, from, Stamp { source, number, identification, sequence, hop_limit, form }, out);
            }
        }
        self.counters.sent += 1;
        self.counters.sent_priority_zero += u64::from(priority == Priority::RELEASE);
    }

    fn has_listeners(&self, source: IpAddr) -> bool {
        match &self.config.medium {
            Medium::Multicast { .. } => true,
            Medium::Unicast(unicast) => listeners(unicast, source).next().is_some(),
        }
    }

    const fn hop_limit(&self) -> u8 {
        match &self.config.medium {
            Medium::Multicast { .. } => HOP_LIMIT,
            Medium::Unicast(unicast) => unicast.hop_limit,
        }
    }

    /// From which MACs an advert is queued. Copies that are signed have their own sequence numbers, for whoever hears both
    /// would take the second for a replay of the first.
    const fn copies(&self) -> [Option<TransmitFrom>; 2] {
        match (self.transmit_from(), self.authentication(), &self.config.medium) {
            (TransmitFrom::Both, Authentication::Ah(_) | Authentication::Hmac(_), Medium::Multicast { .. }) => {
                [Some(TransmitFrom::Virtual), Some(TransmitFrom::Physical)]
            }
            (from, _, _) => [Some(from), None],
        }
    }

    /// Number for the signature of a packet that is queued. In an authentication header what others send must have a higher one.
    fn next_sequence(&mut self, now: Instant, heard_until: Instant, out: &Outbox) -> u64 {
        match self.config.authentication.in_version(self.version()) {
            Authentication::None | Authentication::Password(_) => 0,
            Authentication::Ah(_) => self.authenticated.ah.next(out.wall_time(heard_until)).into(),
            Authentication::Hmac(hmac) => self.authenticated.hmac.next(out.wall_time(now), hmac.freshness),
        }
    }

    /// Queues the packets of an advert that differ in nothing but their destination.
    fn queue(&self, priority: Priority, from: TransmitFrom, stamp: Stamp, out: &mut Outbox) {
        let mut send = |to| out.transmit(Transmit { router: self.id, priority, to, from, stamp });
        match &self.config.medium {
            Medium::Multicast { group } => send(Destination::Multicast(*group)),
            Medium::Unicast(unicast) => {
                listeners(unicast, stamp.source).for_each(|peer| send(Destination::Unicast(peer)));
            }
        }
    }

    /// A packet of an advert that was queued did not leave (V3-TX-11). The advert counts as failed, once.
    pub(crate) fn count_failed_send(&mut self, transmit: &Transmit) {
        if transmit.stamp.number <= self.last_failed {
            return;
        }
        self.last_failed = transmit.stamp.number;
        let counters = &mut self.counters;
        counters.send_failed += 1;
        counters.sent = counters.sent.saturating_sub(1);
        let zero = u64::from(transmit.priority == Priority::RELEASE);
        counters.sent_priority_zero = counters.sent_priority_zero.saturating_sub(zero);
    }

    /// Priority 0 as the packet that follows on `last`. It is not counted, for who asks for it may never send it.
    pub(crate) fn release_after(&self, last: &Transmit) -> Transmit {
        let Stamp { number, identification, sequence, .. } = last.stamp;
        let sequence = match self.authentication() {
            Authentication::None | Authentication::Password(_) => 0,
            Authentication::Ah(_) => {
                u32::try_from(sequence).ok().and_then(|last| last.checked_add(1)).unwrap_or(1).into()
            }
            Authentication::Hmac(_) => sequence.wrapping_add(1),
        };
        let identification = identification.checked_add(1).unwrap_or(1);
        let stamp = Stamp { number: number + 1, identification, sequence, ..last.stamp };
        Transmit { priority: Priority::RELEASE, stamp, ..*last }
    }

    /// From which MACs its adverts go out.
    pub(crate) const fn transmit_from(&self) -> TransmitFrom {
        match (self.config.parameters.source_mac, self.duplicates.mac) {
            (SourceMac::Physical, _) => TransmitFrom::Physical,
            (SourceMac::Virtual, Repeat::No) => TransmitFrom::Virtual,
            (SourceMac::Virtual, Repeat::Yes) => TransmitFrom::Both,
        }
    }

    /// In which checksum forms its adverts go out (V3-CK-06).
    pub(crate) fn checksums(&self) -> Checksums {
        match (self.config.parameters.checksum, self.duplicates.checksum) {
            _ if self.sends_old_checksum() => Checksums::One(ChecksumForm::OldUnicast),
            (ChecksumPolicy::Auto, Some(form)) if self.may_send_both_checksums() => {
                Checksums::Both(self.form, if form == self.form { form.other() } else { form })
            }
            (ChecksumPolicy::Auto, Some(_) | None) => Checksums::One(self.form),
            (ChecksumPolicy::Rfc5798, _) => Checksums::One(ChecksumForm::Rfc5798),
            (ChecksumPolicy::Rfc9568, _) => Checksums::One(ChecksumForm::Rfc9568),
        }
    }

    /// Only VRRPv3 over IPv4 has two forms, and the configuration may insist on one.
    pub(crate) fn may_send_both_checksums(&self) -> bool {
        self.config.parameters.checksum == ChecksumPolicy::Auto
            && !self.sends_old_checksum()
            && (self.version(), self.config.family) == (Version::V3, Family::Ipv4)
    }

    /// Whether it is told to send the checksum of old versions of keepalived.
    fn sends_old_checksum(&self) -> bool {
        let is_unicast = matches!(self.config.medium, Medium::Unicast(_));
        is_unicast && self.config.parameters.switches.old_checksum == OldChecksum::Sent
    }

    /// The advert it sends now, with this priority. `None` if it never had an address to advertise, and needs one.
    fn advert(&self, priority: Priority) -> Option<Advert<'_>> {
        let may_be_sent = match (self.version(), self.config.parameters.switches.no_addresses) {
            (Version::V2, _) | (Version::V3, NoAddresses::Meant) => true,
            (Version::V3, NoAddresses::Refused) => !self.advertised.is_empty(),
        };
        may_be_sent.then(|| Advert {
            version: self.version(),
            vrid: self.config.vrid,
            priority,
            interval: self.config.parameters.interval,
            addresses: &self.advertised,
            authentication: self.authentication().field(),
        })
    }

    /// Authentication as it is carried out.
    const fn authentication(&self) -> &Authentication {
        self.config.authentication.in_version(self.version())
    }

    pub(crate) const fn packet_len(&self) -> usize {
        let plain = packet_len(self.version(), self.config.family, self.advertised.len());
        plain + self.authentication().overhead()
    }

    pub(crate) fn write_packet(&self, transmit: &Transmit, out: &mut [u8]) -> Option<usize> {
        let Stamp { source, number: _, identification, sequence, hop_limit, form } = &transmit.stamp;
        let destination = transmit.to.address();
        let header = IpFields { source, destination: &destination, id: *identification, hop_limit: *hop_limit };
        let advert = self.advert(transmit.priority)?;
        match self.authentication() {
            Authentication::None | Authentication::Password(_) => advert.emit_packet(&header, *form, out),
            Authentication::Hmac(hmac) if hmac.signs() => hmac::sign(hmac, *sequence, &advert, (&header, *form), out),
            Authentication::Hmac(_) => advert.emit_packet(&header, *form, out),
            Authentication::Ah(key) => ah::write(key, u32::try_from(*sequence).ok()?, &advert, &header, out),
        }
    }
}

/// The peers that adverts go to: all but the router itself.
fn listeners(unicast: &Unicast, source: IpAddr) -> impl Iterator<Item = IpAddr> + '_ {
    unicast.peers.iter().map(|peer| peer.address).filter(move |address| *address != source)
}
