//! Killed at any moment, with everything on the machine that a master and the daemon itself add to one.

use std::thread::sleep;
use std::time::Duration;

use testbed::lan::{Bench, MachineState};
use testbed::sim::Random;

use super::owner::tables;
use super::{PATIENCE, REPAIR_TIME, Test, sh, soon, stop};

pub(super) const ALL: &[Test] =
    &[("killed at random moments with items of all kinds, the next start and stop restore the machine", killed)];

/// Static addresses, routes and rules; a router on a virtual MAC and one without, with routes, rules and a firewall each.
const CONFIG: &str = "
static_ipaddress {
    10.77.0.1/24 dev eth0
    2001:db8:77::1/64 dev eth0
}
static_routes {
    10.78.0.0/16 via 10.77.0.2 dev eth0 metric 7
    2001:db8:78::/48 via 2001:db8:77::2 dev eth0
}
static_rules {
    from 10.78.0.0/16 table 78 preference 780
}
vrrp_instance four {
    interface eth0
    virtual_router_id 51
    version 3
    priority 150
    advert_int 0.1
    use_vmac
    no_accept
    promote_secondaries
    virtual_ipaddress {
        10.9.0.1/24
        10.9.0.21/32
    }
    virtual_ipaddress_excluded {
        2001:db8:9::21/64
    }
    virtual_routes {
        10.80.0.0/16 via 10.9.0.9
        default via 10.9.0.9 table 80 metric 5
        blackhole 10.81.0.0/16
    }
    virtual_rules {
        from 10.80.0.0/16 table 80 preference 800
    }
}
vrrp_instance six {
    interface eth0
    virtual_router_id 52
    version 3
    priority 150
    advert_int 0.1
    no_accept
    virtual_ipaddress {
        fe80::9:1/64
        2001:db8:9::1/64
    }
    virtual_routes {
        2001:db8:80::/48 via 2001:db8:9::9 dev eth0
    }
    virtual_rules {
        from 2001:db8:80::/48 table 80 preference 801
    }
}
";

fn killed() {
    let kills = if std::env::var_os("TANIST_LONG").is_some() { 200 } else { 12 };
    let mut random = Random::new(10);
    let mut bench = super::bench();
    // A machine that forwards has an anycast address for each prefix. The kernel joins its group some time after an address
    // came, and leaves it when one goes, also if it has not joined: then that of the other addresses is lost.
    sh(&bench, "echo 0 > /proc/sys/net/ipv6/conf/eth0/forwarding");
    let before = MachineState::at_rest(&bench.left.host, PATIENCE).unwrap();
    for kill in 1..=kills {
        bench.left.start_with(CONFIG).unwrap();
        // It is master after some 0.4 s.
        sleep(Duration::from_millis(random.below(900)));
        if random.below(3) == 0 {
            bench.left.reload_with(&CONFIG.replace("metric 5", "metric 6").replace("10.9.0.21", "10.9.0.22")).unwrap();
            sleep(Duration::from_millis(random.below(50)));
        }
        bench.left.kill().unwrap();
        // Some are killed again before anything is compared.
        if kill % 3 == 0 {
            restored(&mut bench, &before, kill);
        }
    }
}

fn restored(bench: &mut Bench, before: &MachineState, kill: u64) {
    bench.left.start_with(CONFIG).unwrap();
    // What the killed daemon left would pass for what this one does.
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    soon(bench, "all is there", || {
        let routes = sh(bench, "ip route show table all; ip rule; ip -6 rule");
        ["10.78.0.0/16", "10.80.0.0/16", "blackhole 10.81.0.0/16", "780:", "800:", "801:"]
            .iter()
            .all(|it| routes.contains(it))
    });
    stop(bench);
    assert_eq!(tables(bench), [], "kill {kill}");
    assert_eq!(
        before.changes_at_rest(&bench.left.host, REPAIR_TIME),
        Vec::<String>::new(),
        "kill {kill}; {}",
        bench.left.log()
    );
}
