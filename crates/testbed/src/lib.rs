//! The test bed of tanist: never shipped.
#![forbid(unsafe_code)]

pub mod lan;
pub mod sim;
