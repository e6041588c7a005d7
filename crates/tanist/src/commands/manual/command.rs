//! The page of section 8: the command line.

use clap::{Arg, Command, CommandFactory as _};
use roff::{Inline, Roff, bold, italic, roman};

use crate::cli::{Cli, DEFAULT_CONFIG, DEFAULT_CONTROL, DEFAULT_STATE_DIR};
use crate::page::{self, Head, spoken};

pub(super) fn man(reference: Head) -> String {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    page::page("tanist", &about, "8", |roff| body(roff, &mut command, reference))
}

fn body(roff: &mut Roff, command: &mut Command, reference: Head) {
    roff.control("SH", ["SYNOPSIS"]).text([
        bold("tanist"),
        roman(" "),
        italic("COMMAND"),
        roman(" [OPTIONS] [ARGUMENTS]"),
    ]);
    roff.control("SH", ["DESCRIPTION"]);
    let description = command.get_long_about().map(ToString::to_string).unwrap_or_default();
    for (index, paragraph) in description.split("\n\n").enumerate() {
        if index > 0 {
            roff.control("PP", []);
        }
        roff.text(spoken(paragraph));
    }
    roff.control("SH", ["COMMANDS"]);
    for inner in command.get_subcommands_mut().filter(|inner| !inner.is_hide_set()) {
        subcommand(roff, inner);
    }
    for (heading, terms) in [("ENVIRONMENT", ENVIRONMENT), ("SIGNALS", SIGNALS), ("FILES", FILES)] {
        roff.control("SH", [heading]);
        for (term, text) in terms {
            roff.control("TP", []).text([bold(*term)]).text(spoken(text));
        }
    }
    roff.control("SH", ["SEE ALSO"]).text([bold(reference.name), roman("(5): the configuration")]);
}

const ENVIRONMENT: &[(&str, &str)] = &[(
    "TANIST_LOG",
    "What the daemon logs on standard error: `error`, `warn`, `info`, `debug` or `trace`. The log never holds the daemon up: \
     lines that standard error does not take are dropped, and `tanist status` says how many.",
)];

const SIGNALS: &[(&str, &str)] = &[
    ("SIGTERM, SIGINT, SIGQUIT", "The daemon gives its addresses up, puts everything back and ends."),
    (
        "SIGHUP",
        "The daemon reads its configuration again. A file with errors, without a virtual router that can run, or that is no regular file, changes nothing.",
    ),
    (
        "SIGUSR1, SIGUSR2, 36, 63",
        "The daemon writes what keepalived writes for programs that look there, into $TMPDIR or /tmp: `keepalived.data`, \
         `keepalived.stats`, `keepalived.json`, and `keepalived.stats` with counters that begin anew in dumps.",
    ),
];

const FILES: &[(&str, &str)] = &[
    (DEFAULT_CONFIG, "The configuration, if no other is named."),
    (DEFAULT_STATE_DIR, "What a later start needs to clean up after a crash, if no other directory is named."),
    (
        "/run/keepalived.pid, /run/vrrp.pid",
        "The process id of a daemon that is started as keepalived without `-p` and `-r`. With another `-p` it is one of several: \
         what it keeps is in /run/tanist/pid.NUMBER, and `tanist status --pid FILE` asks it.",
    ),
    (
        DEFAULT_CONTROL,
        "The socket for `tanist status` and the other commands that ask the daemon, if no other is named.",
    ),
];

fn subcommand(roff: &mut Roff, command: &mut Command) {
    let usage = command.render_usage().to_string();
    roff.control("SS", [page::title(usage.trim_start_matches("Usage: ")).as_str()]);
    let about = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
    for (index, paragraph) in about.split("\n\n").enumerate() {
        if index > 0 {
            roff.control("PP", []);
        }
        let end = if paragraph.ends_with('.') { "" } else { "." };
        roff.text(spoken(&format!("{paragraph}{end}")));
    }
    for argument in command.get_arguments().filter(|argument| !argument.is_hide_set() && argument.get_id() != "help") {
        roff.control("TP", []).text(term(argument)).text(spoken(&said(argument)));
    }
    let end = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    for line in end.lines() {
        match line.trim_start().split_once("  ").filter(|_| line.starts_with(' ')) {
            Some((status, text)) => roff.control("TP", ["4"]).text([roman(status)]).text(spoken(text)),
            None => roff.control("PP", []).text(spoken(line)),
        };
    }
}

/// How an argument is written.
fn term(argument: &Arg) -> Vec<Inline> {
    let short = argument.get_short().map(|short| format!("-{short}"));
    let long = argument.get_long().map(|long| format!("--{long}"));
    let flags: Vec<String> = short.into_iter().chain(long).collect();
    let takes_value = argument.get_action().takes_values();
    let values = argument.get_value_names().filter(|_| takes_value).unwrap_or_default().join(" ");
    match (flags.is_empty(), values.is_empty()) {
        (true, _) => vec![italic(values)],
        (false, true) => vec![bold(flags.join(", "))],
        (false, false) => {
            let between = if argument.is_require_equals_set() { "=" } else { " " };
            vec![bold(flags.join(", ")), roman(between), italic(values)]
        }
    }
}

/// What is said of an argument, its values and its default.
fn said(argument: &Arg) -> String {
    let help = argument.get_long_help().or_else(|| argument.get_help()).map(ToString::to_string).unwrap_or_default();
    let shown = argument.get_possible_values().into_iter().filter(|_| !argument.is_hide_possible_values_set());
    let values = shown.filter_map(|value| Some(format!("; `{}`: {}", value.get_name(), value.get_help()?)));
    let values: String = if argument.get_action().takes_values() { values.collect() } else { String::new() };
    let default = argument.get_default_values().first().filter(|_| argument.get_action().takes_values());
    let default = default.map(|value| format!("; `{}` if not given", value.to_string_lossy())).unwrap_or_default();
    format!("{help}{values}{default}.")
}
