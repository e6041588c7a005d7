//! Gratuitous ARP and unsolicited NA: the router's settings, else those of `global_defs`, else keepalived's defaults.

use std::time::Duration;

use vrrp::config::{AnnouncePlan, MOST_ROUNDS};

use super::{Draft, last_of};
use crate::diagnostic::Diagnostics;
use crate::keyword::{Row, Words};
use crate::keywords::{global, global_process as process, instance};
use crate::model::{ExtraAnnouncements, ExtraLinks, Switch};
use crate::read::Settings;
use crate::say;

impl Draft<'_> {
    pub(super) fn announce(&mut self) -> AnnouncePlan {
        let base = defaults(self.global);
        let own = |row: &Row<u32>| self.settings.value(row);
        let mut plan = AnnouncePlan {
            repeat: own(&instance::GARP_MASTER_REPEAT).unwrap_or(base.repeat),
            delay: own(&instance::GARP_MASTER_DELAY).map_or(base.delay, seconds),
            refresh: own(&instance::GARP_MASTER_REFRESH).map_or(base.refresh, seconds),
            refresh_repeat: own(&instance::GARP_MASTER_REFRESH_REPEAT).unwrap_or(base.refresh_repeat),
            lower_prio_repeat: own(&instance::GARP_LOWER_PRIO_REPEAT).unwrap_or(base.lower_prio_repeat),
            lower_prio_delay: own(&instance::GARP_LOWER_PRIO_DELAY).map_or(base.lower_prio_delay, seconds),
        };
        check_rounds(
            self.settings,
            [&instance::GARP_MASTER_REPEAT, &instance::GARP_MASTER_REFRESH_REPEAT, &instance::GARP_LOWER_PRIO_REPEAT],
            self.out,
        );
        if self.is_strict() {
            plan.lower_prio_repeat = 0;
            plan.lower_prio_delay = Duration::ZERO;
        }
        plan
    }

    /// `garp_extra_if`, by either name.
    pub(super) fn extra_announcements(&self) -> Option<ExtraAnnouncements> {
        let global = [&process::VRRP_GARP_EXTRA_IF, &process::VRRP_VMAC_GARP_INTVL];
        let own = [&instance::GARP_EXTRA_IF, &instance::VMAC_GARP_INTVL];
        extra(self.settings, own).or_else(|| extra(self.global, global))
    }
}

/// Of `global_defs`.
pub(super) fn check_global(settings: &Settings, out: &mut Diagnostics) {
    let rows = [
        &global::VRRP_GARP_MASTER_REPEAT,
        &global::VRRP_GARP_MASTER_REFRESH_REPEAT,
        &global::VRRP_GARP_LOWER_PRIO_REPEAT,
    ];
    check_rounds(settings, rows, out);
}

/// More rounds than are ever sent.
fn check_rounds(settings: &Settings, rows: [&Row<u32>; 3], out: &mut Diagnostics) {
    for row in rows {
        if let Some(count) = settings.get(row).filter(|count| count.value > MOST_ROUNDS) {
            out.push(say::many_rounds(count.span, count.value, MOST_ROUNDS));
        }
    }
}

fn defaults(settings: &Settings) -> AnnouncePlan {
    let base = match settings.value(&global::VRRP_MIN_GARP) {
        Some(Switch::On) => AnnouncePlan { repeat: 1, delay: Duration::ZERO, ..AnnouncePlan::DEFAULT },
        Some(Switch::Off) | None => AnnouncePlan::DEFAULT,
    };
    let repeat = settings.value(&global::VRRP_GARP_MASTER_REPEAT).unwrap_or(base.repeat);
    let delay = settings.value(&global::VRRP_GARP_MASTER_DELAY).map_or(base.delay, seconds);
    AnnouncePlan {
        repeat,
        delay,
        refresh: settings.value(&global::VRRP_GARP_MASTER_REFRESH).map_or(base.refresh, seconds),
        refresh_repeat: settings.value(&global::VRRP_GARP_MASTER_REFRESH_REPEAT).unwrap_or(base.refresh_repeat),
        lower_prio_repeat: settings.value(&global::VRRP_GARP_LOWER_PRIO_REPEAT).unwrap_or(repeat),
        lower_prio_delay: settings.value(&global::VRRP_GARP_LOWER_PRIO_DELAY).map_or(delay, seconds),
    }
}

fn extra(settings: &Settings, rows: [&Row<Words>; 2]) -> Option<ExtraAnnouncements> {
    let words = last_of(settings, rows)?.value;
    let links = if words.iter().any(|word| word.value == "all") { ExtraLinks::All } else { ExtraLinks::VirtualMacs };
    let period = words.iter().find_map(|word| word.value.parse().ok()).map(seconds)?;
    Some(ExtraAnnouncements { period, links })
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}
