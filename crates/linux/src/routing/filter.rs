//! The socket filter: which notifications are about one of some destinations.
//!
//! Classic BPF reads in network byte order, netlink writes in that of the machine.

use std::net::IpAddr;

use crate::sys::bpf::{
    AND, Instruction, JUMP_BITS_SET, JUMP_EQUAL, LOAD_BYTE, LOAD_PAIR, LOAD_WORD, RETURN, branch, step,
};

/// Accepts the whole message.
const ALL: u32 = u32::MAX;

/// Places in a message: kind and flags in the netlink header, length of the prefix in `struct rtmsg`, and the first two
/// attributes behind it, of which the first is the table and the second the destination, if it has a prefix.
const KIND: u32 = 4;
const FLAGS: u32 = 6;
const PREFIX_LEN: u32 = 17;
const FIRST_ATTRIBUTE: u32 = 28;
const SECOND_ATTRIBUTE: u32 = 36;
const DESTINATION: u32 = 40;

const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_DELRULE: u16 = 33;
/// What was there before is gone (NLM_F_REPLACE).
const REPLACED: u16 = 0x100;
const RTA_DST: u16 = 1;
const RTA_TABLE: u16 = 15;

/// Most destinations that are compared one by one: the kernel takes programs of 4,096 instructions.
const DESTINATIONS: usize = 2000;

/// As the filter sees two bytes of netlink.
const fn pair(number: u16) -> u32 {
    u16::from_be_bytes(number.to_ne_bytes()) as u32
}

/// A program that accepts the end of any rule, and the end and the replacement of routes to these networks. Of very many
/// only the first bits are compared.
pub(super) fn program(destinations: &[IpAddr]) -> Vec<Instruction> {
    let (mask, starts) = starts(destinations);
    let has_default = destinations.iter().any(IpAddr::is_unspecified);
    let mut program = vec![
        step(LOAD_PAIR, KIND),
        branch(JUMP_EQUAL, pair(RTM_DELRULE), 0, 1),
        step(RETURN, ALL),
        branch(JUMP_EQUAL, pair(RTM_DELROUTE), 4, 0),
        branch(JUMP_EQUAL, pair(RTM_NEWROUTE), 0, 2),
        step(LOAD_PAIR, FLAGS),
        branch(JUMP_BITS_SET, pair(REPLACED), 1, 0),
        step(RETURN, 0),
        step(LOAD_BYTE, PREFIX_LEN),
        branch(JUMP_EQUAL, 0, 0, 1),
        step(RETURN, if has_default { ALL } else { 0 }),
        // Where the attributes stand otherwise than they always did, nothing is lost.
        step(LOAD_PAIR, FIRST_ATTRIBUTE + 2),
        branch(JUMP_EQUAL, pair(RTA_TABLE), 1, 0),
        step(RETURN, ALL),
        step(LOAD_PAIR, SECOND_ATTRIBUTE + 2),
        branch(JUMP_EQUAL, pair(RTA_DST), 1, 0),
        step(RETURN, ALL),
        step(LOAD_WORD, DESTINATION),
        step(AND, mask),
    ];
    for start in starts {
        program.extend([branch(JUMP_EQUAL, start, 0, 1), step(RETURN, ALL)]);
    }
    program.push(step(RETURN, 0));
    program
}

/// The first 32 bits of the destinations, or as few as keep the program short enough, with the mask of those bits.
fn starts(destinations: &[IpAddr]) -> (u32, Vec<u32>) {
    let first = |address: &IpAddr| match address {
        IpAddr::V4(address) => address.to_bits(),
        IpAddr::V6(address) => u32::from(address.segments()[0]) << 16 | u32::from(address.segments()[1]),
    };
    let mut mask = u32::MAX;
    loop {
        let mut starts: Vec<u32> = destinations.iter().map(|address| first(address) & mask).collect();
        starts.sort_unstable();
        starts.dedup();
        // Of eight bits there are 256 at most.
        if starts.len() <= DESTINATIONS {
            return (mask, starts);
        }
        mask <<= 8;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::bpf::run;

    /// A notification of a route.
    fn route(kind: u16, flags: u16, destination: &str, prefix_len: u8) -> Vec<u8> {
        let destination: IpAddr = destination.parse().unwrap();
        let mut bytes = vec![0; 4];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend([0; 8]);
        bytes.extend([2, prefix_len, 0, 0, 254, 18, 0, 1, 0, 0, 0, 0]);
        bytes.extend(8u16.to_ne_bytes());
        bytes.extend(RTA_TABLE.to_ne_bytes());
        bytes.extend(254u32.to_ne_bytes());
        if prefix_len > 0 {
            let octets = match destination {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            bytes.extend(u16::try_from(4 + octets.len()).unwrap().to_ne_bytes());
            bytes.extend(RTA_DST.to_ne_bytes());
            bytes.extend(octets);
        }
        // An interface.
        bytes.extend([8u16.to_ne_bytes(), 4u16.to_ne_bytes()].concat());
        bytes.extend(3u32.to_ne_bytes());
        bytes
    }

    fn passes(destinations: &[&str], message: &[u8]) -> bool {
        let destinations: Vec<IpAddr> = destinations.iter().map(|text| text.parse().unwrap()).collect();
        run(&program(&destinations), message) == ALL
    }

    #[test]
    fn only_the_end_and_the_replacement_of_routes_to_our_destinations_pass() {
        let ours = ["10.1.0.0", "fd00:2::", "0.0.0.0"];
        for (kind, flags, destination, prefix_len, passed) in [
            (RTM_DELROUTE, 0, "10.1.0.0", 16, true),
            (RTM_DELROUTE, 0, "fd00:2::", 64, true),
            (RTM_DELROUTE, 0, "0.0.0.0", 0, true),
            (RTM_DELROUTE, 0, "10.2.0.0", 16, false),
            (RTM_DELROUTE, 0, "fd00:3::", 64, false),
            (RTM_NEWROUTE, 0x600, "10.1.0.0", 16, false),
            (RTM_NEWROUTE, 0x500, "10.1.0.0", 16, true),
            (RTM_NEWROUTE, 0x500, "0.0.0.0", 0, true),
            (RTM_NEWROUTE, 0x500, "10.2.0.0", 16, false),
            (32, 0x500, "10.1.0.0", 16, false),
            (RTM_DELRULE, 0, "10.9.0.0", 16, true),
        ] {
            let message = route(kind, flags, destination, prefix_len);
            assert_eq!(passes(&ours, &message), passed, "{kind} {flags:#x} {destination}/{prefix_len}");
        }
        assert!(!passes(&["10.1.0.0"], &route(RTM_DELROUTE, 0, "0.0.0.0", 0)));
    }

    #[test]
    fn a_message_with_attributes_in_another_order_passes() {
        let mut message = route(RTM_DELROUTE, 0, "10.2.0.0", 16);
        message[30..32].copy_from_slice(&26u16.to_ne_bytes());
        assert!(passes(&["10.1.0.0"], &message));
    }

    #[test]
    fn the_program_stays_within_what_the_kernel_takes() {
        let many: Vec<IpAddr> = (0..100_000u32).map(|n| std::net::Ipv4Addr::from_bits(n << 8).into()).collect();
        let program = program(&many);
        assert!(program.len() <= 4096, "{}", program.len());
        assert_eq!(run(&program, &route(RTM_DELROUTE, 0, "0.7.9.0", 24)), ALL);
        assert_eq!(run(&program, &route(RTM_DELROUTE, 0, "99.7.9.0", 24)), 0);
    }
}
