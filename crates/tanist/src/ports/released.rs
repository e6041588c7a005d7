//! Routers that somebody released: they stay away from the election until somebody lets them take part again.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use vrrp::types::RouterId;

use super::directory::Directory;

/// What is asked for of routers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// They give up their role and stay away.
    Release,
    /// They take part again.
    Hold,
}

/// Their names, shared by the control socket and the main thread: a reload changes nothing about them, also of a router that
/// goes and comes back. The protocol thread is told the ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Released(Arc<Mutex<BTreeSet<String>>>);

impl Released {
    /// Carries a wish out. Returns what was there before, for [`Released::restore`].
    pub(crate) fn change(&self, names: &[String], wish: Wish) -> BTreeSet<String> {
        let mut released = self.names();
        let before = released.clone();
        match wish {
            Wish::Release => released.extend(names.iter().cloned()),
            Wish::Hold => released.retain(|name| !names.contains(name)),
        }
        before
    }

    pub(crate) fn restore(&self, before: BTreeSet<String>) {
        *self.names() = before;
    }

    pub(crate) fn contains(&self, name: &str) -> bool {
        self.names().contains(name)
    }

    /// All of them, whether they run or not.
    pub(crate) fn all(&self) -> Vec<String> {
        self.names().iter().cloned().collect()
    }

    /// A sync group goes together, also where a reload has put others beside a router that was released.
    pub(crate) fn take_groups_along(&self, directory: &Directory) {
        let mut released = self.names();
        let along = companions(&released, directory.groups());
        if !along.is_empty() {
            tracing::warn!("released with others of their sync groups: {}", along.join(", "));
            released.extend(along);
        }
    }

    /// Those that run.
    pub(crate) fn ids(&self, directory: &Directory) -> HashSet<RouterId> {
        self.names().iter().flat_map(|name| directory.named(name)).collect()
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // Whoever panicked while holding it left it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who is in a group with one that was released, and was not released itself.
fn companions<'a>(released: &BTreeSet<String>, groups: impl Iterator<Item = &'a [String]>) -> Vec<String> {
    let concerned = groups.filter(|members| members.iter().any(|member| released.contains(member)));
    concerned.flatten().filter(|member| !released.contains(*member)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_goes_along_with_one_of_its_routers() {
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let groups = [names(&["a", "b", "new"]), names(&["c", "d"])];
        let released = names(&["a", "b", "alone"]).into_iter().collect();
        assert_eq!(companions(&released, groups.iter().map(Vec::as_slice)), ["new"]);
    }
}
