//! The table, in Markdown that is read well on a terminal, too.

use std::time::Duration;

use conf::model::Switch;
use vrrp::types::Family;

use super::Row;
use super::contest::{Blow, Measured};
use super::contestant::Contestant;

/// All rows with their legend.
pub(super) fn render(version: &str, rows: &[(Switch, Row)]) -> String {
    let mut header = vec![String::from("the master's VRRP process …")];
    header.extend(Contestant::ALL.map(|contestant| contestant.heading(version)));
    let mut lines = vec![header];
    for (vmac, row) in rows {
        let mut line = vec![row.first().map(|measured| case(*vmac, measured)).unwrap_or_default()];
        line.extend(row.iter().map(cell));
        lines.push(line);
    }
    format!(
        "Pings lost, of one per millisecond / seconds until the other router's first advert / seconds in which nobody had the \
         address / in which both routers had it. All have the same configuration, but for `tanist_guardian off` \
         where that is said. keepalived is restarted as its package does it, by a stop and a start; tanist by `tanist restart`.\n\n{}",
        aligned(&lines)
    )
}

fn case(vmac: Switch, measured: &Measured) -> String {
    let blow = match measured.blow {
        Blow::Stop => "is stopped as planned",
        Blow::Kill => "is killed (-9)",
        Blow::Freeze => "stands still (SIGSTOP) and goes on",
        Blow::Restart => "is restarted",
    };
    let family = match measured.family {
        Family::Ipv4 => "IPv4",
        Family::Ipv6 => "IPv6",
    };
    let mac = match vmac {
        Switch::On => "virtual MAC",
        Switch::Off => "plain",
    };
    format!("{blow}; {family}, {mac}")
}

fn cell(measured: &Measured) -> String {
    let takeover = measured.takeover.map_or_else(|| "–".to_owned(), seconds);
    let held = measured.held;
    format!("{} / {takeover} / {} / {}", measured.tally.lost, seconds(held.by_none), seconds(held.by_several))
}

fn seconds(duration: Duration) -> String {
    format!("{:.3}", duration.as_secs_f64())
}

/// Columns of equal width; the first line is the header.
fn aligned(lines: &[Vec<String>]) -> String {
    let width = |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|it| it.chars().count()).max();
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns).filter_map(width).collect();
    let row = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("| {cell:<width$} "));
        cells.collect::<String>() + "|\n"
    };
    let rule: String = widths.iter().map(|width| format!("|{}", "-".repeat(width + 2))).collect::<String>() + "|\n";
    let mut rows = lines.iter().map(|line| row(line));
    let header = rows.next().unwrap_or_default();
    header + &rule + &rows.collect::<String>()
}
