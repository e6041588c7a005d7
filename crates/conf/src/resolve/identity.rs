//! Which router it is: interface, VRID, family, version (keepalived-config §1.17, §3.1).

use std::net::IpAddr;

use vrrp::types::{Family, Version, Vrid};

use super::Draft;
use super::medium::{wants_unicast, written_source};
use crate::diagnostic::{Diagnostic, Diagnostics, MOST_LABELS};
use crate::keyword::{Block, KeywordDef, List};
use crate::keywords::{global, instance};
use crate::model::Peer;
use crate::read::{Raw, RawBlock, Setting, Settings};
use crate::say;
use crate::source::{FileId, Span};
use crate::value::Typed as _;

impl Draft<'_> {
    /// Without one there is no router, nor without a VRID.
    pub(super) fn interface(&mut self) -> Option<String> {
        let interface = self.settings.value(&instance::INTERFACE).map(str::to_owned);
        if interface.is_none() && !self.is_lost_by(&instance::INTERFACE) {
            self.report_no_interface();
        }
        interface
    }

    /// Whether the block is cut off, or the arguments of `row` were refused; then that says what it costs.
    fn is_lost_by(&mut self, row: &KeywordDef) -> bool {
        if self.settings.is_lost() {
            return true;
        }
        let Some(span) = self.settings.refused(row) else { return false };
        self.out.add_consequence(span, &say::no_interface_lost(&self.raw.name));
        true
    }

    pub(super) fn vrid(&mut self) -> Option<Vrid> {
        let vrid = self.settings.value(&instance::VIRTUAL_ROUTER_ID).and_then(Vrid::new);
        if vrid.is_none() && !self.is_lost_by(&instance::VIRTUAL_ROUTER_ID) {
            let missing = say::no_vrid(self.raw.span, &self.raw.name);
            let diagnostic = self.where_meant(&instance::VIRTUAL_ROUTER_ID, missing);
            self.report(diagnostic);
        }
        vrid
    }

    /// What says it first (keepalived-config §1.17); IPv4 if nothing does.
    pub(super) fn family(&mut self) -> Family {
        let said = self.settings.iter().find_map(family_of);
        self.family_at = said.map(|(_, span)| span);
        let (Some((Family::Ipv4, first)), Some(native)) = (said, self.settings.keyword(&instance::NATIVE_IPV6)) else {
            return said.map_or(Family::Ipv4, |(family, _)| family);
        };
        self.report(say::family_mix(native, first));
        Family::Ipv4
    }

    pub(super) fn version(&self, family: Family) -> Version {
        match (family, self.value(&instance::VERSION, &global::VRRP_VERSION)) {
            (Family::Ipv6, _) | (Family::Ipv4, Some(3)) => Version::V3,
            (Family::Ipv4, Some(_) | None) => Version::V2,
        }
    }

    /// What is of the other family than the router.
    pub(super) fn also_family(&self, diagnostic: Diagnostic, family: Family) -> Diagnostic {
        let elsewhere = self.family_at.filter(|&at| at != diagnostic.span());
        diagnostic.also_at(elsewhere, say::other_family_router(family))
    }

    /// §3.1 rules 3 to 8: only unicast with a source address can do without, and here not even that.
    fn report_no_interface(&mut self) {
        if is_unsupported(self.raw) {
            return;
        }
        let missing = self.where_meant(&instance::INTERFACE, say::no_interface(self.raw.span, &self.raw.name));
        self.report(if missing.span() != self.raw.span {
            missing.note(say::no_interface_misplaced())
        } else if wants_unicast(self.settings).is_some() {
            let why =
                why_never_without(self.raw).unwrap_or_else(|| say::no_interface_unicast(self.raw.span, &self.raw.name));
            without_dev(self.settings).fold(why, |said, address| said.also(address, say::no_interface_address()))
        } else if let Some(vrf) = self.settings.keyword(&instance::VRF) {
            say::unicast_vrf(vrf, &self.raw.name)
        } else {
            missing
        });
    }
}

/// The family that a statement fixes, and where.
fn family_of(setting: &Setting) -> Option<(Family, Span)> {
    let name = setting.row.name;
    if name == instance::NATIVE_IPV6.name {
        return Some((Family::Ipv6, setting.keyword));
    }
    if name == instance::VIRTUAL_IPADDRESS.name {
        return setting.addresses().first().map(|first| (Family::of(&first.value.address), first.span));
    }
    let peer =
        || Some(List::<Peer>::of(&setting.value)?.first()?).map(|peer| (Family::of(&peer.value.address), peer.span));
    let address = IpAddr::of(&setting.value).map(|address| (Family::of(&address), setting.span));
    address.or_else(peer)
}

/// Whether a router is one that later keepalived runs without `interface`, and tanist does not (§3.1 rules 4 to 7).
pub(crate) fn is_unsupported(router: &RawBlock) -> bool {
    let settings = &router.settings;
    settings.is_absent(&instance::INTERFACE)
        && wants_unicast(settings).is_some()
        && why_never_without(router).is_none()
        && without_dev(settings).next().is_none()
}

/// Says once for each file that routers without `interface` are not supported.
pub(super) fn report_unsupported(raw: &Raw, out: &mut Diagnostics) {
    let mut routers: Vec<&RawBlock> =
        raw.blocks(Block::Instance).iter().filter(|router| is_unsupported(router)).collect();
    let file = |router: &RawBlock, out: &Diagnostics| -> FileId { out.sources.place(router.span).file };
    while let Some(&first) = routers.first() {
        let of_file = file(first, out);
        let alike: Vec<&RawBlock> = routers.extract_if(.., |router| file(router, out) == of_file).collect();
        let names = alike.iter().map(|router| router.name.as_str()).collect::<Vec<_>>().join(", ");
        let diagnostic = say::unicast_without_interface(first.span, names);
        out.push(alike.iter().take(MOST_LABELS).skip(1).fold(diagnostic, |said, router| said.also(router.span, "")));
    }
}

/// Why no keepalived runs a unicast router without `interface`.
fn why_never_without(router: &RawBlock) -> Option<Diagnostic> {
    let Some(source) = written_source(&router.settings) else {
        return Some(say::no_interface_no_source(router.span, &router.name));
    };
    match source.value {
        IpAddr::V6(address) if address.is_unicast_link_local() => {
            Some(say::no_interface_link_local(source.span, address))
        }
        IpAddr::V4(_) | IpAddr::V6(_) => router.settings.keyword(&instance::USE_VMAC).map(say::no_interface_vmac),
    }
}

/// Of each list of addresses the first that does not say on which interface it is.
fn without_dev(settings: &Settings) -> impl Iterator<Item = Span> {
    [&instance::VIRTUAL_IPADDRESS, &instance::VIRTUAL_IPADDRESS_EXCLUDED].into_iter().filter_map(|row| {
        let first = settings.entries(row).find(|entry| entry.value.dev.is_none());
        first.map(|entry| entry.span)
    })
}
