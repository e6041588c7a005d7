//! Routers without `interface`, and `vrf` (keepalived-config §3.1).

use std::net::IpAddr;

use super::Draft;
use super::unicast::{wants_unicast, written_source};
use crate::diagnostic::{Diagnostic, Diagnostics, MOST_LABELS};
use crate::keyword::Block;
use crate::keywords::{instance, instance_inert as inert};
use crate::read::{Raw, RawBlock, Settings};
use crate::say;
use crate::source::{FileId, Span};

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

impl Draft<'_> {
    /// §3.1 rules 3 to 8: only unicast with a source address can do without, and here not even that.
    pub(super) fn report_no_interface(&mut self) {
        if is_unsupported(self.raw) {
            return;
        }
        let missing = self.where_meant(&instance::INTERFACE, say::no_interface(self.header, self.name));
        self.report(if missing.span() != self.header {
            missing.note(say::no_interface_misplaced())
        } else if wants_unicast(self.settings).is_some() {
            let why = why_never_without(self.raw).unwrap_or_else(|| say::no_interface_unicast(self.header, self.name));
            without_dev(self.settings).fold(why, |said, address| said.also(address, say::no_interface_address()))
        } else if let Some(vrf) = self.settings.keyword(&inert::VRF) {
            say::unicast_vrf(vrf, self.name)
        } else {
            missing
        });
    }
}
