//! Command lines of what asks a daemon.

use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::DaemonArgs;

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// Only this virtual router, or this BFD session
    #[arg(value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Again and again, every so many seconds
    #[arg(short, long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "1")]
    #[arg(value_parser = pause)]
    pub(crate) watch: Option<Duration>,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

/// Time between two looks.
fn pause(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds: &f64| (0.1..=3600.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "write seconds, 0.1 to 3600".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct WhyArgs {
    /// The virtual router
    #[arg(value_name = "ROUTER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: String,
    /// Print JSON
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EventsArgs {
    /// Print one JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StandArgs {
    /// Virtual routers or sync groups
    #[arg(value_name = "ROUTER", required_unless_present = "all", conflicts_with = "all")]
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) names: Vec<String>,
    /// All that run
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RestartArgs {
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}

#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only of this virtual router or sync group
    #[arg(value_name = "ROUTER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) name: Option<String>,
    /// Only what came after the event of this number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) since: u64,
    /// Print one JSON object per line
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) daemon: DaemonArgs,
}
