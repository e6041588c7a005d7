//! Blocks that concern the machine and not one router.

use super::{Text, seconds};
use crate::model::machine::{GarpGroup, LinkDelay, TrackGroup};
use crate::quote::quoted;

impl Text {
    pub(super) fn machine(&mut self, garp_groups: &[GarpGroup], track_groups: &[TrackGroup], delays: &[LinkDelay]) {
        for GarpGroup { arp, na, interfaces } in garp_groups {
            self.block("garp_group", |text| {
                for (keyword, gap) in [("garp_interval", arp), ("gna_interval", na)] {
                    if let Some(gap) = gap {
                        text.seconds(keyword, *gap);
                    }
                }
                text.list("interfaces", interfaces.iter().map(|name| quoted(name)));
            });
        }
        for TrackGroup { name, members } in track_groups {
            self.block(format_args!("track_group {}", quoted(name)), |text| {
                text.list("group", members.iter().map(|member| quoted(member)));
            });
        }
        self.list("interface_up_down_delays", delays.iter().map(delay));
    }
}

fn delay(delay: &LinkDelay) -> String {
    let LinkDelay { interface, down, up } = delay;
    format!("{} {} {}", quoted(interface), seconds(*down), seconds(*up))
}
