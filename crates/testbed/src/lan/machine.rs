//! The state of a host's network, to be compared before and after.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use lab::{Host, wait};

/// Links, addresses, rules, routes and all per-link settings of a host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MachineState {
    /// Every fact by its name.
    facts: BTreeMap<String, String>,
}

impl MachineState {
    /// Reads it, with `ip` and from /proc/sys.
    ///
    /// # Errors
    /// If `ip` is not installed.
    pub fn of(host: &Host) -> io::Result<Self> {
        let mut facts = BTreeMap::new();
        for command in [
            "link show",
            "-d addr show",
            "-4 rule show",
            "-6 rule show",
            "-4 route show table all",
            "-6 route show table all",
            "maddr show",
        ] {
            let said = host.run_program("ip", &command.split(' ').collect::<Vec<_>>())?;
            facts.insert(format!("ip {command}"), without_ages(&said));
        }
        host.namespace.run(|| {
            for family in ["ipv4", "ipv6"] {
                collect(&Path::new("/proc/sys/net").join(family).join("conf"), &mut facts);
            }
        })?;
        Ok(Self { facts })
    }

    /// Reads it once the kernel has made sure of the host's own addresses, at the latest after `patience`.
    ///
    /// # Errors
    /// If `ip` is not installed.
    pub fn at_rest(host: &Host, patience: Duration) -> io::Result<Self> {
        let is_sure = || host.run_program("ip", &["addr", "show"]).is_ok_and(|all| !all.contains("tentative"));
        wait::until(patience, is_sure);
        Self::of(host)
    }

    /// What differs on `host` from this state once nothing does, or after `patience`: the kernel finishes some removals in the
    /// background.
    ///
    /// # Panics
    /// If the state cannot be read.
    #[must_use]
    pub fn changes_at_rest(&self, host: &Host, patience: Duration) -> Vec<String> {
        let changes = || self.changes(&Self::of(host).unwrap());
        wait::until(patience, || changes().is_empty());
        changes()
    }

    /// What differs between this and a later state, in words; empty if nothing does.
    #[must_use]
    pub fn changes(&self, later: &Self) -> Vec<String> {
        let names = self.facts.keys().chain(later.facts.keys().filter(|name| !self.facts.contains_key(*name)));
        let differing = names.filter(|name| self.facts.get(*name) != later.facts.get(*name));
        differing.map(|name| format!("{name}:\n  {:?}\n  {:?}", self.facts.get(name), later.facts.get(name))).collect()
    }
}

/// Text of `ip` without the seconds that something has left, which go on.
fn without_ages(said: &str) -> String {
    let is_age = |word: &str| word.strip_suffix("sec").is_some_and(|it| it.bytes().all(|byte| byte.is_ascii_digit()));
    said.split_inclusive([' ', '\n']).map(|word| if is_age(word.trim_end()) { "Nsec " } else { word }).collect()
}

/// All readable files below `directory`.
fn collect(directory: &Path, facts: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, facts);
        } else if let Ok(text) = fs::read_to_string(&path) {
            facts.insert(path.display().to_string(), text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_lease_is_no_difference() {
        let line = |left: &str| {
            format!("inet 10.9.0.77/32 scope global dynamic eth0\n  valid_lft {left} preferred_lft {left}\n")
        };
        assert_eq!(without_ages(&line("120sec")), without_ages(&line("96sec")));
        assert_ne!(without_ages(&line("120sec")), without_ages(&line("forever")));
    }
}
