//! Edges between crates, as cargo itself reads them from every section of every Cargo.toml.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use crate::crates;

/// What one of our crates may import.
struct Allowed {
    /// Its directory; its package is `tanist-NAME`, or `tanist` alone.
    name: &'static str,
    /// In its library or program.
    always: &'static [&'static str],
    /// In its tests only, beside those.
    in_tests: &'static [&'static str],
}

/// What a build script may import: there are none.
const IN_BUILD_SCRIPTS: &[&str] = &[];

const ALLOWED: [Allowed; 8] = [
    Allowed { name: "vrrp", always: &[], in_tests: &[] },
    Allowed { name: "host", always: &["vrrp"], in_tests: &[] },
    Allowed { name: "conf", always: &["vrrp", "host"], in_tests: &[] },
    Allowed { name: "linux", always: &["vrrp", "host"], in_tests: &["lab"] },
    Allowed { name: "agentx", always: &[], in_tests: &[] },
    Allowed { name: "lab", always: &["vrrp", "linux"], in_tests: &[] },
    Allowed { name: "tanist", always: &["vrrp", "host", "conf", "linux", "agentx", "lab"], in_tests: &["testbed"] },
    Allowed { name: "testbed", always: &["vrrp", "host", "conf", "linux", "lab"], in_tests: &[] },
];

/// The directory of a package, if it is one of ours.
fn ours(package: &str) -> Option<&str> {
    let name = package.strip_prefix("tanist-").unwrap_or(package);
    ALLOWED.iter().map(|it| it.name).find(|it| *it == name)
}

/// Every edge between our crates that is not allowed, in words. `metadata`: what `cargo metadata` says.
fn refused(metadata: &Value) -> Vec<String> {
    let mut refused = Vec::new();
    let mut seen = BTreeSet::new();
    for package in metadata["packages"].as_array().unwrap() {
        let package_name = package["name"].as_str().unwrap();
        let Some(rule) = ALLOWED.iter().find(|rule| ours(package_name) == Some(rule.name)) else {
            refused.push(format!("{package_name} is not in the list"));
            continue;
        };
        seen.insert(rule.name);
        for dependency in package["dependencies"].as_array().unwrap() {
            let Some(name) = ours(dependency["name"].as_str().unwrap()) else { continue };
            let (section, also) = match dependency["kind"].as_str() {
                None => ("dependencies", [].as_slice()),
                Some("dev") => ("dev-dependencies", rule.in_tests),
                Some(_) => ("build-dependencies", IN_BUILD_SCRIPTS),
            };
            let target = dependency["target"].as_str().map_or_else(String::new, |target| format!(" of {target}"));
            if !rule.always.contains(&name) && !also.contains(&name) {
                refused.push(format!("{} imports {name} in [{section}]{target}", rule.name));
            }
        }
    }
    let missing = ALLOWED.iter().filter(|rule| !seen.contains(rule.name));
    refused.extend(missing.map(|rule| format!("{} is in the list and is no crate", rule.name)));
    refused
}

#[test]
fn no_crate_imports_what_it_may_not() {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["metadata", "--no-deps", "--offline", "--format-version", "1"]).current_dir(crates());
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(refused(&serde_json::from_slice(&output.stdout).unwrap()), Vec::<String>::new());
}

/// What cargo says of a workspace in which every crate has no dependency, but `package` has this one.
fn with(package: &str, dependency: &Value) -> Value {
    let packages = ALLOWED.iter().map(|rule| {
        let dependencies = if rule.name == package { vec![dependency.clone()] } else { Vec::new() };
        serde_json::json!({ "name": format!("tanist-{}", rule.name), "dependencies": dependencies })
    });
    serde_json::json!({ "packages": packages.collect::<Vec<_>>() })
}

#[test]
fn a_wrong_edge_is_found_in_every_section() {
    let edge = |kind: Option<&str>, target: Option<&str>| {
        let dependency = serde_json::json!({ "name": "tanist-lab", "kind": kind, "target": target });
        refused(&with("host", &dependency))
    };
    assert_eq!(edge(None, None), ["host imports lab in [dependencies]"]);
    assert_eq!(edge(Some("dev"), None), ["host imports lab in [dev-dependencies]"]);
    assert_eq!(edge(Some("build"), None), ["host imports lab in [build-dependencies]"]);
    assert_eq!(edge(None, Some("cfg(unix)")), ["host imports lab in [dependencies] of cfg(unix)"]);
    let in_tests = |kind: Option<&str>| {
        refused(&with("linux", &serde_json::json!({ "name": "tanist-lab", "kind": kind, "target": null })))
    };
    assert_eq!(in_tests(Some("dev")), Vec::<String>::new());
    assert_eq!(in_tests(None), ["linux imports lab in [dependencies]"]);
    let renamed = serde_json::json!({ "name": "tanist", "rename": "daemon", "kind": null, "target": null });
    assert_eq!(refused(&with("testbed", &renamed)), ["testbed imports tanist in [dependencies]"]);
}
