//! Classic BPF: programs by which the kernel chooses what a socket receives.

/// One instruction: `struct sock_filter`.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instruction {
    pub(crate) code: u16,
    /// Instructions to skip if the comparison holds.
    pub(crate) jump_true: u8,
    /// Instructions to skip if not.
    pub(crate) jump_false: u8,
    pub(crate) operand: u32,
}

/// A = a byte, or two in network order, at a fixed place of the packet. A place beyond its end rejects it.
pub(crate) const LOAD_BYTE: u16 = 0x30;
pub(crate) const LOAD_PAIR: u16 = 0x28;
/// A = four bytes in network order.
pub(crate) const LOAD_WORD: u16 = 0x20;
/// The same for the place X plus the operand.
pub(crate) const LOAD_BYTE_AT_X: u16 = 0x50;
/// A = the length of the packet.
pub(crate) const LOAD_LENGTH: u16 = 0x80;
pub(crate) const LOAD_CONSTANT: u16 = 0x00;
pub(crate) const LOAD_SCRATCH: u16 = 0x60;
pub(crate) const STORE_SCRATCH: u16 = 0x02;
/// X = four times the low half of a byte: the length of an IPv4 header.
pub(crate) const X_HEADER_LEN: u16 = 0xb1;
pub(crate) const A_TO_X: u16 = 0x07;
pub(crate) const X_TO_A: u16 = 0x87;
pub(crate) const ADD: u16 = 0x04;
pub(crate) const AND: u16 = 0x54;
pub(crate) const SHIFT_RIGHT: u16 = 0x74;
pub(crate) const SHIFT_RIGHT_BY_X: u16 = 0x7c;
pub(crate) const JUMP: u16 = 0x05;
pub(crate) const JUMP_EQUAL: u16 = 0x15;
pub(crate) const JUMP_AT_LEAST: u16 = 0x35;
pub(crate) const JUMP_AT_LEAST_X: u16 = 0x3d;
pub(crate) const JUMP_BITS_SET: u16 = 0x45;
pub(crate) const RETURN: u16 = 0x06;

/// In place of a place in the packet, for [`LOAD_BYTE`]: 1 if the packet came with a VLAN tag, which the kernel has taken
/// out (`SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT`).
pub(crate) const VLAN_TAG_PRESENT: u32 = (-0x1000_i32 + 48).cast_unsigned();

/// The same for [`LOAD_WORD`]: a random number (`SKF_AD_OFF + SKF_AD_RANDOM`).
pub(crate) const RANDOM: u32 = (-0x1000_i32 + 56).cast_unsigned();
/// The same: the number of the interface that it came in on (`SKF_AD_OFF + SKF_AD_IFINDEX`).
pub(crate) const LINK: u32 = (-0x1000_i32 + 8).cast_unsigned();
/// Plus a place in the Ethernet header, for [`LOAD_BYTE`] and [`LOAD_WORD`] (`SKF_LL_OFF`).
pub(crate) const ETHERNET_HEADER: u32 = (-0x20_0000_i32).cast_unsigned();
/// Plus a place in the IP header, for [`LOAD_BYTE`] (`SKF_NET_OFF`).
pub(crate) const IP_HEADER: u32 = (-0x10_0000_i32).cast_unsigned();

pub(crate) const fn step(code: u16, operand: u32) -> Instruction {
    branch(code, operand, 0, 0)
}

pub(crate) const fn branch(code: u16, operand: u32, jump_true: u8, jump_false: u8) -> Instruction {
    Instruction { code, jump_true, jump_false, operand }
}

/// What the kernel's interpreter would return for an untagged packet on an interface of somebody else.
#[cfg(test)]
pub(crate) fn run(program: &[Instruction], packet: &[u8]) -> u32 {
    run_on(program, packet, (2, &[]))
}

/// The same for one that came in on this interface, with this Ethernet header.
#[cfg(test)]
pub(crate) fn run_on(program: &[Instruction], packet: &[u8], (link, header): (u32, &[u8])) -> u32 {
    let (mut a, mut x, mut scratch, mut at) = (0u32, 0u32, 0u32, 0usize);
    loop {
        let i = program[at];
        at += 1;
        let byte = |offset: u32| packet.get(offset as usize).copied().map(u32::from);
        let jump = |holds: bool| usize::from(if holds { i.jump_true } else { i.jump_false });
        match i.code {
            LOAD_BYTE if i.operand == VLAN_TAG_PRESENT => a = 0,
            LOAD_WORD if i.operand == LINK => a = link,
            LOAD_BYTE if (ETHERNET_HEADER..IP_HEADER).contains(&i.operand) => {
                a = header[(i.operand - ETHERNET_HEADER) as usize].into();
            }
            LOAD_WORD if (ETHERNET_HEADER..IP_HEADER).contains(&i.operand) => {
                let at = (i.operand - ETHERNET_HEADER) as usize;
                a = u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
            }
            LOAD_BYTE | LOAD_BYTE_AT_X => {
                let base = if i.code == LOAD_BYTE { 0 } else { x };
                let Some(value) = byte(base + i.operand) else { return 0 };
                a = value;
            }
            LOAD_PAIR => {
                let (Some(high), Some(low)) = (byte(i.operand), byte(i.operand + 1)) else { return 0 };
                a = high << 8 | low;
            }
            LOAD_WORD => {
                let bytes: Option<Vec<u8>> = (0..4).map(|at| packet.get(i.operand as usize + at).copied()).collect();
                let Some(bytes) = bytes else { return 0 };
                a = u32::from_be_bytes(bytes.try_into().unwrap());
            }
            LOAD_LENGTH => a = u32::try_from(packet.len()).unwrap(),
            X_HEADER_LEN => x = (byte(i.operand).unwrap() & 0xf) * 4,
            LOAD_CONSTANT => a = i.operand,
            LOAD_SCRATCH => a = scratch,
            STORE_SCRATCH => scratch = a,
            A_TO_X => x = a,
            X_TO_A => a = x,
            ADD => a += i.operand,
            AND => a &= i.operand,
            SHIFT_RIGHT => a >>= i.operand,
            SHIFT_RIGHT_BY_X => a >>= x,
            JUMP => at += i.operand as usize,
            JUMP_EQUAL => at += jump(a == i.operand),
            JUMP_AT_LEAST => at += jump(a >= i.operand),
            JUMP_AT_LEAST_X => at += jump(a >= x),
            JUMP_BITS_SET => at += jump(a & i.operand != 0),
            RETURN => return i.operand,
            code => panic!("unknown code {code:#x}"),
        }
    }
}
