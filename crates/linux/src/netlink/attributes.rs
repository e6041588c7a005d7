//! Reading netlink attributes: length and kind (two bytes each), value, padding to four bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use vrrp::types::MacAddr;

/// Bits of the kind that say how the value is built; the kernel sets them inconsistently, so they are ignored.
const KIND_MASK: u16 = 0x3fff;

/// The attributes in a piece of a message, in order. Ends at the first that does not fit.
#[derive(Clone, Copy, Debug)]
pub struct Attributes<'a>(&'a [u8]);

impl<'a> Attributes<'a> {
    /// The attributes that follow a message's own header of `header` bytes. None if the payload is shorter.
    #[must_use]
    pub fn after(payload: &'a [u8], header: usize) -> Self {
        Self(payload.get(header..).unwrap_or_default())
    }

    /// The first attribute of this kind.
    #[must_use]
    pub fn find(mut self, kind: u16) -> Option<Attribute<'a>> {
        Iterator::find(&mut self, |attribute| attribute.kind == kind)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let length = usize::from(u16::from_ne_bytes(*self.0.first_chunk()?));
        let kind = u16::from_ne_bytes(*self.0.get(2..)?.first_chunk()?) & KIND_MASK;
        let value = self.0.get(4..length)?;
        self.0 = self.0.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Attribute { kind, value })
    }
}

/// One attribute. The readers return `None` where the value is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// What it is, without the flag bits.
    pub kind: u16,
    /// Without the padding behind it.
    pub value: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// The attributes inside.
    #[must_use]
    pub const fn nested(self) -> Attributes<'a> {
        Attributes(self.value)
    }

    /// A number of one byte.
    #[must_use]
    pub fn u8(self) -> Option<u8> {
        self.value.first().copied()
    }

    /// A number in the byte order of the machine.
    #[must_use]
    pub fn u32(self) -> Option<u32> {
        self.value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
    }

    /// A list of numbers in the byte order of the machine; an incomplete last one is left out.
    pub fn i32s(self) -> impl Iterator<Item = i32> {
        self.value.as_chunks().0.iter().map(|bytes| i32::from_ne_bytes(*bytes))
    }

    /// Text, up to its end or the first NUL; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(self) -> String {
        let bytes = self.value.split(|byte| *byte == 0).next().unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    }

    /// An Ethernet address. `None` for addresses of other lengths.
    #[must_use]
    pub fn mac(self) -> Option<MacAddr> {
        self.value.try_into().ok().map(MacAddr)
    }

    /// An IPv4 or IPv6 address, by its length.
    #[must_use]
    pub fn address(self) -> Option<IpAddr> {
        match self.value.len() {
            4 => self.value.first_chunk().map(|bytes: &[u8; 4]| Ipv4Addr::from(*bytes).into()),
            16 => self.value.first_chunk().map(|bytes: &[u8; 16]| Ipv6Addr::from(*bytes).into()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind 0x8007 (nested bit set) with three bytes and padding, then kind 9 with a number.
    fn two() -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(7u16.to_ne_bytes());
        bytes.extend(0x8007u16.to_ne_bytes());
        bytes.extend(*b"ab\0-");
        bytes.extend(8u16.to_ne_bytes());
        bytes.extend(9u16.to_ne_bytes());
        bytes.extend(42u32.to_ne_bytes());
        bytes
    }

    #[test]
    fn attributes_are_walked_over_padding_and_flag_bits() {
        let bytes = two();
        let attributes = Attributes::after(&bytes, 0);
        assert_eq!(attributes.find(7).unwrap().text(), "ab");
        assert_eq!(attributes.find(9).unwrap().u32(), Some(42));
        assert_eq!(attributes.find(8), None);
    }

    #[test]
    fn a_message_cut_anywhere_yields_only_whole_attributes() {
        let bytes = two();
        for end in 0..bytes.len() {
            let whole = usize::from(end >= 7);
            assert_eq!(Attributes::after(&bytes[..end], 0).count(), whole, "cut at {end}");
        }
    }

    #[test]
    fn a_length_below_the_header_ends_the_walk() {
        assert_eq!(Attributes::after(&[0, 0, 1, 0, 0, 0, 0, 0], 0).count(), 0);
        assert_eq!(Attributes::after(&[3, 0, 1, 0], 0).count(), 0);
    }

    #[test]
    fn values_too_short_for_their_type_are_none() {
        let short = Attribute { kind: 1, value: &[1, 2] };
        assert_eq!((short.u32(), short.mac(), short.address()), (None, None, None));
    }
}
