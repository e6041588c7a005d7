//! `tanist check`: every diagnostic of a configuration or of those of a LAN, and what was understood.

mod live;

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use conf::model::Config;
use conf::{Code, Diagnostics, LoadedLan, RenderStyle, Secrets, Severity};
use serde_json::{Value, json};

use crate::cli::CheckArgs;
use crate::loader;

/// Exit status when the output cannot be written, or the command line makes no sense.
const UNUSABLE: u8 = 2;
/// Exit status when a file cannot be read.
const UNREADABLE: u8 = 3;

/// A file, and the configuration id that it is read with.
type Member = (PathBuf, Option<String>);

/// Exit status 0 clean or advice only, 1 warnings, 2 errors, 3 a file cannot be read.
pub(crate) fn run(options: &CheckArgs) -> ExitCode {
    let Some(members) = members(&options.configs, &options.config_ids) else {
        let (files, ids) = (options.configs.len(), options.config_ids.len());
        // Standard error is all there is to complain to.
        writeln!(io::stderr(), "tanist: {ids} configuration ids for {files} files: give one for all, or one for each")
            .ok();
        return ExitCode::from(UNUSABLE);
    };
    let mut loaded = loader::load_lan(&members);
    if options.live {
        look_at_machine(&mut loaded);
    }
    let secrets = if options.secrets { Secrets::Shown } else { Secrets::Hidden };
    let written = match (options.json, options.model) {
        (true, _) => print(&as_json(&loaded, &members, options.model.then_some(secrets))),
        (false, true) => print_model(&loaded, &members, secrets),
        (false, false) => report(&loaded),
    };
    if written.is_err() {
        return ExitCode::from(UNUSABLE);
    }
    let status = status(&loaded.diagnostics, options.strict);
    // The process ends here: the kernel frees a large configuration faster.
    std::mem::forget(loaded);
    status
}

/// Adds to the diagnostics what this machine lacks.
pub(crate) fn look_at_machine(loaded: &mut LoadedLan) {
    live::look(loaded);
}

/// Who is checked. `None`: ids and files do not go together.
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

fn status(diagnostics: &Diagnostics, strict: bool) -> ExitCode {
    if diagnostics.iter().any(|diagnostic| diagnostic.code == Code::FileUnreadable) {
        return ExitCode::from(UNREADABLE);
    }
    match diagnostics.worst() {
        None | Some(Severity::Advice) => ExitCode::SUCCESS,
        Some(Severity::Warning) if !strict => ExitCode::from(1),
        Some(Severity::Warning | Severity::Error) => ExitCode::from(2),
    }
}

/// The diagnostics; and the model, if it is known how to show its secrets.
fn as_json(loaded: &LoadedLan, members: &[Member], model: Option<Secrets>) -> Value {
    let diagnostics = loaded.diagnostics.to_json();
    match (model, loaded.configs.as_slice()) {
        (None, _) => diagnostics,
        (Some(secrets), [config]) => json!({ "diagnostics": diagnostics, "model": config.to_json(secrets) }),
        (Some(secrets), configs) => {
            let one = |(config, (file, id)): (&Config, &Member)| json!({ "file": file, "config_id": id, "model": config.to_json(secrets) });
            let members: Vec<Value> = configs.iter().zip(members).map(one).collect();
            json!({ "diagnostics": diagnostics, "members": members })
        }
    }
}

fn print(value: &Value) -> io::Result<()> {
    writeln!(io::stdout(), "{value:#}")
}

/// The canonical text, fit to be redirected into a file.
fn print_model(loaded: &LoadedLan, members: &[Member], secrets: Secrets) -> io::Result<()> {
    render(&loaded.diagnostics, &mut io::stderr().lock(), io::stderr().is_terminal())?;
    let mut out = io::stdout().lock();
    for (config, member) in loaded.configs.iter().zip(members) {
        if members.len() > 1 {
            writeln!(out, "# {}", title(member))?;
        }
        write!(out, "{}", config.to_text(secrets))?;
    }
    Ok(())
}

fn report(loaded: &LoadedLan) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let terminal = out.is_terminal();
    render(&loaded.diagnostics, &mut out, terminal)?;
    let routers: usize = loaded.configs.iter().map(|config| config.routers.len()).sum();
    let sessions: usize = loaded.configs.iter().map(|config| config.watched.sessions.len()).sum();
    if routers == 0 && sessions > 0 {
        write!(out, "{sessions} BFD session{} and ", if sessions == 1 { "" } else { "s" })?;
    }
    write!(out, "{routers} virtual router{} understood", if routers == 1 { "" } else { "s" })?;
    match loaded.configs.iter().map(|config| config.left_out.len()).sum::<usize>() {
        0 => writeln!(out),
        more => writeln!(out, ", and {more} that cannot run yet"),
    }
}

fn render(diagnostics: &Diagnostics, out: &mut dyn Write, terminal: bool) -> io::Result<()> {
    let style = if terminal { RenderStyle::Colour } else { RenderStyle::Plain };
    if diagnostics.is_empty() { Ok(()) } else { writeln!(out, "{}", diagnostics.render(style)) }
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
