//! `tanist manual`: the pages of the manual, the completions of shells and the syntax files of editors, made from the rows of the language and from the
//! definition of the command line.

mod command;
mod completions;
mod reference;
mod syntax;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap_complete::Shell;

use super::check::schema;
use crate::cli::{ManualArgs, ManualPart};
use crate::page::{self, Head};

/// The page about the language.
const REFERENCE: Head =
    Head { name: "tanist.conf", about: "keepalived.conf as tanist reads it: every keyword and every message" };

/// Exit status 0 printed, 1 the output cannot be written.
pub(crate) fn run(options: &ManualArgs) -> ExitCode {
    match io::stdout().write_all(render(options.part).as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn render(part: ManualPart) -> String {
    match part {
        ManualPart::Markdown => page::markdown(REFERENCE, &reference::parts()),
        ManualPart::Man5 => page::man(REFERENCE, &reference::parts()),
        ManualPart::Man8 => command::man(REFERENCE),
        ManualPart::Bash => completions::script(Shell::Bash),
        ManualPart::Zsh => completions::script(Shell::Zsh),
        ManualPart::Fish => completions::script(Shell::Fish),
        ManualPart::Vim => syntax::vim(),
        ManualPart::Textmate => syntax::textmate(),
        ManualPart::Schema => format!("{:#}\n", schema()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    /// The pages in the repository.
    const PAGES: [(ManualPart, &str); 4] = [
        (ManualPart::Markdown, "docs/keepalived.conf.md"),
        (ManualPart::Man5, "docs/man/tanist.conf.5"),
        (ManualPart::Man8, "docs/man/tanist.8"),
        (ManualPart::Schema, "docs/check.schema.json"),
    ];

    #[test]
    fn the_pages_in_the_repository_are_current() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let update = std::env::var_os("UPDATE").is_some();
        for (part, name) in PAGES {
            let path = root.join(name);
            let text = render(part);
            if update {
                fs::write(&path, &text).unwrap();
            }
            let current = fs::read_to_string(&path).is_ok_and(|stored| stored == text);
            assert!(current, "{name} is not current; write it anew: UPDATE=1 cargo test -p tanist --bin tanist manual");
        }
    }

    #[test]
    fn every_keyword_and_code_is_in_the_pages_and_completed() {
        for part in [ManualPart::Markdown, ManualPart::Man5, ManualPart::Bash, ManualPart::Zsh, ManualPart::Fish] {
            // In a page of the manual a hyphen is escaped.
            let text = render(part).replace(r"\-", "-");
            for word in crate::vocabulary::all().into_keys() {
                assert!(text.contains(word), "{word} is not in {part:?}");
            }
        }
    }

    #[test]
    fn the_page_of_the_command_has_every_command_and_what_its_end_means() {
        let text = render(ManualPart::Man8);
        for part in [
            "tanist run",
            "tanist check",
            "tanist explain",
            "tanist status",
            "tanist lab",
            "a file cannot be read",
            "FILES",
        ] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert!(!text.contains("runner"), "a hidden command is shown");
    }
}
