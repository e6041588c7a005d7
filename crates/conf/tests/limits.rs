//! Named limits of the language: each is told where it is passed, and the rest of the text is read or left out in bounded
//! time.

#[path = "any_text/cpu.rs"]
mod cpu;

use std::path::Path;

use conf::model::limits;
use conf::{Code, Loaded, MemoryLoader};

fn load(loader: MemoryLoader) -> Loaded {
    conf::load(Path::new("main"), &mut loader.clone())
}

/// What is said about too much, and how many other things are.
fn too_large(text: impl Into<Vec<u8>>) -> (Vec<String>, usize) {
    let diagnostics = load(MemoryLoader::default().with("main", text)).diagnostics;
    let of_limits: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.code == Code::TooLarge).collect();
    (of_limits.iter().map(|diagnostic| diagnostic.message.clone()).collect(), diagnostics.len() - of_limits.len())
}

fn said(text: impl Into<Vec<u8>>, part: &str) {
    let (messages, _) = too_large(text);
    assert!(matches!(messages.as_slice(), [message] if message.contains(part)), "{part}: {messages:?}");
}

#[test]
fn blocks_have_a_depth() {
    said(format!("{}{}", "a {\n".repeat(limits::BLOCK_DEPTH + 1), "}\n".repeat(limits::BLOCK_DEPTH + 1)), "deep");
}

#[test]
fn statements_have_a_number() {
    said("}\n".repeat(limits::STATEMENTS + 10), "statements");
}

#[test]
fn loops_have_rounds_and_a_depth() {
    said("~SEQ(A,1,1000000000) $B=1\n", "rounds");
    said(format!("{} word\n", "~SEQ(A,1,1)".repeat(limits::EXPANSION_DEPTH + 1)), "deep");
    said("~SEQ(A,1,1000) ~SEQ(B,1,1000) $C=1\n", "rounds");
}

#[test]
fn braces_of_an_include_have_choices() {
    said(format!("include {}\n", "{a,b}".repeat(60)), "names");
    assert_eq!(too_large(format!("include {}{}\n", "{".repeat(5000), "}".repeat(5000))).0, [""; 0]);
}

#[test]
fn includes_have_a_depth_and_a_number() {
    let chain = (0..30).fold(MemoryLoader::default().with("main", "include 0.inc\n"), |loader, index| {
        loader.with(format!("{index}.inc"), format!("include {}.inc\n", index + 1))
    });
    let wide = (0..=limits::INCLUDE_FILES)
        .fold(MemoryLoader::default(), |loader, index| loader.with(format!("{index}.inc"), ""));
    for loader in [chain, wide.with("main", "include *.inc\n")] {
        let codes: Vec<Code> = load(loader).diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(codes, [Code::TooLarge]);
    }
}

/// Doubling definitions stop at the line, at the depth or at the sum of all lines, whichever comes first.
#[test]
fn definitions_stop_growing() {
    let mut text = "$A0=xxxxxxxxxxxxxxxx\n".to_owned();
    for index in 1..40 {
        text.push_str(&format!("$A{index}=${{A{}}} ${{A{}}}\n", index - 1, index - 1));
    }
    text.push_str("$A39\n");
    let diagnostics = load(MemoryLoader::default().with("main", text)).diagnostics;
    assert!(diagnostics.iter().any(|diagnostic| diagnostic.code == Code::ExpansionTooLarge));
}

/// `routers` routers, and as many groups and trackers that name what is not there, below as many misspelt keywords.
fn nothing_named(routers: usize) -> String {
    let mut text = String::from("global_defs {\n");
    text.extend((0..64).map(|number| format!("vrrp_verson{number} 2\n")));
    text.push_str("}\nvrrp_sync_group G {\ngroup {\n");
    text.extend((0..routers).map(|number| format!("nothing{number}\n")));
    text.push_str("}\n}\n");
    for number in 0..routers {
        let (interface, vrid) = (number / 250, number % 250 + 1);
        text.push_str(&format!(
            "vrrp_instance VI_{number} {{\ninterface eth{interface}\nvirtual_router_id {vrid}\nadvert_int 1.5\n\
             virtual_ipaddress {{\n10.0.{interface}.{vrid}/24\n}}\ntrack_script {{\nnothing{number}\n}}\n}}\n\
             vrrp_script CHECK_{number} {{\nscript /bin/true\n}}\n"
        ));
    }
    text
}

/// Eight times as much takes eight times as long, or 64 times if it is looked through again for each mistake.
#[test]
fn mistakes_cost_no_more_in_larger_texts() {
    let fastest = |routers| {
        let loader = MemoryLoader::default().with("main", nothing_named(routers));
        let once = || {
            let (loaded, took) = cpu::timed(|| load(loader.clone()));
            assert_eq!(loaded.diagnostics.len(), limits::DIAGNOSTICS);
            took
        };
        (0..3).map(|_| once()).min().unwrap_or_default()
    };
    let (few, many) = (fastest(1_000), fastest(8_000));
    assert!(many < few * 24, "{few:?} and {many:?}");
}

#[test]
fn bfd_sessions_have_a_number() {
    let blocks = (0..limits::SESSIONS + 10).map(|number| {
        format!("bfd_instance b{number} {{\nneighbor_ip 10.0.{}.{}\n}}\n", number / 200, number % 200 + 1)
    });
    let loaded = load(MemoryLoader::default().with("main", blocks.collect::<String>()));
    let said = loaded.diagnostics.iter().filter(|it| it.message == "there are more than 256 BFD sessions").count();
    assert_eq!((said, loaded.config.watched.sessions.len()), (10, limits::SESSIONS));
}
