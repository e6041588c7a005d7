//! The table.

use std::fmt::Write as _;
use std::time::Duration;

use testbed::lan::VmacMode;
use vrrp::types::Family;

use crate::case::{Case, Moment, Size, Victim};
use crate::play::{Outcome, PROBE_PERIOD, Succession};

/// A row for each group of kills and each victim, with a legend.
pub(crate) fn table(outcomes: &[(Case, Outcome)]) -> String {
    let mut text = format!(
        "Each figure is median / 99th percentile / largest of the kills of a master, in each family. Pings: lost of one each {} ms. Adverts \
         every {:.1} s, with 500 routers every second; the other router's first advert ends a takeover. `as before`: links, addresses, rules, \
         routes, settings and nftables of the machine, without a further start.\n\n\
         | kills | of | masters | pings lost | longest without an answer, s | takeover, s | priority 0 on the wire, ms | as before | after, s |\n\
         |---|---|---|---|---|---|---|---|---|\n",
        PROBE_PERIOD.as_millis(),
        Size::One.interval().as_secs_f64(),
    );
    let mut group = |name: &str, is_in: &dyn Fn(&Case) -> bool, is_of: &dyn Fn(&Succession) -> bool| {
        for victim in Victim::ALL {
            let chosen = outcomes.iter().filter(|(case, _)| case.victim == victim && is_in(case));
            let chosen: Vec<&Outcome> = chosen.map(|(_, outcome)| outcome).collect();
            if !chosen.is_empty() {
                // Writing into a text never fails.
                writeln!(text, "{}", row(name, victim, &chosen, is_of)).ok();
            }
        }
    };
    let (any, all) = (|_: &Case| true, |_: &Succession| true);
    group("all", &any, &all);
    for moment in Moment::ALL {
        group(&moment.to_string(), &|case| case.moment == moment, &all);
    }
    for size in Size::ALL {
        group(&size.to_string(), &|case| case.size == size, &all);
    }
    for (name, vmac) in [("virtual MAC", VmacMode::Vmac), ("plain", VmacMode::None)] {
        group(name, &|case| case.vmac == vmac, &all);
    }
    for (name, family) in [("IPv4", Family::Ipv4), ("IPv6", Family::Ipv6)] {
        group(name, &any, &|it| it.family == family);
    }
    text
}

fn row(name: &str, victim: Victim, outcomes: &[&Outcome], is_of: &dyn Fn(&Succession) -> bool) -> String {
    let masters: Vec<&Succession> = outcomes.iter().flat_map(|it| &it.masters).filter(|it| is_of(it)).collect();
    let gap = |it: &&Succession| PROBE_PERIOD * u32::try_from(it.pings.longest_gap).unwrap_or(u32::MAX);
    let lost = three(masters.iter().map(|it| it.pings.lost).collect(), |it| it.to_string());
    let gaps = three(masters.iter().map(gap).collect(), seconds);
    let takeovers: Vec<Duration> = masters.iter().filter_map(|it| it.takeover).collect();
    let zeros: Vec<Duration> = masters.iter().filter_map(|it| it.zero).collect();
    let (took, said) = (of(takeovers.len(), masters.len()), of(zeros.len(), masters.len()));
    let (takeovers, zeros) = (three(takeovers, seconds), three(zeros, milliseconds));
    let compared: Vec<bool> = outcomes.iter().filter_map(|it| it.is_as_before()).collect();
    let same = compared.iter().filter(|is_same| **is_same).count();
    let same = if compared.is_empty() { "goes on".to_owned() } else { format!("{same} of {}", compared.len()) };
    let after = three(outcomes.iter().filter_map(|it| it.restored).collect(), seconds);
    format!(
        "| {name} ({}) | {victim} | {} | {lost} | {gaps} | {takeovers}{took} | {zeros}{said} | {same} | {after} |",
        outcomes.len(),
        masters.len()
    )
}

/// How many there are, where not all are.
fn of(some: usize, all: usize) -> String {
    if some == all { String::new() } else { format!(" ({some} of {all})") }
}

/// Median, 99th percentile and largest.
fn three<T: Ord + Copy>(mut values: Vec<T>, text: impl Fn(T) -> String) -> String {
    values.sort_unstable();
    let at = |percent: usize| values.get(values.len().saturating_sub(1) * percent / 100).copied().map(&text);
    match (at(50), at(99), at(100)) {
        (Some(median), Some(most), Some(largest)) => format!("{median} / {most} / {largest}"),
        _ => "–".to_owned(),
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64())
}

fn milliseconds(time: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() * 1e3)
}
