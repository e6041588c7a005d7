//! What the host thread has still to do, in pieces: between two of them it looks at its commands, its timers and the
//! machine, so that no long list keeps a takeover or a lease waiting.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use host::{Exchange, Holder, Item, Op};
use linux::clock;
use vrrp::types::{IfIndex, RouterId};

use super::HostThread;
use crate::ports::main::Answer;

/// Routers in one piece.
pub(super) const PIECE: usize = 64;
/// Time for pieces before commands and timers get their turn.
const SLICE: Duration = Duration::from_millis(5);

/// What is to be done.
#[derive(Default)]
pub(super) struct Work {
    /// What stands whatever routers do is to be planned anew.
    pub(super) statics: bool,
    /// Routers whose role changed.
    pub(super) roles: BTreeSet<RouterId>,
    /// Routers to be planned anew on their parents.
    pub(super) attach: BTreeSet<RouterId>,
    /// Routers that are planned, with what is to be carried out.
    pub(super) planned: BTreeMap<RouterId, Exchange<Holder<RouterId>>>,
    pub(super) record: OnRecord,
    pub(super) comparison: Comparison,
    /// Who waits for the end of a reload.
    pub(super) reload: Option<Answer<()>>,
}

/// How the record on disk stands to what is done and planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum OnRecord {
    #[default]
    All,
    /// Something on it is undone by now. That can wait until there is nothing else to do.
    SaysTooMuch,
    /// Something that is planned is not on it: it is to be written first.
    Lacks,
}

/// Whether all that holders have is to be compared with what is there, once everything is carried out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Comparison {
    #[default]
    Done,
    Due,
}

impl OnRecord {
    pub(super) fn says_too_much(&mut self) {
        match self {
            Self::All => *self = Self::SaysTooMuch,
            Self::SaysTooMuch | Self::Lacks => {}
        }
    }
}

impl Work {
    pub(super) fn is_empty(&self) -> bool {
        let Self { statics, roles, attach, planned, record, comparison, reload } = self;
        let is_recorded = *record == OnRecord::All && *comparison == Comparison::Done;
        !statics && roles.is_empty() && attach.is_empty() && planned.is_empty() && is_recorded && reload.is_none()
    }

    /// Whether it is planned to remove that address: another router of the same reload gets it.
    pub(super) fn removes(&self, link: IfIndex, address: IpAddr) -> bool {
        self.planned.values().flat_map(|plan| &plan.undo).any(|task| match &task.op {
            Op::Remove(Item::Address(it)) => it.link == link && it.address == address,
            Op::Add(_) | Op::Remove(_) | Op::Set(_) => false,
        })
    }

    /// Whether a plan for that router is to be made or carried out.
    pub(super) fn is_for(&self, router: RouterId) -> bool {
        self.attach.contains(&router) || self.planned.contains_key(&router)
    }

    pub(super) fn forget(&mut self, router: RouterId) {
        self.roles.remove(&router);
        self.attach.remove(&router);
        self.planned.remove(&router);
    }
}

impl HostThread {
    /// Whether there is anything to do now.
    pub(super) fn has_work(&self) -> bool {
        !self.work.is_empty() || self.statics.is_planned()
    }

    /// Works for a while.
    pub(super) fn work(&mut self) {
        let start = clock::now();
        while self.has_work() && clock::now().since(start) < SLICE {
            self.pulse.beat();
            self.work_piece();
        }
    }

    /// Roles go first: clients wait for them. Nothing is carried out before it is on record.
    fn work_piece(&mut self) {
        if !self.work.roles.is_empty() {
            let piece = take(&mut self.work.roles);
            self.take_roles(&piece);
        } else if self.work.statics {
            self.plan_statics();
        } else if !self.work.attach.is_empty() {
            let piece = take(&mut self.work.attach);
            self.plan(&piece);
        } else if self.work.record == OnRecord::Lacks {
            self.write_record();
        } else if self.statics.is_planned() {
            self.carry_out_statics();
        } else if !self.work.planned.is_empty() {
            let piece: Vec<RouterId> = self.work.planned.keys().take(PIECE).copied().collect();
            self.carry_out(&piece);
        } else if self.work.comparison == Comparison::Due {
            self.work.comparison = Comparison::Done;
            self.compare_all();
        } else if self.work.record == OnRecord::SaysTooMuch {
            self.write_record();
        } else if let Some(reload) = self.work.reload.take() {
            // Own interfaces that are tracked have become known.
            self.tell_trackers();
            reload.give(());
        }
    }

    /// Carries out what is planned for a router before something else is done to it.
    pub(super) fn carry_out_planned(&mut self, router: RouterId) {
        if !self.work.planned.contains_key(&router) {
            return;
        }
        if self.work.record == OnRecord::Lacks {
            self.write_record();
        }
        self.carry_out(&[router]);
    }
}

fn take(set: &mut BTreeSet<RouterId>) -> Vec<RouterId> {
    let piece: Vec<RouterId> = set.iter().take(PIECE).copied().collect();
    for id in &piece {
        set.remove(id);
    }
    piece
}
