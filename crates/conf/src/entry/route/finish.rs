//! What can be said only of a whole route.

use vrrp::types::Family;

use super::{Destination, Draft, LostHop};
use crate::entry::words::{Done, Dropped, OUR_PROTOCOL, Words};
use crate::model::route::{Hop, Named, NextHop, Prefix, Route};
use crate::say;
use crate::source::Span;

pub(super) fn finish(mut words: Words<'_, '_>, mut draft: Draft) -> Result<Route, Dropped> {
    let target = resolved_destination(&mut words, &mut draft)?;
    split_second(&mut words, &mut draft)?;
    if draft.route.kind.ends() {
        check_no_hop(&mut words, &draft)?;
    } else {
        check_hop(&mut words, &draft, target)?;
    }
    let protocol = draft.route.protocol.take();
    draft.route.protocol = words.kept_protocol(&draft.route.tracking, protocol, &Named::Number(OUR_PROTOCOL.into()));
    let nexthop = draft.route.nexthops.iter().any(|nexthop| nexthop.hop.dev.is_some());
    let interface = words.place("dev").or_else(|| nexthop.then_some(target));
    words.check_group(&mut draft.route.tracking, interface, "dev");
    Ok(draft.route)
}

/// Where the destination stands; `default` is of the family of the rest, else IPv4.
fn resolved_destination(words: &mut Words<'_, '_>, draft: &mut Draft) -> Result<Span, Dropped> {
    let Some((destination, span)) = draft.destination else {
        return words.drop_for(say::route_incomplete_destination(words.first()));
    };
    draft.route.destination = match destination {
        Destination::Default => Prefix::all(words.family().unwrap_or(Family::Ipv4)),
        Destination::Prefix(prefix) => prefix,
    };
    Ok(span)
}

/// `via A or B dev IF` is two next hops.
fn split_second(words: &mut Words<'_, '_>, draft: &mut Draft) -> Done {
    let (Some(second), Some(span)) = (draft.second, words.place("or")) else { return Ok(()) };
    if draft.route.hop.via.is_none() || !draft.route.nexthops.is_empty() || draft.lost_hop == LostHop::Yes {
        return words.drop_for(say::route_incomplete_or(span));
    }
    words.out.push(say::deprecated_option_or(span));
    let first = std::mem::take(&mut draft.route.hop);
    let second = Hop { via: Some(second), ..first.clone() };
    draft.route.nexthops = [first, second].into_iter().map(|hop| NextHop { hop, weight: 1 }).collect();
    Ok(())
}

/// IPv6 ignores the hop of such a route.
fn check_no_hop(words: &mut Words<'_, '_>, draft: &Draft) -> Done {
    let hop = ["via", "dev", "nexthop"].into_iter().find_map(|name| words.place(name));
    let hop = hop.filter(|_| draft.route.family() == Family::Ipv4);
    hop.map_or(Ok(()), |span| words.drop_for(say::route_incomplete_type(span, draft.route.kind.name())))
}

fn check_hop(words: &mut Words<'_, '_>, draft: &Draft, target: Span) -> Done {
    let hop = &draft.route.hop;
    let Some(first) = draft.route.nexthops.first() else {
        return match (hop.via.is_some() || hop.dev.is_some(), draft.lost_hop) {
            (true, _) => Ok(()),
            // Why it has none was reported.
            (false, LostHop::Yes) => Err(Dropped),
            (false, LostHop::No) => words.drop_for(say::route_incomplete_way(target)),
        };
    };
    // The kernel compares what stands outside with the first inside.
    let other_dev = hop.dev.is_some() && hop.dev != first.hop.dev;
    let other_via = hop.via.is_some() && hop.via != first.hop.via;
    let odd = [("via", other_via), ("dev", other_dev)].into_iter().find(|(_, is_other)| *is_other);
    let odd = odd.and_then(|(name, _)| words.place(name)).filter(|_| draft.route.family() == Family::Ipv4);
    odd.map_or(Ok(()), |span| words.drop_for(say::route_incomplete_ways(span)))
}
