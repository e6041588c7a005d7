//! What hears of events.

pub(crate) mod scripts;
