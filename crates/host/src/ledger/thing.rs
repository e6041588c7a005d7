//! One thing that was done: an item, or a setting of a link of ours.

use serde::{Deserialize, Serialize};

use super::Claim;
use crate::op::{Item, Op};

/// The thing, and who has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Thing<H> {
    /// As it was done last.
    pub(super) op: Op,
    /// Who has it, and as what: two holders may want one address with two lifetimes. What was wanted last is done.
    pub(super) claims: Vec<(Claim<H>, Op)>,
    pub(super) end: End,
    pub(super) maker: Maker,
}

/// Who made what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Maker {
    /// We did, or are about to.
    Us,
    /// An earlier daemon of ours, if it is there at all: the record also says what may have been made.
    Earlier,
    /// Somebody else: it is as wanted, and not ours to undo.
    Others,
}

/// How far the undoing is of what nobody has any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum End {
    /// It is held, or its undoing is planned.
    Open,
    /// The kernel refused to undo it.
    Refused,
}

impl<H: Copy + PartialEq> Thing<H> {
    pub(super) fn new(op: Op, claim: Claim<H>) -> Self {
        Self { claims: vec![(claim, op.clone())], op, end: End::Open, maker: Maker::Us }
    }

    /// What an earlier daemon left.
    pub(super) const fn left(op: Op) -> Self {
        Self { op, claims: Vec::new(), end: End::Refused, maker: Maker::Earlier }
    }

    /// What undoes it; `None` if that is nothing, or not ours to do.
    pub(super) fn undoing(&self) -> Option<Op> {
        match self.maker {
            Maker::Us | Maker::Earlier => self.op.inverse(),
            Maker::Others => None,
        }
    }

    pub(super) const fn is_claimed(&self) -> bool {
        !self.claims.is_empty()
    }

    /// One more has it, as `op` says. Returns whether that is how it is.
    pub(super) fn claim(&mut self, op: &Op, claim: Claim<H>) -> bool {
        let is_same = self.op == *op;
        let is_there = self.is_there();
        if !is_same {
            self.op = op.clone();
            self.maker = Maker::Us;
        }
        self.claims.push((claim, op.clone()));
        self.end = End::Open;
        is_same && is_there
    }

    /// Whether it is known to be there. What an earlier daemon left is looked for at the start only if it is an interface.
    const fn is_there(&self) -> bool {
        match self.maker {
            Maker::Us | Maker::Others => true,
            Maker::Earlier => matches!(self.op, Op::Add(Item::Link(_))),
        }
    }

    pub(super) fn unclaim(&mut self, claim: Claim<H>) {
        self.claims.retain(|(other, _)| *other != claim);
    }

    /// Somebody who has it.
    pub(super) fn holder(&self) -> Option<H> {
        self.claims.first().map(|((holder, _), _)| *holder)
    }

    /// As what `claim` has it.
    pub(super) fn wanted_by(&self, claim: Claim<H>) -> Option<&Op> {
        self.claims.iter().find(|(other, _)| *other == claim).map(|(_, op)| op)
    }

    /// What makes it as those want it who still have it, if it is otherwise.
    pub(super) fn give_back(&mut self) -> Option<Op> {
        let (_, wanted) = self.claims.last().filter(|(_, wanted)| *wanted != self.op)?;
        self.op = wanted.clone();
        Some(self.op.clone())
    }

    pub(super) const fn refused(&mut self) {
        if !self.is_claimed() {
            self.end = End::Refused;
        }
    }
}
