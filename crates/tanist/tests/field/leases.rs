//! `tanist_lease`: how long the kernel keeps addresses that nobody renews, and how little other programs hear of it.

use std::fs;
use std::thread::sleep;
use std::time::Duration;

use lab::{CapturedFrame, wait};
use rustix::process::Signal;
use testbed::lan::{Bench, Instance, Protocol, VmacMode};

use super::{PATIENCE, Test, becomes, bench, holds, master, sh};

pub(super) const ALL: &[Test] = &[
    ("hundreds of addresses are renewed a few at a time, and with tanist_lease off not at all", hundreds),
    ("an IPv6 master without leases sends no group reports", quiet_ipv6),
    ("a short lease ends soon after all processes of the daemon are dead", short),
    ("an address without a lease stays at reloads, and so does one that gets a lease or loses it", || {
        for protocol in [Protocol::V3Ipv4, Protocol::V3Ipv6] {
            for vmac in [VmacMode::Vmac, VmacMode::None] {
                stays(&Instance::new(protocol, vmac, 150));
            }
        }
    }),
    ("an owner's address without a lease stays at reloads", || {
        stays(&Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 255));
    }),
];

const ADDRESSES: usize = 300;
/// How long others listen.
const LISTENING: Duration = Duration::from_secs(3);

fn with_lease(lease: &str) -> Instance {
    let address = |number: usize| format!("10.9.{}.{}/32", 1 + number / 250, 1 + number % 250);
    let excluded: Vec<String> = (0..ADDRESSES).map(address).collect();
    let list = format!("virtual_ipaddress_excluded {{\n {}\n }}", excluded.join("\n "));
    let quiet = Instance::new(Protocol::V3Ipv4, VmacMode::Vmac, 150).with("garp_master_repeat 1");
    quiet.with("garp_master_delay 0").with(&list).with_global(&format!("tanist_lease {lease}"))
}

/// Addresses of our master that a listener hears of.
fn heard(bench: &Bench) -> usize {
    let file = bench.left.file("heard");
    let seconds = LISTENING.as_secs();
    sh(bench, &format!("timeout {seconds} ip -o monitor address > {} || true", file.display()));
    fs::read_to_string(&file).unwrap().lines().filter(|line| line.contains("vrrp.51")).count()
}

fn count(bench: &Bench) -> usize {
    sh(bench, "ip -o -4 address show dev vrrp.51").lines().count()
}

fn hundreds() {
    let mut bench = bench();
    bench.left.start_with(&with_lease("30")).unwrap();
    becomes(&bench.left, "MASTER");
    assert!(wait::until(PATIENCE, || count(&bench) > ADDRESSES), "{}; {}", count(&bench), bench.left.log());
    // None in the first quarter of a lease; then 20 a second are due.
    let mut heard_of = 0;
    let is_heard = || {
        heard_of = heard(&bench);
        heard_of > 10
    };
    assert!(wait::until(PATIENCE, is_heard), "{}", bench.left.log());
    assert!(heard_of < usize::try_from(30 * LISTENING.as_secs()).unwrap(), "{heard_of} messages");
    bench.left.configure(&with_lease("off").to_string()).unwrap();
    bench.left.signal(Signal::HUP).unwrap();
    let leased = || sh(&bench, "ip -o -4 address show dev vrrp.51").matches("dynamic").count();
    assert!(wait::until(PATIENCE, || leased() == 0), "{} have a lease; {}", leased(), bench.left.log());
    assert_eq!(heard(&bench), 0, "{}", bench.left.log());
    assert_eq!(count(&bench), ADDRESSES + 1);
}

fn quiet_ipv6() {
    let bench = master(&Instance::new(Protocol::V3Ipv6, VmacMode::Vmac, 150).with_global("tanist_lease off"));
    // The kernel repeats its reports for a second or two.
    sleep(Duration::from_secs(3));
    let since = bench.watch.now();
    sleep(Duration::from_secs(3));
    let is_ours = |frame: &CapturedFrame| frame.port == bench.left.host.port;
    let others = bench.watch.capture.since(since, |frame| is_ours(frame) && frame.advert().is_none());
    // The second announcement of a master.
    let others: Vec<_> = others.iter().filter(|frame| frame.announcement().is_none()).collect();
    let of_virtual_mac: Vec<_> = others.iter().filter(|frame| frame.source_mac().0[..3] == [0, 0, 0x5e]).collect();
    assert!(of_virtual_mac.is_empty(), "{of_virtual_mac:?}");
}

fn short() {
    let mut bench = master(&Instance::new(Protocol::V3Ipv4, VmacMode::None, 150).with_global("tanist_lease 3"));
    bench.left.kill().unwrap();
    let gone = || bench.left.host.link_of("10.9.0.1".parse().unwrap()).is_none();
    assert!(wait::until(Duration::from_secs(6), gone), "{}", bench.left.log());
}

fn stays(instance: &Instance) {
    let with = |lease: &str| instance.clone().with_global(&format!("tanist_lease {lease}"));
    let mut bench = master(&with("off"));
    let file = bench.left.file("heard");
    let listen = format!("timeout 60 ip -o monitor address > {} 2> /dev/null < /dev/null & echo $!", file.display());
    let listener = sh(&bench, &listen);
    // A reload of the same file, an address of the machine's that comes and goes, another lease.
    let loaded = |bench: &Bench| bench.left.log().matches("is in force").count();
    for (round, lease) in ["off", "off", "30", "30", "off"].into_iter().enumerate() {
        bench.left.configure(&with(lease).to_string()).unwrap();
        let before = loaded(&bench);
        bench.left.signal(Signal::HUP).unwrap();
        assert!(wait::until(PATIENCE, || loaded(&bench) > before), "{}", bench.left.log());
        let verb = if round % 2 == 0 { "add" } else { "del" };
        sh(&bench, &format!("ip addr {verb} 10.9.0.77/24 dev eth0"));
        sleep(Duration::from_millis(500));
        holds(&bench, instance);
    }
    let heard = fs::read_to_string(&file).unwrap();
    sh(&bench, &format!("kill {listener}"));
    let ours = |line: &&str| instance.addresses.iter().any(|it| line.contains(&format!(" {it}")));
    let gone: Vec<_> = heard.lines().filter(|line| line.starts_with("Deleted")).filter(ours).collect();
    assert_eq!(gone, [""; 0], "{instance:?}; {}", bench.left.log());
    assert!(!bench.left.log().contains("is the only address"), "{}", bench.left.log());
}
