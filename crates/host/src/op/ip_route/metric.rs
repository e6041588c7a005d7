//! Numbers that the kernel keeps for the connections over a route (RTAX_*).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Metric {
    /// `mtu`
    Mtu,
    /// `advmss`
    AdvMss,
    /// `hoplimit`
    HopLimit,
    /// `window`
    Window,
    /// `reordering`
    Reordering,
    /// `cwnd`
    Cwnd,
    /// `ssthresh`
    SsThresh,
    /// `initcwnd`
    InitCwnd,
    /// `initrwnd`
    InitRwnd,
    /// `rtt`, in 1/8 ms
    Rtt,
    /// `rttvar`, in 1/4 ms
    RttVar,
    /// `rto_min`, in ms
    RtoMin,
    /// `quickack`, 0 or 1
    QuickAck,
    /// `fastopen_no_cookie`, 0 or 1
    FastOpenNoCookie,
}

impl Metric {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Mtu,
        Self::AdvMss,
        Self::HopLimit,
        Self::Window,
        Self::Reordering,
        Self::Cwnd,
        Self::SsThresh,
        Self::InitCwnd,
        Self::InitRwnd,
        Self::Rtt,
        Self::RttVar,
        Self::RtoMin,
        Self::QuickAck,
        Self::FastOpenNoCookie,
    ];

    /// As written.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mtu => "mtu",
            Self::AdvMss => "advmss",
            Self::HopLimit => "hoplimit",
            Self::Window => "window",
            Self::Reordering => "reordering",
            Self::Cwnd => "cwnd",
            Self::SsThresh => "ssthresh",
            Self::InitCwnd => "initcwnd",
            Self::InitRwnd => "initrwnd",
            Self::Rtt => "rtt",
            Self::RttVar => "rttvar",
            Self::RtoMin => "rto_min",
            Self::QuickAck => "quickack",
            Self::FastOpenNoCookie => "fastopen_no_cookie",
        }
    }

    /// How many of its units are a millisecond, for times.
    #[must_use]
    pub const fn per_millisecond(self) -> Option<u32> {
        match self {
            Self::Rtt => Some(8),
            Self::RttVar => Some(4),
            Self::RtoMin => Some(1),
            Self::Mtu
            | Self::AdvMss
            | Self::HopLimit
            | Self::Window
            | Self::Reordering
            | Self::Cwnd
            | Self::SsThresh
            | Self::InitCwnd
            | Self::InitRwnd
            | Self::QuickAck
            | Self::FastOpenNoCookie => None,
        }
    }

    /// `value` as written behind the name.
    #[must_use]
    pub fn text(self, value: u32) -> String {
        match self.per_millisecond() {
            Some(per) if value.is_multiple_of(per) => format!("{}ms", value / per),
            Some(_) | None => value.to_string(),
        }
    }
}

/// A value, and whether the kernel may change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Lockable<T> {
    /// Of a metric: in the unit of its name.
    pub value: T,
    /// `lock`.
    pub lock: Lock,
}

/// Whether the kernel may change a value from what it learns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Lock {
    /// It may.
    Open,
    /// `lock`: it may not.
    Locked,
}

impl<T: fmt::Display> fmt::Display for Lockable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.lock {
            Lock::Open => self.value.fmt(f),
            Lock::Locked => write!(f, "lock {}", self.value),
        }
    }
}
