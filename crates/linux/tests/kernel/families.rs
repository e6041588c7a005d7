//! Netlink beyond rtnetlink: batches and sockets know nothing of the family they speak.

use linux::netlink::{Attributes, Batch, Mode, Socket};
use netlink_packet_core::NetlinkSerializable;
use rustix::net::netlink::GENERIC;

use crate::Test;

pub(crate) const ALL: &[Test] = &[("a_request_of_another_family_is_carried_out_and_refused_with_its_tag", generic)];

/// `CTRL_CMD_GETFAMILY` of generic netlink, by name.
struct GetFamily(&'static str);

impl NetlinkSerializable for GetFamily {
    fn message_type(&self) -> u16 {
        const GENL_ID_CTRL: u16 = 16;
        GENL_ID_CTRL
    }

    fn buffer_len(&self) -> usize {
        4 + 4 + (self.0.len() + 1).next_multiple_of(4)
    }

    fn serialize(&self, buffer: &mut [u8]) {
        const GET_FAMILY: u8 = 3;
        const FAMILY_NAME: u16 = 2;
        buffer[..4].copy_from_slice(&[GET_FAMILY, 1, 0, 0]);
        let length = u16::try_from(4 + self.0.len() + 1).unwrap();
        buffer[4..6].copy_from_slice(&length.to_ne_bytes());
        buffer[6..8].copy_from_slice(&FAMILY_NAME.to_ne_bytes());
        buffer[8..8 + self.0.len()].copy_from_slice(self.0.as_bytes());
    }
}

fn generic() {
    let mut socket = Socket::open_protocol(Some(GENERIC)).unwrap();
    let mut batch = Batch::default();
    batch.push("there", GetFamily("nlctrl"), Mode::Change);
    batch.push("not there", GetFamily("nosuchfamily"), Mode::Change);
    let refusals = socket.execute(&mut batch).unwrap();
    assert_eq!(refusals.iter().map(|refusal| (refusal.tag, refusal.errno)).collect::<Vec<_>>(), [("not there", 2)]);
    let name = |message: &linux::netlink::Message<'_>| Some(Attributes::after(message.payload, 4).find(2)?.text());
    assert_eq!(socket.get(GetFamily("nlctrl"), name).unwrap(), "nlctrl");
}
