//! The command line.

mod ask;
mod check;
mod chosen;
mod daemon;

use std::ffi::OsString;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::ask::{EventsArgs, HistoryArgs, RestartArgs, StandArgs, StatusArgs, WhyArgs};
pub(crate) use self::check::{CheckArgs, CheckFormat, ColorChoice};
pub(crate) use self::chosen::Chosen;
pub(crate) use self::daemon::{DEFAULT_CONTROL, DEFAULT_STATE_DIR, DaemonArgs, GuardianArgs, RunArgs, SelfTestArgs};
use crate::lab::LabArgs;
use crate::vocabulary::WordParser;

/// Where the configuration is, as keepalived has it.
pub(crate) const DEFAULT_CONFIG: &str = "/etc/keepalived/keepalived.conf";

const RUN_STATUS: &str = "\
Exit status:
  0  stopped by a signal
  1  could not start";
const CHECK_STATUS: &str = "\
Exit status:
  0  nothing is found, or advice only
  1  errors or warnings
  2  the command line makes no sense
  3  a file cannot be read, or the output cannot be written";
const ASK_STATUS: &str = "\
Exit status:
  0  the daemon answered
  1  it cannot be reached, does not answer within 2 seconds, or does not know the router";
const RESTART_STATUS: &str = "\
Exit status:
  0  the program goes on in the place of the one before
  1  it does not: the one before goes on, or the daemon has begun anew, as is said";
const LAB_STATUS: &str = "\
Exit status:
  0  all went as it must
  1  something did not, or the machine does not permit it";
const LSP_STATUS: &str = "\
Exit status:
  0  the editor shut it down
  1  the editor is gone";
const EXPLAIN_STATUS: &str = "\
Exit status:
  0  explained
  1  nothing of that name is known";

/// A VRRP daemon for Linux: virtual IP addresses on virtual MACs, from keepalived.conf
///
/// Hosts share a virtual address: one router is master, the others stand by and take over when it dies. What a router needs
/// of the machine is set when it starts and put back when it ends.
#[derive(Debug, Parser)]
#[command(name = "tanist", version, max_term_width = 100, subcommand_value_name = "COMMAND")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the virtual routers of a configuration until SIGTERM, SIGINT or SIGQUIT; SIGHUP reloads it
    #[command(after_help = RUN_STATUS)]
    Run(RunArgs),
    /// Checks configurations and explains their mistakes
    ///
    /// Each file by itself. With --lan, or one file with several configuration ids, they are members of one LAN: what they say
    /// of their common virtual routers is compared as well.
    #[command(after_help = CHECK_STATUS)]
    Check(CheckArgs),
    /// Explains a keyword of keepalived.conf, a form such as include or ~SEQ, an option of an address, or the code in brackets
    /// behind a severity
    #[command(after_help = EXPLAIN_STATUS)]
    Explain(ExplainArgs),
    /// Serves editors that speak the language server protocol, on standard input and output
    ///
    /// An editor starts it for keepalived.conf files. It shows what `tanist check` finds while the file is written, and corrects it
    /// where that is known; it explains the word under the cursor, completes keywords and names, and finds definitions.
    #[command(after_help = LSP_STATUS)]
    Lsp,
    /// Shows who is master and why
    #[command(after_help = ASK_STATUS)]
    Status(StatusArgs),
    /// Says why a virtual router is master or not, where that is configured, and what would change it
    #[command(after_help = ASK_STATUS)]
    Why(WhyArgs),
    /// Follows the transitions of a running daemon
    #[command(after_help = ASK_STATUS)]
    Events(EventsArgs),
    /// Shows the last transitions of a running daemon, and what led to them
    ///
    /// The last 64 of each virtual router and sync group are kept, and beside them what else happened to it: other priorities,
    /// other masters, times when the daemon was not scheduled.
    #[command(after_help = ASK_STATUS)]
    History(HistoryArgs),
    /// Lets virtual routers leave by plan, and stay away from the election until `tanist hold`
    ///
    /// Each says priority 0, keeps its addresses until its successor is heard, for its interval at most (`tanist_linger`), and is in
    /// FAULT then; notify scripts hear of a stop. Where nobody takes over, nobody has the addresses: `tanist status` says what is
    /// known of others. Its sync group goes with it. A reload changes nothing about that, also of what it puts into the group; the
    /// next start of the daemon does. Only root and the user that the daemon runs as may ask for it.
    #[command(after_help = ASK_STATUS)]
    Release(StandArgs),
    /// Lets virtual routers take part in the election again that were released
    #[command(after_help = ASK_STATUS)]
    Hold(StandArgs),
    /// Executes the program that is installed now in the place of the running daemon, without a failover
    ///
    /// For a newer version, above all. The process stays, and so do states, timers, addresses and interfaces: peers and scripts hear
    /// nothing, and no address is announced. A program that fails its self-test leaves the running one as it is; so does a
    /// configuration with errors, or with other virtual routers, sync groups or BFD sessions than those in force: reload it first. BFD
    /// sessions stay up: their peers are asked before whether they bear the silence. Only root and the user that the daemon runs as may
    /// ask for it.
    #[command(after_help = RESTART_STATUS)]
    Restart(RestartArgs),
    /// Runs real failovers between two routers in namespaces of their own, without root
    #[command(after_help = LAB_STATUS)]
    Lab(LabArgs),
    /// Prints a page of the manual, the completions of a shell, or a syntax file of an editor
    Manual(ManualArgs),
    /// Does what keepalived does with these options: for programs that know its command line only
    ///
    /// Whoever calls tanist by the name keepalived, through a link for example, gets this without the word. `tanist keepalived
    /// --help` lists the options.
    #[command(disable_help_flag = true)]
    Keepalived(KeepalivedArgs),
    /// Runs notify scripts for the daemon
    #[command(hide = true)]
    Runner,
    /// Says whether this program can go on from what a daemon hands over
    #[command(hide = true)]
    SelfTest(SelfTestArgs),
}

#[derive(Debug, Args)]
pub(crate) struct KeepalivedArgs {
    /// Options of keepalived
    #[arg(value_name = "OPTION", trailing_var_arg = true, allow_hyphen_values = true)]
    pub(crate) arguments: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Keyword, such as `advert_int`, or code, such as `no-prefix-length`
    #[arg(value_name = "KEYWORD|CODE", value_parser = WordParser, hide_possible_values = true)]
    pub(crate) word: String,
}

#[derive(Debug, Args)]
pub(crate) struct ManualArgs {
    /// What to print
    #[arg(value_enum, value_name = "PART")]
    pub(crate) part: ManualPart,
}

/// Parts of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ManualPart {
    /// every keyword and every code, as Markdown
    Markdown,
    /// the same as a page of section 5
    Man5,
    /// the command line, as a page of section 8
    Man8,
    /// completions for bash
    Bash,
    /// completions for zsh
    Zsh,
    /// completions for fish
    Fish,
    /// a syntax file for Vim and Neovim
    Vim,
    /// a syntax file for VS Code and other editors that take TextMate's grammars
    Textmate,
    /// the JSON schema of `tanist check --format json`
    Schema,
    /// the description of the control API (OpenAPI)
    Openapi,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_router_without_a_name_is_nobody() {
        for (command, name) in [("why", "ROUTER"), ("status", "NAME"), ("history", "ROUTER")] {
            let error = Cli::try_parse_from(["tanist", command, ""]).unwrap_err().to_string();
            assert!(error.contains("a value is required for") && error.contains(name), "{error}");
        }
    }
}
