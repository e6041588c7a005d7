//! Firewall tables: nothing of them has an effect here, but keepalived would not do both (keepalived-config §3.8).

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::read::Settings;

/// §3.8 rules 1 and 2. Each takes the place of the remark that the keyword has no effect.
pub(super) fn check(settings: &Settings, out: &mut Diagnostics) {
    let place = |name: &str| settings.iter().find(|setting| setting.row.name == name).map(|setting| setting.keyword);
    let (nftables, iptables, ipsets) = (place("nftables"), place("vrrp_iptables"), place("vrrp_ipsets"));
    if let (Some(nftables), Some(iptables)) = (nftables, iptables) {
        out.take_back_status(iptables);
        let diagnostic = Diagnostic::new(Code::FirewallTwice, iptables, "`vrrp_iptables` does not go with `nftables`");
        let note = "keepalived uses nftables; here neither is needed";
        out.push(diagnostic.also(nftables, "this counts").note(note).help("remove one of the two"));
    }
    if let (None, Some(ipsets)) = (iptables, ipsets) {
        out.take_back_status(ipsets);
        let diagnostic = Diagnostic::new(Code::IpsetsAlone, ipsets, "`vrrp_ipsets` without `vrrp_iptables`");
        out.push(diagnostic.note("keepalived ignores it; here neither is needed").help("remove the line"));
    }
}
