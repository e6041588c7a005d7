//! Whether a script may be trusted with the rights it runs with.
//!
//! The daemon asks when it loads a configuration, `tanist check --live` asks, and the runner asks again immediately before
//! it starts the script. It goes along every path from the root as the kernel does, links included, and each directory is
//! looked at before anything in it. So if there is no weakness, nobody but the trusted can make the path mean something else
//! until the program starts, and the path can be run as it was written: `$0` is what the user expects.

mod programs;

use std::fmt;
use std::fs::{self, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};
use std::{env, ffi::OsString};

use serde::{Deserialize, Serialize};

use self::programs::Runs;

/// Links that a path may go through; the kernel's limit.
const LINKS: usize = 40;
/// Interpreters that start interpreters, and programs that run other programs.
const DEPTH: usize = 8;
/// How much of a file the kernel reads to find its interpreter.
const FIRST_LINE: u64 = 256;

/// The rights that a script runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Root's, or those of the daemon: only root and the user `uid` may be able to change it.
    Privileged { uid: u32 },
    /// Those of a user without capabilities.
    Ordinary,
}

/// A file, directory or link through which somebody else can change what a script does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Weakness {
    path: PathBuf,
    who: Who,
}

/// Who can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Who {
    /// Its owner, who may also change its mode.
    Owner { uid: u32 },
    /// The members of its group; the group of root has others than root.
    Group { gid: u32, mode: u32 },
    /// Every user.
    Everybody { mode: u32 },
}

impl fmt::Display for Weakness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.who {
            Who::Owner { uid } => write!(f, "{path} belongs to user {uid} (`chown -h root {path}` gives it to root)"),
            Who::Group { gid, mode } => write!(
                f,
                "{path} can be changed by the members of group {gid} (mode {mode:04o}; `chmod g-w {path}` ends that)"
            ),
            Who::Everybody { mode } => {
                write!(f, "{path} can be changed by every user (mode {mode:04o}; `chmod go-w {path}` ends that)")
            }
        }
    }
}

/// A program that can be run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// As written, absolute.
    pub(crate) path: PathBuf,
    /// The first weakness found, if others can change what it does.
    pub(crate) weakness: Option<Weakness>,
}

/// Looks at the program that a command starts, and if it runs with more rights than its own, at all that decides what it
/// does and stands in a path: directories, links, the file, its interpreter, and the script that an interpreter is given.
/// What a script itself reads, code behind `-c`, and modules are not looked at.
///
/// # Errors
/// If it cannot be run, in words for the user.
pub(crate) fn check(argv: &[String], rights: Rights) -> Result<Program, String> {
    let mut search = Search { rights, weakness: None, depth: 0 };
    let path = search.command(argv)?;
    Ok(Program { path, weakness: search.weakness })
}

/// The file that a command names: a name without `/` is searched in PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return std::path::absolute(program).ok();
    }
    directories().into_iter().map(|directory| directory.join(program)).find(|file| is_program(file))
}

/// The directories of PATH. What an empty or relative entry means depends on where the daemon was started: left out.
fn directories() -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_else(|| programs::DEFAULT_PATH.into());
    env::split_paths(&path).filter(|directory| directory.is_absolute()).collect()
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| may_run(&file))
}

fn may_run(file: &Metadata) -> bool {
    file.is_file() && file.permissions().mode() & 0o111 != 0
}

struct Search {
    rights: Rights,
    weakness: Option<Weakness>,
    depth: usize,
}

impl Search {
    /// Looks at a program and at what it runs in turn. Gives the path of the program, as written.
    fn command(&mut self, argv: &[String]) -> Result<PathBuf, String> {
        let (name, arguments) = argv.split_first().ok_or("the command is empty")?;
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(format!("{name}: more than {DEPTH} programs run one another"));
        }
        let path = find(name).ok_or_else(|| format!("{name}: there is no such program"))?;
        if self.depth > 1 && !name.contains('/') {
            self.look_along(&path);
        }
        let real = match self.walk(&path) {
            Ok(real) => real,
            // Whom it runs as may see more than the daemon.
            Err(error) if self.may_be_hidden(&error) => return Ok(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(format!("{name}: there is no such program"));
            }
            Err(error) => return Err(format!("{name}: {error}")),
        };
        if !is_program(&real) {
            return Err(format!("{name}: is not executable (chmod +x {name})"));
        }
        if let Some(interpreter) = interpreter(&real) {
            self.command(&interpreter).map_err(|why| format!("{name} is run by {why}"))?;
        }
        match programs::runs(&path, &real) {
            Runs::Itself => {}
            Runs::Script => self.script(arguments),
            Runs::Command => self.inner_command(arguments)?,
        }
        Ok(path)
    }

    /// The first argument that is a path is what an interpreter runs.
    fn script(&mut self, arguments: &[String]) {
        let mut paths = arguments.iter().filter(|argument| !argument.starts_with('-') && argument.contains('/'));
        if let Some(path) = paths.find_map(|argument| find(argument).filter(|path| path.is_file())) {
            // It has just been found.
            self.walk(&path).ok();
        }
    }

    /// The first argument that is a program is what such as `env` and `timeout` run.
    fn inner_command(&mut self, arguments: &[String]) -> Result<(), String> {
        let names_program =
            |argument: &String| !argument.starts_with('-') && find(argument).is_some_and(|path| is_program(&path));
        match arguments.iter().position(names_program) {
            Some(first) => self.command(&arguments[first..]).map(|_| ()),
            None => Ok(()),
        }
    }

    /// Looks at the directories of PATH up to that of `found`: a program in an earlier one would be run instead, by
    /// whatever looks the name up for itself.
    fn look_along(&mut self, found: &Path) {
        for directory in directories() {
            // One that is not there could be made by whoever can write above it, which is looked at.
            self.walk(&directory).ok();
            if found.parent() == Some(&directory) {
                break;
            }
        }
    }

    fn may_be_hidden(&self, error: &io::Error) -> bool {
        self.rights == Rights::Ordinary && error.kind() == io::ErrorKind::PermissionDenied
    }

    /// Goes along an absolute path as the kernel does and looks at every directory, link and file on the way, each before
    /// what is in it. Gives the path without links.
    fn walk(&mut self, path: &Path) -> io::Result<PathBuf> {
        let mut here = PathBuf::from("/");
        let mut ahead = parts(path);
        let mut links = 0;
        self.look_at(&here)?;
        while let Some(part) = ahead.pop() {
            if part == ".." {
                here.pop();
                continue;
            }
            let next = here.join(part);
            if !self.look_at(&next)?.is_symlink() {
                here = next;
                continue;
            }
            links += 1;
            if links > LINKS {
                return Err(rustix::io::Errno::LOOP.into());
            }
            let target = fs::read_link(&next)?;
            if target.is_absolute() {
                here = "/".into();
            }
            ahead.extend(parts(&target));
        }
        Ok(here)
    }

    fn look_at(&mut self, path: &Path) -> io::Result<Metadata> {
        let metadata = fs::symlink_metadata(path)?;
        if let (Rights::Privileged { uid }, None) = (self.rights, &self.weakness) {
            let weakness = |who| Weakness { path: path.to_owned(), who };
            self.weakness = who_may_change(&metadata, uid).map(weakness);
        }
        Ok(metadata)
    }
}

/// The parts of a path, the first last.
fn parts(path: &Path) -> Vec<OsString> {
    let meant = |part| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    };
    path.components().rev().filter_map(meant).collect()
}

/// Who but root and `trusted` may change a file or what is in a directory. In a directory with the sticky bit, others cannot
/// replace what is there.
fn who_may_change(metadata: &Metadata, trusted: u32) -> Option<Who> {
    let mode = metadata.permissions().mode() & 0o7777;
    if metadata.uid() != 0 && metadata.uid() != trusted {
        return Some(Who::Owner { uid: metadata.uid() });
    }
    let is_sticky = metadata.is_dir() && mode & 0o1000 != 0;
    if metadata.is_symlink() || is_sticky {
        None
    } else if mode & 0o002 != 0 {
        Some(Who::Everybody { mode })
    } else if mode & 0o020 != 0 {
        Some(Who::Group { gid: metadata.gid(), mode })
    } else {
        None
    }
}

/// What the `#!` line of a file runs, with its argument; `None` for a file without.
fn interpreter(file: &Path) -> Option<Vec<String>> {
    let mut head = Vec::new();
    // A file that cannot be read has no interpreter: that could not read it either.
    fs::File::open(file).ok()?.take(FIRST_LINE).read_to_end(&mut head).ok()?;
    let line = head.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    let words: Vec<String> = String::from_utf8_lossy(line).split([' ', '\t']).map(str::to_owned).collect();
    let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests;
