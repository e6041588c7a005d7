//! What can go wrong on a machine.

use std::fmt;

/// An operation that the kernel refused: what was tried, on what, what the kernel said, and what the user can do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation}: {message}{}", Advice(.kind))]
pub struct HostError {
    /// What was tried, with its object, in words: `add address 10.0.0.1/24 to vrrp.51`.
    pub operation: String,
    /// What kind of refusal.
    pub kind: ErrorKind,
    /// The kernel's own words: errno text and extended acknowledgement.
    pub message: String,
}

/// Kinds of refusal that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// It is there already (EEXIST).
    Exists,
    /// It, or the interface it belongs to, is not there (ENOENT, ENODEV, EADDRNOTAVAIL).
    Missing,
    /// No permission (EPERM, EACCES, EROFS).
    Denied,
    /// In use by someone else (EBUSY, EADDRINUSE).
    Busy,
    /// This kernel cannot do it (EOPNOTSUPP, EAFNOSUPPORT, EPROTONOSUPPORT).
    Unsupported,
    /// Any other errno.
    Other(i32),
}

impl ErrorKind {
    /// The kind of a Linux errno.
    #[must_use]
    pub const fn from_errno(errno: i32) -> Self {
        match errno {
            17 => Self::Exists,
            2 | 19 | 99 => Self::Missing,
            1 | 13 | 30 => Self::Denied,
            16 | 98 => Self::Busy,
            93 | 95 | 97 => Self::Unsupported,
            other => Self::Other(other),
        }
    }
}

/// What the user can do, appended to the message.
struct Advice<'a>(&'a ErrorKind);

impl fmt::Display for Advice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            ErrorKind::Denied => " (tanist needs CAP_NET_ADMIN and CAP_NET_RAW in this network namespace)",
            ErrorKind::Unsupported => " (this kernel lacks the feature: is the module there?)",
            ErrorKind::Exists | ErrorKind::Missing | ErrorKind::Busy | ErrorKind::Other(_) => "",
        })
    }
}
