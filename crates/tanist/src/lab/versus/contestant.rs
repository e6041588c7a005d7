//! Who is compared.

use std::process::Command;

use conf::model::Switch;
use lab::{Program, RouterHost};
use rustix::process::Signal;
use vrrp::types::{Family, Interval};

use super::super::stop::Stop;
use super::super::written::Written;
use super::contest::END_TIMEOUT;
use crate::control::client;

/// A daemon with a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contestant {
    /// The installed keepalived.
    Keepalived,
    /// tanist with `tanist_guardian off`.
    Unguarded,
    /// tanist as it is where nothing else is written.
    Tanist,
}

impl Contestant {
    /// All, in the order of the table's columns.
    pub(super) const ALL: [Self; 3] = [Self::Keepalived, Self::Unguarded, Self::Tanist];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Keepalived => "keepalived",
            Self::Unguarded => "tanist without a guardian",
            Self::Tanist => "tanist",
        }
    }

    /// With the version of what is not ours.
    pub(super) fn heading(self, keepalived: &str) -> String {
        match self {
            Self::Keepalived => format!("{} {keepalived}", self.name()),
            Self::Unguarded | Self::Tanist => self.name().to_owned(),
        }
    }

    pub(super) fn program(self) -> Result<Program, Stop> {
        Ok(match self {
            Self::Keepalived => Program::Keepalived,
            Self::Unguarded | Self::Tanist => Program::Tanist(std::env::current_exe()?),
        })
    }

    /// What both of its routers' files say, but for the priority: a router of each family.
    pub(super) const fn written(self, vmac: Switch, interval: Interval) -> Written {
        let guardian = match self {
            Self::Unguarded => Switch::Off,
            Self::Keepalived | Self::Tanist => Switch::On,
        };
        Written { vmac, guardian, families: &[Family::Ipv4, Family::Ipv6], interval }
    }

    /// The command that starts it: it ends with the calling thread.
    pub(super) fn command(self, router: &RouterHost) -> Command {
        let mut command = router.command();
        match self {
            Self::Keepalived => linux::child::confine(&mut command, None),
            // It looks after that itself, so that it cleans up.
            Self::Unguarded | Self::Tanist => {}
        }
        command
    }

    /// Restarts it as its administrator does: keepalived has nothing but what the unit of its package does, which stops it and
    /// then starts it.
    pub(super) fn restart(self, router: &mut RouterHost) -> Result<(), Stop> {
        match self {
            Self::Keepalived => {
                router.signal(Signal::TERM)?;
                router.wait_end(END_TIMEOUT);
                let command = self.command(router);
                Ok(router.start_as(command)?)
            }
            Self::Unguarded | Self::Tanist => {
                let restarted = client::restart(&router.control());
                restarted.map(drop).map_err(|why| Stop::Impossible(format!("{}: {why}", self.name())))
            }
        }
    }
}
