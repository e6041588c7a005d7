//! Scripts that wait for their turn: those of a router run one after the other, in order; routers take turns.

use std::collections::{HashMap, VecDeque};

use super::wire::{Job, JobId, Life};

/// Scripts of states that run at a time.
pub(super) const RUNNING: usize = 64;
/// Checks that run at a time: one that hangs must not keep others from being made.
pub(super) const CHECKS: usize = 1024;
/// Scripts of states that run at a time while the daemon stops and has little time.
const RUNNING_AT_STOP: usize = 512;
/// States of one router whose scripts wait.
pub(super) const WAITING_STATES: usize = 16;

/// What is to be run and what runs.
#[derive(Debug)]
pub(super) struct Queue {
    routers: HashMap<String, Router>,
    /// Routers that could start a script, in the order of their turns.
    turns: VecDeque<String>,
    running: HashMap<JobId, Running>,
    limit: usize,
    last_id: u64,
    superseded: u64,
}

/// A router with something to run, or something that runs.
#[derive(Debug, Default)]
struct Router {
    states: VecDeque<State>,
    running: Option<JobId>,
}

/// The scripts of one state that are still to be started.
#[derive(Debug)]
struct State {
    begun: Begun,
    jobs: VecDeque<Job>,
}

/// Whether the first script of a state was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begun {
    Yes,
    No,
}

#[derive(Debug)]
struct Running {
    job: Job,
    seen: Seen,
}

/// What the runner has said of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// Nothing: if the runner dies, it can be run again.
    No,
    /// It may have had effects.
    Started,
}

/// What must give way so that the scripts of every router's last state still run in time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Hurry {
    /// Not run any more.
    pub(super) superseded: Vec<Job>,
    /// These run and are to be ended.
    pub(super) end: Vec<JobId>,
    /// These would run for ever and are to be asked to end.
    pub(super) ask: Vec<JobId>,
}

impl Queue {
    /// A queue of which so many may run at a time.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            routers: HashMap::new(),
            turns: VecDeque::new(),
            running: HashMap::new(),
            limit,
            last_id: 0,
            superseded: 0,
        }
    }

    /// Whether nothing waits and nothing runs.
    pub(super) fn is_empty(&self) -> bool {
        self.routers.is_empty()
    }

    /// Whether nothing waits, and nothing runs that will end by itself.
    pub(super) fn is_at_rest(&self) -> bool {
        let always = |id: &JobId| self.running.get(id).is_some_and(|running| running.job.life == Life::Always);
        self.routers.values().all(|router| router.states.is_empty() && router.running.as_ref().is_none_or(always))
    }

    /// Whether something of this name waits or runs.
    pub(super) fn has(&self, name: &str) -> bool {
        self.routers.contains_key(name)
    }

    /// Jobs that were superseded so far.
    pub(super) const fn superseded(&self) -> u64 {
        self.superseded
    }

    /// Adds the scripts of one state of one router. If too many states wait, the oldest of which no script has run is dropped
    /// and returned: it is over, while the scripts of the newest must run.
    pub(super) fn push(&mut self, jobs: Vec<Job>) -> Vec<Job> {
        let Some(first) = jobs.first() else { return Vec::new() };
        let name = first.queue.clone();
        let router = self.routers.entry(name.clone()).or_default();
        if router.states.is_empty() && router.running.is_none() {
            self.turns.push_back(name);
        }
        let unknown = router.states.iter().position(|state| state.begun == Begun::No);
        let oldest = if router.states.len() >= WAITING_STATES { unknown } else { None };
        let superseded = oldest.and_then(|index| router.states.remove(index));
        router.states.push_back(State { begun: Begun::No, jobs: jobs.into() });
        let superseded: Vec<Job> = superseded.into_iter().flat_map(|state| state.jobs).collect();
        self.superseded += superseded.len() as u64;
        superseded
    }

    /// The next script to start; `None` if none may be started now.
    pub(super) fn next(&mut self) -> Option<(JobId, Job)> {
        if self.running.len() >= self.limit {
            return None;
        }
        let router = self.routers.get_mut(&self.turns.pop_front()?)?;
        let state = router.states.front_mut()?;
        state.begun = Begun::Yes;
        let job = state.jobs.pop_front()?;
        if state.jobs.is_empty() {
            router.states.pop_front();
        }
        self.last_id += 1;
        let id = JobId(self.last_id);
        router.running = Some(id);
        self.running.insert(id, Running { job: job.clone(), seen: Seen::No });
        Some((id, job))
    }

    /// A job that runs.
    pub(super) fn job(&self, id: JobId) -> Option<&Job> {
        self.running.get(&id).map(|running| &running.job)
    }

    /// Nothing of this name is run any more. Returns what runs of it.
    pub(super) fn cancel(&mut self, name: &str) -> Option<JobId> {
        let router = self.routers.get_mut(name)?;
        router.states.clear();
        if router.running.is_none() {
            self.routers.remove(name);
            self.turns.retain(|turn| turn != name);
            return None;
        }
        router.running
    }

    /// The runner says that it has started a job.
    pub(super) fn started(&mut self, id: JobId) {
        if let Some(running) = self.running.get_mut(&id) {
            running.seen = Seen::Started;
        }
    }

    /// A job is over: its router may start the next. `None` if it did not run.
    pub(super) fn ended(&mut self, id: JobId) -> Option<Job> {
        let Running { job, .. } = self.running.remove(&id)?;
        if let Some(router) = self.routers.get_mut(&job.queue) {
            router.running = None;
            if router.states.is_empty() {
                self.routers.remove(&job.queue);
            } else {
                self.turns.push_back(job.queue.clone());
            }
        }
        Some(job)
    }

    /// The runner is gone. Returns the jobs that may have had effects; those it did not say it had started, and those that
    /// are to run all the time, are run again.
    pub(super) fn lost_runner(&mut self) -> Vec<Job> {
        let mut ids: Vec<JobId> = self.running.keys().copied().collect();
        ids.sort_unstable();
        let mut interrupted = Vec::new();
        for id in ids {
            match self.running.get(&id).map(|running| (running.seen, running.job.life)) {
                Some((Seen::Started, Life::Once)) => interrupted.extend(self.ended(id)),
                Some((Seen::No, _) | (Seen::Started, Life::Always)) => self.put_back(id),
                None => {}
            }
        }
        interrupted
    }

    fn put_back(&mut self, id: JobId) {
        let Some(Running { job, .. }) = self.running.remove(&id) else { return };
        let name = job.queue.clone();
        let router = self.routers.entry(name.clone()).or_default();
        router.running = None;
        match router.states.front_mut() {
            Some(state) if state.begun == Begun::Yes => state.jobs.push_front(job),
            Some(_) | None => router.states.push_front(State { begun: Begun::Yes, jobs: [job].into() }),
        }
        self.turns.push_back(name);
    }

    /// The daemon stops soon: of each router only the scripts of the last state still run, and one that runs for an older state is ended.
    pub(super) fn hurry(&mut self) -> Hurry {
        self.limit = RUNNING_AT_STOP;
        let mut hurry = Hurry::default();
        for router in self.routers.values_mut() {
            let Some(last) = router.states.pop_back() else { continue };
            hurry.superseded.extend(router.states.drain(..).flat_map(|state| state.jobs));
            if last.begun == Begun::No {
                hurry.end.extend(router.running);
            }
            router.states.push_back(last);
        }
        let always = self.running.iter().filter(|(_, running)| running.job.life == Life::Always);
        hurry.ask = always.map(|(id, _)| *id).collect();
        self.superseded += hurry.superseded.len() as u64;
        hurry
    }

    /// The time is over. Returns the jobs that may have had effects, and those that were not started.
    pub(super) fn give_up(&mut self) -> (Vec<Job>, Vec<Job>) {
        let interrupted = self.lost_runner();
        self.turns.clear();
        let states = self.routers.drain().flat_map(|(_, router)| router.states);
        (interrupted, states.flat_map(|state| state.jobs).collect())
    }
}

#[cfg(test)]
mod tests;
