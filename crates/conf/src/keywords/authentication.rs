//! `authentication { }` and `auth_hmac { }` of an instance.

use crate::keyword::{Block, Repeat, Row, Takes, Words, number, rows, takes};

const fn hmac<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Hmac, name, takes).since("2.4.0")
}

rows! {
    /// Kind of VRRPv2 authentication: PASS is a text in clear, AH signs with HMAC-MD5 (IPsec AH).
    AUTH_TYPE: String = Row::new(Block::Authentication, "auth_type", takes::one_of(&["PASS", "AH"])).also(&["type"]);
    /// The text that all routers of a VRID share. It needs `auth_type`.
    AUTH_PASS: String = Row::new(Block::Authentication, "auth_pass", takes::word("a text of at most 8 bytes"))
        .also(&["password", "passwd", "authentication_key", "auth_key"])
        .like("s3cret");
    /// A key of 32 to 64 bytes and its number: text, `hex:…`, or `file:PATH` of a file with either in it. Any key
    /// verifies: add a new one on all members, then make it active, then remove the old one.
    KEY: Words = hmac("key", takes::words("ID KEY")).repeats(Repeat::All).like("1 0123456789abcdef0123456789abcdef");
    /// Number of the key that signs.
    ACTIVE_KEY: u8 = hmac("active_key", number(1, 255).exactly().form()).default("none").like("1");
    /// What makes an advertisement new. `monotonic`: it is numbered higher than the last of its sender. `time`: it is,
    /// and the number is the time of day; the clocks of all members must agree.
    ANTI_REPLAY: String = hmac("anti_replay", takes::one_of(&["time", "monotonic"])).default("time");
    /// By how much the time of day in an advertisement may differ from ours, with `anti_replay time`.
    TIME_WINDOW: u32 = hmac("time_window", number(1, 300).of("seconds").exactly().form())
        .default("three times `advert_int`, at least 5, at most 300");
    /// What is signed, and must be. `enforce`: all. `permissive`: ours, and others' need not be. `receive-only`: ours
    /// are not, and others' need not be. A signature that is there must be right. A router without `auth_hmac` refuses
    /// what is signed, so bring it in by `receive-only` on all members, then `permissive`, then `enforce`.
    MODE: String = hmac("mode", takes::one_of(&["enforce", "permissive", "receive-only"])).default("enforce");
}
