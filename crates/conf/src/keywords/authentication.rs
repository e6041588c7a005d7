//! `authentication { }` and `auth_hmac { }` of an instance.

use crate::keyword::{Block, Form, KeywordDef, Repeat, number};

pub(crate) const AUTH_TYPE: KeywordDef =
    KeywordDef::new(Block::Authentication, "auth_type", Form::OneOf(&["PASS", "AH"]))
        .help("Kind of VRRPv2 authentication: PASS is a text in clear, AH signs with HMAC-MD5 (IPsec AH).");

pub(crate) const AUTH_PASS: KeywordDef =
    KeywordDef::new(Block::Authentication, "auth_pass", Form::Word("a text of at most 8 bytes"))
        .help("The text that all routers of a VRID share. It needs `auth_type`.")
        .like("auth_pass s3cret");

const fn hmac(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::Hmac, name, form).since("2.4.0")
}

pub(crate) const KEY: KeywordDef = hmac("key", Form::Words("ID KEY"))
    .help(
        "A key of 32 to 64 bytes and its number: text, `hex:…`, or `file:PATH` of a file with either in it. Any key \
         verifies: add a new one on all members, then make it active, then remove the old one.",
    )
    .repeats(Repeat::All)
    .like("key 1 0123456789abcdef0123456789abcdef");
pub(crate) const ACTIVE_KEY: KeywordDef = hmac("active_key", number(1, 255).exactly().form())
    .help("Number of the key that signs.")
    .default("none")
    .like("active_key 1");
pub(crate) const ANTI_REPLAY: KeywordDef = hmac("anti_replay", Form::OneOf(&["time", "monotonic"]))
    .help(
        "What makes an advertisement new. `monotonic`: it is numbered higher than the last of its sender. `time`: it is, \
         and the number is the time of day; the clocks of all members must agree.",
    )
    .default("time");
pub(crate) const TIME_WINDOW: KeywordDef = hmac("time_window", number(1, 300).of("seconds").exactly().form())
    .help("By how much the time of day in an advertisement may differ from ours, with `anti_replay time`.")
    .default("three times `advert_int`, at least 5, at most 300");
pub(crate) const MODE: KeywordDef = hmac("mode", Form::OneOf(&["enforce", "permissive", "receive-only"]))
    .help(
        "What is signed, and must be. `enforce`: all. `permissive`: ours, and others' need not be. `receive-only`: ours \
         are not, and others' need not be. A signature that is there must be right. A router without `auth_hmac` refuses \
         what is signed, so bring it in by `receive-only` on all members, then `permissive`, then `enforce`.",
    )
    .default("enforce");

pub(crate) static ROWS: &[KeywordDef] = &[AUTH_TYPE, AUTH_PASS, KEY, ACTIVE_KEY, ANTI_REPLAY, TIME_WINDOW, MODE];
