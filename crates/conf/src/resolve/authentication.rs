//! `authentication` (keepalived-config §3.6).

use vrrp::config::{Authentication, Password};
use vrrp::types::Version;

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keywords::authentication::{AUTH_PASS, AUTH_TYPE};
use crate::keywords::instance;
use crate::source::{Span, Spanned};

/// Bytes of a password on the wire (RFC 2338 §5.3.10).
const PASSWORD_BYTES: usize = 8;

/// The password of keepalived's sample configuration.
const SAMPLE_PASSWORD: &str = "1111";

impl Draft<'_> {
    /// What authenticates its advertisements.
    pub(super) fn authentication(&mut self, version: Version) -> Authentication {
        let password = self.settings.get(&AUTH_PASS);
        if let Some(span) = self.settings.refused(&AUTH_TYPE) {
            self.out.add_consequence(span, "nothing is authenticated");
        }
        let Some(kind) = self.settings.get(&AUTH_TYPE) else {
            self.check_empty_block();
            return Authentication::None;
        };
        if version == Version::V3 || self.is_strict() || self.settings.keyword(&instance::AUTH_HMAC).is_some() {
            return Authentication::None;
        }
        let (kind, span) = (kind.value.to_owned(), kind.span);
        let Some(Spanned { value, span: password }) = password.filter(|password| !password.value.is_empty()) else {
            if self.settings.refused(&AUTH_PASS).is_none() {
                let missing = "there is no `auth_pass`";
                let diagnostic = match password {
                    Some(empty) => Diagnostic::new(Code::AuthNoPassword, empty.span, "the password is empty"),
                    None => self
                        .misspelt(Code::AuthNoPassword, &AUTH_PASS, missing)
                        .unwrap_or_else(|| Diagnostic::new(Code::AuthNoPassword, span, missing)),
                };
                let diagnostic = diagnostic.note("nothing is authenticated, as in keepalived");
                self.report(diagnostic.or_help("add a password of one to eight characters"));
            }
            return Authentication::None;
        };
        let text = value.to_owned();
        self.check_password(&text, password);
        let secret = Password::from_text(&text);
        if kind == "AH" { Authentication::Ah(secret) } else { Authentication::Password(secret) }
    }

    /// A block that asks for nothing.
    fn check_empty_block(&mut self) {
        let Some(block) = self.settings.keyword(&instance::AUTHENTICATION) else { return };
        let is_empty = self.settings.is_absent(&AUTH_TYPE) && self.settings.is_absent(&AUTH_PASS);
        if is_empty && !self.settings.has_unknown() {
            let diagnostic = Diagnostic::new(Code::AuthNoType, block, "`authentication` holds nothing");
            let diagnostic = diagnostic.note("nothing is authenticated");
            self.report(diagnostic.help("add `auth_type PASS` and `auth_pass PASSWORD`, or remove the block"));
        }
    }

    fn check_password(&mut self, password: &str, span: Span) {
        let behind = self.out.sources().file(span.file).text().get(span.end as usize..).unwrap_or_default();
        if let Some(sign) = behind.chars().next().filter(|sign| matches!(sign, '#' | '!')) {
            let what = format!("`{sign}` starts a comment: the password ends before it");
            let diagnostic = Diagnostic::new(Code::PasswordComment, span, what);
            self.report(diagnostic.help("put quotes around the password"));
        }
        if password.len() > PASSWORD_BYTES {
            let what = format!("only the first {PASSWORD_BYTES} of {} bytes of the password are sent", password.len());
            let note = "VRRPv2 carries eight bytes; all routers of the VRID must share those";
            self.report(Diagnostic::new(Code::PasswordCut, span, what).note(note));
        }
        if password == SAMPLE_PASSWORD {
            let what = "the password is that of the sample configuration";
            self.report(Diagnostic::new(Code::SamplePassword, span, what).note("unrelated clusters use it too"));
        }
    }
}
