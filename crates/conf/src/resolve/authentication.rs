//! `authentication` (keepalived-config §3.6).

use vrrp::config::Authentication;
use vrrp::types::Version;

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::keywords::authentication::{AUTH_PASS, AUTH_TYPE};
use crate::source::{Span, Spanned};

/// Bytes of a password on the wire (RFC 2338 §5.3.10).
const PASSWORD_BYTES: usize = 8;

/// The password of keepalived's sample configuration.
const SAMPLE_PASSWORD: &str = "1111";

impl Draft<'_> {
    /// `None`: the router must not run without what was asked for.
    pub(super) fn authentication(&mut self, version: Version) -> Option<Authentication> {
        let password = self.settings.text(&AUTH_PASS);
        let Some(kind) = self.settings.text(&AUTH_TYPE) else {
            if let Some(password) = password
                && !self.settings.was_refused(&AUTH_TYPE)
            {
                let what = "a password without `auth_type` is not used";
                let diagnostic = Diagnostic::new(Code::AuthNoType, password.span, what);
                self.report(diagnostic.note("nothing is authenticated, as in keepalived").help("add `auth_type PASS`"));
            }
            return Some(Authentication::None);
        };
        if version == Version::V3 || self.is_strict() {
            let (code, what) = match version {
                Version::V3 => (Code::AuthVersion3, "VRRPv3 has no authentication"),
                Version::V2 => (Code::StrictOverrides, "strict mode has no authentication"),
            };
            let diagnostic = Diagnostic::new(code, kind.span, what);
            self.report(diagnostic.note("nothing is authenticated").help("remove the `authentication` block"));
            return Some(Authentication::None);
        }
        let (kind, span) = (kind.value.to_owned(), kind.span);
        let Some(Spanned { value, span: password }) = password else {
            if !self.settings.was_refused(&AUTH_PASS) {
                let diagnostic = Diagnostic::new(Code::AuthNoPassword, span, "there is no `auth_pass`");
                self.report(diagnostic.note("nothing is authenticated, as in keepalived"));
            }
            return Some(Authentication::None);
        };
        if kind == "AH" {
            self.left_out(Code::AuthAh, span, "AH authentication is not supported yet");
            return None;
        }
        let bytes = value.to_owned();
        self.check_password(&bytes, password);
        let mut padded = [0; PASSWORD_BYTES];
        for (to, from) in padded.iter_mut().zip(bytes.bytes()) {
            *to = from;
        }
        Some(Authentication::Password(padded))
    }

    fn check_password(&mut self, password: &str, span: Span) {
        let behind = self.out.sources().file(span.file).text().get(span.end as usize..).unwrap_or_default();
        if let Some(sign) = behind.chars().next().filter(|sign| matches!(sign, '#' | '!')) {
            let what = format!("`{sign}` starts a comment: the password is `{password}`");
            let diagnostic = Diagnostic::new(Code::PasswordComment, span, what);
            self.report(diagnostic.help("put quotes around the password"));
        }
        if password.len() > PASSWORD_BYTES {
            let sent = String::from_utf8_lossy(&password.as_bytes()[..PASSWORD_BYTES]).into_owned();
            let what = format!("only `{sent}` of `{password}` is sent");
            let note = "VRRPv2 carries eight bytes; all routers of the VRID must share those";
            self.report(Diagnostic::new(Code::PasswordCut, span, what).note(note));
        }
        if password == SAMPLE_PASSWORD {
            let what = "the password is that of the sample configuration";
            self.report(Diagnostic::new(Code::SamplePassword, span, what).note("it keeps nobody apart"));
        }
    }
}
