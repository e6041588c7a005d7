//! Any bytes as a configuration: what `crates/conf/tests/any_text.rs` checks for random texts, for those that a fuzzer finds.
#![no_main]

#[path = "../../crates/conf/tests/any_text/check.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
