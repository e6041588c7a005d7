//! Deadlines of many: an indexed heap, one entry per key.

use alloc::vec::Vec;

use slotmap::{Key, SecondaryMap};

use crate::time::Instant;

/// Children per node: four share a cache line, and the tree is half as deep as a binary one.
const ARITY: usize = 4;

/// Earliest deadline first. Setting, moving and clearing cost O(log n) and allocate only when the heap grows beyond any
/// size it had before.
#[derive(Debug)]
pub(crate) struct Timers<K: Key> {
    heap: Vec<Entry<K>>,
    places: SecondaryMap<K, usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry<K> {
    at: Instant,
    key: K,
}

impl<K: Key> Default for Timers<K> {
    fn default() -> Self {
        Self { heap: Vec::new(), places: SecondaryMap::new() }
    }
}

impl<K: Key> Timers<K> {
    /// The earliest deadline and whose it is.
    pub(crate) fn first(&self) -> Option<(Instant, K)> {
        self.heap.first().map(|entry| (entry.at, entry.key))
    }

    /// Whose deadline is the earliest, if it has come.
    pub(crate) fn due(&self, now: Instant) -> Option<K> {
        self.heap.first().filter(|entry| entry.at <= now).map(|entry| entry.key)
    }

    /// Sets or moves a deadline; `None` clears it.
    pub(crate) fn set(&mut self, key: K, at: Option<Instant>) {
        match (self.places.get(key).copied(), at) {
            (Some(place), Some(at)) => {
                if self.heap[place].at != at {
                    self.heap[place].at = at;
                    self.sift(place);
                }
            }
            (None, Some(at)) => {
                self.heap.push(Entry { at, key });
                self.sift(self.heap.len() - 1);
            }
            (Some(place), None) => self.remove(key, place),
            (None, None) => {}
        }
    }

    fn remove(&mut self, key: K, place: usize) {
        self.places.remove(key);
        self.heap.swap_remove(place);
        if place < self.heap.len() {
            self.sift(place);
        }
    }

    /// Moves the entry at `place` to where it belongs and notes all places that change.
    fn sift(&mut self, place: usize) {
        let place = self.rise(place);
        self.sink(place);
    }

    fn rise(&mut self, mut place: usize) -> usize {
        let entry = self.heap[place];
        while place > 0 {
            let parent = (place - 1) / ARITY;
            if self.heap[parent] <= entry {
                break;
            }
            self.put(place, self.heap[parent]);
            place = parent;
        }
        self.put(place, entry);
        place
    }

    fn sink(&mut self, mut place: usize) {
        let entry = self.heap[place];
        while let Some(child) = self.least_child(place) {
            if entry <= self.heap[child] {
                break;
            }
            self.put(place, self.heap[child]);
            place = child;
        }
        self.put(place, entry);
    }

    fn least_child(&self, place: usize) -> Option<usize> {
        let first = place * ARITY + 1;
        let end = (first + ARITY).min(self.heap.len());
        (first..end).min_by_key(|child| self.heap[*child])
    }

    fn put(&mut self, place: usize, entry: Entry<K>) {
        self.heap[place] = entry;
        self.places.insert(entry.key, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::collections::BTreeMap;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use slotmap::SlotMap;

    use crate::types::RouterId;

    proptest! {
        /// Whatever is set, moved and cleared, the first is the earliest: as an ordered map says.
        #[test]
        fn first_is_the_earliest(steps in vec((0..40_usize, prop::option::of(0..1000_u64)), 0..400)) {
            let mut names = SlotMap::<RouterId, ()>::with_key();
            let routers: Vec<_> = (0..40).map(|_| names.insert(())).collect();
            let (mut timers, mut model) = (Timers::default(), BTreeMap::new());
            for (router, at) in steps {
                let (router, at) = (routers[router], at.map(Instant::from_nanos));
                timers.set(router, at);
                match at {
                    Some(at) => model.insert(router, at),
                    None => model.remove(&router),
                };
                let expected = model.iter().map(|(router, at)| (*at, *router)).min();
                prop_assert_eq!(timers.first(), expected);
                prop_assert_eq!(timers.heap.len(), model.len());
            }
        }
    }
}
