//! SNMP: a daemon as the subagent of a master that is absent, restarted, hostile and silent; walks, traps and their end.

mod master;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use agentx::{Body, CloseReason, ErrorCode, Oid, SearchRange, Start, Value, VarBind};
use lab::{AdminState, Network, NetworkBuilder, wait};
use testbed::lan::harness;

use self::master::{Manner, Master};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(30);

/// KEEPALIVED-MIB
const KEEPALIVED: &[u32] = &[1, 3, 6, 1, 4, 1, 9586, 100, 5];
const VRRP: &[u32] = &[1, 3, 6, 1, 2, 1, 68];
const VRRPV3: &[u32] = &[1, 3, 6, 1, 2, 1, 207];

fn main() -> ExitCode {
    harness::run(|| vec![harness::test("a subagent outlives its master, answers it and tells it what changes", life)])
}

fn oid(root: &[u32], below: &[u32]) -> Oid {
    [root, below].concat().into()
}

fn range(from: Oid) -> SearchRange {
    SearchRange { from, start: Start::After, until: None }
}

/// What a trap has: its name and its values.
fn trap(variables: &[VarBind]) -> (Oid, Vec<Value>) {
    let Some((VarBind { value: Value::Oid(name), .. }, rest)) = variables.split_first() else {
        panic!("{variables:?}");
    };
    (name.clone(), rest.iter().map(|it| it.value.clone()).collect())
}

fn life() {
    let network = NetworkBuilder::new()
        .router("r1", harness::tanist(env!("CARGO_BIN_EXE_tanist")))
        .cable("eth0", &["192.0.2.11/24"])
        .client(&["192.0.2.50/24"])
        .build();
    let Network { routers: [mut r1], client: _, capture: _, lan: _lan } = network.unwrap();
    let socket = r1.file("agentx");
    let config = format!(
        "global_defs {{\n router_id left\n enable_snmp_vrrp\n enable_snmp_rfc\n enable_traps\n snmp_socket unix:{}\n}}\n\
         vrrp_instance A {{\n interface eth0\n virtual_router_id 7\n version 2\n advert_int 1\n priority 200\n \
         virtual_ipaddress {{\n 192.0.2.7/24\n }}\n}}\n",
        socket.display()
    );
    r1.start_with(&config).unwrap();
    r1.says("which is tried again: No such file or directory");
    assert!(r1.wait_state("MASTER", PATIENCE), "{}", r1.log());

    let mut master = Master::start(&socket, Manner::Answers).unwrap();
    let parts = [oid(VRRP, &[]), oid(VRRPV3, &[]), oid(KEEPALIVED, &[1]), oid(KEEPALIVED, &[2])];
    let registers = |master: &Master| wait::until(PATIENCE, || master.registered() == parts);
    assert!(registers(&master), "{:?}\n{}", master.registered(), r1.log());
    answers(&master);
    tells(&master, &r1);

    // Somebody else is master of the socket; the subagent finds it.
    drop(master);
    master = Master::start(&socket, Manner::Answers).unwrap();
    assert!(registers(&master), "{:?}\n{}", master.registered(), r1.log());
    // Bytes that are no message end the session, and not the subagent.
    master.send_raw(&[0xff; 64]);
    assert!(wait::until(PATIENCE, || master.sessions() >= 2 && master.registered() == parts), "{}", r1.log());
    answers(&master);

    let named = |state: i32| {
        let values =
            [Value::Octets(b"A".to_vec()), Value::Integer(state), Value::Integer(1), Value::Octets(b"left".to_vec())];
        (oid(KEEPALIVED, &[2, 10, 0, 2]), values.to_vec())
    };
    r1.signal(rustix::process::Signal::TERM).unwrap();
    assert!(r1.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", r1.log());
    let stopped = || master.notified().iter().any(|it| trap(it) == named(5));
    assert!(wait::until(PATIENCE, stopped), "{:?}", master.notified());
    assert!(wait::until(PATIENCE, || master.closed() == Some(CloseReason::Shutdown)), "{:?}", master.closed());
    drop(master);

    // One that says nothing delays nothing.
    let silent = Master::start(&socket, Manner::Silent).unwrap();
    r1.start_with(&config).unwrap();
    assert!(wait::until(PATIENCE, || silent.sessions() > 0), "{}", r1.log());
    assert!(r1.wait_state("MASTER", PATIENCE), "{}", r1.log());
    let begin = Instant::now();
    r1.signal(rustix::process::Signal::TERM).unwrap();
    assert!(r1.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", r1.log());
    assert!(begin.elapsed() < Duration::from_secs(12), "{:?}", begin.elapsed());
}

/// It answers what can be asked.
fn answers(master: &Master) {
    let state = oid(KEEPALIVED, &[2, 3, 1, 4, 1]);
    let is_master = || {
        let asked = master.ask(Body::Get(vec![range(state.clone())]));
        asked.is_some_and(|it| it.variables == [VarBind { name: state.clone(), value: Value::Integer(2) }])
    };
    assert!(wait::until(PATIENCE, is_master), "{:?}", master.ask(Body::Get(vec![range(state.clone())])));

    let wide = [oid(KEEPALIVED, &[2, 3, 1, 2]), oid(KEEPALIVED, &[9]), oid(VRRP, &[1, 3, 1, 7])].map(range);
    let next = master.ask(Body::GetNext(wide.to_vec())).unwrap().variables;
    assert_eq!(next[0], VarBind { name: oid(KEEPALIVED, &[2, 3, 1, 2, 1]), value: Value::Octets(b"A".to_vec()) });
    assert_eq!(next[1], VarBind { name: oid(KEEPALIVED, &[9]), value: Value::EndOfMibView });
    assert_eq!(next[2].value, Value::IpAddress([192, 0, 2, 11].into()));
    assert!(next[2].name.numbers().ends_with(&[7]), "{next:?}");

    let ranges = vec![range(oid(KEEPALIVED, &[2, 6, 1, 3]))];
    let bulk = master.ask(Body::GetBulk { non_repeaters: 0, max_repetitions: 3, ranges }).unwrap().variables;
    assert_eq!((bulk.len(), &bulk[0].value), (3, &Value::Octets(vec![192, 0, 2, 7])), "{bulk:?}");

    let write = vec![VarBind { name: oid(KEEPALIVED, &[2, 3, 1, 7, 1]), value: Value::Integer(5) }];
    assert_eq!(master.ask(Body::TestSet(write)).unwrap().error, ErrorCode::NotWritable);
    assert_eq!(master.ask(Body::Ping).unwrap().error, ErrorCode::None);
}

/// It tells what changes, in all MIBs.
fn tells(master: &Master, r1: &lab::RouterHost) {
    let values = |name: Oid| {
        let find = || master.notified().iter().map(|it| trap(it)).rfind(|(its, _)| *its == name);
        wait::found(PATIENCE, find).unwrap_or_else(|| panic!("no {name}: {:?}\n{}", master.notified(), r1.log())).1
    };
    let changed = oid(KEEPALIVED, &[2, 10, 0, 2]);
    r1.host.set_link("eth0", AdminState::Down).unwrap();
    assert!(wait::until(PATIENCE, || values(changed.clone())[1] == Value::Integer(3)), "{:?}", master.notified());
    r1.host.set_link("eth0", AdminState::Up).unwrap();
    assert!(wait::until(PATIENCE, || values(changed.clone())[1] == Value::Integer(2)), "{:?}", master.notified());
    assert_eq!(values(oid(VRRP, &[0, 1])), [Value::IpAddress([192, 0, 2, 11].into())]);
    assert_eq!(values(oid(VRRPV3, &[0, 1])), [Value::Octets(vec![192, 0, 2, 11]), Value::Integer(3)]);
}
