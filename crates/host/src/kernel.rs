//! The machine as seen from above.

use serde::{Deserialize, Serialize};

use crate::error::{Attempt, ErrorKind, HostError};
use crate::op::{Op, SettingKey};

/// For whom something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Holder<R> {
    /// A virtual router.
    Router(R),
    /// What stands from the daemon's start to its stop, whatever routers do ([`crate::Footprint::of_statics`]).
    Statics,
    /// Nobody in particular: repairs of what several have.
    Machine,
}

impl<R> Holder<R> {
    /// `None` for what is no router's.
    pub fn router(self) -> Option<R> {
        match self {
            Self::Router(router) => Some(router),
            Self::Statics | Self::Machine => None,
        }
    }

    /// The same, with another name for the router; `None` if it has none.
    pub fn renamed<S>(self, name: impl FnOnce(R) -> Option<S>) -> Option<Holder<S>> {
        match self {
            Self::Router(router) => name(router).map(Holder::Router),
            Self::Statics => Some(Holder::Statics),
            Self::Machine => Some(Holder::Machine),
        }
    }
}

/// An operation, with whom it is done for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task<H> {
    /// Gets to know of a refusal.
    pub holder: H,
    /// What is to be done.
    pub op: Op,
}

impl<H> Task<H> {
    /// `op` for `holder`.
    pub const fn new(holder: H, op: Op) -> Self {
        Self { holder, op }
    }
}

/// Carries operations out. `linux` has the real one, `Memory` the one for tests.
pub trait Kernel {
    /// Carries out `tasks` in order and goes on after a refusal: the caller decides what a failure means and undoes
    /// what was done. Operations are sent in batches; consecutive removals of links are one group removal.
    ///
    /// Returns the refusals, in order; empty if all went well.
    fn apply<H: Clone>(&mut self, tasks: &[Task<H>]) -> Vec<Failure<H>>;

    /// Present value of a setting.
    ///
    /// # Errors
    /// If the interface or the setting does not exist: the caller leaves it alone.
    fn read(&mut self, key: SettingKey) -> Result<i32, HostError>;
}

/// A refused operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure<H> {
    /// For whom it was tried.
    pub holder: H,
    /// What was refused.
    pub op: Op,
    /// What kind of refusal.
    pub kind: ErrorKind,
    /// The kernel's own words.
    pub message: String,
}

impl<H> Failure<H> {
    /// Whether what it concerns is not there: for what undoes something that is as good as done.
    pub fn is_missing(&self) -> bool {
        self.kind == ErrorKind::Missing
    }

    /// Whether there was nothing to do: a kernel without IPv6 has no IPv6 settings.
    pub fn is_moot(&self) -> bool {
        self.is_missing() && self.op.is_about_ipv6()
    }
}

impl<H> From<Failure<H>> for HostError {
    fn from(failure: Failure<H>) -> Self {
        Self { attempt: Attempt::Do(Box::new(failure.op)), kind: failure.kind, message: failure.message }
    }
}
