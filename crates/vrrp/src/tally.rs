//! How often packets were dropped, by reason.

use alloc::vec::Vec;
use core::marker::PhantomData;

use serde::{Deserialize, Serialize};

/// Reasons for which packets are dropped.
pub trait DropReason: Copy + 'static {
    /// All of them.
    const ALL: &'static [Self];

    /// Its place among them.
    fn place(self) -> usize;

    /// Short name for counters and JSON.
    fn name(self) -> &'static str;
}

/// Makes an enum with `ALL`, in the order of its variants, and `name` one of reasons.
macro_rules! counted {
    ($reason:ident) => {
        impl crate::tally::DropReason for $reason {
            const ALL: &'static [Self] = &Self::ALL;

            fn place(self) -> usize {
                self as usize
            }

            fn name(self) -> &'static str {
                self.name()
            }
        }
    };
}
pub(crate) use counted;

/// A counter for each of `N` reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<u64>", from = "Vec<u64>", bound = "R: DropReason")]
pub struct Tally<R, const N: usize> {
    counts: [u64; N],
    reasons: PhantomData<R>,
}

impl<R, const N: usize> Default for Tally<R, N> {
    fn default() -> Self {
        Self { counts: [0; N], reasons: PhantomData }
    }
}

impl<R, const N: usize> From<Tally<R, N>> for Vec<u64> {
    fn from(tally: Tally<R, N>) -> Self {
        tally.counts.to_vec()
    }
}

impl<R, const N: usize> From<Vec<u64>> for Tally<R, N> {
    /// Another version may know more reasons, or fewer.
    fn from(counts: Vec<u64>) -> Self {
        let mut tally = Self::default();
        tally.counts.iter_mut().zip(counts).for_each(|(ours, count)| *ours = count);
        tally
    }
}

impl<R: DropReason, const N: usize> Tally<R, N> {
    pub fn count(&mut self, reason: R) {
        self.counts[reason.place()] += 1;
    }

    #[must_use]
    pub fn of(&self, reason: R) -> u64 {
        self.counts[reason.place()]
    }

    /// All reasons seen, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (R, u64)> + '_ {
        R::ALL.iter().copied().zip(self.counts).filter(|(_, count)| *count > 0)
    }
}
