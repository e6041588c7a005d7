//! Commands: one quoted word, then perhaps a user and a group (keepalived-config §1.16).

use super::{Arguments, Value};
use crate::code::Severity;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::Block;
use crate::model::{Script, ScriptUser};
use crate::quote;
use crate::say;
use crate::source::{Span, Spanned};

impl Arguments<'_> {
    /// `"COMMAND ARGUMENTS" [USER [GROUP]]`.
    pub(super) fn script(&self, out: &mut Diagnostics) -> Option<Spanned<Value>> {
        let outer = quote::split(self.statement.text());
        let first = self.first(usize::MAX, out)?;
        let span = first.span.to(self.words.last().unwrap_or(&first).span);
        let (command, rest) = outer.get(1..).and_then(|words| words.split_first())?;
        let arguments = |word: &String| word.starts_with(['/', '-', '>', '|', '&', '<']) || word.contains('=');
        let takes_words = NO_COMMANDS_ALONE.contains(&command.rsplit('/').next().unwrap_or(command));
        let is_state = |word: &String| {
            let word = word.to_lowercase();
            STATES.contains(&word.as_str()) || self.row.name.strip_prefix("notify_") == Some(&word)
        };
        let ignored = self.row.block == Block::Script && !rest.is_empty();
        if ignored
            || rest.len() > 2
            || rest.iter().any(arguments)
            || rest.first().is_some_and(|word| takes_words || is_state(word))
        {
            return out.refuse(self.unquoted(span));
        }
        let argv = quote::split(command);
        if argv.is_empty() {
            return out.refuse(say::script_empty(span));
        }
        check_command(&argv, span, out);
        let user = rest.first().map(|user| ScriptUser { user: user.clone(), group: rest.get(1).cloned() });
        Some(Spanned { value: Value::Script(Box::new(Script { argv, user })), span })
    }

    fn unquoted(&self, span: Span) -> Diagnostic {
        let written: Vec<&str> = self.words.iter().map(|word| word.text.trim_matches('"')).collect();
        let is_quoted =
            self.words.first().is_some_and(|word| word.text.len() < (word.span.end - word.span.start) as usize);
        if is_quoted {
            return self.quoted_then(span, &written[1..]);
        }
        let is_check = self.row.block == Block::Script;
        let ignored = if is_check { say::script_unquoted_check() } else { say::script_unquoted_notify() };
        say::script_unquoted(span, self.row.name, ignored, span, format!("\"{}\"", written.join(" ")))
    }

    /// What follows a command in quotes, and cannot be its user.
    fn quoted_then(&self, span: Span, rest: &[&str]) -> Diagnostic {
        let all = rest.join(" ");
        let is_user = |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if self.row.block != Block::Script {
            let is_command = rest.iter().any(|word| word.starts_with('/'));
            let help =
                if is_command { say::script_unquoted_both(self.row.name) } else { say::script_unquoted_inside() };
            return say::script_unquoted_user(span, all).help(help);
        }
        let diagnostic = say::script_unquoted_behind(span, &all);
        if rest.len() <= 2 && rest.iter().all(is_user) && !rest[0].starts_with('-') {
            return diagnostic.help(say::script_unquoted_line(all));
        }
        diagnostic.help(say::script_unquoted_inside())
    }
}

/// Programs that nobody runs without an argument: what follows them is no user.
const NO_COMMANDS_ALONE: &[&str] =
    &["pgrep", "pkill", "killall", "pidof", "ping", "curl", "wget", "systemctl", "service"];

/// What a shell understands and no program is.
const SHELL_WORDS: &[&str] = &[
    "!", "{", "(", "[[", ":", ".", "source", "if", "for", "while", "until", "case", "cd", "eval", "exec", "exit",
    "export", "set", "trap", "ulimit", "umask", "wait",
];

/// What is handed to scripts, and is no user. Debian has a user `backup`.
const STATES: &[&str] = &["master", "fault", "stop"];

fn check_command(argv: &[String], span: Span, out: &mut Diagnostics) {
    let shell = |word: &&String| {
        matches!(word.as_str(), ">" | ">>" | "<" | "|" | "||" | "&" | "&&" | ";" | "2>&1")
            || word.starts_with("2>")
            || word.ends_with(';')
            || word.contains("$(")
            || word.contains('`')
    };
    let Some(program) = argv.first() else { return };
    let is_pattern = program.starts_with('~') || program.contains(['*', '?']);
    if is_pattern || SHELL_WORDS.contains(&program.as_str()) || program.contains('=') {
        let help = if is_pattern { say::script_shell_path() } else { say::script_shell_line() };
        let said = say::script_shell_program(span, program).help(help);
        out.push(Diagnostic { severity: Severity::Error, ..said });
    } else if let Some(word) = argv.iter().find(shell) {
        out.push(say::script_shell(span, word));
    } else if !program.contains('/') {
        out.push(say::script_relative(span, program));
    } else if program.starts_with('.') {
        out.push(say::script_relative_folder(span, program));
    }
}
