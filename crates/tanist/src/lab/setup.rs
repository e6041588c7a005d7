//! What is to be run: two configuration files, written by us or by the user, and what follows from them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use conf::Severity;
use conf::model::{Config, Router, Switch};
use lab::Prefixed;
use vrrp::config::Preempt;
use vrrp::types::{Family, MacAddr};

use super::options::LabArgs;
use super::stop::Stop;
use super::written::Written;
use crate::loader;

/// One of the two routers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The one that should be master when both run: it has the higher priority.
    Favourite,
    /// The other one.
    Deputy,
}

impl Side {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::Favourite => Self::Deputy,
            Self::Deputy => Self::Favourite,
        }
    }
}

/// A router's file and what it says of the virtual router that is watched.
#[derive(Debug)]
pub(super) struct Member {
    /// `router1` or `router2`.
    pub(super) name: &'static str,
    /// The file.
    pub(super) file: PathBuf,
    /// Its text.
    pub(super) text: String,
    /// The watched virtual router.
    pub(super) router: Router,
    /// Whether a process stands in for its daemon.
    pub(super) guardian: Switch,
    /// Addresses of the machine.
    pub(super) addresses: Vec<Prefixed>,
}

/// Both routers and the client.
#[derive(Debug)]
pub(super) struct Setup {
    favourite: Member,
    deputy: Member,
    /// The virtual address that the client pings.
    pub(super) target: IpAddr,
    /// Addresses of the client.
    pub(super) client: Vec<Prefixed>,
}

impl Setup {
    /// Writes two files into `directory` and takes them.
    pub(super) fn write(options: &LabArgs, directory: &Path) -> Result<Self, Stop> {
        let on_unless = |absent| if absent { Switch::Off } else { Switch::On };
        let written = Written {
            vmac: on_unless(options.no_vmac),
            guardian: on_unless(options.no_guardian),
            families: if options.ipv6 { &[Family::Ipv6] } else { &[Family::Ipv4] },
            interval: options.advert_interval,
        };
        let file = |name: &str, priority: u8| -> Result<PathBuf, Stop> {
            let path = directory.join(format!("{name}.conf"));
            std::fs::write(&path, written.text(priority))?;
            Ok(path)
        };
        Self::read(&file("router1", 150)?, &file("router2", 100)?)
    }

    /// Takes two files of the user's. The first virtual router that both have is watched.
    pub(super) fn read(first: &Path, second: &Path) -> Result<Self, Stop> {
        let (first_config, second_config) = (load(first)?, load(second)?);
        let (first_routers, second_routers) = (&first_config.routers, &second_config.routers);
        let same = |a: &Router, b: &Router| (a.vrid, a.family) == (b.vrid, b.family);
        let pair = first_routers.iter().find_map(|a| Some((a, second_routers.iter().find(|b| same(a, b))?)));
        let Some((a, b)) = pair else {
            return Err(Stop::Impossible("the two files have no virtual router (VRID and family) in common".into()));
        };
        one_interface(first, first_routers)?;
        one_interface(second, second_routers)?;
        let Some(target) = watched_address(a) else {
            return Err(Stop::Impossible(format!("{} has no address", a.name)));
        };
        let virtual_ones = a.addresses.iter().chain(&b.addresses).map(|address| address.address);
        let taken: Vec<IpAddr> = virtual_ones.chain(a.source).chain(b.source).collect();
        let mut free = neighbours_of(target).filter(|(address, _)| !taken.contains(address));
        let mut machine = |source| source_or(source, target.1, &mut free);
        let guardians = (first_config.global.guardian, second_config.global.guardian);
        let a = member("router1", first, a, machine(a.source), guardians.0)?;
        let b = member("router2", second, b, machine(b.source), guardians.1)?;
        let client = free.next().into_iter().collect();
        let (favourite, deputy) = if rank(&a) >= rank(&b) { (a, b) } else { (b, a) };
        Ok(Self { favourite, deputy, target: target.0, client })
    }

    pub(super) const fn member(&self, side: Side) -> &Member {
        match side {
            Side::Favourite => &self.favourite,
            Side::Deputy => &self.deputy,
        }
    }

    /// The MAC address that clients must see for the virtual address while `side` is master; `None` without `use_vmac`:
    /// that of its interface.
    pub(super) fn virtual_mac(&self, side: Side) -> Option<MacAddr> {
        let router = &self.member(side).router;
        router.own_place().map(|place| router.virtual_mac(&place))
    }

    /// Who is master once the favourite is back while the deputy is master.
    pub(super) fn after_return(&self) -> Side {
        let higher = self.favourite.router.parameters.priority > self.deputy.router.parameters.priority;
        match self.favourite.router.parameters.preempt {
            Preempt::Always | Preempt::After(_) if higher => Side::Favourite,
            Preempt::Always | Preempt::After(_) | Preempt::Never => Side::Deputy,
        }
    }
}

/// Order of election.
fn rank(member: &Member) -> (vrrp::types::Priority, Option<IpAddr>) {
    (member.router.parameters.priority, member.addresses.first().map(|(address, _)| *address))
}

/// What a file says; a file with errors is not run.
fn load(file: &Path) -> Result<Config, Stop> {
    let loaded = loader::load(file, None);
    if loaded.diagnostics.worst() == Some(Severity::Error) {
        return Err(Stop::Impossible(loaded.diagnostics.render(conf::RenderStyle::Plain)));
    }
    Ok(loaded.config)
}

fn one_interface(file: &Path, routers: &[Router]) -> Result<(), Stop> {
    let mut interfaces: Vec<&str> = routers.iter().map(|router| router.interface.as_str()).collect();
    interfaces.dedup();
    if interfaces.len() > 1 {
        let text = format!("{} uses several interfaces ({})", file.display(), interfaces.join(", "));
        return Err(Stop::Impossible(format!("{text}; the lab has one LAN, so run one of them at a time")));
    }
    Ok(())
}

fn member(
    name: &'static str,
    file: &Path,
    router: &Router,
    address: Option<Prefixed>,
    guardian: Switch,
) -> Result<Member, Stop> {
    let (text, addresses) = (std::fs::read_to_string(file)?, address.into_iter().collect());
    Ok(Member { name, file: file.to_owned(), text, router: router.clone(), guardian, addresses })
}

/// The address to ping: the first that reaches beyond the link, else the first.
fn watched_address(router: &Router) -> Option<Prefixed> {
    let beyond_link = |address: &IpAddr| match address {
        IpAddr::V4(_) => true,
        IpAddr::V6(address) => !address.is_unicast_link_local(),
    };
    let all = || router.addresses.iter().map(|address| (address.address, address.prefix_len));
    all().find(|(address, _)| beyond_link(address)).or_else(|| all().next())
}

/// The other addresses of the virtual one's subnet, upwards from it, for the machines of the lab. A host route leaves
/// the usual subnet size.
fn neighbours_of((target, prefix_len): Prefixed) -> Box<dyn Iterator<Item = Prefixed>> {
    match target {
        IpAddr::V4(target) => {
            let prefix_len = if prefix_len > 30 { 24 } else { prefix_len };
            let hosts = u32::MAX >> prefix_len;
            let others = (1..=hosts).map(move |step| (target.to_bits() & hosts).wrapping_add(step) & hosts);
            // Neither the network's own address nor its broadcast address.
            let usable = others.filter(move |host| *host != 0 && *host != hosts);
            let address = move |host| Ipv4Addr::from_bits(target.to_bits() & !hosts | host);
            Box::new(usable.map(move |host| (address(host).into(), prefix_len)))
        }
        IpAddr::V6(target) => {
            let prefix_len = if prefix_len > 126 { 64 } else { prefix_len };
            let address = move |step: u16| Ipv6Addr::from_bits(target.to_bits().wrapping_add(u128::from(step)));
            Box::new((1..=u16::MAX).map(move |step| (address(step).into(), prefix_len)))
        }
    }
}

/// The address that the configuration sends from, or the next free one.
fn source_or(
    configured: Option<IpAddr>,
    prefix_len: u8,
    free: &mut impl Iterator<Item = Prefixed>,
) -> Option<Prefixed> {
    configured.map(|address| (address, prefix_len)).or_else(|| free.next())
}
