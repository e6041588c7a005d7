//! The walls of the house: which crate may import which, and that the rooms of the daemon do not import each other in
//! circles (ARCHITECTURE.md).

mod circles;
mod manifests;
mod source;

use std::path::{Path, PathBuf};

/// The directory of all our crates.
fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_protocol_builds_without_the_standard_library() {
    let lib = std::fs::read_to_string(crates().join("vrrp/src/lib.rs")).unwrap();
    assert!(lib.contains("#![no_std]") && lib.contains("#![forbid(unsafe_code)]"));
}
