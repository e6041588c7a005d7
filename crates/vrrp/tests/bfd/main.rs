//! BFD sessions under a virtual clock: the rules of RFC 5880, two ends on a wire, and packets that nobody should send.

mod bench;
mod ends;
mod intervals;
mod late;
mod pause;
mod refusals;
mod reports;
