//! Every message in one file for reading, `docs/messages.md`: its code, what `tanist explain` says of it, and what is said of
//! its example. `UPDATE=1 cargo test -p tanist-conf --test messages` writes it.
#![expect(clippy::disallowed_methods, reason = "the page is a file")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use conf::{Code, Diagnostics, Example, MemoryLoader};

/// What is said of an example.
fn said(example: &Example) -> Diagnostics {
    let mut loader = MemoryLoader::default().with("example.conf", example.configuration());
    conf::load("example.conf".as_ref(), &mut loader).diagnostics
}

/// Codes that are in what is said of their example only as `Unsupported`, or need files and a machine, have no example.
#[test]
fn an_example_draws_its_message_and_the_corrected_one_does_not() {
    let mut wrong = Vec::new();
    for &code in Code::ALL {
        let explanation = code.explanation();
        if explanation.why.is_empty() {
            wrong.push(format!("{}: no text", code.name()));
        }
        for (example, expected) in [(explanation.wrong, true), (explanation.right, false)] {
            let Some(example) = example else { continue };
            let diagnostics = said(&example);
            if diagnostics.iter().any(|said| said.code == code) != expected {
                let codes: Vec<_> = diagnostics.iter().map(|said| said.code.name()).collect();
                wrong.push(format!("{}: expected {expected}, {codes:?} of\n{}", code.name(), example.configuration()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn page() -> String {
    let mut page =
        "# Every message\n\nMade by a test of `crates/conf` from the codes, their texts and their examples.\n"
            .to_owned();
    for &code in Code::ALL {
        let explanation = code.explanation();
        // Writing to a String cannot fail.
        let mut put = |text: std::fmt::Arguments<'_>| page.write_fmt(text).unwrap();
        put(format_args!("\n## {}[{}]\n\n{}\n\n", code.severity().name(), code.name(), code.meaning()));
        put(format_args!("{}\n", explanation.why));
        if let Some(example) = explanation.wrong {
            put(format_args!("\n```\n{}\n```\n", example.lines));
            for said in said(&example).iter().filter(|said| said.code == code) {
                put(format_args!("\n> {}  \n", said.message));
                for label in said.labels.iter().filter(|label| !label.text.is_empty()) {
                    put(format_args!("> {}  \n", label.text));
                }
                said.note.iter().for_each(|note| put(format_args!("> note: {note}  \n")));
                said.suggestion.iter().for_each(|help| put(format_args!("> help: {}  \n", help.text)));
            }
        }
        if let Some(example) = explanation.right {
            put(format_args!("\nWrite instead:\n\n```\n{}\n```\n", example.lines));
        }
    }
    page
}

#[test]
fn the_page_of_messages_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/messages.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let current = fs::read_to_string(&path).is_ok_and(|stored| stored == page);
    assert!(current, "not current; write it anew: UPDATE=1 cargo test -p tanist-conf --test messages");
}
