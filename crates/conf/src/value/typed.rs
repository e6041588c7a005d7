//! The types of values: what `Settings::get` gives for a row.

use std::net::IpAddr;

use super::Value;
use crate::entry::{Entry, WrittenTracker};
use crate::keyword::{List, Micros, Words};
use crate::model::machine::LinkDelay;
use crate::model::route::Route;
use crate::model::rule::Rule;
use crate::model::{Address, Peer, Script, ScriptUser, Switch, TrackInterface, Weight};
use crate::source::Spanned;

/// A type that rows can have.
pub(crate) trait Typed {
    /// How it is given: a copy, or a part of the text.
    type Given<'a>;

    /// `None`: of another type, or (an optional script) not written.
    fn of(value: &Value) -> Option<Self::Given<'_>>;
}

macro_rules! typed {
    ($($type:ty, $given:ty: $pattern:pat => $value:expr;)+) => {
        $(impl Typed for $type {
            type Given<'a> = $given;

            fn of(value: &Value) -> Option<Self::Given<'_>> {
                if let $pattern = value { Some($value) } else { None }
            }
        })+
    };
}

typed! {
    (), (): Value::Present => ();
    u8, u8: Value::Number(number) => u8::try_from(*number).ok()?;
    i8, i8: Value::Number(number) => i8::try_from(*number).ok()?;
    i16, i16: Value::Number(number) => i16::try_from(*number).ok()?;
    i32, i32: Value::Number(number) => i32::try_from(*number).ok()?;
    u32, u32: Value::Number(number) => u32::try_from(*number).ok()?;
    i64, i64: Value::Number(number) => *number;
    Switch, Switch: Value::Switch(switch) => *switch;
    IpAddr, IpAddr: Value::Address(address) => *address;
    Weight, Weight: Value::Weight(weight) => *weight;
    Micros, u64: Value::Micros(micros) => *micros;
    String, &'a str: Value::Text(text) => text.as_str();
    Script, &'a Script: Value::Script(script) => script.as_ref();
    ScriptUser, &'a ScriptUser: Value::User(user) => user.as_ref();
    Words, &'a [Spanned<String>]: Value::Words(words) => words.as_slice();
    List<Address>, &'a [Entry<Address>]: Value::Addresses(entries) => entries.as_slice();
    List<TrackInterface>, &'a [Entry<TrackInterface>]: Value::Interfaces(entries) => entries.as_slice();
    List<Route>, &'a [Entry<Route>]: Value::Routes(entries) => entries.as_slice();
    List<Rule>, &'a [Entry<Rule>]: Value::Rules(entries) => entries.as_slice();
    List<WrittenTracker>, &'a [Entry<WrittenTracker>]: Value::Trackers(entries) => entries.as_slice();
    List<Peer>, &'a [Entry<Peer>]: Value::Peers(entries) => entries.as_slice();
    List<String>, &'a [Entry<String>]: Value::Names(entries) => entries.as_slice();
    List<LinkDelay>, &'a [Entry<LinkDelay>]: Value::Delays(entries) => entries.as_slice();
}
