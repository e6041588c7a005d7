//! The command line of `tanist lab`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use vrrp::types::Interval;

/// Options of `tanist lab`.
#[derive(Debug, Args)]
pub(crate) struct LabArgs {
    /// Without virtual MAC: the addresses are on the interface itself
    #[arg(long, conflicts_with = "config")]
    pub(super) no_vmac: bool,
    /// IPv6 instead of IPv4
    #[arg(long, conflicts_with = "config")]
    pub(super) ipv6: bool,
    /// Without a guardian beside each daemon (`tanist_guardian off`)
    #[arg(long, conflicts_with = "config")]
    pub(super) no_guardian: bool,
    /// Time between advertisements, 0.01 to 40.95
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = interval, conflicts_with = "config")]
    pub(super) advert_interval: Interval,
    /// Run your own two configuration files
    #[arg(long, num_args = 2, value_names = ["FILE", "FILE"])]
    pub(super) config: Option<Vec<PathBuf>>,
    /// Write all frames that the switch has seen to a pcapng file, for tshark and Wireshark
    #[arg(long, value_name = "FILE", conflicts_with = "versus")]
    pub(super) pcap: Option<PathBuf>,
    /// Draw a timeline as an SVG picture: addresses, adverts, pings (with --versus: of IPv4 with virtual MACs)
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,
    /// The same stop, kill, freeze and restart with another daemon as well, side by side, with virtual MAC and without, IPv4 and
    /// IPv6: prints a table
    #[arg(long, value_name = "PROGRAM", conflicts_with_all = ["config", "no_vmac", "ipv6", "no_guardian"])]
    pub(super) versus: Option<Rival>,
}

/// Whom tanist is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Rival {
    /// The installed keepalived
    Keepalived,
}

/// Parses `--advert-interval`.
fn interval(text: &str) -> Result<Interval, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    let centis = (1..=Interval::LONGEST_V3.centis()).find(|centis| (f64::from(*centis) / 100.0 - seconds).abs() < 1e-6);
    centis.and_then(Interval::from_centis).ok_or_else(|| "must be 0.01 to 40.95, in hundredths".to_owned())
}
