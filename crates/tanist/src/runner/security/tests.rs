use std::os::unix::fs::symlink;

use rustix::process::geteuid;
use tempfile::TempDir;

use super::*;

/// A directory that belongs to this user, below one that others cannot change.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// A file that can be run.
    fn script(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        self.mode(name, 0o755);
        path
    }

    fn directory(&self, name: &str) -> String {
        let path = self.path(name);
        fs::create_dir(&path).unwrap();
        path
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
}

const SHELL: &str = "#!/bin/sh\n";

/// The weakness of a command that runs with the rights of this user.
fn weakness(command: &[&str]) -> Option<String> {
    let argv: Vec<String> = command.iter().map(|&word| word.to_owned()).collect();
    let program = check(&argv, Rights::Privileged { uid: geteuid().as_raw() }).unwrap();
    program.weakness.map(|weakness| weakness.path.display().to_string())
}

#[test]
fn what_only_we_can_change_has_no_weakness() {
    let place = Place::new();
    let script = place.script("script", SHELL);
    assert_eq!(weakness(&[&script]), None);
    assert_eq!(weakness(&["/bin/sh", "-c", "true"]), None);
    assert_eq!(weakness(&["sh"]), None);
}

#[test]
fn the_directory_of_a_link_counts_and_the_link_may_be_a_directory_too() {
    let place = Place::new();
    place.directory("safe");
    let script = place.script("safe/script", SHELL);
    let home = place.directory("home");
    symlink(&script, place.path("home/hook")).unwrap();
    symlink(place.path("home"), place.path("link")).unwrap();
    assert_eq!(weakness(&[&place.path("home/hook")]), None);
    place.mode("home", 0o777);
    assert_eq!(weakness(&[&place.path("home/hook")]), Some(home.clone()));
    assert_eq!(weakness(&[&place.path("link/hook")]), Some(home.clone()));
    assert_eq!(weakness(&[&script]), None, "the target itself is as safe as before");
    // A relative link, and the way back out of the directory that others can change.
    symlink("home/../safe/script", place.path("relative")).unwrap();
    assert_eq!(weakness(&[&place.path("relative")]), Some(home));
}

#[test]
fn the_target_of_a_link_counts() {
    let place = Place::new();
    let script = place.script("script", SHELL);
    symlink(&script, place.path("link")).unwrap();
    place.mode("script", 0o757);
    assert_eq!(weakness(&[&place.path("link")]), Some(script));
}

#[test]
fn every_group_counts_but_not_in_a_sticky_directory() {
    let place = Place::new();
    let script = place.script("script", SHELL);
    place.mode("script", 0o775);
    assert_eq!(weakness(&[&script]), Some(script));
    let directory = place.directory("sticky");
    let inside = place.script("sticky/script", SHELL);
    place.mode("sticky", 0o775);
    assert_eq!(weakness(&[&inside]), Some(directory));
    place.mode("sticky", 0o1775);
    assert_eq!(weakness(&[&inside]), None);
}

#[test]
fn somebody_elses_file_and_link_are_weak() {
    if !geteuid().is_root() {
        return;
    }
    let place = Place::new();
    let nobody = Some(65534);
    let script = place.script("script", SHELL);
    symlink(&script, place.path("link")).unwrap();
    std::os::unix::fs::lchown(place.path("link"), nobody, nobody).unwrap();
    assert_eq!(weakness(&[&place.path("link")]), Some(place.path("link")));
    std::os::unix::fs::chown(&script, nobody, nobody).unwrap();
    let found = check(std::slice::from_ref(&script), Rights::Privileged { uid: 0 }).unwrap().weakness.unwrap();
    assert_eq!(
        found.to_string(),
        format!("{script} belongs to user 65534 (`chown -h root {script}` gives it to root)")
    );
    let own = check(std::slice::from_ref(&script), Rights::Privileged { uid: 65534 }).unwrap();
    assert_eq!(own.weakness, None, "a daemon of that user trusts it");
}

#[test]
fn interpreters_and_what_they_are_given_count() {
    let place = Place::new();
    let script = place.script("script", SHELL);
    let data = place.script("data", "");
    place.mode("data", 0o666);
    assert_eq!(weakness(&["/bin/sh", "-e", &script, &data]), None, "what the script is given is its business");
    place.mode("script", 0o777);
    assert_eq!(weakness(&["/bin/sh", "-e", &script]), Some(script.clone()));
    assert_eq!(weakness(&["/usr/bin/env", "A=b", "sh", &script]), Some(script.clone()));
    assert_eq!(weakness(&["nice", "-n", "5", "timeout", "5", &script]), Some(script.clone()));
    let by_line = place.script("by-line", &format!("#!{script} -x\n"));
    assert_eq!(weakness(&[&by_line]), Some(script.clone()));
    let by_env = place.script("by-env", &format!("#!/usr/bin/env -S sh {script}\n"));
    assert_eq!(weakness(&[&by_env]), Some(script));
}

#[test]
fn a_user_without_capabilities_is_not_asked_who_else_can_change_it() {
    let place = Place::new();
    let script = place.script("script", SHELL);
    place.mode("script", 0o777);
    assert_eq!(check(&[script], Rights::Ordinary).unwrap().weakness, None);
}

#[test]
fn what_cannot_be_run_is_said() {
    let place = Place::new();
    let refused = |program: &str| check(&[program.to_owned()], Rights::Ordinary).unwrap_err();
    let missing = place.path("missing");
    assert_eq!(refused(&missing), format!("{missing}: there is no such program"));
    let plain = place.script("plain", SHELL);
    place.mode("plain", 0o644);
    assert_eq!(refused(&plain), format!("{plain}: is not executable (chmod +x {plain})"));
    symlink(place.path("circle"), place.path("circle")).unwrap();
    assert!(refused(&place.path("circle")).contains("symbolic links"), "{}", refused(&place.path("circle")));
    let odd = place.script("odd", "#!/no/such/interpreter\n");
    assert_eq!(refused(&odd), format!("{odd} is run by /no/such/interpreter: there is no such program"));
    let itself = place.path("itself");
    place.script("itself", &format!("#!{itself}\n"));
    assert!(refused(&itself).contains("programs run one another"), "{}", refused(&itself));
    assert_eq!(refused("nosuchprogram"), "nosuchprogram: there is no such program");
}

#[test]
fn a_program_is_run_as_it_was_written() {
    let place = Place::new();
    let script = place.script("script", SHELL);
    symlink(&script, place.path("link")).unwrap();
    let program = check(&[place.path("link")], Rights::Ordinary).unwrap();
    assert_eq!(program.path.display().to_string(), place.path("link"));
}
