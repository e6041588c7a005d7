//! The memory that the daemon shares with its guardian: a [`Page`] of a few words, and two tables of what routers leave there. The
//! protocol and the host thread write it, the guardian reads it, and nobody waits for anybody.

mod page;
mod release;
mod slots;

pub(crate) use self::page::{Page, Replacing, Taken};
pub(crate) use self::release::{Head, queue};
pub(crate) use self::slots::{Slots, Table};
