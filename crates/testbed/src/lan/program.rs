//! The program under test at a path of its own, where another can take its place.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use lab::Program;
use tempfile::TempDir;

/// A program that goes with this value.
#[derive(Debug)]
pub struct OwnProgram {
    folder: TempDir,
    built: PathBuf,
}

impl OwnProgram {
    /// The daemon that was `built`, in a folder beside it.
    ///
    /// # Errors
    /// If there can be no such folder.
    pub fn new(built: &str) -> io::Result<Self> {
        let built = PathBuf::from(built);
        let folder = tempfile::tempdir_in(built.parent().unwrap_or_else(|| Path::new("/")))?;
        fs::hard_link(&built, folder.path().join("tanist"))?;
        Ok(Self { folder, built })
    }

    /// What a router runs.
    #[must_use]
    pub fn program(&self) -> Program {
        Program::Tanist(self.path())
    }

    /// Puts a script in its place, as packages do.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn put(&self, script: &str) -> io::Result<()> {
        let beside = self.folder.path().join("new");
        fs::write(&beside, script)?;
        fs::set_permissions(&beside, Permissions::from_mode(0o755))?;
        fs::rename(&beside, self.path())
    }

    /// Puts it back.
    ///
    /// # Errors
    /// If it cannot be linked.
    pub fn put_back(&self) -> io::Result<()> {
        let beside = self.folder.path().join("new");
        fs::hard_link(&self.built, &beside)?;
        fs::rename(&beside, self.path())
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("tanist")
    }
}
