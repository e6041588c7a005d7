//! Others fill the routing table, as a BGP daemon does, while ours are looked after.

use std::fmt::Write as _;
use std::fs;

use super::{Lab, config};

/// How many routes; `TANIST_ROUTES` says another number.
const ROUTES: u32 = 20_000;

/// The processor time of the daemon, in hundredths of a second.
fn ticks(pid: i32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// A route of ours is back although the table is being filled, and the daemon hears of none of the others.
pub(super) fn flood() {
    let number = std::env::var("TANIST_ROUTES").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUTES);
    let mut lab = Lab::tanist();
    lab.router.start_with(&config("", "10.1.0.0/16 via 192.0.2.254", "")).unwrap();
    lab.becomes_master();
    lab.gets("10.1.0.0/16 via 192.0.2.254");
    let file = lab.router.file("batch");
    let mut batch = String::new();
    for n in 0..number {
        let address = std::net::Ipv4Addr::from_bits(0x1400_0000 + (n << 8));
        writeln!(batch, "route add {address}/24 via 198.51.100.254 proto bird").unwrap();
    }
    fs::write(&file, &batch).unwrap();
    let pid = lab.router.pid().unwrap().as_raw_nonzero().get();
    let before = ticks(pid);
    let fill = format!("ip -batch {} & sleep 0.1; ip route del 10.1.0.0/16; wait", file.display());
    lab.run(&fill);
    let spent = ticks(pid) - before;
    lab.gets("10.1.0.0/16 via 192.0.2.254");
    lab.router.says("it is put back");
    assert!(!lab.router.log().contains("overrun"), "{}", lab.router.log());
    // Half a thread for as long as it takes would be far more.
    assert!(spent < 50 + u64::from(number) / 1000, "{spent} hundredths of a second for {number} routes");
    lab.stop();
}
