//! A function for each message, made of the pages in `code`: what is said of a place, with what it names.

use std::fmt::Display;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::source::Span;

include!(concat!(env!("OUT_DIR"), "/say.rs"));
