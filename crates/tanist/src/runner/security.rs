//! Whether a script may be trusted with root's rights.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::{env, fs};

/// What was found about a script file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// Only root can change what it does, or it does not run as root.
    Safe,
    /// Someone else can change this file or directory.
    Writable(PathBuf),
}

/// Checks that `program` can be run and, if it runs as root, that nobody else can change it: the file and every
/// directory above it belong to root and cannot be written by others.
///
/// # Errors
/// If there is no such program, in words for the user.
pub(crate) fn check(program: &str, as_root: bool) -> Result<Finding, String> {
    let path = find(program).ok_or_else(|| format!("{program}: there is no such program"))?;
    let metadata = fs::metadata(&path).map_err(|error| format!("{program}: {error}"))?;
    if !metadata.is_file() || metadata.permissions().mode() & 0o111 == 0 {
        return Err(format!("{program}: is not executable (chmod +x {program})"));
    }
    if !as_root {
        return Ok(Finding::Safe);
    }
    let real = fs::canonicalize(&path).map_err(|error| format!("{program}: {error}"))?;
    let suspect = real.ancestors().find(|part| others_may_write(part));
    Ok(suspect.map_or(Finding::Safe, |part| Finding::Writable(part.to_owned())))
}

/// The file that would be run: a name without `/` is searched in PATH.
fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Path::new(program).exists().then(|| program.into());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}

/// A directory with the sticky bit is safe: others cannot replace what is in it.
fn others_may_write(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| {
        let mode = metadata.permissions().mode();
        let sticky = metadata.is_dir() && mode & 0o1000 != 0;
        let by_group = mode & 0o020 != 0 && metadata.gid() != 0;
        metadata.uid() != 0 || ((by_group || mode & 0o002 != 0) && !sticky)
    })
}
