//! The command line of `tanist check`.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum, ValueHint};
use conf::Secrets;

use super::{Chosen, DEFAULT_CONFIG};

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// Configuration files; `-` is standard input
    #[arg(value_name = "FILE", default_value = DEFAULT_CONFIG, value_hint = ValueHint::FilePath)]
    pub(crate) configs: Vec<PathBuf>,
    /// Compare the files as members of one LAN
    #[arg(long)]
    pub(crate) lan: bool,
    /// What standard input is called in messages; includes are looked for beside it
    #[arg(long, value_name = "NAME", value_hint = ValueHint::FilePath)]
    pub(crate) stdin_filename: Option<PathBuf>,
    /// What `@ID` lines are compared with; the host name up to its first dot if not given. As often as there are files:
    /// one for each, in their order; with one file: each makes it another member
    #[arg(short = 'i', long = "config-id", value_name = "ID")]
    pub(crate) config_ids: Vec<String>,
    /// Do not show these: a code, or all `warnings`, `advice` or `unsupported`
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(crate) allow: Vec<Chosen>,
    /// Take these for errors: a code, or all `warnings`, `advice` or `unsupported`. A code goes before what it belongs to
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    pub(crate) deny: Vec<Chosen>,
    /// Also look at this machine: whether interfaces, scripts and their users are there, and virtual MACs can be made
    #[arg(long)]
    pub(crate) live: bool,
    /// How diagnostics are printed
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t = CheckFormat::Human)]
    format: CheckFormat,
    /// As --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Only errors and warnings, and no summary
    #[arg(short, long)]
    pub(crate) quiet: bool,
    /// Colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    pub(crate) color: ColorChoice,
    /// Print what was understood as a keepalived.conf with every default filled in, without what has no effect here, and
    /// the diagnostics to standard error; in JSON the `model` of each file
    #[arg(long)]
    pub(crate) model: bool,
    /// Print passwords and keys of the model, which are asterisks without this
    #[arg(long, requires = "model")]
    pub(crate) secrets: bool,
}

/// How `tanist check` prints diagnostics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// for people, with the lines they speak of
    Human,
    /// for programs: `tanist manual schema` prints the schema
    Json,
    /// SARIF 2.1.0, for code scanners
    Sarif,
    /// annotations of GitHub's workflows
    Github,
    /// a line each: `file:line:column: severity[code]: message`
    Short,
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// at a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`
    Auto,
    /// always
    Always,
    /// never
    Never,
}

impl CheckArgs {
    pub(crate) const fn format(&self) -> CheckFormat {
        if self.json { CheckFormat::Json } else { self.format }
    }

    /// What does not go together, in words for the user.
    pub(crate) const fn contradiction(&self) -> Option<&'static str> {
        match self.format() {
            CheckFormat::Sarif | CheckFormat::Github | CheckFormat::Short if self.model => {
                Some("--model is printed by the formats human and json only")
            }
            CheckFormat::Human | CheckFormat::Json | CheckFormat::Sarif | CheckFormat::Github | CheckFormat::Short => {
                None
            }
        }
    }

    pub(crate) const fn shown_secrets(&self) -> Secrets {
        if self.secrets { Secrets::Shown } else { Secrets::Hidden }
    }

    pub(crate) fn is_standard_input(file: &Path) -> bool {
        file == Path::new("-")
    }

    /// What a file is called in messages.
    pub(crate) fn named(&self, file: &Path) -> PathBuf {
        if Self::is_standard_input(file) { self.stdin_name() } else { file.to_path_buf() }
    }

    /// What standard input is called in messages.
    pub(crate) fn stdin_name(&self) -> PathBuf {
        self.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("<stdin>"))
    }
}
