//! The states of a session, and the one way from one to the next.

use serde::{Deserialize, Serialize};

/// State of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SessionState {
    /// Stopped on purpose.
    AdminDown,
    /// The peer is not heard, or does not hear us.
    Down,
    /// The peer is heard.
    Init,
    /// Both hear each other.
    Up,
}

impl SessionState {
    /// The two bits of a packet.
    pub(super) const fn from_bits(bits: u8) -> Self {
        match bits & 3 {
            0 => Self::AdminDown,
            1 => Self::Down,
            2 => Self::Init,
            _ => Self::Up,
        }
    }

    pub(super) const fn bits(self) -> u8 {
        match self {
            Self::AdminDown => 0,
            Self::Down => 1,
            Self::Init => 2,
            Self::Up => 3,
        }
    }

    /// The state after a packet whose sender is in the state `received` (RFC 5880 §6.2; the timer is that of the detection
    /// time, and AdminDown is left by nobody's packet):
    ///
    /// ```text
    ///                              +--+
    ///                              |  | UP, ADMIN DOWN, TIMER
    ///                              |  V
    ///                      DOWN  +------+  INIT
    ///               +------------|      |------------+
    ///               |            | DOWN |            |
    ///               |  +-------->|      |<--------+  |
    ///               |  |         +------+         |  |
    ///               |  |                          |  |
    ///               |  |               ADMIN DOWN,|  |
    ///               |  |ADMIN DOWN,          DOWN,|  |
    ///               |  |TIMER                TIMER|  |
    ///               V  |                          |  V
    ///             +------+                      +------+
    ///        +----|      |                      |      |----+
    ///    DOWN|    | INIT |--------------------->|  UP  |    |INIT, UP
    ///        +--->|      | INIT, UP             |      |<---+
    ///             +------+                      +------+
    /// ```
    pub(super) const fn after(self, received: Self) -> Self {
        match (self, received) {
            (Self::AdminDown, _) => Self::AdminDown,
            (Self::Down, Self::Down) | (Self::Init, Self::Down) => Self::Init,
            (Self::Down, Self::Init) => Self::Up,
            (Self::Down, Self::AdminDown | Self::Up) => Self::Down,
            (Self::Init, Self::AdminDown) => Self::Down,
            (Self::Init, Self::Init | Self::Up) => Self::Up,
            (Self::Up, Self::AdminDown | Self::Down) => Self::Down,
            (Self::Up, Self::Init | Self::Up) => Self::Up,
        }
    }
}

/// Why a system says it changed its state last (RFC 5880 §4.1): 0–31.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Diag(pub u8);

impl Diag {
    pub const NONE: Self = Self(0);
    /// Control Detection Time Expired: the peer was silent.
    pub const SILENT: Self = Self(1);
    /// Neighbor Signaled Session Down.
    pub const SIGNALLED: Self = Self(3);
    /// Administratively Down.
    pub const STOPPED: Self = Self(7);
}

#[cfg(test)]
mod tests {
    use super::SessionState::{AdminDown, Down, Init, Up};

    #[test]
    fn every_state_after_every_packet() {
        // Rows: before. Columns: what the peer says, in the order of the bits.
        for (before, after) in [
            (AdminDown, [AdminDown, AdminDown, AdminDown, AdminDown]),
            (Down, [Down, Init, Up, Down]),
            (Init, [Down, Init, Up, Up]),
            (Up, [Down, Down, Up, Up]),
        ] {
            for (received, after) in [AdminDown, Down, Init, Up].into_iter().zip(after) {
                assert_eq!(before.after(received), after, "{before:?} hears {received:?}");
            }
        }
    }
}
