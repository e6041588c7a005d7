//! Completion scripts.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};
use clap_complete::{Shell, generate};

use crate::cli::Cli;

pub(super) fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "tanist", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

/// clap's script for fish leaves out arguments without a dash.
pub(super) fn fish() -> String {
    let mut script = script(Shell::Fish);
    let command = Cli::command();
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        let words = words(inner);
        if !words.is_empty() {
            let name = inner.get_name();
            // Writing to a String cannot fail.
            writeln!(script, "complete -c tanist -n \"__fish_seen_subcommand_from {name}\" -f -a \"{words}\"").ok();
        }
    }
    script
}

/// What may stand as an argument without a dash, if that is a list of words.
fn words(command: &Command) -> String {
    let values = command.get_positionals().flat_map(|argument| argument.get_possible_values());
    let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
    names.join(" ")
}
