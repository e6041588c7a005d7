//! Splitting what a netlink socket delivers into messages.

use netlink_packet_core::{NLM_F_DUMP_INTR, NLMSG_DONE, NLMSG_ERROR};

use super::attributes::Attributes;

/// Length of `struct nlmsghdr`.
pub(super) const HEADER_LEN: usize = 16;
/// Attribute of an acknowledgement: the kernel's words.
const NLMSGERR_ATTR_MSG: u16 = 1;
/// Flag of an acknowledgement: attributes follow.
const NLM_F_ACK_TLVS: u16 = 0x200;
/// Flag of an acknowledgement: only the header of the request is quoted.
const NLM_F_CAPPED: u16 = 0x100;

/// One message of a received datagram.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// What it is: `RTM_*`, `NLMSG_*`.
    pub kind: u16,
    /// `NLM_F_*`.
    pub flags: u16,
    /// Number of the request that it answers; 0 for a notification.
    pub sequence: u32,
    /// Port of the socket whose request it answers or tells of; 0 for the kernel's own deeds.
    pub port: u32,
    /// What follows the netlink header.
    pub payload: &'a [u8],
}

/// The kernel's answer to a request, or the end of a dump: an errno, 0 for success.
pub(super) struct Answer {
    pub(super) errno: i32,
    /// The kernel's words (extended acknowledgement).
    pub(super) text: Option<String>,
}

impl Message<'_> {
    /// `Some` if this ends the answer to a request.
    pub(super) fn answer(&self) -> Option<Answer> {
        if self.kind != NLMSG_ERROR && self.kind != NLMSG_DONE {
            return None;
        }
        let errno = self.payload.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes).saturating_neg());
        let header = if self.kind == NLMSG_DONE { 4 } else { 4 + self.quoted() };
        let text = (self.flags & NLM_F_ACK_TLVS != 0)
            .then(|| Attributes::after(self.payload, header).find(NLMSGERR_ATTR_MSG))
            .flatten()
            .map(|attribute| attribute.text());
        Some(Answer { errno, text })
    }

    /// Whether the dump saw a change half-way and has to be repeated.
    pub(super) const fn is_interrupted(&self) -> bool {
        self.flags & NLM_F_DUMP_INTR != 0
    }

    /// How much of the request an acknowledgement quotes.
    fn quoted(&self) -> usize {
        if self.flags & NLM_F_CAPPED != 0 {
            return HEADER_LEN;
        }
        let length = self.payload.get(4..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_ne_bytes(*bytes));
        usize::try_from(length).unwrap_or(usize::MAX - 8).next_multiple_of(4)
    }
}

/// The messages of a datagram. Ends at the first that does not fit.
#[derive(Clone, Copy, Debug)]
pub struct Messages<'a>(pub &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = Message<'a>;

    fn next(&mut self) -> Option<Message<'a>> {
        let header: &[u8; HEADER_LEN] = self.0.first_chunk()?;
        let [l0, l1, l2, l3, k0, k1, f0, f1, s0, s1, s2, s3, p0, p1, p2, p3] = *header;
        let length = usize::try_from(u32::from_ne_bytes([l0, l1, l2, l3])).ok()?;
        let payload = self.0.get(HEADER_LEN..length)?;
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Message {
            kind: u16::from_ne_bytes([k0, k1]),
            flags: u16::from_ne_bytes([f0, f1]),
            sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
            port: u32::from_ne_bytes([p0, p1, p2, p3]),
            payload,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, flags: u16, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(HEADER_LEN + payload.len()).unwrap();
        let mut bytes = length.to_ne_bytes().to_vec();
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(7u32.to_ne_bytes());
        bytes.extend(0u32.to_ne_bytes());
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn a_refusal_carries_errno_and_the_kernels_words() {
        let mut payload = (-17i32).to_ne_bytes().to_vec();
        payload.extend([0; HEADER_LEN]);
        payload.extend(9u16.to_ne_bytes());
        payload.extend(NLMSGERR_ATTR_MSG.to_ne_bytes());
        payload.extend(*b"busy\0");
        let bytes = message(NLMSG_ERROR, NLM_F_ACK_TLVS | NLM_F_CAPPED, &payload);
        let first = Messages(&bytes).next().unwrap();
        let answer = first.answer().unwrap();
        assert_eq!((first.sequence, answer.errno, answer.text.as_deref()), (7, 17, Some("busy")));
    }

    #[test]
    fn a_datagram_cut_anywhere_yields_only_whole_messages() {
        let bytes = [message(16, 0, b"abcd"), message(NLMSG_DONE, 0, &[0; 4])].concat();
        assert_eq!(Messages(&bytes).count(), 2);
        assert_eq!(Messages(&bytes[..39]).count(), 1);
        assert_eq!(Messages(&bytes[..19]).count(), 0);
    }
}
