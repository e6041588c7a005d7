//! tanist: a VRRP daemon for Linux, and the commands around it.
//!
//! This crate wires the others together. It takes no protocol decision: those are `vrrp`'s.
#![forbid(unsafe_code)]

mod children;
mod cli;
mod commands;
mod control;
mod daemon;
mod dbus;
mod dropin;
mod dumps;
mod guardian;
mod lab;
mod launch;
mod loader;
mod logging;
mod lsp;
mod manager;
mod metrics;
mod names;
mod onlooker;
mod page;
mod ports;
mod recovery;
mod runner;
mod services;
mod shared;
mod sinks;
mod snmp;
mod trackers;
mod uri;
mod vocabulary;
mod web;
mod wording;

use std::process::ExitCode;

use clap::Parser as _;

use crate::ports::released::Wish;

fn main() -> ExitCode {
    if let Some(arguments) = dropin::called_as_keepalived(std::env::args_os()) {
        return dropin::run(&arguments);
    }
    if let Some(options) = cli::GuardianArgs::of_process(std::env::args_os()) {
        return guardian::run(&options);
    }
    let cli = cli::Cli::parse();
    match cli.command {
        cli::Command::Run(options) => daemon::run(options),
        cli::Command::Check(options) => commands::check::run(&options),
        cli::Command::Explain(options) => commands::explain::run(&options),
        cli::Command::Lsp => lsp::run(),
        cli::Command::Status(options) => commands::status::run(&options),
        cli::Command::Why(options) => commands::why::run(&options),
        cli::Command::Events(options) => commands::events::run(&options),
        cli::Command::Release(options) => commands::stand::run(&options, Wish::Release),
        cli::Command::Hold(options) => commands::stand::run(&options, Wish::Hold),
        cli::Command::Restart(options) => commands::restart::run(&options),
        cli::Command::SelfTest(options) => commands::self_test::run(&options),
        cli::Command::History(options) => commands::history::run(&options),
        cli::Command::Lab(options) => lab::run(options),
        cli::Command::Manual(options) => commands::manual::run(&options),
        cli::Command::Keepalived(options) => dropin::run(&options.arguments),
        cli::Command::Runner => runner::process::run(),
    }
}
