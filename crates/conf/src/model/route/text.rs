//! A route as one line that means the same.

use std::fmt;
use std::net::IpAddr;

use super::part::Text;
use super::{Features, Hop, Insertion, Lockable, NextHop, OnLink, Route, RouteKind};
use crate::quote::quoted;

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Text::default();
        if self.kind != RouteKind::Unicast {
            text.put(self.kind.name());
        }
        match (self.destination.address, self.destination.len) {
            (IpAddr::V4(address), 0) if address.is_unspecified() => text.put("default"),
            (IpAddr::V4(_) | IpAddr::V6(_), _) => text.put(self.destination),
        }
        self.hop.put(&mut text);
        text.option("src", self.source);
        text.option("from", self.from);
        text.option("table", self.table.as_ref());
        text.option("metric", self.metric);
        text.option("tos", self.tos.as_ref());
        text.option("protocol", self.protocol.as_ref());
        text.option("scope", self.scope.as_ref());
        text.name("vrf", self.vrf.as_ref());
        self.put_metrics(&mut text);
        text.option("pref", self.preference.map(super::RoutePreference::name));
        text.option("expires", self.expires);
        text.option("ttl-propagate", self.ttl_propagate.map(super::TtlPropagate::name));
        match self.insertion {
            Insertion::Prepend => {}
            Insertion::Add => text.put("add"),
            Insertion::Append => text.put("append"),
        }
        text.tracking(&self.tracking);
        for nexthop in &self.nexthops {
            nexthop.put(&mut text);
        }
        text.show(f)
    }
}

impl Route {
    fn put_metrics(&self, text: &mut Text) {
        for (metric, Lockable { value, lock }) in &self.metrics {
            text.option(metric.name(), Some(Lockable { value: metric.text(*value), lock: *lock }));
        }
        match self.features {
            Features::None => {}
            Features::Ecn => text.option("features", Some("ecn")),
        }
        let congestion = self.congestion.as_ref();
        text.option("congctl", congestion.map(|name| Lockable { value: quoted(&name.value), lock: name.lock }));
    }
}

impl Hop {
    fn put(&self, text: &mut Text) {
        text.option("via", self.via);
        text.name("dev", self.dev.as_ref());
        match self.onlink {
            OnLink::Checked => {}
            OnLink::Assumed => text.put("onlink"),
        }
        text.option("realms", self.realms.as_ref());
        text.option("encap", self.encap.as_ref());
    }
}

impl NextHop {
    fn put(&self, text: &mut Text) {
        text.put("nexthop");
        self.hop.put(text);
        if self.weight != 1 {
            text.option("weight", Some(self.weight));
        }
    }
}
