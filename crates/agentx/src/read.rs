//! Bytes to messages.

use std::net::Ipv4Addr;

use crate::message::Order;
use crate::{
    Body, CloseReason, ErrorCode, Header, Message, Oid, Registration, Response, SearchRange, Start, Value, VarBind,
};

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Another version of AgentX, or none.
    #[error("version {0}")]
    Version(u8),
    /// More than [`Header::MOST`].
    #[error("a payload of {0} bytes")]
    TooLong(u32),
    /// All fields are multiples of four bytes.
    #[error("a payload of {0} bytes, which is no multiple of 4")]
    Uneven(u32),
    /// None that a master or subagent of this kind sends.
    #[error("type {0}")]
    Kind(u8),
    /// Something is cut off.
    #[error("it ends too early")]
    Short,
    /// Something follows the last field.
    #[error("bytes behind its end")]
    Trailing,
    /// More numbers than [`Oid::MOST`].
    #[error("an object identifier of {0} numbers")]
    Oid(usize),
    /// No such type of value.
    #[error("a value of type {0}")]
    Value(u16),
    /// An IPv4 address that has not four bytes.
    #[error("an address of {0} bytes")]
    Address(usize),
}

pub(crate) fn header(bytes: &[u8; Header::LENGTH]) -> Result<Header, Malformed> {
    let [version, kind, flags, _, words @ ..] = bytes;
    if *version != Header::VERSION {
        return Err(Malformed::Version(*version));
    }
    let mut header = Header { kind: *kind, flags: *flags, session: 0, transaction: 0, packet: 0, payload: 0 };
    let mut reader = Reader { rest: words, order: header.order() };
    for word in [&mut header.session, &mut header.transaction, &mut header.packet, &mut header.payload] {
        *word = reader.word()?;
    }
    match header.payload {
        length if length > Header::MOST => Err(Malformed::TooLong(length)),
        length if !length.is_multiple_of(4) => Err(Malformed::Uneven(length)),
        _ => Ok(header),
    }
}

pub(crate) fn message(header: &Header, payload: &[u8]) -> Result<Message, Malformed> {
    let mut reader = Reader { rest: payload, order: header.order() };
    let may_have_context = matches!(header.kind, 3..=8 | 12..=13);
    let has_context = may_have_context && header.flags & Header::CONTEXT != 0;
    let context = if has_context { Some(reader.octets()?) } else { None };
    let body = reader.body(header.kind)?;
    if !reader.rest.is_empty() {
        return Err(Malformed::Trailing);
    }
    let Header { session, transaction, packet, .. } = *header;
    Ok(Message { session, transaction, packet, context, body })
}

/// What is left of a payload.
struct Reader<'a> {
    rest: &'a [u8],
    order: Order,
}

impl Reader<'_> {
    fn body(&mut self, kind: u8) -> Result<Body, Malformed> {
        Ok(match kind {
            1 => {
                let [timeout, _, _, _] = self.array()?;
                Body::Open { timeout, id: self.oid()?, description: self.octets()? }
            }
            2 => {
                let [reason, _, _, _] = self.array()?;
                Body::Close(CloseReason::from(reason))
            }
            3 => Body::Register(self.registration()?),
            4 => Body::Unregister(self.registration()?),
            5 => Body::Get(self.all(Self::range)?),
            6 => Body::GetNext(self.all(Self::range)?),
            7 => {
                let (non_repeaters, max_repetitions) = (self.half()?, self.half()?);
                Body::GetBulk { non_repeaters, max_repetitions, ranges: self.all(Self::range)? }
            }
            8 => Body::TestSet(self.all(Self::variable)?),
            9 => Body::CommitSet,
            10 => Body::UndoSet,
            11 => Body::CleanupSet,
            12 => Body::Notify(self.all(Self::variable)?),
            13 => Body::Ping,
            Header::RESPONSE => Body::Response(Response {
                uptime: self.word()?,
                error: ErrorCode::from(self.half()?),
                index: self.half()?,
                variables: self.all(Self::variable)?,
            }),
            other => return Err(Malformed::Kind(other)),
        })
    }

    fn registration(&mut self) -> Result<Registration, Malformed> {
        let [timeout, priority, place, _] = self.array()?;
        let subtree = self.oid()?;
        let range = if place == 0 { None } else { Some((place, self.word()?)) };
        Ok(Registration { timeout, priority, subtree, range })
    }

    /// All that is left. Each item takes four bytes at least, so that this ends, and no list is longer than its bytes.
    fn all<T>(&mut self, one: fn(&mut Self) -> Result<T, Malformed>) -> Result<Vec<T>, Malformed> {
        let mut all = Vec::new();
        while !self.rest.is_empty() {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn range(&mut self) -> Result<SearchRange, Malformed> {
        let (from, start) = self.start()?;
        let until = self.oid()?;
        Ok(SearchRange { from, start, until: (!until.numbers().is_empty()).then_some(until) })
    }

    fn variable(&mut self) -> Result<VarBind, Malformed> {
        let (kind, _) = (self.half()?, self.half()?);
        let name = self.oid()?;
        let value = match kind {
            2 => Value::Integer(self.word()?.cast_signed()),
            4 => Value::Octets(self.octets()?),
            5 => Value::Null,
            6 => Value::Oid(self.oid()?),
            64 => {
                let address = self.octets()?;
                let address: [u8; 4] = address.try_into().map_err(|it: Vec<u8>| Malformed::Address(it.len()))?;
                Value::IpAddress(Ipv4Addr::from(address))
            }
            65 => Value::Counter32(self.word()?),
            66 => Value::Gauge32(self.word()?),
            67 => Value::TimeTicks(self.word()?),
            68 => Value::Opaque(self.octets()?),
            70 => Value::Counter64(self.long()?),
            128 => Value::NoSuchObject,
            129 => Value::NoSuchInstance,
            130 => Value::EndOfMibView,
            other => return Err(Malformed::Value(other)),
        };
        Ok(VarBind { name, value })
    }

    fn oid(&mut self) -> Result<Oid, Malformed> {
        Ok(self.start()?.0)
    }

    /// An object identifier, and whether it counts itself.
    fn start(&mut self) -> Result<(Oid, Start), Malformed> {
        let [count, prefix, include, _] = self.array()?;
        // RFC 2741 §5.1: a number stands for 1.3.6.1 and itself.
        let mut numbers = if prefix == 0 { Vec::new() } else { vec![1, 3, 6, 1, u32::from(prefix)] };
        let length = numbers.len() + usize::from(count);
        if length > Oid::MOST {
            return Err(Malformed::Oid(length));
        }
        for _ in 0..count {
            numbers.push(self.word()?);
        }
        Ok((numbers.into(), if include == 0 { Start::After } else { Start::At }))
    }

    fn octets(&mut self) -> Result<Vec<u8>, Malformed> {
        let length = usize::try_from(self.word()?).map_err(|_| Malformed::Short)?;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(Malformed::Short)?;
        let padding = length.next_multiple_of(4) - length;
        self.rest = rest.get(padding..).ok_or(Malformed::Short)?;
        Ok(bytes.to_vec())
    }

    fn half(&mut self) -> Result<u16, Malformed> {
        let bytes = self.array()?;
        Ok(match self.order {
            Order::Network => u16::from_be_bytes(bytes),
            Order::Little => u16::from_le_bytes(bytes),
        })
    }

    fn word(&mut self) -> Result<u32, Malformed> {
        let bytes = self.array()?;
        Ok(match self.order {
            Order::Network => u32::from_be_bytes(bytes),
            Order::Little => u32::from_le_bytes(bytes),
        })
    }

    fn long(&mut self) -> Result<u64, Malformed> {
        let bytes = self.array()?;
        Ok(match self.order {
            Order::Network => u64::from_be_bytes(bytes),
            Order::Little => u64::from_le_bytes(bytes),
        })
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed::Short)?;
        self.rest = rest;
        Ok(*bytes)
    }
}
