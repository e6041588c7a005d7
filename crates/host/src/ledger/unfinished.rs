//! What could not be undone, and is still to be.

use vrrp::types::IfIndex;

use crate::kernel::Task;
use crate::op::{Op, Setting};

/// Operations that undo something and were refused, oldest first; one for each thing.
#[derive(Debug)]
pub(super) struct Unfinished<H>(Vec<Task<H>>);

impl<H> Default for Unfinished<H> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<H> Unfinished<H> {
    pub(super) fn add(&mut self, task: Task<H>) {
        self.take(&task.op);
        self.0.push(task);
    }

    /// Forgets what would undo the thing that `op` is about. Returns what a setting would have got.
    pub(super) fn take(&mut self, op: &Op) -> Option<Setting> {
        let taken = self.0.extract_if(.., |task| is_about_the_same(&task.op, op)).last();
        match taken?.op {
            Op::Set(setting) => Some(setting),
            Op::Add(_) | Op::Remove(_) => None,
        }
    }

    pub(super) fn take_all(&mut self) -> Vec<Task<H>> {
        std::mem::take(&mut self.0)
    }

    pub(super) fn link_gone(&mut self, link: IfIndex) {
        self.0.retain(|task| !task.op.touches(link));
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn ops(&self) -> impl Iterator<Item = &Op> {
        self.0.iter().map(|task| &task.op)
    }
}

/// Whatever is laid over a setting, it is one setting.
fn is_about_the_same(one: &Op, other: &Op) -> bool {
    match (one, other) {
        (Op::Set(one), Op::Set(other)) => one.key == other.key,
        (Op::Add(_) | Op::Remove(_) | Op::Set(_), _) => one.identity() == other.identity(),
    }
}
