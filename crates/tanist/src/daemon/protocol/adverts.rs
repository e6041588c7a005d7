//! Adverts in and out.

use std::io;
use std::time::Duration;

use linux::clock;
use linux::send::Unsent;
use vrrp::action::{Destination, Transmit, TransmitFrom, UnknownVrid};
use vrrp::input::Input;
use vrrp::time::Instant;
use vrrp::types::{Family, RouterId};
use vrrp::wire::{ETHERNET_LEN, multicast_mac, write_ethernet};

use super::{Protocol, RECEIVE_BUDGET};
use crate::ports::events::{NetworkTask, Occurrence};

/// Packets in a batch; a smaller batch was the last.
const BATCH: usize = linux::receive::BATCH;
/// Least time between two reports that the network fails us: a dead link fails every frame.
const REPORT_EVERY: Duration = Duration::from_secs(10);

/// What a frame was sent for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Advert(Transmit),
    /// The first gratuitous ARP of a takeover. If it fails, so do the adverts; those that follow come from the host
    /// thread.
    Announcement,
}

impl Protocol {
    /// Takes what waits in a socket, up to a limit. Returns up to when all that was received has been taken: `start`,
    /// at which the reading began, if the socket is empty.
    pub(super) fn receive(&mut self, socket: usize, start: Instant) -> Instant {
        let mut heard_until = start;
        for _ in 0..RECEIVE_BUDGET {
            let (engine, own_links) = (&mut self.engine, &self.own_links);
            let Some(receiver) = self.receivers.get_mut(socket) else { return start };
            let taken = receiver.receive(|packet| {
                heard_until = packet.received.min(start);
                if let Some(packet) = own_links.at_parent(packet) {
                    engine.handle(clock::now(), Input::Packet(packet));
                }
            });
            self.carry_out();
            match taken {
                Ok(BATCH) => {}
                Ok(_) => return start,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return start,
                Err(error) => {
                    self.report(error, |_| Some(NetworkTask::Receive));
                    return start;
                }
            }
        }
        heard_until
    }

    /// Queues an advert to a destination: frames to a group, a packet to a peer.
    pub(super) fn transmit(&mut self, transmit: &Transmit) {
        let (Some(frames), Some(length)) = (self.frames.get(transmit.router), self.engine.packet_len(transmit)) else {
            return self.engine.handle(clock::now(), Input::SendFailed(*transmit));
        };
        self.legacy.note(&self.engine, frames, transmit);
        let (engine, sender, tag) = (&self.engine, &mut self.sender, Sent::Advert(*transmit));
        let group = match transmit.to {
            Destination::Multicast(group) => group,
            Destination::Unicast(peer) => {
                let write = |packet: &mut [u8]| engine.write_packet(transmit, packet);
                return self.routed.push(frames.routed, peer, tag, length, write);
            }
        };
        let mut send = |source| {
            sender.push(frames.parent, tag, ETHERNET_LEN + length, |frame| {
                let header = write_ethernet(frame, multicast_mac(group), source, Family::of(&group))?;
                Some(header + engine.write_packet(transmit, frame.get_mut(header..)?)?)
            });
        };
        match transmit.from {
            TransmitFrom::Virtual => send(frames.virtual_mac),
            TransmitFrom::Physical => send(frames.physical),
            TransmitFrom::Both => {
                send(frames.virtual_mac);
                send(frames.physical);
            }
        }
    }

    /// Queues one round of gratuitous ARP.
    pub(super) fn announce_first(&mut self, router: RouterId) {
        let Some(frames) = self.frames.get(router) else { return };
        let arp = frames.announcements().iter().filter(|announcement| announcement.address().is_ipv4());
        arp.for_each(|announcement| announcement.send(Sent::Announcement, &mut self.sender));
    }

    /// Sends what is queued.
    pub(super) fn flush(&mut self) {
        self.legacy.finish();
        let mut failure = None;
        let engine = &mut self.engine;
        let mut failed = |Unsent { tag, error }: Unsent<Sent>| {
            if let Sent::Advert(transmit) = tag {
                engine.handle(clock::now(), Input::SendFailed(transmit));
                failure = Some((transmit, error));
            }
        };
        self.sender.flush(&mut failed);
        self.routed.flush(&mut failed);
        self.legacy.wake();
        if let Some((transmit, error)) = failure {
            self.report(error, |it| {
                let link = it.frames.get(transmit.router)?.parent_name.clone();
                let peer = match transmit.to {
                    Destination::Multicast(_) => None,
                    Destination::Unicast(peer) => Some(peer),
                };
                Some(NetworkTask::Send { router: transmit.router, link, peer })
            });
        }
    }

    /// Says who advertises a virtual router that is not here. Others may have joined the group on an interface of no router.
    pub(super) fn tell_unknown_vrid(&mut self, UnknownVrid { link, source, vrid }: UnknownVrid) {
        let parent = self.frames.values().find(|frames| frames.parent == link);
        let link = parent.map_or_else(|| format!("interface {link}").into(), |frames| frames.parent_name.clone());
        self.events.send(Occurrence::UnknownVrid { link, source, vrid });
    }

    /// Says that the network fails us, if that was not said a short while ago.
    fn report(&mut self, error: io::Error, what: impl FnOnce(&Self) -> Option<NetworkTask>) {
        let now = clock::now();
        if self.last_report.is_none_or(|last| now.since(last) > REPORT_EVERY)
            && let Some(what) = what(self)
        {
            self.last_report = Some(now);
            self.events.send(Occurrence::Network { what, error });
        }
    }
}
