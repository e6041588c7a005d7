//! The walls of the house: which crate may import which (ARCHITECTURE.md).

use std::collections::BTreeSet;
use std::path::Path;

/// Our crates and what each may depend on.
const ALLOWED: [(&str, &[&str]); 6] = [
    ("vrrp", &[]),
    ("host", &["vrrp"]),
    ("conf", &["vrrp", "host"]),
    ("linux", &["vrrp", "host"]),
    ("tanist", &["vrrp", "host", "conf", "linux"]),
    ("testbed", &["vrrp", "host", "conf", "linux"]),
];

/// Names of our crates in a section of a Cargo.toml.
fn edges(manifest: &str, section: &str) -> BTreeSet<String> {
    let ours: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    let lines = manifest.lines().skip_while(|line| *line != section).skip(1).take_while(|line| !line.starts_with('['));
    let names = lines.filter_map(|line| line.split(['.', ' ', '=']).next());
    names.filter(|name| ours.contains(name)).map(str::to_owned).collect()
}

#[test]
fn no_crate_imports_what_it_may_not() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (name, allowed) in ALLOWED {
        let manifest = std::fs::read_to_string(crates.join(name).join("Cargo.toml")).unwrap();
        let allowed: BTreeSet<String> = allowed.iter().map(|name| (*name).to_owned()).collect();
        let found = edges(&manifest, "[dependencies]");
        assert!(found.is_subset(&allowed), "{name} imports {found:?}, but may import only {allowed:?}");
    }
}

#[test]
fn the_protocol_builds_without_the_standard_library() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let lib = std::fs::read_to_string(crates.join("vrrp/src/lib.rs")).unwrap();
    assert!(lib.contains("#![no_std]") && lib.contains("#![forbid(unsafe_code)]"));
}

#[test]
fn a_wrong_edge_is_found() {
    let manifest = "[package]\nname = \"x\"\n[dependencies]\nvrrp.workspace = true\ntanist = { path = \"..\" }\n[dev-dependencies]\nhost.workspace = true\n";
    assert_eq!(edges(manifest, "[dependencies]"), BTreeSet::from(["vrrp".to_owned(), "tanist".to_owned()]));
}
