//! `keepalived -t`: what is wrong with a configuration, and its exit status.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use conf::model::ScriptSecurity;
use conf::{Code, LoadedLan, Needed, Severity};

use super::options::{Asked, Options};
use crate::{commands, loader};

/// Something is wrong.
const FAILED: u8 = 5;
/// Scripts would be run although `enable_script_security` is not there, or a file is missing that must not.
const INSECURE: u8 = 6;
/// What keepalived says of a file that is not there.
const MISSING: &str = "Config files missing";

/// Tests a configuration.
pub(super) fn run(options: &Options, log: Option<&Path>) -> ExitCode {
    let out: io::Result<Box<dyn Write>> = match log {
        Some(path) => File::create(path).map(|file| Box::new(file) as Box<dyn Write>),
        None => Ok(Box::new(io::stderr())),
    };
    match out.and_then(|mut out| test(options, commands::check::look_at_machine, &mut out)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            // Standard error is all there is to complain to.
            writeln!(io::stderr(), "the findings cannot be written: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

/// Tests a configuration on a machine, at which `look` looks.
fn test(options: &Options, look: impl Fn(&mut LoadedLan), out: &mut dyn Write) -> io::Result<u8> {
    for remark in &options.remarks {
        writeln!(out, "{remark}")?;
    }
    let member: (PathBuf, Option<String>) = (options.config.clone(), options.config_id.clone());
    let mut loaded = loader::load_lan(&[member], None);
    if loaded.diagnostics.iter().any(|it| it.code == Code::FileUnreadable) {
        writeln!(out, "{MISSING} '{}'.", options.config.display())?;
        return Ok(if_all_files(options));
    }
    look(&mut loaded);
    report(&loaded, out)?;
    let is_missing = |code| matches!(code, Code::IncludeEmpty | Code::IncludeUnreadable);
    let diagnostics = || loaded.diagnostics.iter();
    // A program that is not there is no script that could be run; an address may come.
    let may_come = |code| matches!(code, Code::MachineProgram | Code::MachineSource);
    if diagnostics().any(|it| it.severity == Severity::Error && !may_come(it.code)) {
        return Ok(FAILED);
    }
    if options.all_files == Asked::Yes && diagnostics().any(|it| is_missing(it.code)) {
        return Ok(INSECURE);
    }
    if runs_unsecured_scripts(&loaded) {
        writeln!(out, "SECURITY VIOLATION - scripts are being executed but script_security not enabled.")?;
        return Ok(INSECURE);
    }
    Ok(0)
}

/// Without `--all-config` a file that is missing is no mistake to keepalived.
fn if_all_files(options: &Options) -> u8 {
    match options.all_files {
        Asked::Yes => INSECURE,
        Asked::No => 0,
    }
}

fn report(loaded: &LoadedLan, out: &mut dyn Write) -> io::Result<()> {
    let sources = loaded.diagnostics.sources();
    for diagnostic in loaded.diagnostics.iter().filter(|it| it.severity != Severity::Advice) {
        let file = sources.file(diagnostic.span().file).path().display();
        let line = sources.start(diagnostic.span()).line;
        let help = diagnostic.suggestion.iter().map(|it| format!("; {}", it.text));
        let rest: String = diagnostic.note.iter().map(|note| format!("; {note}")).chain(help).collect();
        writeln!(out, "({file}: Line {line}) {}{rest}", diagnostic.message)?;
    }
    Ok(())
}

fn runs_unsecured_scripts(loaded: &LoadedLan) -> bool {
    let unsecured = loaded.configs.iter().any(|config| config.global.script_security == ScriptSecurity::Warned);
    let is_script = |needed: &Needed| matches!(needed, Needed::Program(path) if path.is_absolute() && path.is_file());
    unsecured && loaded.needs().iter().any(|need| is_script(&need.what))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The exit status for a configuration, and what is said.
    fn tested(text: Option<&str>, all_files: Asked) -> (u8, String) {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("c");
        if let Some(text) = text {
            std::fs::write(&config, text).unwrap();
        }
        let mut said = Vec::new();
        // What is on the machine is another matter.
        let status = test(&Options { config, all_files, ..Options::default() }, |_| {}, &mut said).unwrap();
        (status, String::from_utf8(said).unwrap())
    }

    fn router(lines: &str) -> String {
        format!(
            "vrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {{\n192.0.2.1/24\n}}\n{lines}\n}}\n"
        )
    }

    /// As Debian's keepalived 2.2.7 answers.
    #[test]
    fn exit_statuses_are_those_of_keepalived() {
        let status = |text: &str| tested(Some(text), Asked::No).0;
        assert_eq!(status(&router("")), 0);
        assert_eq!(status(&router("foo bar")), FAILED);
        assert_eq!(status(&router("priority 300")), FAILED);
        assert_eq!(status(&router("notify /bin/true")), INSECURE);
        assert_eq!(
            status(&format!(
                "global_defs {{\nenable_script_security\nscript_user root\n}}\n{}",
                router("notify /bin/true")
            )),
            0
        );
        assert_eq!(status(&router("notify /no/such")), 0);
        assert_eq!(status("global_defs {\n}\n"), 0);
        assert_eq!(status(""), 0);
    }

    #[test]
    fn a_missing_file_is_told_and_refused_if_all_must_be_there() {
        let (status, said) = tested(None, Asked::No);
        assert!(status == 0 && said.starts_with("Config files missing '"), "{said}");
        assert_eq!(tested(None, Asked::Yes).0, INSECURE);
        let include = format!("include /no/such.conf\n{}", router(""));
        assert_eq!(tested(Some(&include), Asked::No).0, 0);
        assert_eq!(tested(Some(&include), Asked::Yes).0, INSECURE);
    }

    #[test]
    fn findings_stand_with_their_lines_as_keepalived_has_them() {
        let (_, said) = tested(Some(&router("foo bar")), Asked::No);
        assert!(said.contains("/c: Line 7) "), "{said}");
    }
}
