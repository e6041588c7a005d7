//! Names of numbers are looked up in iproute2's files.

use conf::{Code, MemoryLoader, load};

/// The routes and rules of a configuration with these lines, as numbers, and what was said.
fn read(global: &str, route: &str, rule: &str, files: MemoryLoader) -> (Vec<Option<u32>>, Vec<Code>) {
    let text = format!(
        "global_defs {{\n{global}\n}}\nvrrp_instance A {{\n interface eth0\n virtual_router_id 1\n virtual_ipaddress \
         {{\n 10.0.0.1/24\n }}\n virtual_routes {{\n {route}\n }}\n virtual_rules {{\n {rule}\n }}\n}}\n"
    );
    let loaded = load("main".as_ref(), &mut files.with("main", text));
    let router = &loaded.config.routers[0];
    let tables = router.routes.iter().map(|route| route.table.as_ref().and_then(|table| table.number()));
    let protocols = router.rules.iter().map(|rule| rule.ip_protocol.as_ref().and_then(|it| it.number()));
    let said = loaded.diagnostics.iter().map(|said| said.code);
    (tables.chain(protocols).collect(), said.filter(|code| *code == Code::RouteName).collect())
}

#[test]
fn names_are_looked_up_in_iproute2s_files_and_the_later_directory_counts() {
    let files = MemoryLoader::default()
        .with("/usr/share/iproute2/rt_tables", "# reserved\n255\tlocal\n100 uplink\n101 lab\n")
        .with("/etc/iproute2/rt_tables", "0x66 uplink # the provider\nno number\n")
        .with("/etc/iproute2/rt_tables.d/more.conf", "9 vpn\n")
        .with("/etc/protocols", "vrrp\t112\tVRRP\n");
    for (name, number) in [("uplink", 0x66), ("lab", 101), ("vpn", 9), ("main", 254)] {
        let route = format!("10.9.0.0/16 via 10.0.0.9 table {name}");
        let rule = "from 10.9.0.0/16 ipproto vrrp table 5 preference 9";
        let (numbers, said) = read("", &route, rule, files.clone());
        assert_eq!((numbers, said), (vec![Some(number), Some(112)], vec![]), "{name}");
    }
}

#[test]
fn a_line_with_a_name_that_nobody_knows_is_left_out() {
    let rule = "from 10.9.0.0/16 table nowhere preference 9";
    let (numbers, said) = read("", "10.9.0.0/16 via 10.0.0.9 table nowhere", rule, MemoryLoader::default());
    assert_eq!((numbers, said), (vec![], vec![Code::RouteName; 2]));
}

#[test]
fn the_directories_can_be_named() {
    let files = MemoryLoader::default().with("/opt/etc/rt_tables", "7 mine\n").with("/opt/usr/rt_tables", "8 mine\n");
    let route = "10.9.0.0/16 via 10.0.0.9 table mine";
    for (global, number) in [("iproute_usr_dir /opt/usr", 8), ("iproute_usr_dir /opt/usr\niproute_etc_dir /opt/etc", 7)]
    {
        assert_eq!(read(global, route, "", files.clone()).0, [Some(number)], "{global}");
    }
}
