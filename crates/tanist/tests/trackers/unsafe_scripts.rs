//! Scripts that others can change.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Ground, Test, becomes, config, tracking};

pub(super) const ALL: &[Test] = &[
    ("with enable_script_security a script that others can change is not run, and stops the router", refused),
    ("without, it is run, which is said", warned),
    ("a user who is not there stops the router, and is named", no_user),
];

const TRACK: &str = "track_script {\n chk\n }";

fn block(script: &str, lines: &str) -> String {
    format!("vrrp_script chk {{\n script {script}\n interval 0.1\n {lines}\n}}\n")
}

fn mode(ground: &Ground, name: &str, mode: u32) {
    fs::set_permissions(ground.path(name), fs::Permissions::from_mode(mode)).unwrap();
}

fn refused() {
    let mut ground = Ground::new();
    let script = ground.script("check", "touch $DIR/ran");
    mode(&ground, "check", 0o777);
    let instance = tracking(150, TRACK).with_global("enable_script_security").with_global("script_user root");
    ground.bench.left.start_with(&config(&block(&script, ""), &instance)).unwrap();
    becomes(&ground.bench.left, "FAULT");
    ground.says("it is not run, because enable_script_security is set");
    assert!(!ground.path("ran").exists());
    mode(&ground, "check", 0o755);
    becomes(&ground.bench.left, "MASTER");
    // It is asked before each run.
    mode(&ground, "check", 0o777);
    becomes(&ground.bench.left, "FAULT");
}

fn warned() {
    let mut ground = Ground::new();
    let script = ground.script("check", "true");
    mode(&ground, "check", 0o777);
    let instance = tracking(150, TRACK).with_global("script_user root");
    ground.bench.left.start_with(&config(&block(&script, ""), &instance)).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ground.says("enable_script_security is not set");
    assert_eq!(ground.bench.left.log().matches("enable_script_security is not set").count(), 1);
}

fn no_user() {
    let mut ground = Ground::new();
    let script = ground.script("check", "true");
    ground.bench.left.start_with(&config(&block(&script, "user nosuchuser"), &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "FAULT");
    ground.says("vrrp_script chk is down: it cannot run: there is no user nosuchuser");
}
