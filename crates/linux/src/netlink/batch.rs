//! Requests, encoded one after the other into one buffer.

use std::ops::Range;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_APPEND, NLM_F_CREATE, NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkHeader,
    NetlinkMessage, NetlinkPayload, NetlinkSerializable,
};

/// Most requests in one send: their acknowledgements (at most 1.3 kB each) fit the smallest usual receive buffer.
const SEND_REQUESTS: usize = 128;
/// Most bytes in one send: well below the smallest usual send buffer.
const SEND_BYTES: usize = 96 * 1024;
/// Where the flags stand in `struct nlmsghdr`.
const FLAGS: Range<usize> = 6..8;
/// Where the sequence number stands in `struct nlmsghdr`.
const SEQUENCE: Range<usize> = 8..12;

/// What a request does with an object that is there already, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It must be there: a change or a removal.
    Change,
    /// It must not be there.
    Create,
    /// It is made or changed.
    CreateOrReplace,
    /// It is made, or left as it is.
    CreateOrKeep,
    /// It is made behind those that are there.
    Append,
    /// Begins or ends a transaction ([`Socket::transact`](super::Socket::transact)); it has no answer.
    Bracket,
    /// Ask for one.
    Get,
    /// Ask for all.
    Dump,
}

impl Mode {
    const fn flags(self) -> u16 {
        NLM_F_REQUEST
            | match self {
                Self::Change => NLM_F_ACK,
                Self::Create => NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL,
                Self::CreateOrReplace => NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
                Self::CreateOrKeep => NLM_F_ACK | NLM_F_CREATE,
                Self::Append => NLM_F_ACK | NLM_F_CREATE | NLM_F_APPEND,
                Self::Get | Self::Bracket => 0,
                Self::Dump => NLM_F_DUMP,
            }
    }
}

/// Requests to be carried out in order, of any netlink family; with each goes a tag that names whom a refusal concerns.
#[derive(Debug)]
pub struct Batch<T> {
    bytes: Vec<u8>,
    requests: Vec<Request<T>>,
}

/// Where a request begins, and whose it is.
#[derive(Debug)]
struct Request<T> {
    start: usize,
    tag: T,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self { bytes: Vec::new(), requests: Vec::new() }
    }
}

impl<T> Batch<T> {
    /// Appends a request.
    pub fn push(&mut self, tag: T, request: impl NetlinkSerializable, mode: Mode) {
        let mut header = NetlinkHeader::default();
        header.flags = mode.flags();
        let mut message = NetlinkMessage::new(header, NetlinkPayload::InnerMessage(request));
        message.finalize();
        let start = self.bytes.len();
        self.bytes.resize(start + message.buffer_len().next_multiple_of(4), 0);
        message.serialize(&mut self.bytes[start..]);
        self.requests.push(Request { start, tag });
    }

    /// Number of requests.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.requests.len()
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }

    /// The tags, in the order of the requests.
    pub fn tags(&self) -> impl Iterator<Item = &T> {
        self.requests.iter().map(|request| &request.tag)
    }

    /// The tag of the request at `position`.
    pub(super) fn tag(&self, position: usize) -> Option<&T> {
        self.requests.get(position).map(|request| &request.tag)
    }

    /// All requests.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Gives the requests the sequence numbers from `first` on.
    pub(super) fn number(&mut self, first: u32) {
        let mut sequence = first;
        for Request { start, .. } in &self.requests {
            self.bytes[start + SEQUENCE.start..start + SEQUENCE.end].copy_from_slice(&sequence.to_ne_bytes());
            sequence = sequence.wrapping_add(1);
        }
    }

    /// Pieces that are small enough to be sent at once, as positions of requests.
    pub(super) fn pieces(&self) -> impl Iterator<Item = Range<usize>> {
        let mut next = 0;
        std::iter::from_fn(move || {
            let first = next;
            let start = self.requests.get(first)?.start;
            next += 1;
            while next < self.len() && next - first < SEND_REQUESTS && self.end(next) - start <= SEND_BYTES {
                next += 1;
            }
            Some(first..next)
        })
    }

    /// The requests of a piece, of which only the last asks for an acknowledgement: the kernel goes through them in order,
    /// and tells of every refusal unasked.
    pub(super) fn piece(&mut self, piece: &Range<usize>) -> &[u8] {
        for request in self.requests.get(piece.start..piece.end.saturating_sub(1)).unwrap_or_default() {
            let flags = &mut self.bytes[request.start + FLAGS.start..request.start + FLAGS.end];
            let kept = u16::from_ne_bytes([flags[0], flags[1]]) & !NLM_F_ACK;
            flags.copy_from_slice(&kept.to_ne_bytes());
        }
        let end = piece.end.checked_sub(1).map_or(0, |last| self.end(last));
        self.requests.get(piece.start).map_or(&[], |first| &self.bytes[first.start..end])
    }

    /// Where request `position` ends.
    fn end(&self, position: usize) -> usize {
        self.requests.get(position + 1).map_or(self.bytes.len(), |request| request.start)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Messages;
    use super::*;
    use netlink_packet_route::RouteNetlinkMessage;
    use netlink_packet_route::link::LinkMessage;

    fn batch(requests: usize) -> Batch<usize> {
        let mut batch = Batch::default();
        for number in 0..requests {
            batch.push(number, RouteNetlinkMessage::SetLink(LinkMessage::default()), Mode::Change);
        }
        batch
    }

    #[test]
    fn a_large_batch_is_sent_in_pieces_and_nothing_is_left_out() {
        let mut batch = batch(300);
        let pieces: Vec<Range<usize>> = batch.pieces().collect();
        assert_eq!(pieces, [0..128, 128..256, 256..300]);
        let sent: Vec<u8> = pieces.iter().flat_map(|piece| batch.piece(piece).to_vec()).collect();
        assert_eq!(sent, batch.bytes);
    }

    #[test]
    fn the_last_request_of_a_piece_is_acknowledged() {
        let mut batch = batch(3);
        let flags = Messages(batch.piece(&(0..3))).map(|message| message.flags & NLM_F_ACK);
        assert_eq!(flags.collect::<Vec<_>>(), [0, 0, NLM_F_ACK]);
    }

    #[test]
    fn requests_are_numbered_in_order() {
        let mut batch = batch(3);
        batch.number(10);
        let sequences: Vec<u32> = Messages(&batch.bytes).map(|message| message.sequence).collect();
        assert_eq!(sequences, [10, 11, 12]);
    }
}
