//! The socket filter: other people's virtual routers do not wake us.
//!
//! Classic BPF, because it needs no rights beyond those of the socket. The set of VRIDs is a bitmap of eight words in
//! the program itself; a packet too short to have a VRID is dropped.

use vrrp::types::{Family, Vrid};

use crate::sys::sockopt::Instruction;

/// Loads a byte of the packet at a fixed place, or at X plus it.
const LOAD_BYTE: u16 = 0x30;
const LOAD_BYTE_AT_X: u16 = 0x50;
/// X = four times the low half of a byte: the length of an IPv4 header.
const X_HEADER_LEN: u16 = 0xb1;
const LOAD_CONSTANT: u16 = 0x00;
const LOAD_SCRATCH: u16 = 0x60;
const STORE_SCRATCH: u16 = 0x02;
const A_TO_X: u16 = 0x07;
const AND: u16 = 0x54;
const SHIFT_RIGHT: u16 = 0x74;
const SHIFT_RIGHT_BY_X: u16 = 0x7c;
const JUMP: u16 = 0x05;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_BITS_SET: u16 = 0x45;
const RETURN: u16 = 0x06;

/// Accepts the whole packet.
const ALL: u32 = u32::MAX;
/// Where the VRID stands in a VRRP message.
const VRID_OFFSET: u32 = 1;
/// Words of the bitmap.
const WORDS: u8 = 8;

/// A program that accepts the messages with these VRIDs.
pub(super) fn program(family: Family, vrids: &[Vrid]) -> Vec<Instruction> {
    let mut program = match family {
        // A raw IPv4 socket sees the IP header.
        Family::Ipv4 => vec![step(X_HEADER_LEN, 0), step(LOAD_BYTE_AT_X, VRID_OFFSET)],
        Family::Ipv6 => vec![step(LOAD_BYTE, VRID_OFFSET)],
    };
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

/// Bit `vrid % 32` of word `vrid / 32` is set for each VRID.
fn bitmap(vrids: &[Vrid]) -> [u32; WORDS as usize] {
    let mut words = [0; WORDS as usize];
    for vrid in vrids {
        words[usize::from(vrid.value() >> 5)] |= 1 << (vrid.value() & 31);
    }
    words
}

const fn step(code: u16, operand: u32) -> Instruction {
    branch(code, operand, 0, 0)
}

const fn branch(code: u16, operand: u32, jump_true: u8, jump_false: u8) -> Instruction {
    Instruction { code, jump_true, jump_false, operand }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel's interpreter would return.
    fn run(program: &[Instruction], packet: &[u8]) -> u32 {
        let (mut a, mut x, mut scratch, mut at) = (0u32, 0u32, 0u32, 0usize);
        loop {
            let i = program[at];
            at += 1;
            let byte = |offset: u32| packet.get(offset as usize).copied().map(u32::from);
            match i.code {
                LOAD_BYTE | LOAD_BYTE_AT_X => {
                    let base = if i.code == LOAD_BYTE { 0 } else { x };
                    let Some(value) = byte(base + i.operand) else { return 0 };
                    a = value;
                }
                X_HEADER_LEN => x = (byte(i.operand).unwrap() & 0xf) * 4,
                LOAD_CONSTANT => a = i.operand,
                LOAD_SCRATCH => a = scratch,
                STORE_SCRATCH => scratch = a,
                A_TO_X => x = a,
                AND => a &= i.operand,
                SHIFT_RIGHT => a >>= i.operand,
                SHIFT_RIGHT_BY_X => a >>= x,
                JUMP => at += i.operand as usize,
                JUMP_EQUAL => at += usize::from(if a == i.operand { i.jump_true } else { i.jump_false }),
                JUMP_BITS_SET => at += usize::from(if a & i.operand != 0 { i.jump_true } else { i.jump_false }),
                RETURN => return i.operand,
                code => panic!("unknown code {code:#x}"),
            }
        }
    }

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
            let results = [
                run(&program(Family::Ipv4, &wanted), &plain),
                run(&program(Family::Ipv4, &wanted), &options),
                run(&program(Family::Ipv6, &wanted), &message),
            ];
            assert_eq!(results, [if pass { ALL } else { 0 }; 3], "VRID {vrid}");
        }
    }

    #[test]
    fn a_packet_without_vrid_is_dropped() {
        assert_eq!(run(&program(Family::Ipv6, &[Vrid::new(1).unwrap()]), &[0x31]), 0);
    }
}
