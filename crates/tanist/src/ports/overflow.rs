//! A queue that is full says so once, until it has room again.

/// Whether the last thing that was to be queued found no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overflow {
    No,
    Said,
}

impl Overflow {
    /// One more found no room: whether that is to be said.
    pub(crate) fn is_news(&mut self) -> bool {
        std::mem::replace(self, Self::Said) == Self::No
    }
}
