//! The model as text, read again: the same model.
#![expect(clippy::disallowed_methods, reason = "the texts are files")]

use std::fs;
use std::path::{Path, PathBuf};

use conf::{Environment, MemoryLoader};
use proptest::prelude::*;

#[path = "any_text/check.rs"]
mod check;
mod words;

fn texts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "conf") {
            found.push(path);
        }
    }
}

/// Every golden text, so that every keyword is met. What they include is left out.
#[test]
fn golden_texts_survive_their_canonical_form() {
    let mut found = Vec::new();
    texts(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"), &mut found);
    assert!(found.len() > 50);
    let environment = Environment { config_id: Some("left".to_owned()), ..Environment::default() };
    for path in found {
        let mut loader = MemoryLoader::default().with("c", fs::read(path).unwrap());
        check::check_canonical(&conf::load_in(&environment, Path::new("c"), &mut loader).config);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn any_words_survive_their_canonical_form(text in words::routers()) {
        check::check(text.as_bytes());
    }
}
