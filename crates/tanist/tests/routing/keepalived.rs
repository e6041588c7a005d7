//! One file, carried out by keepalived and by this program: routes and rules are the same.

use lab::{Program, wait};

use super::{Lab, PATIENCE, config};

/// A line of each kind. Of rules those that are tracked: keepalived gives the others no protocol.
const ROUTES: &str = "10.1.0.0/16 via 192.0.2.254
10.2.0.0/16 dev eth1
10.3.0.0/16 via 192.0.2.254 dev eth0 src 192.0.2.1 metric 7 table 100
blackhole 10.4.0.0/16
unreachable 10.5.0.0/16 table 77
prohibit 10.5.0.0/17
throw 10.5.0.0/18
10.6.0.0/16 nexthop via 192.0.2.254 weight 2 nexthop via 198.51.100.1 weight 3
default via 192.0.2.254
0.0.0.0/0 via 192.0.2.253 table 20
10.8.0.0/16 via 192.0.2.254 mtu lock 1400 advmss 1000 rtt 300ms rto_min 300ms window 5000 initcwnd 10 hoplimit 33 features \
                      ecn quickack 1 congctl cubic
10.9.0.0/16 via 192.0.2.254 tos 16
10.10.0.0/16 via 192.0.2.254 protocol static no_track
10.11.0.0/16 via 203.0.113.9 dev eth0 onlink
10.12.0.0/16 dev eth0 scope link
local 10.13.0.1/32 dev lo scope host
2001:db8:a::/48 via 2001:db8:1::fe
2001:db8:b::/48 dev eth1 metric 5 pref high
2001:db8:c::/48 nexthop via 2001:db8:1::fd nexthop via 2001:db8:1::fe weight 4
blackhole 2001:db8:d::/48
unreachable 2001:db8:e::/48 metric 9
2001:db8:f::/48 via 2001:db8:1::fe src 2001:db8:1::1
default via 2001:db8:1::fe";

const RULES: &str = "from 10.1.0.0/16 table 100
to 10.2.0.0/16 table 101 priority 50
from 2001:db8:9::/48 table 102
fwmark 0x10/0xff lookup 103
iif eth1 blackhole
oif eth0 prohibit
dport 80-90 ipproto tcp lookup 104
sport 80-90 ipproto udp lookup 104
uidrange 5-6 table 105 suppress_prefixlength 0
not from 10.9.0.0/16 table 106
from 10.9.0.0/16 tos 16 table 107
from 10.8.0.0/16 priority 60 goto 70
from 10.8.0.0/16 priority 70 nop
to 2001:db8:9::/48 unreachable";

pub(super) fn compare() {
    let config = config("", ROUTES, RULES);
    let (mut theirs, mut ours) = (Lab::new(Program::Keepalived), Lab::tanist());
    let before = ours.routing();
    theirs.router.start_with(&config).unwrap();
    ours.router.start_with(&config).unwrap();
    // What each adds last.
    for lab in [&theirs, &ours] {
        lab.gets("to 2001:db8:9::/48 unreachable proto keepalived");
        lab.gets("default via 2001:db8:1::fe");
    }
    let same = || theirs.routing() == ours.routing();
    assert!(wait::until(PATIENCE, same), "keepalived: {:#?}\nhere: {:#?}", theirs.routing(), ours.routing());
    // Each line has become one thing at least.
    let lines = ROUTES.lines().count() + RULES.lines().count();
    assert!(ours.routing().len() >= before.len() + lines - 1, "{:#?}", ours.routing());
    theirs.stop();
    ours.stop();
    assert_eq!(ours.routing(), before);
}
