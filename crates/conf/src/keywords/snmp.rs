//! SNMP: which objects are answered for, and by which agent.

use crate::keyword::{Block, Repeat, Row, rows, takes};

const fn flag(name: &'static str) -> Row<()> {
    Row::new(Block::Global, name, takes::FLAG).default("off")
}

rows! {
    /// The AgentX socket of the SNMP agent that asks the daemon (`agentXSocket` of snmpd): `unix:PATH`, or
    /// `tcp:HOST:PORT`, where port 705 need not be written. An agent that is not there, or is started anew, is tried
    /// again.
    SNMP_SOCKET: String = Row::new(Block::Global, "snmp_socket", takes::word("a socket"))
        .repeats(Repeat::First).default("unix:/var/agentx/master")
        .like("snmp_socket tcp:localhost:705");
    /// SNMP with the VRRP part of KEEPALIVED-MIB (1.3.6.1.4.1.9586.100.5). All of it is read-only, also what keepalived
    /// lets write.
    ENABLE_SNMP_VRRP: () = flag("enable_snmp_vrrp").also(&["enable_snmp"]);
    /// Old name of `enable_snmp_vrrp`.
    ENABLE_SNMP_KEEPALIVED: () = flag("enable_snmp_keepalived");
    /// `enable_snmp_rfcv2` and `enable_snmp_rfcv3`.
    ENABLE_SNMP_RFC: () = flag("enable_snmp_rfc");
    /// SNMP with VRRP-MIB of RFC 2787 (1.3.6.1.2.1.68): routers of VRRPv2.
    ENABLE_SNMP_RFCV2: () = flag("enable_snmp_rfcv2");
    /// SNMP with VRRPV3-MIB of RFC 6527 (1.3.6.1.2.1.207): all routers.
    ENABLE_SNMP_RFCV3: () = flag("enable_snmp_rfcv3");
    /// Changes of state are told by SNMP traps: those of the MIBs that are enabled. A trap waits 30 seconds at most for
    /// an agent that is not there.
    ENABLE_TRAPS: () = flag("enable_traps");
}
