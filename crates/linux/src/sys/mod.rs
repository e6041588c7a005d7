//! System calls that rustix does not cover. Each wrapper is safe to call; every unsafe block says why it is sound.

pub(crate) mod bpf;
pub(crate) mod child;
pub(crate) mod control;
pub(crate) mod mmsg;
pub(crate) mod ns;
pub(crate) mod program;
pub(crate) mod schedule;
pub(crate) mod share;
pub(crate) mod sockopt;
pub(crate) mod tap;
pub(crate) mod trace;
