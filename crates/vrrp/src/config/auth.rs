//! How the routers of one virtual router know each other's adverts.

use core::fmt;

use zeroize::Zeroize;

use super::Hmac;

/// How adverts are authenticated. Both VRRPv2 kinds are those of RFC 2338 (types other than none are reserved in RFC 3768);
/// VRRPv3 has neither, and a router that speaks it passes them over. A trailer may stand behind both versions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication {
    /// VRRPv2 type 0.
    None,
    /// VRRPv2 type 1: a text in clear, padded with zeros.
    Password(Password),
    /// VRRPv2 type 2: each advert travels in an IPsec AH, signed by HMAC-MD5-96 with this key.
    Ah(Password),
    /// Each advert is signed by HMAC-SHA256 in a trailer behind the message, an extension of keepalived.
    Hmac(Hmac),
}

/// What only the routers of one virtual router may know. It shows itself in no output, and is overwritten when it is
/// dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T: Zeroize>(T);

/// The eight bytes that VRRPv2 has for a password.
pub type Password = Secret<[u8; 8]>;

impl<T: Zeroize> Secret<T> {
    pub const fn new(secret: T) -> Self {
        Self(secret)
    }

    /// The secret itself. It may go nowhere but to a peer or into a signature.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.0
    }
}

impl Password {
    /// The first eight bytes of a text, padded with zeros.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let mut padded = [0; 8];
        padded.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
        Self(padded)
    }
}

impl<T: Zeroize> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Zeroize> Drop for Secret<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}
