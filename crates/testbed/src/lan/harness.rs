//! Running tests in namespaces: in parallel, without root, and skipping loudly what a machine forbids.
#![expect(clippy::print_stderr, reason = "tests talk to whoever runs them")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use lab::{Program, RouterHost};
use libtest_mimic::{Arguments, Conclusion, Failed, Trial};
use rustix::mount::{MountFlags, mount, mount_bind};

/// Tests that run at a time unless `--test-threads` says otherwise. They mostly wait.
const TEST_THREADS: usize = 12;

/// A test that needs no more than namespaces.
pub fn test(name: impl Into<String>, body: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, move || {
        body();
        Ok::<(), Failed>(())
    })
}

/// Enters namespaces and runs the tests. Call it first in `main`: the process must have a single thread. Where the
/// machine forbids namespaces nothing is run, which is said on standard error.
pub fn run(trials: impl FnOnce() -> Vec<Trial>) -> ExitCode {
    run_at_a_time(TEST_THREADS, trials)
}

/// As [`run`], with so many tests at a time unless `--test-threads` says otherwise: for those that wait for most of the time.
pub fn run_at_a_time(most: usize, trials: impl FnOnce() -> Vec<Trial>) -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(most);
    if arguments.list {
        libtest_mimic::run(&arguments, trials()).exit();
    }
    match linux::netns::enter_user_namespace() {
        Ok(_) => code(&libtest_mimic::run(&arguments, trials())),
        Err(error) => {
            eprintln!("SKIPPED, all of it: {error}");
            ExitCode::SUCCESS
        }
    }
}

/// Puts an empty directory in place of `path`, for this program and the daemons it starts only. Call it between
/// [`run`]'s entering of namespaces and the first test: in the closure that makes the trials.
///
/// # Errors
/// If there is no such directory, or the kernel refuses.
pub fn shadow(path: &str) -> io::Result<()> {
    Ok(mount("none", path, "tmpfs", MountFlags::empty(), None)?)
}

/// Puts another text in the place of a file, for this program and the daemons it starts only. Call it where [`shadow`] is
/// called.
///
/// # Errors
/// If there is no such file, or the kernel refuses.
pub fn replace(path: &str, text: &str) -> io::Result<()> {
    let file = std::env::temp_dir().join(format!("tanist-replaced-{}", std::process::id()));
    fs::write(&file, text)?;
    // It stays as long as it is mounted.
    let mounted = mount_bind(&file, path);
    fs::remove_file(&file)?;
    Ok(mounted?)
}

/// The daemon under test: `built`, or the binary that the environment variable `TANIST_BINARY` names, to see which tests
/// another build fails.
#[must_use]
pub fn tanist(built: &str) -> Program {
    Program::Tanist(std::env::var_os("TANIST_BINARY").map_or_else(|| built.into(), PathBuf::from))
}

/// What `tanist restart` says, by the program `built`: whether it succeeded, and its words.
///
/// # Panics
/// If it cannot be run.
#[must_use]
pub fn restart(built: &str, router: &RouterHost) -> (bool, String) {
    let output = Command::new(built).arg("restart").arg("--control").arg(router.control()).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// Says on standard error what is not run, and why.
pub fn skipped(what: &str) {
    eprintln!("SKIPPED, {what}");
}

/// Whether a program is installed; if not, says on standard error which tests are skipped.
#[must_use]
pub fn has_program(name: &str, skipped: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|directory| directory.join(name).is_file()))
        || Path::new("/usr/sbin").join(name).is_file();
    if !found {
        self::skipped(&format!("{skipped}: {name} is not installed"));
    }
    found
}

/// Whether the kernel can make an interface by these words of `ip link add NAME`; if not, says on standard error which
/// tests are skipped. To be called where [`shadow`] is called.
#[must_use]
pub fn makes_link(words: &str, skipped: &str) -> bool {
    let ip = |words: &str| Command::new("ip").args(words.split_whitespace()).output();
    let made = ip(&format!("link add probe0 {words}"));
    let found = made.as_ref().is_ok_and(|made| made.status.success());
    if found {
        // It would go with the namespace.
        let _gone = ip("link del probe0");
    } else {
        self::skipped(&format!("{skipped}: this kernel makes no interface by `{words}`"));
    }
    found
}

/// Whether this daemon of FRR is installed and can be run, also where there is nobody but root: it insists on its group. If
/// not, says on standard error which tests are skipped. To be called in `main`, before there are threads.
#[must_use]
pub fn has_frr(daemon: &str, skipped: &str) -> bool {
    if ![daemon, "zebra"].iter().all(|name| Path::new("/usr/lib/frr").join(name).is_file()) {
        self::skipped(&format!("{skipped}: it is not installed (Debian package frr)"));
        return false;
    }
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let others = groups.lines().filter(|line| !line.starts_with("frrvty:"));
    let groups: String = others.chain(["frrvty:x:0:root"]).fold(String::new(), |all, line| all + line + "\n");
    replace("/etc/group", &groups).is_ok()
}

fn code(conclusion: &Conclusion) -> ExitCode {
    if conclusion.has_failed() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
