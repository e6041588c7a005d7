//! Any bytes: no panic, places inside their files, time that grows with the text and not faster.
#![expect(clippy::disallowed_methods, reason = "the tests measure how long it takes")]
#![expect(clippy::print_stdout, reason = "tests talk to whoever runs them")]

use std::path::Path;
use std::time::{Duration, Instant};

use conf::{Diagnostics, Loaded, MemoryLoader, RenderStyle};
use proptest::prelude::*;

fn load(bytes: impl Into<Vec<u8>>) -> Loaded {
    conf::load(Path::new("c"), &mut MemoryLoader::default().with("c", bytes))
}

/// Every span lies in its file on character boundaries, and rendering copes with it.
fn check_places(diagnostics: &Diagnostics) {
    for diagnostic in diagnostics.iter() {
        assert!(!diagnostic.labels.is_empty());
        let replaced = diagnostic.suggestion.iter().filter_map(|suggestion| suggestion.replacement.as_ref());
        for span in diagnostic.labels.iter().map(|label| label.span).chain(replaced.map(|(span, _)| *span)) {
            let text = diagnostics.sources().file(span.file).text();
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{span:?} in {text:?}: {diagnostic:?}");
        }
    }
    let _ = diagnostics.render(RenderStyle::Plain);
    let _ = diagnostics.to_json();
}

/// Words and signs that mean something.
const WORDS: &[&str] = &[
    "vrrp_instance",
    "global_defs",
    "virtual_ipaddress",
    "authentication",
    "auth_pass",
    "interface",
    "eth0",
    "virtual_router_id",
    "priority",
    "track_interface",
    "weight",
    "use_vmac",
    "10.0.0.1/24",
    "fe80::1/64",
    "include",
    "c",
    "{",
    "}",
    "\"",
    "#",
    "!",
    "\\",
    "\\#",
    "$A",
    "${A}",
    "$A=",
    "$A=\\",
    "@x",
    "~SEQ(",
    "\n",
    "\r\n",
    "\n",
    " ",
    "\t",
    "255",
    "-1",
    "é",
    "\u{feff}",
    "\0",
    "brd",
    "dev",
    "notify_master",
    "'",
    "state",
    "MASTER",
    "version",
    "3",
];

/// Texts of these words, so that random texts get past the first line.
fn fragments() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(WORDS), 0..80).prop_map(|words| {
        let mut text = String::new();
        for (index, word) in words.iter().enumerate() {
            text.push_str(word);
            if index % 3 != 0 {
                text.push(' ');
            }
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check_places(&load(bytes).diagnostics);
    }

    #[test]
    fn words_of_the_language_never_panic(text in fragments()) {
        check_places(&load(text).diagnostics);
    }
}

fn instances(count: usize) -> String {
    (0..count)
        .map(|index| {
            format!(
                "vrrp_instance VI_{index} {{\n    state BACKUP\n    interface eth{}\n    virtual_router_id {}\n    \
                 priority 100\n    advert_int 1\n    virtual_ipaddress {{\n        10.{}.{}.{}/24\n    }}\n}}\n",
                index / 50,
                index % 50 + 1,
                index >> 16,
                (index >> 8) & 255,
                index & 255
            )
        })
        .collect()
}

/// Texts made to be slow: each grows a thing that a careless pass would walk again for every line.
#[test]
fn hostile_texts_take_linear_time() {
    const COUNT: usize = if cfg!(debug_assertions) { 20_000 } else { 100_000 };
    let in_router = |line: &str| format!("vrrp_instance R {{\n{}}}\n", line.repeat(COUNT));
    let texts = [
        "{".repeat(COUNT),
        "}".repeat(COUNT),
        "a{".repeat(COUNT),
        format!("\\#{}", "{\\# ".repeat(COUNT)),
        "${".repeat(COUNT),
        "a $b".repeat(COUNT),
        "\"".repeat(COUNT),
        in_router("state BACKUP\nnotify_master \"/a\"\n"),
        in_router("use_vmac\npriority 1\n"),
        in_router("virtual_ipaddress {\n10.0.0.1/24\n}\n"),
        in_router("track_interface {\neth1\n}\n"),
        "vrrp_instance R {\n}\n".repeat(COUNT),
        "priorty 1\n".repeat(COUNT),
        "global_defs {\nrouter_id a\n}\n".repeat(COUNT),
        format!("$A=x\n{}", "$A ".repeat(COUNT)),
        format!("$A=$A $A\n{}", "$A\n".repeat(COUNT)),
        format!("$A={}\n{}", "x".repeat(COUNT), "$A\n".repeat(COUNT)),
    ];
    for text in texts {
        let start = Instant::now();
        let loaded = load(text.as_str());
        let _ = loaded.diagnostics.render(RenderStyle::Plain);
        let took = start.elapsed();
        let head: String = text.chars().take(40).collect();
        println!("{took:?} for {head:?}");
        assert!(took < Duration::from_secs(30), "{took:?} for {head:?}");
    }
}

/// 5,000 routers: in a release build under 0.3 s; a debug build on a busy machine only has to come to an end.
#[test]
fn five_thousand_routers_load_in_no_time() {
    let text = instances(5000);
    let start = Instant::now();
    let loaded = load(text);
    let took = start.elapsed();
    println!("5000 routers: {took:?}");
    assert_eq!(loaded.config.routers.len(), 5000);
    assert!(loaded.diagnostics.iter().next().is_none(), "{}", loaded.diagnostics.render(RenderStyle::Plain));
    let limit = if cfg!(debug_assertions) { Duration::from_secs(20) } else { Duration::from_millis(300) };
    assert!(took < limit, "{took:?}");
}
