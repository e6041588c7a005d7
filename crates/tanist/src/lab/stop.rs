//! Why the lab ends before its last scene.

use std::io;

/// An early end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    /// It cannot be run here, or not with these files.
    #[error("{0}")]
    Impossible(String),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// The kernel refused something.
    #[error("the kernel refused: {0}")]
    Kernel(#[from] io::Error),
}
