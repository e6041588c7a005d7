//! What can be said only of a whole route.

use vrrp::types::Family;

use super::{Destination, LostHop, Reader};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::entry::words::{Dropped, OUR_PROTOCOL};
use crate::model::route::{Hop, Named, NextHop, Prefix, Route};
use crate::source::Span;

impl Reader<'_, '_> {
    pub(super) fn finish(mut self) -> Result<Route, Dropped> {
        let target = self.resolved_destination()?;
        self.split_second()?;
        if self.route.kind.ends() {
            self.check_no_hop()?;
        } else {
            self.check_hop(target)?;
        }
        let protocol = self.route.protocol.take();
        self.route.protocol =
            self.words.kept_protocol(&self.route.tracking, protocol, |named| *named == Named::Number(OUR_PROTOCOL));
        let nexthop = self.route.nexthops.iter().any(|nexthop| nexthop.hop.dev.is_some());
        let interface = self.words.place("dev").or_else(|| nexthop.then_some(target));
        self.words.check_group(&mut self.route.tracking, interface, "dev");
        Ok(self.route)
    }

    /// Where the destination stands; `default` is of the family of the rest, else IPv4.
    fn resolved_destination(&mut self) -> Result<Span, Dropped> {
        let Some((destination, span)) = self.destination else {
            return self.words.fail(Code::RouteIncomplete, self.first, "a route needs a destination");
        };
        self.route.destination = match destination {
            Destination::Default => Prefix::all(self.words.family().unwrap_or(Family::Ipv4)),
            Destination::Prefix(prefix) => prefix,
        };
        Ok(span)
    }

    /// `via A or B dev IF` is two next hops.
    fn split_second(&mut self) -> Result<(), Dropped> {
        let (Some(second), Some(span)) = (self.second, self.words.place("or")) else { return Ok(()) };
        if self.route.hop.via.is_none() || !self.route.nexthops.is_empty() || self.lost_hop == LostHop::Yes {
            return self.words.fail(Code::RouteIncomplete, span, "`or` goes with `via`, and not with `nexthop`");
        }
        let diagnostic = Diagnostic::new(Code::DeprecatedOption, span, "`or` is deprecated").note("it still counts");
        self.words.out.push(diagnostic.help("write `nexthop via ADDRESS` for each at the end of the line"));
        let first = std::mem::take(&mut self.route.hop);
        let second = Hop { via: Some(second), ..first.clone() };
        self.route.nexthops = [first, second].into_iter().map(|hop| NextHop { hop, weight: 1 }).collect();
        Ok(())
    }

    /// IPv6 ignores the hop of such a route.
    fn check_no_hop(&mut self) -> Result<(), Dropped> {
        let hop = ["via", "dev", "nexthop"].into_iter().find_map(|name| self.words.place(name));
        match (self.route.family(), hop) {
            (Family::Ipv4, Some(span)) => {
                let what = format!("a `{}` route leads nowhere", self.route.kind.name());
                let diagnostic = Diagnostic::new(Code::RouteIncomplete, span, what);
                self.words.drop_for(diagnostic.note("the kernel refuses one with an interface or a next hop"))
            }
            (Family::Ipv4, None) | (Family::Ipv6, _) => Ok(()),
        }
    }

    fn check_hop(&mut self, target: Span) -> Result<(), Dropped> {
        let hop = &self.route.hop;
        let Some(first) = self.route.nexthops.first() else {
            return match (hop.via.is_some() || hop.dev.is_some(), self.lost_hop) {
                (true, _) => Ok(()),
                // Why it has none was reported.
                (false, LostHop::Yes) => Err(Dropped),
                (false, LostHop::No) => self.no_way(target),
            };
        };
        // The kernel compares what stands outside with the first inside.
        let other_dev = hop.dev.is_some() && hop.dev != first.hop.dev;
        let other_via = hop.via.is_some() && hop.via != first.hop.via;
        let odd = match (other_via, other_dev) {
            (true, _) => self.words.place("via"),
            (false, true) => self.words.place("dev"),
            (false, false) => None,
        };
        match (self.route.family(), odd) {
            (Family::Ipv4, Some(span)) => {
                let what = "this and the first `nexthop` name different ways";
                let diagnostic = Diagnostic::new(Code::RouteIncomplete, span, what).note("the kernel refuses that");
                self.words.drop_for(diagnostic.help("write it behind each `nexthop` alone"))
            }
            (Family::Ipv4, None) | (Family::Ipv6, _) => Ok(()),
        }
    }

    fn no_way(&mut self, target: Span) -> Result<(), Dropped> {
        let diagnostic = Diagnostic::new(Code::RouteIncomplete, target, "nothing says the way to this destination");
        let diagnostic = diagnostic.note("the kernel refuses such a route");
        self.words.drop_for(diagnostic.help("add `via ADDRESS` or `dev INTERFACE`"))
    }
}
