//! Values of objects.

use std::net::Ipv4Addr;

use crate::Oid;

/// The value of an object, or why there is none (RFC 2741 §5.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Integer32
    Integer(i32),
    /// OCTET STRING
    Octets(Vec<u8>),
    /// Stands where no value is meant.
    Null,
    /// OBJECT IDENTIFIER
    Oid(Oid),
    /// IpAddress
    IpAddress(Ipv4Addr),
    /// Counter32
    Counter32(u32),
    /// Gauge32, Unsigned32
    Gauge32(u32),
    /// Hundredths of a second.
    TimeTicks(u32),
    /// Opaque
    Opaque(Vec<u8>),
    /// Counter64
    Counter64(u64),
    /// There is no such object.
    NoSuchObject,
    /// The object has no such instance.
    NoSuchInstance,
    /// Nothing follows in the range that was asked for.
    EndOfMibView,
}

impl Value {
    /// Its number on the wire.
    pub(crate) const fn kind(&self) -> u16 {
        match self {
            Self::Integer(_) => 2,
            Self::Octets(_) => 4,
            Self::Null => 5,
            Self::Oid(_) => 6,
            Self::IpAddress(_) => 64,
            Self::Counter32(_) => 65,
            Self::Gauge32(_) => 66,
            Self::TimeTicks(_) => 67,
            Self::Opaque(_) => 68,
            Self::Counter64(_) => 70,
            Self::NoSuchObject => 128,
            Self::NoSuchInstance => 129,
            Self::EndOfMibView => 130,
        }
    }
}

/// The name of an object and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VarBind {
    /// Of the instance.
    pub name: Oid,
    /// What it has.
    pub value: Value,
}
