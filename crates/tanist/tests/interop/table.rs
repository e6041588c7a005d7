//! The table of what was shown: a row for each feature and use of our virtual MAC, a column for each peer and role.
#![expect(clippy::print_stdout, reason = "the table is for whoever runs the tests")]

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Of one cell.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    run: u32,
    passed: u32,
}

/// By row and column.
static CELLS: Mutex<BTreeMap<(String, String), Tally>> = Mutex::new(BTreeMap::new());

/// Runs a test that stands for a cell of the table.
pub(crate) fn record(row: String, column: String, test: impl FnOnce()) {
    let cell = (row, column);
    change(&cell, |tally| tally.run += 1);
    test();
    change(&cell, |tally| tally.passed += 1);
}

fn change(cell: &(String, String), with: impl Fn(&mut Tally)) {
    with(CELLS.lock().unwrap_or_else(PoisonError::into_inner).entry(cell.clone()).or_default());
}

/// Prints it: how many tests of a cell passed, of how many.
pub(crate) fn print() {
    let cells = CELLS.lock().unwrap_or_else(PoisonError::into_inner);
    let unique = |mut names: Vec<String>| {
        names.sort();
        names.dedup();
        names
    };
    let columns = unique(cells.keys().map(|(_, column)| column.clone()).collect());
    let rows = unique(cells.keys().map(|(row, _)| row.clone()).collect());
    println!("\n| | {} |\n|---|{}", columns.join(" | "), "---|".repeat(columns.len()));
    for row in rows {
        let cell = |column: &String| match cells.get(&(row.clone(), column.clone())) {
            Some(Tally { run, passed }) => format!("{passed}/{run}"),
            None => "-".to_owned(),
        };
        println!("| {row} | {} |", columns.iter().map(cell).collect::<Vec<_>>().join(" | "));
    }
}
