//! What the guardian does to the machine, by the same code that undoes at a start what a killed daemon has left.

use std::collections::HashSet;
use std::thread::sleep;
use std::time::{Duration, Instant};

use host::{Company, Failure, Holder, HostError, Identity, Item, Kernel as _, Membership, Op, Record, Task};
use linux::Machine;
use linux::instance::{self, Presence};
use linux::state::{LockError, LockRole, StateDir, StateLock};
use vrrp::types::RouterId;

use crate::recovery::{Links, forget_record, read_record, take_leftovers_away};
use crate::shared::Head;
use crate::shared::Table;

/// How long the kernel may take until the lock of a process that has ended is free.
const LOCK_PATIENCE: Duration = Duration::from_secs(2);
/// Time between two tries.
const LOCK_RETRY: Duration = Duration::from_millis(2);

/// Who may undo what the daemon has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claim {
    /// The guardian.
    Ours,
    /// A daemon with the same state directory that has started meanwhile.
    OfNewDaemon,
}

pub(super) struct Aftermath {
    state_dir: StateDir,
    machine: Machine,
    /// Process id of the daemon.
    daemon: u32,
    footprints: Table,
    lock: Option<StateLock>,
    /// So that other daemons on this machine leave alone what is ours now.
    presence: Option<Presence>,
}

impl Aftermath {
    pub(super) const fn new(state_dir: StateDir, machine: Machine, daemon: u32, footprints: Table) -> Self {
        Self { state_dir, machine, daemon, footprints, lock: None, presence: None }
    }

    /// Whether another daemon has the place of this one, which has ended. Does not wait.
    pub(super) fn is_succeeded(&mut self) -> bool {
        match self.try_lock() {
            Err(LockError::Held(holder)) => holder.pid.is_some_and(|pid| pid != self.daemon),
            Ok(()) | Err(LockError::State(_)) => false,
        }
    }

    fn try_lock(&mut self) -> Result<(), LockError> {
        if self.lock.is_none() {
            self.lock = Some(self.state_dir.lock(LockRole::Guardian)?);
        }
        Ok(())
    }

    /// Takes the place of the daemon, which has ended, unless it has done so before.
    pub(super) fn claim(&mut self) -> Claim {
        if self.presence.is_none() {
            self.presence = Presence::announce().ok();
        }
        let start = Instant::now();
        loop {
            match self.try_lock() {
                Ok(()) => return Claim::Ours,
                // The kernel is still taking it apart.
                Err(LockError::Held(holder)) if holder.pid == Some(self.daemon) && start.elapsed() < LOCK_PATIENCE => {
                    sleep(LOCK_RETRY);
                }
                Err(LockError::Held(holder)) => {
                    tracing::info!("guardian: {holder} undoes what the daemon has left");
                    return Claim::OfNewDaemon;
                }
                Err(LockError::State(error)) => {
                    tracing::error!("guardian: what the daemon has left is undone by its next start: {error}");
                    return Claim::OfNewDaemon;
                }
            }
        }
    }

    /// Joins the groups that the daemon's sockets were in, so that successors are heard.
    pub(super) fn join<'a>(&mut self, heads: impl Iterator<Item = &'a Head>) {
        let memberships: HashSet<Membership> =
            heads.filter_map(|head| Some(Membership { link: head.link, group: head.group? })).collect();
        let join = |membership| Task::new(Holder::<RouterId>::Machine, Op::Add(Item::Membership(membership)));
        // A link without the group has no successor to be heard.
        drop(self.machine.apply(&memberships.into_iter().map(join).collect::<Vec<_>>()));
    }

    /// Takes the addresses of these routers away, but those that a router needs which `is_held`.
    pub(super) fn withdraw(&mut self, routers: &[RouterId], is_held: impl Fn(&RouterId) -> bool) {
        let mut kept: HashSet<Identity> = HashSet::new();
        let mut records = Vec::new();
        self.footprints.each(&mut Vec::new(), |router, bytes| {
            let Ok(record) = Record::from_bytes(bytes) else { return };
            if routers.contains(&router) {
                records.push(record);
            } else if is_held(&router) {
                kept.extend(record.identities());
            }
        });
        let links = match Links::read(&mut self.machine) {
            Ok(links) => links,
            Err(error) => return tracing::error!("guardian: addresses are not withdrawn: {error}"),
        };
        let (present, machine) = (links.present(), &mut self.machine);
        let mut ops: Vec<Op> = records
            .iter()
            .filter(|record| instance::place().is_ok_and(|place| record.is_of(&place)))
            .flat_map(|record| record.recovery(&present, |key| machine.read(key).ok()))
            .filter(|op| !kept.contains(&op.identity()))
            .collect();
        ops.sort_by_key(Op::stage);
        let tasks: Vec<_> = ops.into_iter().map(|op| Task::new(Holder::<RouterId>::Machine, op)).collect();
        for failure in self.machine.apply(&tasks).into_iter().filter(|failure| !failure.is_missing()) {
            tracing::error!("guardian: {}", HostError::from(failure));
        }
        tracing::warn!("guardian: the addresses of {} virtual routers are withdrawn", routers.len());
    }

    /// Undoes everything, as the daemon's next start would.
    pub(super) fn undo_all(&mut self) {
        let mut lines = Vec::new();
        let record = read_record(&self.state_dir, &mut lines);
        let company = self.presence.as_ref().map_or(Company::Others, Presence::company);
        let undone = match record {
            Ok(record) => take_leftovers_away(record, &mut self.machine, &HashSet::new(), company, &mut lines)
                .map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        };
        for line in lines {
            tracing::warn!("guardian: {line}");
        }
        match undone {
            Ok(left) if left.iter().all(Failure::is_missing) => forget_record(&self.state_dir),
            Ok(_) => tracing::error!("guardian: the rest is left for the daemon's next start"),
            Err(error) => tracing::error!("guardian: what the daemon has left is not undone: {error}"),
        }
    }
}
