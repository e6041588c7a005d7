//! A LAN in network namespaces: hosts, routers that run real daemons, probes, and recordings of the wire.
//!
//! The rule of this crate: it may make namespaces and kill processes. `tanist lab` and the tests use it; the daemon's
//! threads never import it. Nothing needs root ([`enter_user_namespace`]), nothing outlives the values that stand for it.
//!
//! A scene of two routers and a client, recorded from its beginning:
//!
//! ```no_run
//! use std::time::Duration;
//! use lab::{Network, NetworkBuilder, Program, Watch, wait};
//!
//! # fn main() -> std::io::Result<()> {
//! let tanist = || Program::Tanist("target/debug/tanist".into());
//! let network = NetworkBuilder::new()
//!     .router("r1", tanist()).cable("eth0", &["192.0.2.11/24"])
//!     .router("r2", Program::Keepalived).cable("eth0", &["192.0.2.12/24"])
//!     .client(&["192.0.2.50/24"])
//!     .build()?;
//! let Network { routers: [mut r1, mut r2], client, capture, lan } = network;
//! let watch = Watch::new(capture, 51);
//! r1.start_with("vrrp_instance VI_1 { … priority 150 … }")?;
//! r2.start_with("vrrp_instance VI_1 { … priority 100 … }")?;
//! assert!(r1.wait_state("MASTER", Duration::from_secs(10)), "{}", r1.log());
//!
//! let since = watch.now();
//! r1.freeze()?;
//! let takeover = watch.takeover(since, &r2.host, &r1.host, Duration::from_secs(10)).expect("r2 takes over");
//! assert!(takeover.gap() > Some(Duration::from_secs(3)));
//! r1.thaw()?;
//! r1.host.rename_link("eth0", "eth9")?;
//! let gone = wait::until(Duration::from_secs(2), || r1.host.link_of("192.0.2.1".parse().unwrap()).is_none());
//! # Ok(()) }
//! ```
#![forbid(unsafe_code)]

mod ask;
mod capture;
mod craft;
mod echo;
mod frame;
mod holders;
mod host;
mod keepalived;
mod lan;
mod neighbours;
mod network;
mod pcap;
mod process;
mod requests;
mod router;
pub mod wait;
mod watch;

pub use ask::Asker;
pub use capture::{Capture, Captured, everything, without_echo};
pub use craft::{Addressee, Checksum, ForgedAdvert, internet_checksum, vrrp_frame};
pub use echo::{EchoProbe, Tally};
pub use frame::{CapturedFrame, Content, ObservedAdvert, Resolution};
pub use holders::{Held, Holders, Holding};
pub use host::{Cable, Forwarding, Host, HostSpec, Plugged};
pub use keepalived::keepalived_version;
pub use lan::{Lan, Segment};
pub use linux::netns::{Namespace, NoNamespaces, Privilege, enter_user_namespace};
pub use linux::tap::Direction;
pub use linux::trace::StoppedThread;
pub use neighbours::{Neighbour, forget_neighbours, neighbours};
pub use network::{Network, NetworkBuilder};
pub use pcap::{Remark, write_pcapng};
pub use process::{DaemonProcess, tail};
pub use requests::{AdminState, Prefixed, prefixed};
pub use router::{Program, RouterHost};
pub use watch::{Takeover, Watch};
