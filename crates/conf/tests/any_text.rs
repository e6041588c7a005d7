//! Any bytes: no panic, places inside their files, time that grows with the text and not faster.
#![expect(clippy::print_stdout, reason = "tests talk to whoever runs them")]

#[path = "any_text/check.rs"]
mod check;
#[path = "any_text/cpu.rs"]
mod cpu;
#[path = "any_text/grammar.rs"]
mod grammar;
#[path = "any_text/lines.rs"]
mod lines;

use std::collections::HashSet;
use std::time::Duration;

use conf::{Code, Outline, RenderStyle};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use check::{check, load};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes);
    }

    #[test]
    fn words_of_the_language_never_panic(text in grammar::words()) {
        check(text.as_bytes());
    }

    #[test]
    fn configurations_with_mistakes_never_panic(text in grammar::files()) {
        check(text.as_bytes());
    }
}

fn instances(count: usize) -> String {
    (0..count)
        .map(|index| {
            format!(
                "vrrp_instance VI_{index} {{\n    state BACKUP\n    interface eth{}\n    virtual_router_id {}\n    \
                 priority 100\n    advert_int 1\n    virtual_ipaddress {{\n        10.{}.{}.{}/32\n    }}\n}}\n",
                index / 50,
                index % 50 + 1,
                index >> 16,
                (index >> 8) & 255,
                index & 255
            )
        })
        .collect()
}

/// Random texts that only ever met the first checks would prove little.
#[test]
fn random_configurations_meet_most_kinds_of_mistakes() {
    let mut runner = TestRunner::deterministic();
    let mut met = HashSet::new();
    for _ in 0..2000 {
        let text = grammar::files().new_tree(&mut runner).unwrap().current();
        met.extend(load(text.as_bytes()).diagnostics.iter().map(|diagnostic| diagnostic.code));
    }
    let rest: Vec<&str> = Code::ALL.iter().filter(|code| !met.contains(code)).map(|code| code.name()).collect();
    println!("not met: {rest:?}");
    assert!(met.len() * 2 > Code::ALL.len(), "not met: {rest:?}");
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
        in_router("global_defs\n"),
        in_router("virtual_routerid 1\n"),
        "vrrp_instance R {\n}\n".repeat(COUNT),
        "priorty 1\n".repeat(COUNT),
        "global_defs {\nrouter_id a\n}\n".repeat(COUNT),
        format!("$A=x\n{}", "$A ".repeat(COUNT)),
        format!("$A=$A $A\n{}", "$A\n".repeat(COUNT)),
        format!("$A={}\n{}", "x".repeat(COUNT), "$A\n".repeat(COUNT)),
    ];
    for text in texts {
        let (_, took) = cpu::timed(|| {
            let loaded = load(text.as_bytes());
            let _ = Outline::of(loaded.diagnostics.sources());
            loaded.diagnostics.render(RenderStyle::Plain)
        });
        let head: String = text.chars().take(40).collect();
        println!("{took:?} for {head:?}");
        assert!(took < Duration::from_secs(10), "{took:?} for {head:?}");
    }
}

/// 5,000 routers: in a release build under 0.3 s; a debug build on a busy machine only has to come to an end.
#[test]
fn five_thousand_routers_load_in_no_time() {
    let text = instances(5000);
    let (loaded, took) = cpu::timed(|| load(text.as_bytes()));
    println!("5000 routers: {took:?}");
    assert_eq!(loaded.config.routers.len(), 5000);
    assert!(loaded.diagnostics.iter().next().is_none(), "{}", loaded.diagnostics.render(RenderStyle::Plain));
    let limit = if cfg!(debug_assertions) { Duration::from_secs(20) } else { Duration::from_millis(300) };
    assert!(took < limit, "{took:?}");
}
