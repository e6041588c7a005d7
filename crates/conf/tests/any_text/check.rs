//! What holds for any bytes. The fuzz target checks the same.

use std::path::Path;

use conf::model::Config;
use conf::{Diagnostic, Environment, Loaded, MemoryLoader, Outline, RenderStyle, Secrets, Sources};

/// What stands before the name of each further file.
pub(crate) const FILE: &[u8] = b"\n=== ";
/// Bytes that the report may have for each diagnostic.
const REPORT_BYTES: usize = 16 << 10;
/// Bytes that it may have for each byte that was read.
const REPORT_FACTOR: usize = 64;

/// Reads bytes as the main file; the files that it can include follow it, each behind a line `=== NAME`.
pub(crate) fn load(bytes: &[u8]) -> Loaded {
    let mut pieces = split(bytes).into_iter();
    let mut loader = MemoryLoader::default().with("main", pieces.next().unwrap_or_default());
    for piece in pieces {
        let end = piece.iter().position(|&byte| byte == b'\n').unwrap_or(piece.len());
        let name = String::from_utf8_lossy(&piece[..end]).into_owned();
        loader = loader.with(name, piece.get(end + 1..).unwrap_or_default());
    }
    let environment = Environment { config_id: Some("left".to_owned()), ..Environment::default() };
    conf::load_in(&environment, Path::new("main"), &mut loader)
}

fn split(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    while let Some(at) = rest.windows(FILE.len()).position(|window| window == FILE) {
        pieces.push(&rest[..at]);
        rest = &rest[at + FILE.len()..];
    }
    pieces.push(rest);
    pieces
}

/// Reads bytes and checks what is said of them: places lie in their files, and reports can be written and have an end.
pub(crate) fn check(bytes: &[u8]) {
    let loaded = load(bytes);
    let diagnostics = &loaded.diagnostics;
    assert!(diagnostics.len() <= conf::model::limits::DIAGNOSTICS);
    for diagnostic in diagnostics.iter() {
        check_places(diagnostics.sources(), diagnostic);
    }
    let report = diagnostics.render(RenderStyle::Plain);
    let bound = REPORT_BYTES * (diagnostics.len() + 1) + REPORT_FACTOR * bytes.len();
    assert!(report.len() <= bound, "{} bytes about {}: {report:.1000}", report.len(), bytes.len());
    let _ = diagnostics.render(RenderStyle::Colour);
    let _ = loaded.config.to_json(Secrets::Hidden).to_string();
    check_outline(diagnostics.sources());
    check_canonical(&loaded.config);
}

/// Places that are asked for in each file.
const ASKED: usize = 64;

/// Every place can be asked for, and what is there lies in its file.
fn check_outline(sources: &Sources) {
    let outline = Outline::of(sources);
    for file in sources.files() {
        let (id, text) = (sources.find(file.path()).expect("it was read"), file.text());
        for at in (0..=text.len()).step_by(text.len() / ASKED + 1) {
            for word in outline.spot(id, at).iter().flat_map(|spot| spot.words) {
                assert!(text.get(word.span.start as usize..word.span.end as usize).is_some(), "{word:?} in {text:?}");
            }
            if let Some(name) = outline.definition(sources, id, at) {
                assert!(sources.text(name.span).starts_with('$'), "{name:?}");
            }
        }
    }
}

/// The canonical text is read as the same model. A word that ends in a backslash cannot always be written.
pub(crate) fn check_canonical(config: &Config) {
    let text = config.to_text(Secrets::Shown);
    let again = conf::load(Path::new("c"), &mut MemoryLoader::default().with("c", text.as_str())).config;
    let unwritable = format!("{config:?}").contains("\\\\\"")
        || text.contains("\\\"")
        || text.lines().any(|line| line.ends_with('\\'));
    let is_same = again == *config || unwritable;
    assert!(is_same, "{text}\nis not\n{config:#?}\nbut\n{again:#?}");
}

/// Every place lies in its file on character boundaries.
pub(crate) fn check_places(sources: &Sources, diagnostic: &Diagnostic) {
    assert!(!diagnostic.labels.is_empty(), "{diagnostic:?}");
    let replaced = diagnostic.suggestion.iter().filter_map(|suggestion| suggestion.replacement.as_ref());
    for span in diagnostic.labels.iter().map(|label| label.span).chain(replaced.map(|(span, _)| *span)) {
        let text = sources.file(span.file).text();
        assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}: {diagnostic:?}");
    }
}
