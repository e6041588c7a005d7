//! Routers that get into each other's way (keepalived-config §3.7).

use std::collections::HashSet;
use std::net::IpAddr;

use hashbrown::HashMap;
use vrrp::types::{Family, Vrid};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::instance;
use crate::model::Router;
use crate::read::{RawBlock, Standing};
use crate::source::Span;

/// A router, what it was made of, and whether it may run.
type Drafted<'a> = (&'a RawBlock, Router, Standing);

/// The routers that may run side by side, and those that do not run, each in file order.
pub(super) fn settle(routers: Vec<Drafted<'_>>, out: &mut Diagnostics) -> (Vec<Router>, Vec<Router>) {
    let mut taken = Taken::default();
    let (mut running, mut left_out) = (Vec::new(), Vec::new());
    check_sample(&routers, out);
    for (raw, mut router, standing) in routers {
        match (taken.admit(raw, &mut router, out), standing) {
            (Admitted::Yes, Standing::Runs) => running.push(router),
            (Admitted::Yes, Standing::LeftOut) => left_out.push(router),
            (Admitted::No, _) => {}
        }
    }
    (running, left_out)
}

/// Whether a router has a VRID of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admitted {
    Yes,
    No,
}

/// The VRID of keepalived's sample configuration.
const SAMPLE_VRID: u8 = 51;

/// Says once that the sample's VRID was left in.
fn check_sample(routers: &[Drafted<'_>], out: &mut Diagnostics) {
    let Some((raw, ..)) = routers.iter().find(|(_, router, _)| router.vrid.value() == SAMPLE_VRID) else { return };
    let span = raw.settings.number(&instance::VIRTUAL_ROUTER_ID).map_or(raw.span, |vrid| vrid.span);
    let what = "VRID 51 is that of the sample configuration";
    let note = "many networks have a router with it already; two unrelated ones disturb each other";
    out.push(Diagnostic::new(Code::SampleVrid, span, what).note(note));
}

/// Where a router is alone with its VRID: unicast and multicast do not meet, nor do two groups.
#[derive(PartialEq, Eq, Hash)]
struct Place {
    interface: String,
    family: Family,
    vrid: Vrid,
    group: IpAddr,
    unicast: Option<Option<IpAddr>>,
}

/// What earlier routers have.
#[derive(Default)]
struct Taken {
    vrids: HashMap<Place, Vec<(Span, HashSet<IpAddr>)>>,
    names: HashMap<String, (Span, String)>,
    addresses: HashMap<IpAddr, (Span, String)>,
}

impl Taken {
    fn admit(&mut self, raw: &RawBlock, router: &mut Router, out: &mut Diagnostics) -> Admitted {
        let vrid = raw.settings.number(&instance::VIRTUAL_ROUTER_ID).map_or(raw.span, |vrid| vrid.span);
        let peers: HashSet<IpAddr> = router.peers.iter().map(|peer| peer.address).collect();
        let earlier = self.vrids.entry(place(router)).or_default();
        let clash = earlier.iter().find(|(_, others)| peers.is_empty() || !peers.is_disjoint(others));
        if let Some(&(first, ref others)) = clash {
            let what = format!("{} has a second {} router {}", router.interface, router.family, router.vrid);
            let what = match peers.intersection(others).next() {
                Some(peer) => format!("{what} with the peer {peer}"),
                None => what,
            };
            let note = format!("{} is left out; keepalived would not start at all", router.name);
            let diagnostic = Diagnostic::new(Code::SameVrid, vrid, what).also(first, "the first").note(note);
            out.push(diagnostic.help("give it another VRID, on all its routers"));
            return Admitted::No;
        }
        earlier.push((vrid, peers));
        self.name(raw, router, out);
        self.addresses(raw, router.family, out);
        Admitted::Yes
    }

    fn name(&mut self, raw: &RawBlock, router: &mut Router, out: &mut Diagnostics) {
        let Some(vmac) = &mut router.vmac else { return };
        let Some(name) = &vmac.name else { return };
        let span = raw.settings.words(&instance::USE_VMAC).find(|word| word.value == *name);
        let span = span.map_or(raw.span, |word| word.span);
        if let Some((first, owner)) = self.names.get(name) {
            let what = format!("the router {owner} has the interface {name}");
            let diagnostic = Diagnostic::new(Code::VmacNameTaken, span, what).also(*first, "here");
            out.push(diagnostic.note("this one gets the name that it has without one"));
            vmac.name = None;
        } else {
            self.names.insert(name.clone(), (span, router.name.clone()));
        }
    }

    /// One message a router, however many addresses it shares.
    fn addresses(&mut self, raw: &RawBlock, family: Family, out: &mut Diagnostics) {
        let own = || {
            let entries = raw.settings.addresses(&instance::VIRTUAL_IPADDRESS);
            entries.filter(|entry| Family::of(&entry.value.address) == family)
        };
        let shared = own().find_map(|entry| Some((entry, self.addresses.get(&entry.value.address)?.clone())));
        self.addresses.extend(own().map(|entry| (entry.value.address, (entry.span, raw.name.clone()))));
        if let Some((entry, (first, owner))) = shared {
            let what = format!("the router {owner} has {} as well", entry.value.address);
            let diagnostic = Diagnostic::new(Code::SharedAddress, entry.span, what).also(first, "here");
            out.push(diagnostic.note("two masters would hold it"));
        }
    }
}

fn place(router: &Router) -> Place {
    let unicast = (!router.peers.is_empty()).then_some(router.source);
    Place {
        interface: router.interface.clone(),
        family: router.family,
        vrid: router.vrid,
        group: router.group,
        unicast,
    }
}
