//! Quantities of `vrrp` in the record on disk.

/// An interface index as its number.
pub(super) mod ifindex {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use vrrp::types::IfIndex;

    pub(in crate::op) fn serialize<S: Serializer>(index: &IfIndex, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(index.value())
    }

    pub(in crate::op) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<IfIndex, D::Error> {
        IfIndex::new(u32::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("interface index 0"))
    }
}

/// A MAC address as its bytes.
pub(super) mod mac {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use vrrp::types::MacAddr;

    pub(in crate::op) fn serialize<S: Serializer>(mac: &MacAddr, serializer: S) -> Result<S::Ok, S::Error> {
        mac.0.serialize(serializer)
    }

    pub(in crate::op) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<MacAddr, D::Error> {
        Ok(MacAddr(<[u8; 6]>::deserialize(deserializer)?))
    }
}
