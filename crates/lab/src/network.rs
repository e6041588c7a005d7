//! Routers with daemons and a client on a switch: what `tanist lab` and the tests play on.

use std::io;

use crate::capture::{Capture, without_echo};
use crate::host::{Forwarding, Host, HostSpec};
use crate::lan::{Lan, Segment};
use crate::requests::{Prefixed, prefixed};
use crate::router::{Program, RouterHost};

/// `N` routers and a client. The wire is recorded from the beginning. No daemon runs yet.
#[derive(Debug)]
pub struct Network<const N: usize> {
    // Daemons before the switch: they are dropped, so ended, first.
    /// The routers, in the order in which they were named.
    pub routers: [RouterHost; N],
    /// A host that does not forward.
    pub client: Host,
    /// What hosts have sent, but for echo requests and replies.
    pub capture: Capture,
    /// The switch.
    pub lan: Lan,
}

/// What a [`Network`] is to be.
#[derive(Clone, Debug)]
pub struct NetworkBuilder {
    routers: Vec<(NamedHost, Program)>,
    client: NamedHost,
}

#[derive(Clone, Debug)]
struct NamedHost {
    name: String,
    cables: Vec<CableSpec>,
}

#[derive(Clone, Debug)]
struct CableSpec {
    segment: Segment,
    nic: String,
    addresses: Vec<String>,
}

impl CableSpec {
    fn addresses(&self) -> io::Result<Vec<Prefixed>> {
        self.addresses.iter().map(|address| prefixed(address)).collect()
    }
}

impl Default for NetworkBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl NetworkBuilder {
    /// A network without routers, whose client has no address.
    #[must_use]
    pub fn new() -> Self {
        let unaddressed = CableSpec { segment: Segment::FIRST, nic: "eth0".into(), addresses: Vec::new() };
        Self { routers: Vec::new(), client: NamedHost { name: "client".into(), cables: vec![unaddressed] } }
    }

    /// Names a router, which needs a cable at least. Its host forwards.
    #[must_use]
    pub fn router(mut self, name: &str, program: Program) -> Self {
        self.routers.push((NamedHost { name: name.to_owned(), cables: Vec::new() }, program));
        self
    }

    /// Gives the router named last the interface `nic` with addresses in the form `ADDRESS/LENGTH`, on the first segment.
    #[must_use]
    pub fn cable(self, nic: &str, addresses: &[impl AsRef<str>]) -> Self {
        self.cable_to(Segment::FIRST, nic, addresses)
    }

    /// As [`NetworkBuilder::cable`], on another segment. The first cable of a router is always on the first segment.
    #[must_use]
    pub fn cable_to(mut self, segment: Segment, nic: &str, addresses: &[impl AsRef<str>]) -> Self {
        let addresses = addresses.iter().map(|address| address.as_ref().to_owned()).collect();
        if let Some((router, _)) = self.routers.last_mut() {
            router.cables.push(CableSpec { segment, nic: nic.to_owned(), addresses });
        }
        self
    }

    /// Gives the client addresses on its eth0.
    #[must_use]
    pub fn client(mut self, addresses: &[impl AsRef<str>]) -> Self {
        let addresses = addresses.iter().map(|address| address.as_ref().to_owned()).collect();
        self.client.cables = vec![CableSpec { segment: Segment::FIRST, nic: "eth0".into(), addresses }];
        self
    }

    /// Builds it.
    ///
    /// # Errors
    /// `InvalidInput` if not `N` routers were named, one has no cable on the first segment, or an address cannot be read;
    /// otherwise what the kernel says.
    pub fn build<const N: usize>(self) -> io::Result<Network<N>> {
        let segments = self.routers.iter().flat_map(|(router, _)| &router.cables).map(|cable| cable.segment.count());
        let mut lan = Lan::with_segments(segments.max().unwrap_or(1))?;
        let mut routers = Vec::new();
        for (host, program) in self.routers {
            routers.push(RouterHost::new(plug(&mut lan, &host, Forwarding::On)?, program)?);
        }
        let client = plug(&mut lan, &self.client, Forwarding::Off)?;
        let routers = <[RouterHost; N]>::try_from(routers)
            .map_err(|routers| invalid(&format!("{} routers are named, {N} wanted", routers.len())))?;
        Ok(Network { routers, client, capture: lan.capture(without_echo)?, lan })
    }
}

fn plug(lan: &mut Lan, named: &NamedHost, forwarding: Forwarding) -> io::Result<Host> {
    let (first, others) = named.cables.split_first().ok_or_else(|| invalid("a router without cable"))?;
    if first.segment != Segment::FIRST {
        return Err(invalid("the first cable of a router is not on the first segment"));
    }
    let spec = HostSpec { name: &named.name, nic: &first.nic, forwarding, addresses: &first.addresses()? };
    let mut host = lan.plug(&spec)?;
    for other in others {
        lan.add_cable(&mut host, other.segment, &other.nic, &other.addresses()?)?;
    }
    Ok(host)
}

fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, what)
}
