//! Checks without a program.

use testbed::lan::PageServer;

use super::{Ground, Test, becomes, config, tracking};

pub(super) const ALL: &[Test] = &[
    ("tanist_tcp stops a router while nobody accepts connections", tcp),
    ("tanist_http moves the priority while the page is not there", http),
    ("tanist_ping asks hosts of both families, and sees that one is gone", ping),
    ("tanist_route stops a router at once when the route goes, whatever the interval", route),
    ("tanist_route sees a route that goes with its link, or gives way to a black hole", silent_route),
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

fn ping() {
    let mut ground = Ground::new();
    let four = block("tanist_ping 10.9.0.2", "weight 20");
    let six = block("tanist_ping 2001:db8:9::2", "weight 7").replace("chk", "chk6");
    let track = "track_script {\n chk\n chk6\n }";
    ground.bench.left.start_with(&config(&(four + &six), &tracking(150, track))).unwrap();
    ground.priority(177);
    ground.bench.right.host.run_program("ip", &["link", "set", "eth0", "down"]).unwrap();
    ground.priority(150);
    ground.says("vrrp_script chk is down: there is no answer within 1s");
}

fn route() {
    let mut ground = Ground::new();
    let blocks = ["198.51.100.0/24", "2001:db8::/32"].map(|network| {
        let block = block(&format!("tanist_route {network}"), "").replace("interval 0.1", "interval 600");
        if network.contains(':') { block.replace("chk", "chk6") } else { block }
    });
    let track = "track_script {\n chk\n chk6\n }";
    ground.bench.left.start_with(&config(&blocks.concat(), &tracking(150, track))).unwrap();
    becomes(&ground.bench.left, "FAULT");
    ground.says("vrrp_script chk is down: there is no route to 198.51.100.0/24");
    let route = |what: &str, network: &str| {
        ground.bench.left.host.run_program("ip", &["route", what, network, "dev", "eth0"]).unwrap();
    };
    // A route to a part of it is none to it.
    route("add", "198.51.100.0/25");
    route("add", "2001:db8::/32");
    ground.says("vrrp_script chk6 is up: there is a route to 2001:db8::/32");
    route("add", "198.51.100.0/24");
    becomes(&ground.bench.left, "MASTER");
    route("delete", "2001:db8::/32");
    becomes(&ground.bench.left, "FAULT");
}

/// The kernel tells neither of IPv4 routes that go with their link nor of one that another takes the place of.
fn silent_route() {
    let mut ground = Ground::new();
    let network = "198.51.100.0/24";
    let block = block(&format!("tanist_route {network}"), "").replace("interval 0.1", "interval 600");
    let ip = |ground: &Ground, line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        ground.bench.left.host.run_program("ip", &words).unwrap();
    };
    ip(&ground, "link add d0 up type veth peer name d1");
    ip(&ground, "link set d1 up");
    ip(&ground, "route add 198.51.100.0/24 dev d0");
    ground.bench.left.start_with(&config(&block, &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "MASTER");
    ip(&ground, "route replace blackhole 198.51.100.0/24");
    becomes(&ground.bench.left, "FAULT");
    ip(&ground, "route replace 198.51.100.0/24 dev d0");
    becomes(&ground.bench.left, "MASTER");
    ip(&ground, "link set d0 down");
    becomes(&ground.bench.left, "FAULT");
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
