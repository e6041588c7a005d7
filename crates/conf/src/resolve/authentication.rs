//! `authentication` (keepalived-config §3.6).

use vrrp::config::{Authentication, Password};
use vrrp::types::Version;

use super::Draft;
use crate::keywords::authentication::{AUTH_PASS, AUTH_TYPE};
use crate::keywords::instance;
use crate::say;
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
            self.out.add_consequence(span, &say::auth_no_type_lost());
        }
        let Some(kind) = self.settings.get(&AUTH_TYPE) else {
            self.check_empty_block();
            return Authentication::None;
        };
        if version == Version::V3 || self.is_strict() || self.settings.keyword(&instance::AUTH_HMAC).is_some() {
            return Authentication::None;
        }
        let Some(Spanned { value, span: password }) = password.filter(|password| !password.value.is_empty()) else {
            self.report_no_password(password.map(|empty| empty.span), kind.span);
            return Authentication::None;
        };
        self.check_password(value, password);
        let secret = Password::from_text(value);
        if kind.value == "AH" { Authentication::Ah(secret) } else { Authentication::Password(secret) }
    }

    /// At an empty password, at the word that was meant to be `auth_pass`, or at `auth_type`.
    fn report_no_password(&mut self, empty: Option<Span>, kind: Span) {
        if self.settings.refused(&AUTH_PASS).is_some() {
            return;
        }
        let diagnostic = match empty {
            Some(empty) => say::auth_no_password_empty(empty),
            None => self.where_meant(&AUTH_PASS, say::auth_no_password(kind)),
        };
        self.report(diagnostic);
    }

    /// A block that asks for nothing.
    fn check_empty_block(&mut self) {
        let Some(block) = self.settings.keyword(&instance::AUTHENTICATION) else { return };
        let is_empty = self.settings.is_absent(&AUTH_TYPE) && self.settings.is_absent(&AUTH_PASS);
        if is_empty && !self.settings.has_unknown() {
            self.report(say::auth_no_type(block));
        }
    }

    fn check_password(&mut self, password: &str, span: Span) {
        let behind = self.out.sources().file(span.file).text().get(span.end as usize..).unwrap_or_default();
        if let Some(sign) = behind.chars().next().filter(|sign| matches!(sign, '#' | '!')) {
            self.report(say::password_comment(span, sign));
        }
        if password.len() > PASSWORD_BYTES {
            self.report(say::password_cut(span, PASSWORD_BYTES, password.len()));
        }
        if password == SAMPLE_PASSWORD {
            self.report(say::sample_password(span));
        }
    }
}
