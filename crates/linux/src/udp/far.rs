//! Packets that came over more hops than they may. While there are few, all are taken: each is evidence of a mistake that
//! somebody looks for. A flood of them is not to fill the buffer: of it the kernel lets only a share pass.

use std::time::Duration;

use vrrp::time::Instant;

use crate::sys::bpf::{
    IP_HEADER, Instruction, JUMP_AT_LEAST, JUMP_BITS_SET, LOAD_BYTE, LOAD_WORD, RANDOM, RETURN, branch, step,
};

/// More than this many in one [`PERIOD`] are a flood.
const FEW: u32 = 64;
const PERIOD: Duration = Duration::from_secs(1);
/// Of a flood one packet in this many passes; a power of two.
const SHARE: u32 = 8;

/// Which of the packets from too far pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    All,
    Share,
}

/// Counts them.
#[derive(Debug)]
pub(super) struct Far {
    /// Packets with less than this came too far.
    pub(super) least_hop_limit: u8,
    passing: Passing,
    /// When the current period began.
    since: Option<Instant>,
    /// Those that passed in it.
    passed: u32,
}

impl Far {
    pub(super) const fn new() -> Self {
        Self { least_hop_limit: 0, passing: Passing::All, since: None, passed: 0 }
    }

    /// A packet was received. Returns what is to pass from now on, if that changes.
    pub(super) fn note(&mut self, received: Instant, hop_limit: Option<u8>) -> Option<Passing> {
        let before = self.passing;
        if self.since.is_none_or(|since| received.since(since) >= PERIOD) {
            if self.passed.saturating_mul(SHARE) <= FEW {
                self.passing = Passing::All;
            }
            (self.since, self.passed) = (Some(received), 0);
        }
        if hop_limit.is_some_and(|it| it < self.least_hop_limit) {
            self.passed = self.passed.saturating_add(1);
        }
        if self.passed > FEW {
            self.passing = Passing::Share;
        }
        (self.passing != before).then_some(self.passing)
    }

    /// The filter that lets them pass; `place` is that of TTL or hop limit in the IP header.
    pub(super) fn filter(&self, passing: Passing, place: u32) -> Vec<Instruction> {
        match passing {
            Passing::All => vec![step(RETURN, u32::MAX)],
            Passing::Share => vec![
                step(LOAD_BYTE, IP_HEADER + place),
                branch(JUMP_AT_LEAST, self.least_hop_limit.into(), 3, 0),
                step(LOAD_WORD, RANDOM),
                branch(JUMP_BITS_SET, SHARE - 1, 0, 1),
                step(RETURN, 0),
                step(RETURN, u32::MAX),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes `count` packets with `hop_limit` at `millis`; what changed last.
    fn note(far: &mut Far, millis: u64, hop_limit: u8, count: u32) -> Option<Passing> {
        let at = Instant::from_nanos(1) + Duration::from_millis(millis);
        (0..count).filter_map(|_| far.note(at, Some(hop_limit))).last()
    }

    #[test]
    fn few_pass_whole_a_flood_passes_in_part_until_it_is_over() {
        let mut far = Far::new();
        assert_eq!(note(&mut far, 0, 1, 1000), None, "nothing is too far");
        far.least_hop_limit = 64;
        assert_eq!(note(&mut far, 2000, 64, 1000), None);
        assert_eq!(note(&mut far, 2100, 63, FEW), None);
        assert_eq!(note(&mut far, 3100, 63, FEW), None, "as many in the next period");
        assert_eq!(note(&mut far, 3200, 63, 1), Some(Passing::Share));
        assert_eq!(note(&mut far, 4200, 63, FEW / SHARE + 1), None);
        assert_eq!(note(&mut far, 5300, 64, 1), None, "the flood went on");
        assert_eq!(note(&mut far, 6400, 64, 1), Some(Passing::All), "it is over");
    }
}
