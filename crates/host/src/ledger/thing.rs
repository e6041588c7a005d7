//! One thing that was done: an item, or a setting of a link of ours.

use super::Claim;
use crate::op::Op;

/// The thing, and who has it.
#[derive(Debug)]
pub(super) struct Thing<H> {
    pub(super) op: Op,
    pub(super) claims: Vec<Claim<H>>,
    pub(super) end: End,
    pub(super) maker: Maker,
}

/// Who made what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// We did, or are about to.
    Us,
    /// Somebody else: it is as wanted, and not ours to undo.
    Others,
}

/// How far the undoing is of what nobody has any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is held, or its undoing is planned.
    Open,
    /// The kernel refused to undo it.
    Refused,
}

impl<H: PartialEq> Thing<H> {
    pub(super) fn new(op: Op, claim: Claim<H>) -> Self {
        Self { op, claims: vec![claim], end: End::Open, maker: Maker::Us }
    }

    /// What an earlier daemon left.
    pub(super) const fn left(op: Op) -> Self {
        Self { op, claims: Vec::new(), end: End::Refused, maker: Maker::Us }
    }

    /// What undoes it; `None` if that is nothing, or not ours to do.
    pub(super) fn undoing(&self) -> Option<Op> {
        match self.maker {
            Maker::Us => self.op.inverse(),
            Maker::Others => None,
        }
    }

    pub(super) const fn is_claimed(&self) -> bool {
        !self.claims.is_empty()
    }

    /// One more has it, as `op` says. Returns whether that is how it is.
    pub(super) fn claim(&mut self, op: &Op, claim: Claim<H>) -> bool {
        let is_same = self.op == *op;
        if !is_same {
            self.op = op.clone();
        }
        self.claims.push(claim);
        self.end = End::Open;
        is_same
    }

    pub(super) fn unclaim(&mut self, claim: Claim<H>) {
        self.claims.retain(|other| *other != claim);
    }

    pub(super) const fn refused(&mut self) {
        if !self.is_claimed() {
            self.end = End::Refused;
        }
    }
}
