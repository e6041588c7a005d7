//! The formulas of RFC 9568 §6.1 and RFC 3768 §6.1, exact to the nanosecond.
//!
//! Whole centiseconds would lose the order of near priorities (V3-TM-08), so nothing here is rounded to them.

use core::num::NonZeroU8;
use core::time::Duration;

use crate::types::{Interval, Priority, Version};

/// The fraction in which Skew_Time counts: priorities run from 0 to 255.
const PRIORITIES: u32 = 256;

/// Skew_Time of a router with this effective priority. In VRRPv3 it is a part of the interval the master advertises, in
/// VRRPv2 a part of one second whatever the interval (V2-TM-01).
#[must_use]
pub fn skew(version: Version, priority: Priority, active_interval: Interval) -> Duration {
    let unit = match version {
        Version::V2 => Interval::DEFAULT,
        Version::V3 => active_interval,
    };
    unit.duration() * (PRIORITIES - u32::from(priority.value())) / PRIORITIES
}

/// Active_Down_Interval: `down_adverts` intervals of the master (RFC: 3) and Skew_Time.
#[must_use]
pub fn down_interval(
    version: Version,
    priority: Priority,
    active_interval: Interval,
    down_adverts: NonZeroU8,
) -> Duration {
    let missed = active_interval.duration() * u32::from(down_adverts.get());
    missed + skew(version, priority, active_interval)
}
