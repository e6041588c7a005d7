//! The cases: configuration files with a few lines for the test in comments.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// How a line for the test begins. It is a comment for both daemons.
const MARK: &str = "#oracle:";
/// What `@ID` lines are compared with unless the case says otherwise.
const DEFAULT_ID: &str = "node1";

/// A configuration file and how it is to be read.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Its file name without the ending.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) file: PathBuf,
    /// `#oracle: id=ID`: what `@ID` lines are compared with.
    pub(crate) id: String,
    /// `#oracle: refused`: keepalived does not start with it.
    pub(crate) expectation: Expectation,
    /// `#oracle: bfd`: it has BFD sessions, whose process must be asked apart.
    pub(crate) bfd: Bfd,
    /// `#oracle: root`: it depends on who owns the programs of the system.
    pub(crate) needs: Needs,
    /// `#oracle: args=A B`: more arguments for keepalived.
    pub(crate) arguments: Vec<String>,
}

/// What keepalived is to do with a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expectation {
    /// Run.
    Starts,
    /// End with an error.
    Refused,
}

/// What a case needs of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Namespaces.
    Namespaces,
    /// That files of root are root's, which they are not in a user namespace.
    RealRoot,
}

/// Whether a case has BFD sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bfd {
    /// None.
    Without,
    /// At least one.
    With,
}

/// All cases of a directory, by name.
pub(crate) fn all(directory: &Path) -> Vec<Case> {
    let entries = fs::read_dir(directory).expect("the directory was just made");
    let files = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut cases: Vec<_> = files.filter_map(|file| Case::read(&file)).collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    cases
}

impl Case {
    /// `None` for what is not a case: directories of included parts, for example.
    fn read(file: &Path) -> Option<Self> {
        if file.extension()? != "conf" {
            return None;
        }
        let mut case = Self {
            name: file.file_stem()?.to_str()?.to_owned(),
            file: file.to_owned(),
            id: DEFAULT_ID.to_owned(),
            expectation: Expectation::Starts,
            bfd: Bfd::Without,
            needs: Needs::Namespaces,
            arguments: Vec::new(),
        };
        let bytes = fs::read(file).ok()?;
        for line in String::from_utf8_lossy(&bytes).lines() {
            if let Some(remark) = line.trim().strip_prefix(MARK) {
                case.heed(remark.trim());
            }
        }
        Some(case)
    }

    /// Whether the machine does not have what the case needs.
    pub(crate) fn lacks_something(&self) -> bool {
        match self.needs {
            Needs::Namespaces => false,
            Needs::RealRoot => fs::metadata(Path::new("/")).is_ok_and(|root| root.uid() != 0),
        }
    }

    fn heed(&mut self, remark: &str) {
        match remark.split_once('=') {
            None if remark == "refused" => self.expectation = Expectation::Refused,
            None if remark == "root" => self.needs = Needs::RealRoot,
            None if remark == "bfd" => self.bfd = Bfd::With,
            Some(("id", id)) => id.clone_into(&mut self.id),
            Some(("args", arguments)) => {
                self.arguments = arguments.split_whitespace().map(ToOwned::to_owned).collect();
            }
            _ => panic!("{}: unknown remark {remark:?}", self.name),
        }
    }
}
