//! Checks without a program.

use testbed::lan::PageServer;

use super::{Ground, Test, becomes, config, tracking};

pub(super) const ALL: &[Test] = &[
    ("tanist_tcp stops a router while nobody accepts connections", tcp),
    ("tanist_http moves the priority while the page is not there", http),
    ("a check without a program may take the place of a script by a reload", reload),
];

const TRACK: &str = "track_script {\n chk\n }";
/// The left router's own.
const SERVER: &str = "10.9.0.3:8080";

fn block(check: &str, lines: &str) -> String {
    format!("vrrp_script chk {{\n {check}\n interval 0.1\n timeout 1\n {lines}\n}}\n")
}

/// A server on the left router, which says whether a file is there.
fn server(ground: &Ground, file: &str) -> PageServer {
    PageServer::start(&ground.bench.left.host, SERVER, ground.path(file)).unwrap()
}

fn tcp() {
    let mut ground = Ground::new();
    let check = block(&format!("tanist_tcp {SERVER}"), "fall 2");
    ground.bench.left.start_with(&config(&check, &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "FAULT");
    ground.says(&format!("cannot connect to {SERVER}: Connection refused"));
    let server = server(&ground, "page");
    becomes(&ground.bench.left, "MASTER");
    drop(server);
    becomes(&ground.bench.left, "FAULT");
}

fn http() {
    let mut ground = Ground::new();
    ground.write("page", "");
    let server = server(&ground, "page");
    let check = block(&format!("tanist_http http://{SERVER}/health"), "weight -20");
    ground.bench.left.start_with(&config(&check, &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ground.priority(150);
    ground.remove("page");
    ground.priority(130);
    ground.says(&format!("http://{SERVER}/health answers 503 Service Unavailable"));
    ground.write("page", "");
    ground.priority(150);
    drop(server);
    ground.priority(130);
    becomes(&ground.bench.left, "MASTER");
}

fn reload() {
    let mut ground = Ground::new();
    let script = ground.script("check", "sleep 300");
    let first = block(&format!("script {script}"), "init_fail\n timeout 300");
    ground.bench.left.start_with(&config(&first, &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "FAULT");
    let _server = server(&ground, "page");
    // `script` is for keepalived then.
    let both = block(&format!("script {script}\n tanist_tcp {SERVER}"), "");
    ground.bench.left.reload_with(&config(&both, &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "MASTER");
}
