//! Routers that get into each other's way (keepalived-config §3.7).

use std::net::IpAddr;

use hashbrown::HashMap;
use vrrp::types::{Family, Vrid};

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keywords::instance;
use crate::model::Router;
use crate::read::RawBlock;
use crate::source::Span;

/// The routers that may run side by side, in file order.
pub(super) fn settle(routers: Vec<(&RawBlock, Router)>, out: &mut Diagnostics) -> Vec<Router> {
    let mut taken = Taken::default();
    check_sample(&routers, out);
    routers.into_iter().filter_map(|(raw, router)| taken.admit(raw, router, out)).collect()
}

/// The VRID of keepalived's sample configuration.
const SAMPLE_VRID: u8 = 51;

/// Says once that the sample's VRID was left in.
fn check_sample(routers: &[(&RawBlock, Router)], out: &mut Diagnostics) {
    let Some((raw, _)) = routers.iter().find(|(_, router)| router.vrid.value() == SAMPLE_VRID) else { return };
    let span = raw.settings.number(&instance::VIRTUAL_ROUTER_ID).map_or(raw.span, |vrid| vrid.span);
    let what = "VRID 51 is that of the sample configuration";
    let note = "many networks have a router with it already; two unrelated ones disturb each other";
    out.push(Diagnostic::new(Code::SampleVrid, span, what).note(note));
}

/// What earlier routers have.
#[derive(Default)]
struct Taken {
    vrids: HashMap<(String, Family, Vrid), Span>,
    names: HashMap<String, Span>,
    addresses: HashMap<IpAddr, Span>,
}

impl Taken {
    fn admit(&mut self, raw: &RawBlock, mut router: Router, out: &mut Diagnostics) -> Option<Router> {
        let vrid = raw.settings.number(&instance::VIRTUAL_ROUTER_ID).map_or(raw.span, |vrid| vrid.span);
        let key = (router.interface.clone(), router.family, router.vrid);
        if let Some(&first) = self.vrids.get(&key) {
            let what = format!("{} has a second {} router {}", router.interface, router.family, router.vrid);
            let note = format!("{} is left out; keepalived would not start at all", router.name);
            out.push(Diagnostic::new(Code::SameVrid, vrid, what).also(first, "the first").note(note));
            return None;
        }
        self.vrids.insert(key, vrid);
        self.name(raw, &mut router, out);
        self.addresses(raw, router.family, out);
        Some(router)
    }

    fn name(&mut self, raw: &RawBlock, router: &mut Router, out: &mut Diagnostics) {
        let Some(vmac) = &mut router.vmac else { return };
        let Some(name) = &vmac.name else { return };
        let span = raw.settings.words(&instance::USE_VMAC).find(|word| word.value == *name);
        let span = span.map_or(raw.span, |word| word.span);
        if let Some(&first) = self.names.get(name) {
            let what = format!("another router has the interface {name}");
            let diagnostic = Diagnostic::new(Code::VmacNameTaken, span, what).also(first, "here");
            out.push(diagnostic.note("this one gets the name that it has without one"));
            vmac.name = None;
        } else {
            self.names.insert(name.clone(), span);
        }
    }

    /// One message a router, however many addresses it shares.
    fn addresses(&mut self, raw: &RawBlock, family: Family, out: &mut Diagnostics) {
        let own = || {
            let entries = raw.settings.addresses(&instance::VIRTUAL_IPADDRESS);
            entries.filter(|entry| Family::of(&entry.value.address) == family)
        };
        let shared = own().find_map(|entry| Some((entry, *self.addresses.get(&entry.value.address)?)));
        self.addresses.extend(own().map(|entry| (entry.value.address, entry.span)));
        if let Some((entry, first)) = shared {
            let what = format!("another router has {} as well", entry.value.address);
            let diagnostic = Diagnostic::new(Code::SharedAddress, entry.span, what).also(first, "here");
            out.push(diagnostic.note("two masters would hold it"));
        }
    }
}
