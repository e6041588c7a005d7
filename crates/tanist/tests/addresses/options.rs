//! The options of an address, as the kernel shows them: by tanist and by keepalived, from the same file.

use std::collections::BTreeMap;

use lab::{Program, RouterHost};
use serde_json::Value;
use testbed::lan::harness;

use super::{Test, bench, sh, soon};

pub(super) const ALL: &[Test] = &[("every option of an address reaches the kernel as with keepalived", as_keepalived)];

/// Lines of `virtual_ipaddress` and `virtual_ipaddress_excluded`.
const VIRTUAL: &str = "10.4.0.10/24
10.4.0.11/24 label own0:vip
10.4.2.12/24 scope link
10.4.0.13/24 brd +
10.4.0.14/24 brd -
10.4.0.15/24 broadcast 10.4.0.99
10.4.0.16/24 dev dmz0 scope host
10.4.0.17 peer 10.4.9.9
10.4.0.18/24 noprefixroute
10.4.0.19/24 no_track";

const EXCLUDED: &str = "10.4.1.10/24
10.4.1.11/24 dev dmz0 label dmz0:x
2001:db8:4::10/64
2001:db8:4::11
2001:db8:4::12/64 dev dmz0 noprefixroute
2001:db8:4::13/64 home
2001:db8:4::14/64 mngtmpaddr
2001:db8:4::15/64 -nodad
2001:db8:4::16 preferred_lft forever
2001:db8:4::17/64 preferred_lft 0
2001:db8:4::18/64 preferred_lft 3600
2001:db8:4::19 peer 2001:db8:4::99";

const STATIC: &str = "10.5.0.10/24 label dmz0:s
10.5.0.11/24 dev own0 brd + scope site
10.5.0.12/32 peer 10.5.9.9
2001:db8:5::10/64
2001:db8:5::11
2001:db8:5::12/64 noprefixroute home
2001:db8:5::13/64 -nodad preferred_lft 3600
10.5.0.13 no_track";

fn config() -> String {
    format!(
        "global_defs {{\n default_interface dmz0\n}}\nstatic_ipaddress {{\n{STATIC}\n}}\nvrrp_instance A {{\n interface own0\n \
         virtual_router_id 11\n priority 150\n advert_int 1\n virtual_ipaddress {{\n{VIRTUAL}\n }}\n \
         virtual_ipaddress_excluded {{\n{EXCLUDED}\n }}\n}}\n"
    )
}

fn as_keepalived() {
    if !harness::has_program("keepalived", "the comparison of addresses") {
        return;
    }
    let mut bench = bench(Program::Keepalived);
    bench.left.start_with(&config()).unwrap();
    bench.right.start_with(&config()).unwrap();
    let wanted: Vec<&str> = [VIRTUAL, EXCLUDED, STATIC].into_iter().flat_map(str::lines).collect();
    for router in [&bench.left, &bench.right] {
        let all = || {
            let found = addresses(router);
            wanted.iter().all(|line| found.contains_key(line.split(['/', ' ']).next().unwrap()))
        };
        soon(router, "all addresses are there and usable", || {
            all() && !sh(router, "ip addr show").contains("tentative")
        });
    }
    let (ours, theirs) = (addresses(&bench.left), addresses(&bench.right));
    for line in wanted {
        let address = line.split(['/', ' ']).next().unwrap();
        assert_eq!(ours[address], theirs[address], "{line}\n{}", bench.left.log());
    }
}

/// All addresses of the interfaces, each with what the kernel says of it, but for how long it stays: ours are leased. Whether
/// one is preferred is compared.
fn addresses(router: &RouterHost) -> BTreeMap<String, Value> {
    let links: Vec<Value> = serde_json::from_str(&sh(router, "ip -d -j addr show")).unwrap();
    let mut all = BTreeMap::new();
    for link in links {
        for address in link["addr_info"].as_array().unwrap() {
            let mut address = address.clone();
            let fields = address.as_object_mut().unwrap();
            for lease in ["valid_life_time", "preferred_life_time", "dynamic", "protocol"] {
                fields.remove(lease);
            }
            // Which is the first of its subnet depends on the order of adding.
            fields.remove("secondary");
            fields.insert("on".into(), link["ifname"].clone());
            all.insert(fields["local"].as_str().unwrap().to_owned(), address);
        }
    }
    all
}
