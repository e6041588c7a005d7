//! The socket filter: other people's virtual routers do not wake us.
//!
//! Classic BPF, because it needs no rights beyond those of the socket. The set of VRIDs is a bitmap of eight words in
//! the program itself. A packet too short to have a VRID passes: somebody has to count it.
//!
//! On a macvlan of ours in private mode the group is joined because the kernel gives what bears its virtual MAC to it alone.
//! What else comes in there, the parent gets as well: taken twice it would look like a replay. An ipvlan gets what is sent to
//! its address, and the parent does not.

use host::FIRST_LINK_INDEX;
use vrrp::types::Vrid;
use vrrp::wire::{AH_LEN, PROTOCOL};

use super::Channel;
use crate::sys::bpf::{
    A_TO_X, ADD, AND, ETHERNET_HEADER, Instruction, JUMP, JUMP_AT_LEAST, JUMP_AT_LEAST_X, JUMP_BITS_SET, JUMP_EQUAL,
    LINK, LOAD_BYTE, LOAD_BYTE_AT_X, LOAD_CONSTANT, LOAD_LENGTH, LOAD_SCRATCH, LOAD_WORD, RETURN, SHIFT_RIGHT,
    SHIFT_RIGHT_BY_X, STORE_SCRATCH, X_HEADER_LEN, X_TO_A, branch, step,
};

/// Accepts the whole packet.
const ALL: u32 = u32::MAX;
/// Where the VRID stands in a VRRP message.
const VRID_OFFSET: u32 = 1;
/// Bytes in front of a message that has an authentication header.
#[expect(clippy::cast_possible_truncation, reason = "24")]
const AH_BYTES: u32 = AH_LEN as u32;
/// Words of the bitmap.
const WORDS: u8 = 8;

/// A program that accepts the messages with these VRIDs.
pub(super) fn program(channel: Channel, vrids: &[Vrid]) -> Vec<Instruction> {
    let mut program = own_links(channel).to_vec();
    program.extend(match channel {
        // A raw IPv4 socket sees the IP header.
        Channel::Ipv4 => vec![
            step(X_HEADER_LEN, 0),
            step(X_TO_A, 0),
            step(ADD, VRID_OFFSET + 1),
            step(A_TO_X, 0),
            step(LOAD_LENGTH, 0),
            branch(JUMP_AT_LEAST_X, 0, 1, 0),
            step(RETURN, ALL),
            step(X_HEADER_LEN, 0),
            step(LOAD_BYTE_AT_X, VRID_OFFSET),
        ],
        // What IPsec carries else, and what is too short, is not ours to count.
        Channel::Ah => vec![
            step(X_HEADER_LEN, 0),
            step(LOAD_BYTE_AT_X, 0),
            branch(JUMP_EQUAL, PROTOCOL.into(), 1, 0),
            step(RETURN, 0),
            step(LOAD_BYTE_AT_X, AH_BYTES + VRID_OFFSET),
        ],
        Channel::Ipv6 => vec![
            step(LOAD_LENGTH, 0),
            branch(JUMP_AT_LEAST, VRID_OFFSET + 1, 1, 0),
            step(RETURN, ALL),
            step(LOAD_BYTE, VRID_OFFSET),
        ],
    });
    program.extend([
        step(STORE_SCRATCH, 0),
        step(AND, 31),
        step(A_TO_X, 0),
        step(LOAD_SCRATCH, 0),
        step(SHIFT_RIGHT, 5),
    ]);
    for (number, word) in (0..WORDS).zip(bitmap(vrids)) {
        let to_test = u32::from((WORDS - 1 - number) * 3);
        program.extend([branch(JUMP_EQUAL, number.into(), 0, 2), step(LOAD_CONSTANT, word), step(JUMP, to_test)]);
    }
    program.extend([step(SHIFT_RIGHT_BY_X, 0), branch(JUMP_BITS_SET, 1, 0, 1), step(RETURN, ALL), step(RETURN, 0)]);
    program
}

/// On interfaces of ours only unicast passes, and what bears a virtual MAC of the family.
const fn own_links(channel: Channel) -> [Instruction; 9] {
    /// The bit of a MAC that several have.
    const MULTICAST: u32 = 1;
    /// Where the source stands in an Ethernet header.
    const SOURCE: u32 = ETHERNET_HEADER + 6;
    let family = match channel {
        Channel::Ipv4 | Channel::Ah => 1,
        Channel::Ipv6 => 2,
    };
    [
        step(LOAD_WORD, LINK),
        branch(JUMP_AT_LEAST, FIRST_LINK_INDEX, 0, 7),
        step(LOAD_BYTE, ETHERNET_HEADER),
        branch(JUMP_BITS_SET, MULTICAST, 0, 5),
        step(LOAD_WORD, SOURCE),
        branch(JUMP_EQUAL, 0x0000_5e00, 0, 2),
        step(LOAD_BYTE, SOURCE + 4),
        branch(JUMP_EQUAL, family, 1, 0),
        step(RETURN, 0),
    ]
}

/// Bit `vrid % 32` of word `vrid / 32` is set for each VRID.
fn bitmap(vrids: &[Vrid]) -> [u32; WORDS as usize] {
    let mut words = [0; WORDS as usize];
    for vrid in vrids {
        words[usize::from(vrid.value() >> 5)] |= 1 << (vrid.value() & 31);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::bpf::{run, run_on};

    #[test]
    fn exactly_the_given_vrids_pass_in_both_families() {
        let wanted: Vec<Vrid> = [1, 31, 32, 51, 200, 255].into_iter().filter_map(Vrid::new).collect();
        for vrid in 0..=255u8 {
            let pass = wanted.iter().any(|wanted| wanted.value() == vrid);
            let message = [0x31, vrid, 100, 1];
            let mut plain = vec![0x45; 20];
            plain.extend(message);
            let mut options = vec![0x46; 24];
            options.extend(message);
            let signed = |next: u8| [&plain[..20], &[next, 4], &[0; 22], &message].concat();
            let results = [
                run(&program(Channel::Ipv4, &wanted), &plain),
                run(&program(Channel::Ipv4, &wanted), &options),
                run(&program(Channel::Ipv6, &wanted), &message),
                run(&program(Channel::Ah, &wanted), &signed(PROTOCOL)),
            ];
            assert_eq!(results, [if pass { ALL } else { 0 }; 4], "VRID {vrid}");
            assert_eq!(run(&program(Channel::Ah, &wanted), &signed(6)), 0, "TCP in IPsec");
        }
    }

    #[test]
    fn on_a_link_of_ours_only_a_virtual_mac_passes() {
        let vrid = Vrid::new(51).unwrap();
        let (four, six) = (program(Channel::Ipv4, &[vrid]), program(Channel::Ipv6, &[vrid]));
        let mut packet = vec![0x45; 20];
        packet.extend([0x31, 51, 100, 1]);
        let header = |mac: [u8; 6]| [&[1, 0, 0x5e, 0, 0, 18], &mac[..], &[8, 0]].concat();
        let sources = [[0, 0, 0x5e, 0, 1, 51], [0, 0, 0x5e, 0, 2, 51], [2, 0, 0x5e, 0, 1, 51], [2, 1, 2, 3, 4, 5]];
        let passing = |program: &[Instruction], packet: &[u8], link: u32| {
            sources.map(|mac| run_on(program, packet, (link, &header(mac))) == ALL)
        };
        assert_eq!(passing(&four, &packet, FIRST_LINK_INDEX), [true, false, false, false]);
        assert_eq!(passing(&six, &packet[20..], FIRST_LINK_INDEX + 9), [false, true, false, false]);
        assert_eq!(passing(&four, &packet, FIRST_LINK_INDEX - 1), [true; 4]);
        let unicast = [2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8, 8, 0];
        assert_eq!(run_on(&four, &packet, (FIRST_LINK_INDEX, &unicast)), ALL);
    }

    #[test]
    fn a_packet_too_short_to_have_a_vrid_passes() {
        let (four, six) = (program(Channel::Ipv4, &[]), program(Channel::Ipv6, &[]));
        assert_eq!([run(&six, &[]), run(&six, &[0x31]), run(&six, &[0x31, 1])], [ALL, ALL, 0]);
        let header = |words: u8| {
            let mut packet = vec![0x40 | words];
            packet.resize(usize::from(words) * 4, 0);
            packet
        };
        for words in [5, 15] {
            let with = |message: &[u8]| [&header(words), message].concat();
            let results = [run(&four, &with(&[])), run(&four, &with(&[0x31])), run(&four, &with(&[0x31, 1]))];
            assert_eq!(results, [ALL, ALL, 0], "header of {words} words");
        }
        assert_eq!(run(&four, &header(5)[..10]), ALL, "shorter than its header says");
    }
}
