//! A table in shared memory: bytes for each router, which one thread writes and another process reads, without a lock.
//!
//! Each entry has two halves. The one that is not in force is written, and then comes into force by one store: whoever reads,
//! also after the writer died in the middle, finds what was last whole.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use linux::share::{Word, Words};
use slotmap::{Key as _, KeyData};
use vrrp::types::RouterId;

/// Entries begin at multiples of so many words: a kilobyte, which holds the advert of a few addresses twice.
const STRIDE: usize = 128;
/// Strides in a table. A router of which none is left goes unguarded.
const STRIDES: usize = 1 << 15;
/// Words of a table.
pub(crate) const TABLE_WORDS: usize = STRIDE * STRIDES;

/// The words at the start of an entry, or of a stride that is free.
const GENERATION: usize = 0;
/// Strides of the entry, or that are free from here on as far as is known; 0 says 1.
const SPAN: usize = 1;
const KEY: usize = 2;
const HALVES: usize = 3;
/// Shows that an entry begins here; below it stands which half is in force, by the lowest bit, and for how many changes.
const TAG: u64 = 0xe17a << 48;

/// A table, for who reads it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    words: Words,
    base: usize,
    used: Word,
}

impl Table {
    /// The one at `base`; `used` is the word that says how many of its strides were ever used.
    pub(crate) fn new(words: &Words, base: usize, used: usize) -> Self {
        Self { words: words.clone(), base, used: words.word(used) }
    }

    fn used(&self) -> usize {
        usize::try_from(self.used.get()).unwrap_or(STRIDES).min(STRIDES)
    }

    fn word(&self, stride: usize, place: usize) -> Option<&AtomicU64> {
        self.words.all().get(self.base + stride * STRIDE + place)
    }

    fn get(&self, stride: usize, place: usize) -> u64 {
        self.word(stride, place).map_or(0, |word| word.load(Ordering::Acquire))
    }

    fn set(&self, stride: usize, place: usize, value: u64) {
        if let Some(word) = self.word(stride, place) {
            word.store(value, Ordering::Release);
        }
    }

    fn span(&self, stride: usize) -> usize {
        usize::try_from(self.get(stride, SPAN)).unwrap_or(1).clamp(1, STRIDES - stride)
    }

    /// Hands each entry to `each`; `room` is what it is copied to. Does not allocate if that is large enough. One that is changed
    /// meanwhile is read again, or passed over.
    pub(crate) fn each(&self, room: &mut Vec<u8>, mut each: impl FnMut(RouterId, &[u8])) {
        let mut stride = 0;
        while stride < self.used() {
            let span = self.span(stride);
            if let Some(router) = self.copy(stride, room) {
                each(router, room);
            }
            stride += span;
        }
    }

    fn copy(&self, stride: usize, room: &mut Vec<u8>) -> Option<RouterId> {
        /// A writer changes an entry once in an interval.
        const TRIES: usize = 3;
        (0..TRIES).find_map(|_| self.try_to_copy(stride, room))
    }

    fn try_to_copy(&self, stride: usize, room: &mut Vec<u8>) -> Option<RouterId> {
        let generation = self.get(stride, GENERATION);
        if generation & TAG != TAG {
            return None;
        }
        let (key, half_words) = (self.get(stride, KEY), half_words(self.span(stride)));
        let half = HALVES + if generation & 1 == 0 { 0 } else { half_words };
        let length = usize::try_from(self.get(stride, half)).ok().filter(|length| length.div_ceil(8) < half_words)?;
        room.clear();
        let words = (0..length.div_ceil(8)).flat_map(|word| self.get(stride, half + 1 + word).to_ne_bytes());
        room.extend(words.take(length));
        (self.get(stride, GENERATION) == generation).then(|| RouterId::from(KeyData::from_ffi(key)))
    }
}

/// Words of a half of an entry: the length, and what is behind it.
const fn half_words(span: usize) -> usize {
    (span * STRIDE - HALVES) / 2
}

/// A table, for the one who fills it.
#[derive(Debug)]
pub(crate) struct Slots {
    table: Table,
    places: HashMap<RouterId, Place>,
    /// Which strides are taken, as far as any ever were.
    taken: Vec<bool>,
    /// Of the change last made, in the whole table: no two entries at one place are taken for each other.
    generation: u64,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    stride: usize,
    span: usize,
    generation: u64,
}

impl Slots {
    pub(crate) fn new(table: Table) -> Self {
        Self { table, places: HashMap::new(), taken: Vec::new(), generation: 0 }
    }

    /// Puts `bytes` in the place of a router's entry. Without room for them it has none. Does not allocate where the old one
    /// is large enough.
    pub(crate) fn put(&mut self, router: RouterId, bytes: &[u8]) {
        let words = bytes.len().div_ceil(8) + 1;
        let place = match self.places.get(&router) {
            Some(place) if half_words(place.span) >= words => Some(*place),
            Some(_) | None => {
                self.clear(router);
                self.allocate(router, (2 * words + HALVES).div_ceil(STRIDE))
            }
        };
        let Some(place) = place else { return };
        // Of two numbers that follow one is of the other half.
        self.generation += 1;
        let generation = self.generation + u64::from(self.generation & 1 == place.generation & 1);
        self.generation = generation;
        let half = HALVES + if generation & 1 == 0 { 0 } else { half_words(place.span) };
        self.table.set(place.stride, half, u64::try_from(bytes.len()).unwrap_or(0));
        for (word, chunk) in (half + 1..).zip(bytes.chunks(8)) {
            let mut eight = [0; 8];
            eight[..chunk.len()].copy_from_slice(chunk);
            self.table.set(place.stride, word, u64::from_ne_bytes(eight));
        }
        self.table.set(place.stride, GENERATION, TAG | generation);
        self.places.insert(router, Place { generation, ..place });
    }

    /// Takes a router's entry away, if it has one.
    pub(crate) fn clear(&mut self, router: RouterId) {
        let Some(Place { stride, span, .. }) = self.places.remove(&router) else { return };
        // The span stays until what was in it cannot be taken for the start of entries.
        self.table.set(stride, GENERATION, 0);
        for inner in stride + 1..stride + span {
            self.table.set(inner, GENERATION, 0);
            self.table.set(inner, SPAN, 1);
        }
        self.table.set(stride, SPAN, 1);
        self.taken[stride..stride + span].fill(false);
    }

    /// Finds room, the first there is.
    fn allocate(&mut self, router: RouterId, span: usize) -> Option<Place> {
        let free = |window: &[bool]| window.iter().all(|taken| !taken);
        let stride = match self.taken.windows(span).position(free) {
            Some(stride) => stride,
            None => self.taken.len(),
        };
        if stride + span > STRIDES {
            return None;
        }
        self.taken.resize(self.taken.len().max(stride + span), false);
        self.taken[stride..stride + span].fill(true);
        self.table.set(stride, SPAN, u64::try_from(span).unwrap_or(1));
        self.table.set(stride, KEY, router.data().as_ffi());
        self.table.used.set(u64::try_from(self.taken.len()).unwrap_or(0));
        let place = Place { stride, span, generation: 0 };
        self.places.insert(router, place);
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use slotmap::SlotMap;

    use super::*;

    fn table() -> Table {
        Table::new(&Words::new("test", 512 + TABLE_WORDS).unwrap(), 512, 0)
    }

    fn all(table: &Table) -> HashMap<RouterId, Vec<u8>> {
        let (mut found, mut room) = (HashMap::new(), Vec::new());
        table.each(&mut room, |router, bytes| drop(found.insert(router, bytes.to_vec())));
        found
    }

    #[test]
    fn what_is_put_is_found_whatever_came_and_went_before() {
        let (table, mut names) = (table(), SlotMap::<RouterId, ()>::with_key());
        let routers: Vec<RouterId> = (0..20).map(|_| names.insert(())).collect();
        let (mut slots, mut wanted) = (Slots::new(table.clone()), HashMap::new());
        // Any order will do that mixes sizes: a word, the most a stride holds, several strides.
        for step in 0..2_000_usize {
            let router = routers[step * 7 % routers.len()];
            if step % 5 == 3 {
                slots.clear(router);
                wanted.remove(&router);
            } else {
                let bytes = vec![u8::try_from(step % 251).unwrap(); [0, 3, 480, 488, 489, 3000][step * 11 % 6]];
                slots.put(router, &bytes);
                wanted.insert(router, bytes);
            }
            if step % 50 == 0 {
                assert_eq!(all(&table), wanted, "step {step}");
            }
        }
    }

    #[test]
    fn a_writer_that_dies_in_the_middle_leaves_what_was_whole() {
        let (table, mut names) = (table(), SlotMap::<RouterId, ()>::with_key());
        let (router, mut slots) = (names.insert(()), Slots::new(table.clone()));
        slots.put(router, b"whole");
        // All of a change but for its last store.
        let place = slots.places[&router];
        let other = HALVES + if place.generation & 1 == 0 { half_words(place.span) } else { 0 };
        table.set(place.stride, other, 3);
        table.set(place.stride, other + 1, u64::MAX);
        assert_eq!(all(&table), HashMap::from([(router, b"whole".to_vec())]));
    }

    #[test]
    fn whoever_finds_no_room_has_no_entry() {
        let (table, mut names) = (table(), SlotMap::<RouterId, ()>::with_key());
        let (large, small) = (names.insert(()), names.insert(()));
        let mut slots = Slots::new(table.clone());
        slots.put(large, b"fits");
        slots.put(large, &vec![0; 8 * TABLE_WORDS]);
        slots.put(small, b"fits");
        assert_eq!(all(&table), HashMap::from([(small, b"fits".to_vec())]));
    }
}
