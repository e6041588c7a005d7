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

/// Some interface index as its number, or none.
pub(super) mod maybe_ifindex {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use vrrp::types::IfIndex;

    pub(in crate::op) fn serialize<S: Serializer>(index: &Option<IfIndex>, serializer: S) -> Result<S::Ok, S::Error> {
        index.map(IfIndex::value).serialize(serializer)
    }

    pub(in crate::op) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<IfIndex>, D::Error> {
        Ok(Option::deserialize(deserializer)?.and_then(IfIndex::new))
    }
}

/// Interface indexes as their numbers.
pub(super) mod ifindexes {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use vrrp::types::IfIndex;

    pub(in crate::op) fn serialize<S: Serializer>(indexes: &[IfIndex], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(indexes.iter().map(|index| index.value()))
    }

    pub(in crate::op) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IfIndex>, D::Error> {
        let index = |number| IfIndex::new(number).ok_or_else(|| D::Error::custom("interface index 0"));
        Vec::deserialize(deserializer)?.into_iter().map(index).collect()
    }
}

/// An address family as 4 or 6.
pub(super) mod family {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use vrrp::types::Family;

    pub(in crate::op) fn serialize<S: Serializer>(family: &Family, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(match family {
            Family::Ipv4 => 4,
            Family::Ipv6 => 6,
        })
    }

    pub(in crate::op) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Family, D::Error> {
        match u8::deserialize(deserializer)? {
            4 => Ok(Family::Ipv4),
            6 => Ok(Family::Ipv6),
            other => Err(D::Error::custom(format!("IP version {other}"))),
        }
    }
}
