//! Packets that no router of the LAN sends.

use vrrp::config::RouterConfig;
use vrrp::wire::ChecksumForm;
use vrrp::{Destination, Engine, Instant, IpHeader, Stamp, Transmit, TransmitFrom};

use super::lan::Said;
use super::node::actions::PACKET;

/// The IP packet of an advert as a router with this configuration would send it, with this number, if it has one.
pub(super) fn written(config: RouterConfig, ip: &IpHeader, said: Said, number: u64) -> Option<Vec<u8>> {
    let (destination, form) = (ip.destination, ChecksumForm::Rfc5798);
    let to = if destination.is_multicast() {
        Destination::Multicast(destination)
    } else {
        Destination::Unicast(destination)
    };
    let stamp = Stamp {
        source: ip.source,
        number: 1,
        identification: ip.identification,
        sequence: number,
        hop_limit: ip.hop_limit?,
        form,
    };
    let mut engine = Engine::new();
    let router = engine.add(Instant::from_nanos(0), config.with(|it| it.interval = said.interval));
    let transmit = Transmit { router, priority: said.priority, to, from: TransmitFrom::Physical, stamp };
    let mut bytes = vec![0; PACKET];
    let length = engine.write_packet(&transmit, &mut bytes)?;
    bytes.truncate(length);
    Some(bytes)
}
