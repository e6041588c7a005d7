//! The machine as seen from above.

use crate::error::HostError;
use crate::op::{Op, SettingKey};

/// Carries operations out. `linux` has the real one, `Memory` the one for tests.
pub trait Kernel {
    /// Carries out `ops` in order and goes on after a refusal: the caller decides what a failure means and undoes
    /// what was done. Operations are sent in batches; consecutive removals of links are one group removal.
    ///
    /// Returns the refusals; empty if all went well.
    fn apply(&mut self, ops: &[Op]) -> Vec<Failure>;

    /// Present value of a setting.
    ///
    /// # Errors
    /// If the interface or the setting does not exist: the caller leaves it alone.
    fn read(&mut self, key: SettingKey) -> Result<i32, HostError>;
}

/// One refused operation of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Its position in the batch.
    pub position: usize,
    /// What the kernel said.
    pub error: HostError,
}
