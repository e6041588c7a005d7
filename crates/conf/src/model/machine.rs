//! What concerns the machine and not one router. Only delays of links are carried out yet.

use std::time::Duration;

/// `garp_group`: interfaces that share one pace of announcements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GarpGroup {
    /// `garp_interval`: least time between two gratuitous ARPs.
    pub arp: Option<Duration>,
    /// `gna_interval`: least time between two unsolicited NAs.
    pub na: Option<Duration>,
    /// Its interfaces; never empty.
    pub interfaces: Vec<String>,
}

/// `track_group`: routers that are in fault while a static address, route or rule of the group is lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackGroup {
    /// Name of the block.
    pub name: String,
    /// Names of its routers.
    pub members: Vec<String>,
}

/// A line of `interface_up_down_delays`: how long a change of the link state must last to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkDelay {
    /// The interface.
    pub interface: String,
    /// To down.
    pub down: Duration,
    /// To up.
    pub up: Duration,
}
