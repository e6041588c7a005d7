//! `use_ipvlan`, `promote_secondaries` (keepalived-config §3.7).

use std::net::IpAddr;

use vrrp::types::Family;

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keywords::{instance, instance_inert as inert};

impl Draft<'_> {
    /// §3.7 rules 11 and 12.
    pub(super) fn check_ipvlan(&mut self, family: Family) {
        self.check_promotion();
        let Some(span) = self.settings.keyword(&inert::USE_IPVLAN) else { return };
        let mut words = self.settings.entries(&inert::USE_IPVLAN);
        let address = words.find_map(|word| {
            let bare = word.value.split('/').next().unwrap_or_default();
            bare.parse::<IpAddr>().ok().map(|address| (address, word.span))
        });
        let note = "keepalived keeps the router in FAULT; here addresses are added to the interface itself";
        let diagnostic = match address {
            Some((address, at)) if Family::of(&address) != family => {
                let what = format!("{address} cannot be the address of an {family} router's interface");
                self.also_family(Diagnostic::new(Code::OtherFamily, at, what), family)
            }
            None if family == Family::Ipv4 => {
                let diagnostic =
                    Diagnostic::new(Code::IpvlanAddress, span, "an IPv4 ipvlan interface needs an address");
                diagnostic.help("write it behind the name: `use_ipvlan NAME ADDRESS/LEN`")
            }
            Some(_) | None => return,
        };
        self.moot(&inert::USE_IPVLAN);
        self.report(diagnostic.note(note));
    }

    fn check_promotion(&mut self) {
        let Some(span) = self.settings.keyword(&inert::PROMOTE_SECONDARIES) else { return };
        let own = [&instance::USE_VMAC, &inert::USE_IPVLAN];
        if let Some(interface) = own.iter().find_map(|row| self.settings.keyword(row)) {
            self.moot(&inert::PROMOTE_SECONDARIES);
            let what = "`promote_secondaries` changes nothing here";
            let diagnostic = Diagnostic::new(Code::PromoteImplied, span, what).also(interface, "this does as much");
            self.report(
                diagnostic.note("the interface of a router keeps its addresses anyway").help("remove the line"),
            );
        }
    }
}
