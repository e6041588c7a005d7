//! The model as text, read again: the same model.
#![expect(clippy::disallowed_methods, reason = "the texts are files")]

use std::fs;
use std::path::{Path, PathBuf};

use conf::model::Config;
use conf::{Environment, MemoryLoader};
use proptest::prelude::*;

mod words;

fn read(text: &str) -> Config {
    conf::load(Path::new("c"), &mut MemoryLoader::default().with("c", text)).config
}

/// Whether the text of `config` is read as `config`; else the text.
fn check(config: &Config) -> Result<(), String> {
    let text = config.to_text();
    let again = read(&text);
    // A word that ends in a backslash cannot always be written.
    if again == *config || format!("{config:?}").contains("\\\\\"") {
        return Ok(());
    }
    Err(format!("{text}\nis not\n{config:#?}\nbut\n{again:#?}"))
}

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
    let wrong: Vec<String> = found
        .iter()
        .filter_map(|path| {
            let mut loader = MemoryLoader::default().with("c", fs::read(path).unwrap());
            let config = conf::load_in(&environment, Path::new("c"), &mut loader).config;
            check(&config).err().map(|error| format!("{}: {error}", path.display()))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn any_words_survive_their_canonical_form(text in words::routers()) {
        prop_assert_eq!(check(&read(&text)), Ok(()));
    }
}
