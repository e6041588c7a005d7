//! Where a case is read: copies of the files, and a host with four interfaces.

use std::fs;
use std::io;
use std::path::Path;

use lab::{Forwarding, Host, HostSpec, Lan, Segment, prefixed};
use tempfile::TempDir;

use crate::case::Case;

/// The cases in the source tree.
const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/cases");
/// The interfaces of the host; the nth has the addresses 10.n.0.1/24 and fd00:n::1/64.
const INTERFACES: [(&str, &str, &str); 4] = [
    ("eth0", "10.0.0.1/24", "fd00:0::1/64"),
    ("eth1", "10.1.0.1/24", "fd00:1::1/64"),
    ("eth2", "10.2.0.1/24", "fd00:2::1/64"),
    ("eth3", "10.3.0.1/24", "fd00:3::1/64"),
];

/// Copies of all cases: track files are made beside them, and nobody shall find those in the source tree.
#[derive(Debug)]
pub(crate) struct Files(TempDir);

impl Files {
    /// Copies the cases and what they include.
    pub(crate) fn copy() -> io::Result<Self> {
        let directory = TempDir::with_prefix("tanist-oracle-")?;
        copy_all(Path::new(CASES), directory.path())?;
        Ok(Self(directory))
    }

    /// Where the copies are.
    pub(crate) fn directory(&self) -> &Path {
        self.0.path()
    }

    /// The file of which a case is a copy, for reports.
    pub(crate) fn original(&self, case: &Case) -> String {
        let name = case.file.strip_prefix(self.directory()).unwrap_or(&case.file);
        Path::new(CASES).join(name).display().to_string()
    }
}

/// Contents and permissions: an executable file is no configuration.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_all(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// A host of its own for one case.
#[derive(Debug)]
pub(crate) struct Ground {
    /// Where the daemons run.
    pub(crate) host: Host,
    /// For their files.
    pub(crate) scratch: TempDir,
    /// What the interfaces are plugged into.
    _lan: Lan,
}

impl Ground {
    /// A host with [`INTERFACES`], all up.
    pub(crate) fn new() -> io::Result<Self> {
        let mut lan = Lan::new()?;
        let addresses = |(_, v4, v6): (&str, &str, &str)| Ok::<_, io::Error>([prefixed(v4)?, prefixed(v6)?]);
        let [first, others @ ..] = INTERFACES;
        let (name, forwarding) = ("oracle", Forwarding::Off);
        let mut host = lan.plug(&HostSpec { name, nic: first.0, forwarding, addresses: &addresses(first)? })?;
        for other in others {
            lan.add_cable(&mut host, Segment::FIRST, other.0, &addresses(other)?)?;
        }
        Ok(Self { host, scratch: TempDir::with_prefix("tanist-oracle-run-")?, _lan: lan })
    }
}
