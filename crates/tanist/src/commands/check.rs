//! `tanist check`: every diagnostic of configurations, each by itself or as those of one LAN, and what was understood.

mod lines;
mod live;
mod report;
mod sarif;
mod severity;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use conf::model::Config;
use conf::{Code, LoadedLan, RenderStyle, RouterVerdict, Severity, summary};

pub(crate) use report::schema;

use crate::cli::{CheckArgs, CheckFormat, ColorChoice};
use crate::loader;

/// Exit status when something is found.
const FINDINGS: u8 = 1;
/// Exit status when the command line makes no sense, as that of clap.
const USAGE: u8 = 2;
/// Exit status when a file cannot be read, or the output cannot be written.
const UNREADABLE: u8 = 3;

/// A file, and the configuration id that it is read with.
type Member = (PathBuf, Option<String>);

/// Adds to the diagnostics what this machine lacks.
pub(crate) fn look_at_machine(loaded: &mut LoadedLan) {
    live::look(loaded);
}

/// What is checked together.
struct Checked {
    members: Vec<Member>,
    loaded: LoadedLan,
}

impl Checked {
    /// What was made of each member.
    fn each(&self) -> impl Iterator<Item = (&Member, &Config, Vec<RouterVerdict>)> {
        let members = self.members.iter().zip(&self.loaded.configs).zip(self.loaded.routers());
        members.map(|((member, config), routers)| (member, config, routers))
    }

    /// Whether the main file of a member cannot be read.
    fn lacks(&self, file: &Path) -> bool {
        let diagnostics = &self.loaded.diagnostics;
        let path = |span: conf::Span| diagnostics.sources().file(span.file).path();
        diagnostics.iter().any(|it| it.code == Code::FileUnreadable && path(it.span()) == file)
    }
}

/// Exit status 0 clean, 1 something is found, 2 the command line makes no sense, 3 a file cannot be read or the output
/// cannot be written.
pub(crate) fn run(options: &CheckArgs) -> ExitCode {
    if let Some(why) = options.contradiction() {
        return complain(why, USAGE);
    }
    let groups = match groups(options) {
        Ok(groups) => groups,
        Err(why) => return complain(&why, USAGE),
    };
    let given = match standard_input(options) {
        Ok(given) => given,
        Err(error) => return complain(&format!("standard input cannot be read: {error}"), UNREADABLE),
    };
    let mut checked = Vec::new();
    for members in groups {
        let mut loaded = loader::load_lan(&members, given.clone());
        loaded.check_content();
        if options.live {
            look_at_machine(&mut loaded);
        }
        checked.push(Checked { members, loaded });
    }
    let is_unreadable = checked.iter().any(|it| it.loaded.diagnostics.iter().any(|it| it.code == Code::FileUnreadable));
    for it in &mut checked {
        it.loaded.diagnostics.judge(|diagnostic| severity::of(diagnostic, options));
    }
    let is_found = checked.iter().any(|it| it.loaded.diagnostics.worst() >= Some(Severity::Warning));
    match written(&checked, options) {
        // Whoever reads has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("the output cannot be written: {error}"), UNREADABLE)
        }
        Ok(()) | Err(_) if is_unreadable => ExitCode::from(UNREADABLE),
        Ok(()) | Err(_) => ExitCode::from(if is_found { FINDINGS } else { 0 }),
    }
}

fn complain(why: &str, status: u8) -> ExitCode {
    // Standard error is all there is to complain to.
    writeln!(io::stderr(), "tanist: {}", conf::printable(why)).ok();
    ExitCode::from(status)
}

/// The members of one LAN, or each file by itself. The same file with several ids is several members.
fn groups(options: &CheckArgs) -> Result<Vec<Vec<Member>>, String> {
    let files: Vec<PathBuf> = options.configs.iter().map(|file| options.named(file)).collect();
    let ids = &options.config_ids;
    let Some(members) = members(&files, ids) else {
        let (files, ids) = (files.len(), ids.len());
        return Err(format!("{ids} configuration ids for {files} files: give one for all, or one for each"));
    };
    let is_lan = options.lan || files.len() == 1;
    Ok(if is_lan { vec![members] } else { members.into_iter().map(|member| vec![member]).collect() })
}

/// `None`: ids and files do not go together.
fn members(files: &[PathBuf], ids: &[String]) -> Option<Vec<Member>> {
    let member = |(file, id): (&PathBuf, Option<&String>)| (file.clone(), id.cloned());
    match (files, ids) {
        (files, []) => Some(files.iter().map(|file| member((file, None))).collect()),
        (files, [id]) => Some(files.iter().map(|file| member((file, Some(id)))).collect()),
        ([file], ids) => Some(ids.iter().map(|id| member((file, Some(id)))).collect()),
        (files, ids) if files.len() == ids.len() => Some(files.iter().zip(ids.iter().map(Some)).map(member).collect()),
        (_, _) => None,
    }
}

/// What is written to the command, under the name that it is to have.
fn standard_input(options: &CheckArgs) -> io::Result<Option<loader::Given>> {
    if !options.configs.iter().any(|file| CheckArgs::is_standard_input(file)) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().take(loader::READ_BYTES).read_to_end(&mut bytes)?;
    Ok(Some(loader::Given { name: options.stdin_name(), bytes }))
}

fn written(checked: &[Checked], options: &CheckArgs) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match options.format() {
        CheckFormat::Json => {
            let report = report::Report::of(checked, options.model.then(|| options.shown_secrets()));
            serde_json::to_writer_pretty(&mut out, &report)?;
            writeln!(out)?;
        }
        CheckFormat::Sarif => writeln!(out, "{:#}", sarif::log(checked))?,
        CheckFormat::Github => lines::github(checked, &mut out)?,
        CheckFormat::Short => lines::short(checked, &mut out)?,
        CheckFormat::Human if options.model => print_model(checked, options, &mut out)?,
        CheckFormat::Human => report(checked, options, &mut out)?,
    }
    out.flush()
}

/// The canonical text, fit to be redirected into a file.
fn print_model(checked: &[Checked], options: &CheckArgs, out: &mut impl Write) -> io::Result<()> {
    let several = checked.iter().map(|it| it.members.len()).sum::<usize>() > 1;
    for it in checked {
        let mut errors = io::stderr().lock();
        write!(errors, "{}", it.loaded.diagnostics.render(style(options.color, io::stderr().is_terminal())))?;
        for (member, config, routers) in it.each() {
            if several {
                writeln!(out, "# {}", title(member))?;
            }
            if routers.len() != config.routers.len() {
                writeln!(out, "# {}", summary(&routers))?;
            }
            write!(out, "{}", config.to_text(options.shown_secrets()))?;
        }
    }
    Ok(())
}

fn report(checked: &[Checked], options: &CheckArgs, out: &mut impl Write) -> io::Result<()> {
    let several = checked.iter().map(|it| it.members.len()).sum::<usize>() > 1;
    let style = style(options.color, io::stdout().is_terminal());
    for it in checked {
        write!(out, "{}", it.loaded.diagnostics.render(style))?;
        if options.quiet {
            continue;
        }
        for (member, config, routers) in it.each() {
            let name = if several { format!("{}: ", conf::printable(&title(member))) } else { String::new() };
            let sessions = config.watched.sessions.len();
            let text = match (it.lacks(&member.0), routers.as_slice(), sessions) {
                (true, _, _) => "cannot be read".to_owned(),
                (false, [], 1) => "1 BFD session ready".to_owned(),
                (false, [], 2..) => format!("{sessions} BFD sessions ready"),
                (false, routers, _) => summary(routers),
            };
            writeln!(out, "{name}{text}")?;
        }
    }
    let unsupported = checked.iter().flat_map(|it| it.loaded.diagnostics.iter());
    match unsupported.filter(|it| it.severity == Severity::Unsupported).count() {
        0 => Ok(()),
        _ if options.quiet => Ok(()),
        count => {
            let verb = if count == 1 { "feature is" } else { "features are" };
            writeln!(out, "{count} {verb} not supported yet (--deny unsupported makes this an error)")
        }
    }
}

fn style(choice: ColorChoice, is_terminal: bool) -> RenderStyle {
    style_in(|name| std::env::var_os(name), choice, is_terminal)
}

/// Colours are for terminals that want them (<https://no-color.org>).
fn style_in(variable: impl Fn(&str) -> Option<OsString>, choice: ColorChoice, is_terminal: bool) -> RenderStyle {
    let refuses = || {
        variable("NO_COLOR").is_some_and(|value| !value.is_empty())
            || variable("TERM").is_some_and(|terminal| terminal == "dumb")
    };
    match choice {
        ColorChoice::Always => RenderStyle::Colour,
        ColorChoice::Auto if is_terminal && !refuses() => RenderStyle::Colour,
        ColorChoice::Auto | ColorChoice::Never => RenderStyle::Plain,
    }
}

fn title((file, id): &Member) -> String {
    match id {
        Some(id) => format!("{} as {id}", file.display()),
        None => file.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_colours_unless_somebody_refuses_them() {
        use ColorChoice::{Always, Auto, Never};
        use RenderStyle::{Colour, Plain};
        let rows: [(&str, &str, ColorChoice, bool, RenderStyle); 9] = [
            ("", "", Auto, true, Colour),
            ("", "", Auto, false, Plain),
            ("TERM", "xterm", Auto, true, Colour),
            ("TERM", "dumb", Auto, true, Plain),
            ("NO_COLOR", "1", Auto, true, Plain),
            ("NO_COLOR", "", Auto, true, Colour),
            ("NO_COLOR", "1", Always, true, Colour),
            ("TERM", "dumb", Always, false, Colour),
            ("", "", Never, true, Plain),
        ];
        for (name, value, choice, is_terminal, expected) in rows {
            let variable = |asked: &str| (asked == name).then(|| value.into());
            let style = style_in(variable, choice, is_terminal);
            assert!(style == expected, "{name}={value} {choice:?} {is_terminal}: {style:?}");
        }
    }

    #[test]
    fn ids_and_files_make_members() {
        let files = |names: &[&str]| names.iter().map(PathBuf::from).collect::<Vec<_>>();
        let ids = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let count = |files_: &[&str], ids_: &[&str]| members(&files(files_), &ids(ids_)).map(|members| members.len());
        assert_eq!(count(&["a", "b"], &[]), Some(2));
        assert_eq!(count(&["a", "b"], &["x"]), Some(2));
        assert_eq!(count(&["a"], &["x", "y", "z"]), Some(3));
        assert_eq!(count(&["a", "b"], &["x", "y", "z"]), None);
        let pairs = members(&files(&["a", "b"]), &ids(&["x", "y"]));
        assert_eq!(pairs, Some(vec![("a".into(), Some("x".to_owned())), ("b".into(), Some("y".to_owned()))]));
    }
}
