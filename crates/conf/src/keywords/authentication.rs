//! `authentication { }` of an instance.

use crate::keyword::{Block, Form, KeywordDef};

pub(crate) const AUTH_TYPE: KeywordDef =
    KeywordDef::new(Block::Authentication, "auth_type", Form::OneOf(&["PASS", "AH"]))
        .help("Kind of VRRPv2 authentication: PASS is a text in clear, AH signs with HMAC-MD5 (IPsec AH).");

pub(crate) const AUTH_PASS: KeywordDef =
    KeywordDef::new(Block::Authentication, "auth_pass", Form::Word("a text of at most 8 bytes"))
        .help("The text that all routers of a VRID share. It needs `auth_type`.")
        .like("auth_pass s3cret");

pub(crate) static ROWS: &[KeywordDef] = &[AUTH_TYPE, AUTH_PASS];
