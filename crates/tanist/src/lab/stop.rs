//! Why the lab ends before its last scene.

use std::io;
use std::path::PathBuf;

/// An early end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    /// It cannot be run here, or not with these files.
    #[error("{0}")]
    Impossible(String),
    /// Ctrl-C.
    #[error("interrupted")]
    Interrupted,
    /// A file that was asked for cannot be written.
    #[error("cannot write {}: {}", .0.display(), .1)]
    File(PathBuf, io::Error),
    /// The kernel refused something.
    #[error("the kernel refused: {0}")]
    Kernel(#[from] io::Error),
}
