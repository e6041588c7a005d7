//! Completion scripts.

use std::fmt::Write as _;

use clap::{Arg, Command, CommandFactory as _, ValueHint};
use clap_complete::{Shell, generate};

use crate::cli::Cli;

pub(super) fn script(shell: Shell) -> String {
    let mut command = visible();
    let mut script = Vec::new();
    generate(shell, &mut command, "tanist", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::Bash => bash(script, &command),
        Shell::Fish => fish(script, &command),
        Shell::Elvish | Shell::PowerShell | Shell::Zsh | _ => script,
    }
}

/// The command line without what is hidden, which the scripts would offer. A value of which nothing is known is not taken for
/// the name of a file.
fn visible() -> Command {
    let known = |argument: Arg| {
        let is_known = argument.get_value_hint() != ValueHint::Unknown || !argument.get_possible_values().is_empty();
        if is_known { argument } else { argument.value_hint(ValueHint::Other) }
    };
    let shown = |inner: &Command| {
        let arguments = inner.get_arguments().filter(|argument| !argument.is_hide_set()).cloned().map(known);
        let about = inner.get_about().cloned().unwrap_or_default();
        let command = Command::new(inner.get_name().to_owned()).about(about).args(arguments);
        command.disable_help_flag(inner.is_disable_help_flag_set())
    };
    let command = Cli::command();
    let all = command.get_subcommands().filter(|inner| !inner.is_hide_set()).map(shown);
    Command::new("tanist").version(env!("CARGO_PKG_VERSION")).subcommands(all)
}

/// Whether a command takes files without a dash before them.
fn takes_files(command: &Command) -> bool {
    let is_file = |argument: &Arg| matches!(argument.get_value_hint(), ValueHint::FilePath | ValueHint::AnyPath);
    command.get_positionals().any(is_file)
}

/// clap's script for bash offers options where a file is an argument. Where it offers nothing, bash completes names of files.
fn bash(mut script: String, command: &Command) -> String {
    const OFFER: &str = "COMPREPLY=( $(compgen -W \"${opts}\" -- \"${cur}\") )";
    for inner in command.get_subcommands().filter(|inner| takes_files(inner)) {
        let begin = format!("\n        tanist__subcmd__{})\n", inner.get_name());
        let Some((before, rest)) = script.split_once(&begin) else { continue };
        let Some((section, behind)) = rest.split_once("\n            ;;\n") else { continue };
        let section = section.replacen(" || ${COMP_CWORD} -eq 2 ]]", " ]]", 1);
        let (options, end) = section.rsplit_once(OFFER).unwrap_or((&section, ""));
        script = format!("{before}{begin}{options}COMPREPLY=(){end}\n            ;;\n{behind}");
    }
    script
}

/// clap's script for fish leaves out arguments without a dash, and so fish takes them for names of files.
fn fish(mut script: String, command: &Command) -> String {
    for inner in command.get_subcommands().filter(|inner| !takes_files(inner)) {
        let words = match words(inner) {
            words if words.is_empty() => words,
            words => format!(" -a \"{words}\""),
        };
        // Writing to a String cannot fail.
        writeln!(script, "complete -c tanist -n \"__fish_seen_subcommand_from {}\" -f{words}", inner.get_name()).ok();
    }
    script
}

/// What may stand as an argument without a dash, if that is a list of words.
fn words(command: &Command) -> String {
    let values = command.get_positionals().flat_map(|argument| argument.get_possible_values());
    let names: Vec<String> = values.map(|value| value.get_name().to_owned()).collect();
    names.join(" ")
}

#[cfg(test)]
mod tests {
    use std::process;

    use super::*;

    /// What bash offers behind some words.
    fn offered(words: &[&str]) -> Vec<String> {
        let line = words.iter().map(|word| format!("'{word}' ")).collect::<String>();
        let (last, before) = (words.len() - 1, words[words.len().saturating_sub(2)]);
        let ask = format!(
            "{}\nCOMP_WORDS=({line}); COMP_CWORD={last}; COMPREPLY=(); _tanist tanist '{}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
            script(Shell::Bash),
            words[last]
        );
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("script"), ask).unwrap();
        let output = process::Command::new("bash").arg(directory.path().join("script")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn bash_offers_what_may_stand_there() {
        let commands = offered(&["tanist", ""]);
        assert!(commands.contains(&"check".to_owned()) && commands.contains(&"lsp".to_owned()), "{commands:?}");
        assert!(!commands.iter().any(|it| it == "runner" || it == "guardian"), "hidden ones: {commands:?}");
        assert_eq!(offered(&["tanist", "check", ""]), [""; 0], "bash completes a file");
        assert_eq!(offered(&["tanist", "check", "-q", ""]), [""; 0], "bash completes a file");
        assert!(offered(&["tanist", "check", "--st"]).contains(&"--stdin-filename".to_owned()));
        assert_eq!(offered(&["tanist", "check", "--format", "sh"]), ["short"]);
        assert_eq!(offered(&["tanist", "explain", "advert"]), ["advert_int"]);
        assert_eq!(offered(&["tanist", "manual", "te"]), ["textmate"]);
        assert!(script(Shell::Bash).contains("-o default tanist"), "names of files where nothing is offered");
    }

    #[test]
    fn no_shell_offers_what_is_hidden() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let script = script(shell);
            for hidden in ["runner", "__guardian", "(guardian)", "\"guardian\"", "die-with-parent"] {
                assert!(!script.contains(hidden), "{hidden} {shell:?}");
            }
        }
        let zsh = script(Shell::Zsh);
        assert!(zsh.contains("'*::configs -- Configuration files; `-` is standard input:_files'"), "{zsh}");
        let fish = script(Shell::Fish);
        assert!(
            !fish.contains("subcommand_from check\" -f") && fish.contains("subcommand_from status\" -f\n"),
            "{fish}"
        );
    }
}
