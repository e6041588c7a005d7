//! Which router it is: interface, VRID, family, version (keepalived-config §1.17, §3.1).

use std::net::IpAddr;

use vrrp::types::{Family, Version, Vrid};

use super::Draft;
use crate::diagnostic::Diagnostic;
use crate::keyword::{KeywordDef, List};
use crate::keywords::{global, instance, instance_inert as inert};
use crate::model::Peer;
use crate::read::Setting;
use crate::say;
use crate::source::Span;
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

    /// Whether the arguments of `row` were refused; then that says what it costs.
    fn is_lost_by(&mut self, row: &KeywordDef) -> bool {
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
        let missing = self.where_meant(&instance::INTERFACE, say::no_interface(self.raw.span, &self.raw.name));
        let diagnostic = if missing.span() != self.raw.span {
            missing.note(say::no_interface_misplaced())
        } else if self.wants_unicast().is_some() {
            self.unicast_without_interface()
        } else if let Some(vrf) = self.settings.keyword(&inert::VRF) {
            // That it is not carried out does not matter any more.
            self.without_effect.push(inert::VRF.name);
            self.out.take_back_status(vrf);
            say::unicast_vrf(vrf, &self.raw.name)
        } else {
            missing
        };
        self.report(diagnostic);
    }

    fn unicast_without_interface(&self) -> Diagnostic {
        let mut diagnostic = self.why_not_without();
        for row in [&instance::VIRTUAL_IPADDRESS, &instance::VIRTUAL_IPADDRESS_EXCLUDED] {
            if let Some(entry) = self.settings.entries(row).find(|entry| entry.value.dev.is_none()) {
                diagnostic = diagnostic.also(entry.span, say::no_interface_address());
            }
        }
        diagnostic
    }

    fn why_not_without(&self) -> Diagnostic {
        let Some(source) = self.written_source() else {
            return say::no_interface_no_source(self.raw.span, &self.raw.name);
        };
        if let IpAddr::V6(address) = source.value
            && address.is_unicast_link_local()
        {
            return say::no_interface_link_local(source.span, address);
        }
        match self.settings.keyword(&instance::USE_VMAC) {
            Some(vmac) => say::no_interface_vmac(vmac),
            None => say::no_interface_unicast(self.raw.span, &self.raw.name),
        }
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
