//! Checks without a program.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{Ground, Test, becomes, config, tracking};

pub(super) const ALL: &[Test] = &[
    ("tanist_tcp stops a router while nobody accepts connections", tcp),
    ("tanist_http moves the priority while the page is not there", http),
    ("tanist_ping asks hosts of both families, and sees that one is gone", ping),
    ("tanist_route stops a router at once when the route goes, whatever the interval", route),
    ("a check without a program may take the place of a script by a reload", reload),
];

const TRACK: &str = "track_script {\n chk\n }";
/// The left router's own.
const SERVER: &str = "10.9.0.3:8080";

fn block(check: &str, lines: &str) -> String {
    format!("vrrp_script chk {{\n {check}\n interval 0.1\n timeout 1\n {lines}\n}}\n")
}

/// A server on the left router, which says whether a file is there.
struct Server {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    fn start(ground: &Ground, file: &str) -> Self {
        let listener = {
            let _inside = ground.bench.left.host.namespace.enter().unwrap();
            TcpListener::bind(SERVER).unwrap()
        };
        listener.set_nonblocking(true).unwrap();
        let (path, stop) = (ground.path(file), Arc::new(AtomicBool::new(false)));
        let stopped = Arc::clone(&stop);
        let serve = move || {
            while !stopped.load(Ordering::Relaxed) {
                let Ok((mut stream, _)) = listener.accept() else {
                    thread::sleep(Duration::from_millis(5));
                    continue;
                };
                stream.set_nonblocking(false).unwrap();
                let status = if fs::exists(&path).unwrap() { "200 OK" } else { "503 Service Unavailable" };
                // Whoever only connects says nothing and does not wait.
                if stream.read(&mut [0; 1024]).is_ok_and(|length| length > 0) {
                    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").ok();
                }
            }
        };
        Self { stop, thread: Some(thread::spawn(serve)) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn tcp() {
    let mut ground = Ground::new();
    let check = block(&format!("tanist_tcp {SERVER}"), "fall 2");
    ground.bench.left.start_with(&config(&check, &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "FAULT");
    ground.says(&format!("cannot connect to {SERVER}: Connection refused"));
    let server = Server::start(&ground, "page");
    becomes(&ground.bench.left, "MASTER");
    drop(server);
    becomes(&ground.bench.left, "FAULT");
}

fn http() {
    let mut ground = Ground::new();
    ground.write("page", "");
    let server = Server::start(&ground, "page");
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

fn reload() {
    let mut ground = Ground::new();
    let script = ground.script("check", "sleep 300");
    let first = block(&format!("script {script}"), "init_fail\n timeout 300");
    ground.bench.left.start_with(&config(&first, &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "FAULT");
    let _server = Server::start(&ground, "page");
    // `script` is for keepalived then.
    let both = block(&format!("script {script}\n tanist_tcp {SERVER}"), "");
    ground.bench.left.reload_with(&config(&both, &tracking(150, TRACK))).unwrap();
    becomes(&ground.bench.left, "MASTER");
}
