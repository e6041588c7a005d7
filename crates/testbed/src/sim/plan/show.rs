//! A plan in words, for whoever has to understand a failure.

use std::fmt;
use std::time::Duration;

use super::{Fault, Member, NodePlan, Noise, Plan, ReadLimits, VirtualRouter, source};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Noise { loss, duplication, delay } = self.noise;
        writeln!(
            f,
            "  until {:?}: loss {loss} %, duplication {duplication} %, delay up to {delay:?}",
            self.quiet_from
        )?;
        writeln!(f, "  lease {:?}", self.lease)?;
        for (place, VirtualRouter { vrid, family, version, cast, seal }) in self.routers.iter().enumerate() {
            writeln!(f, "  router {place}: VRID {vrid}, {family}, {version}, {cast:?}, {seal:?}")?;
        }
        self.groups.iter().try_for_each(|group| writeln!(f, "  sync group of routers {group:?}"))?;
        self.nodes.iter().enumerate().try_for_each(|(place, node)| self.show_node(place, node, f))?;
        self.faults.iter().try_for_each(|(at, fault)| writeln!(f, "  {}", show_fault(*at, fault)))
    }
}

impl Plan {
    fn show_node(&self, place: usize, node: &NodePlan, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NodePlan { start, limits: ReadLimits { batch, batches, room }, piece, clock, trackers, members } = node;
        writeln!(
            f,
            "  node {place}: from {start:?}, reads {batches} × {batch} of {room} packets, {piece} routers at a time, clock {clock:+} ms, trackers {trackers:?}"
        )?;
        for (place_of_router, (router, member)) in self.routers.iter().zip(members).enumerate() {
            let Member {
                presence,
                grouped,
                priority,
                interval,
                preempt,
                mac,
                addresses,
                unadvertised,
                answers,
                checksum,
                mode,
                linger,
                tracking,
            } = member;
            writeln!(
                f,
                "    router {place_of_router} {presence:?}, grouped {grouped:?}: {} priority {priority}, every {interval}, preempt {preempt:?}, {mac:?} MAC, {addresses} addresses, unadvertised {unadvertised:?}, {answers:?}, {checksum:?}, {mode:?}, lingers {linger:?}, tracking {tracking:?}",
                source(place, router.family)
            )?;
        }
        Ok(())
    }
}

fn show_fault(at: Duration, fault: &Fault) -> String {
    match fault {
        Fault::Node(node, fault) => format!("{at:?}: node {node}: {fault:?}"),
        Fault::Block(..) | Fault::Split(_) | Fault::Heal | Fault::Rekey(..) => format!("{at:?}: {fault:?}"),
    }
}
