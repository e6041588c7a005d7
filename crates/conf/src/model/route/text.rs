//! A route as one line that means the same.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use super::part::Text;
use super::{Features, Hop, Insertion, Lockable, Metric, NextHop, OnLink, Route, RouteKind};
use crate::quote::quoted;

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // All fields, so that the compiler asks for the text of a new one.
        #[rustfmt::skip]
        let Self {
            kind, destination, hop, nexthops, source, from, table, metric, tos, protocol, scope, vrf, metrics, features,
            congestion, preference, expires, ttl_propagate, insertion, tracking,
        } = self;
        let mut text = Text::default();
        if *kind != RouteKind::Unicast {
            text.put(kind.name());
        }
        match (destination.address, destination.len) {
            (IpAddr::V4(address), 0) if address.is_unspecified() => text.put("default"),
            (IpAddr::V4(_) | IpAddr::V6(_), _) => text.put(destination),
        }
        hop.put(&mut text);
        text.option("src", *source);
        text.option("from", *from);
        text.option("table", table.as_ref());
        text.option("metric", *metric);
        text.option("tos", tos.as_ref());
        text.option("protocol", protocol.as_ref());
        text.option("scope", scope.as_ref());
        text.name("vrf", vrf.as_ref());
        put_metrics(metrics, *features, congestion.as_ref(), &mut text);
        text.option("pref", preference.map(super::RoutePreference::name));
        text.option("expires", *expires);
        text.option("ttl-propagate", ttl_propagate.map(super::TtlPropagate::name));
        match insertion {
            Insertion::Prepend => {}
            Insertion::Add => text.put("add"),
            Insertion::Append => text.put("append"),
        }
        text.tracking(tracking);
        for nexthop in nexthops {
            nexthop.put(&mut text);
        }
        text.show(f)
    }
}

fn put_metrics(
    metrics: &BTreeMap<Metric, Lockable<u32>>,
    features: Features,
    congestion: Option<&Lockable<String>>,
    text: &mut Text,
) {
    for (metric, Lockable { value, lock }) in metrics {
        text.option(metric.name(), Some(Lockable { value: metric.text(*value), lock: *lock }));
    }
    match features {
        Features::None => {}
        Features::Ecn => text.option("features", Some("ecn")),
    }
    text.option("congctl", congestion.map(|name| Lockable { value: quoted(&name.value), lock: name.lock }));
}

impl Hop {
    fn put(&self, text: &mut Text) {
        let Self { via, dev, onlink, realms, encap } = self;
        text.option("via", *via);
        text.name("dev", dev.as_ref());
        match onlink {
            OnLink::Checked => {}
            OnLink::Assumed => text.put("onlink"),
        }
        text.option("realms", realms.as_ref());
        text.option("encap", encap.as_ref());
    }
}

impl NextHop {
    fn put(&self, text: &mut Text) {
        let Self { hop, weight } = self;
        text.put("nexthop");
        hop.put(text);
        if *weight != 1 {
            text.option("weight", Some(weight));
        }
    }
}
