//! Sending: what an advert of this router looks like, and in how many copies it leaves.

use super::outbox::Outbox;
use super::router::{Repeat, Router};
use super::state::State;
use crate::action::{Destination, Stamp, Transmit, TransmitFrom};
use crate::config::{ChecksumPolicy, Medium, SourceMac};
use crate::snapshot::Checksums;
use crate::types::{Family, Priority, Version};
use crate::wire::{Advert, ChecksumForm, packet_len};

impl Router {
    /// Queues an advert, in both checksum forms if a peer heeds one only.
    pub(super) fn transmit(&mut self, priority: Priority, out: &mut Outbox) {
        let State::Active(active) = &self.state else { return };
        let to = match self.config.medium {
            Medium::Multicast { group } => Destination::Multicast(group),
        };
        let mut queue = |form| {
            let stamp = Stamp { source: active.source, identification: out.next_identification(), form };
            out.transmit(Transmit { router: self.id, priority, to, from: self.transmit_from(), stamp });
        };
        match self.checksums() {
            Checksums::One(form) => queue(form),
            Checksums::Both => {
                queue(self.form.other());
                queue(self.form);
            }
        }
        self.counters.sent += 1;
        self.counters.sent_priority_zero += u64::from(priority == Priority::RELEASE);
    }

    /// An advert that was queued did not leave (V3-TX-11).
    pub(crate) fn count_failed_send(&mut self, priority: Priority) {
        let counters = &mut self.counters;
        counters.send_failed += 1;
        counters.sent = counters.sent.saturating_sub(1);
        let zero = u64::from(priority == Priority::RELEASE);
        counters.sent_priority_zero = counters.sent_priority_zero.saturating_sub(zero);
    }

    /// From which MACs its adverts go out.
    pub(crate) const fn transmit_from(&self) -> TransmitFrom {
        match (self.config.source_mac, self.duplicates.mac) {
            (SourceMac::Physical, _) => TransmitFrom::Physical,
            (SourceMac::Virtual, Repeat::No) => TransmitFrom::Virtual,
            (SourceMac::Virtual, Repeat::Yes) => TransmitFrom::Both,
        }
    }

    /// In which checksum forms its adverts go out (V3-CK-06).
    pub(crate) fn checksums(&self) -> Checksums {
        match (self.config.checksum, self.duplicates.checksum) {
            (ChecksumPolicy::Auto, Repeat::Yes) if self.may_send_both_checksums() => Checksums::Both,
            (ChecksumPolicy::Auto, Repeat::Yes | Repeat::No) => Checksums::One(self.form),
            (ChecksumPolicy::Rfc5798, _) => Checksums::One(ChecksumForm::Rfc5798),
            (ChecksumPolicy::Rfc9568, _) => Checksums::One(ChecksumForm::Rfc9568),
        }
    }

    /// Only VRRPv3 over IPv4 has two forms, and the configuration may insist on one.
    pub(crate) fn may_send_both_checksums(&self) -> bool {
        self.config.checksum == ChecksumPolicy::Auto
            && (self.version(), self.config.family) == (Version::V3, Family::Ipv4)
    }

    /// The advert it sends now, with this priority. `None` if it never had an address to advertise.
    fn advert(&self, priority: Priority) -> Option<Advert<'_>> {
        (!self.advertised.is_empty()).then(|| Advert {
            version: self.version(),
            vrid: self.config.vrid,
            priority,
            interval: self.config.interval,
            addresses: &self.advertised,
            authentication: self.config.authentication,
        })
    }

    pub(crate) const fn packet_len(&self) -> usize {
        packet_len(self.version(), self.config.family, self.advertised.len())
    }

    pub(crate) fn write_packet(&self, transmit: &Transmit, out: &mut [u8]) -> Option<usize> {
        let Destination::Multicast(group) = &transmit.to;
        let Stamp { source, identification, form } = &transmit.stamp;
        self.advert(transmit.priority)?.emit_packet(source, group, *identification, *form, out)
    }
}
