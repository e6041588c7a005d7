//! What is answered to a call. Nothing here waits, and nothing is changed: what is asked for is an [`Order`].

use std::collections::BTreeMap;

use signal_hook::consts::{SIGHUP, SIGUSR1, SIGUSR2};
use vrrp::types::RouterId;
use zbus::Variant;
use zbus::message::Message;

use super::objects::{Object, Objects, RouterObject, number_and_word};
use crate::ports::signals::SIG_STATS_CLEAR;

pub(super) const VRRP: &str = "org.keepalived.Vrrp1.Vrrp";
pub(super) const INSTANCE: &str = "org.keepalived.Vrrp1.Instance";
pub(super) const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const INTROSPECTABLE: &str = "org.freedesktop.DBus.Introspectable";
const PEER: &str = "org.freedesktop.DBus.Peer";

/// What is served everywhere, then keepalived's interfaces.
const STANDARD_XML: &str = include_str!("standard.xml");
const VRRP_XML: &str = include_str!("org.keepalived.Vrrp1.Vrrp.xml");
const INSTANCE_XML: &str = include_str!("org.keepalived.Vrrp1.Instance.xml");
const DOCTYPE: &str = "<!DOCTYPE node PUBLIC \"-//freedesktop//DTD D-BUS Object Introspection 1.0//EN\" \
                       \"http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd\">\n";

/// What a call is answered with.
#[derive(Debug, PartialEq)]
pub(super) enum Answer {
    Nothing,
    Text(String),
    Value(Variant<'static>),
    Values(BTreeMap<&'static str, Variant<'static>>),
    /// Nothing, once that is carried out.
    Order(Order),
}

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// What this signal does.
    Signal(i32),
    /// The addresses of a master are announced once more.
    Announce(RouterId),
}

/// Why a call is refused: the name of the error, and words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal(pub(super) &'static str, pub(super) String);

pub(super) const FAILED: &str = "org.freedesktop.DBus.Error.Failed";
const UNKNOWN_METHOD: &str = "org.freedesktop.DBus.Error.UnknownMethod";
const INVALID_ARGS: &str = "org.freedesktop.DBus.Error.InvalidArgs";

/// The answer to a call.
///
/// # Errors
/// If there is no such thing, or it takes other arguments.
pub(super) fn answer(objects: &Objects, call: &Message) -> Result<Answer, Refusal> {
    let header = call.header();
    let path = header.path().map_or("/", |path| path.as_str());
    let member = header.member().map_or("", |member| member.as_str());
    // A call need not say of which interface it is.
    let interface = header.interface().map(|interface| interface.as_str());
    let is_of = |name: &str| interface.is_none_or(|interface| interface == name);
    if is_of(PEER) && matches!(member, "Ping" | "GetMachineId") {
        without_arguments(call)?;
        return if member == "Ping" { Ok(Answer::Nothing) } else { machine_id().map(Answer::Text) };
    }
    let Some(object) = objects.at(path) else {
        return Err(Refusal(UNKNOWN_METHOD, format!("there is no object at {path}")));
    };
    if is_of(INTROSPECTABLE) && member == "Introspect" {
        without_arguments(call)?;
        return Ok(Answer::Text(introspected(&object)));
    }
    let orders = match &object {
        Object::Way(_) => None,
        _ if is_of(PROPERTIES) && matches!(member, "Get" | "GetAll" | "Set") => {
            return property(objects, &object, member, call);
        }
        Object::Vrrp => order_to_all(member).filter(|_| is_of(VRRP)),
        Object::Router(router) => (is_of(INSTANCE) && member == "SendGarp").then_some(Order::Announce(router.id)),
    };
    let Some(order) = orders else {
        let of = interface.unwrap_or("any interface");
        return Err(Refusal(UNKNOWN_METHOD, format!("there is no method {member} of {of} at {path}")));
    };
    without_arguments(call)?;
    Ok(Answer::Order(order))
}

fn order_to_all(member: &str) -> Option<Order> {
    Some(Order::Signal(match member {
        "PrintData" => SIGUSR1,
        "PrintStats" => SIGUSR2,
        "PrintStatsClear" => SIG_STATS_CLEAR,
        "ReloadConfig" => SIGHUP,
        _ => return None,
    }))
}

fn without_arguments(call: &Message) -> Result<(), Refusal> {
    if call.body().is_empty() { Ok(()) } else { Err(wrong_arguments("none")) }
}

fn wrong_arguments(expected: &str) -> Refusal {
    Refusal(INVALID_ARGS, format!("other arguments are expected: {expected}"))
}

fn machine_id() -> Result<String, Refusal> {
    let id = std::fs::read_to_string("/etc/machine-id");
    id.map(|id| id.trim().to_owned()).map_err(|error| Refusal(FAILED, format!("/etc/machine-id: {error}")))
}

fn property(objects: &Objects, object: &Object<'_>, member: &str, call: &Message) -> Result<Answer, Refusal> {
    let body = call.body();
    let invalid = |what: String| Err(Refusal(INVALID_ARGS, what));
    let values = |interface: &str| match object {
        Object::Router(router) if interface == INSTANCE => Ok(values(objects, router)),
        Object::Vrrp if interface == VRRP => Ok(BTreeMap::new()),
        Object::Router(_) | Object::Vrrp | Object::Way(_) => {
            Err(Refusal(INVALID_ARGS, format!("there is no interface {interface} with properties")))
        }
    };
    match member {
        "GetAll" => {
            let interface: &str = body.deserialize().map_err(|_| wrong_arguments("an interface"))?;
            values(interface).map(Answer::Values)
        }
        "Get" => {
            let (interface, name): (&str, &str) =
                body.deserialize().map_err(|_| wrong_arguments("an interface and the name of a property"))?;
            match values(interface)?.remove(name) {
                Some(value) => Ok(Answer::Value(value)),
                None => invalid(format!("there is no property {name} of {interface}")),
            }
        }
        _ => invalid("no property can be written".to_owned()),
    }
}

/// The properties of a router. `Name` is a structure of one text: as keepalived has it, whatever its description says.
fn values(objects: &Objects, router: &RouterObject) -> BTreeMap<&'static str, Variant<'static>> {
    let name = Variant::from((router.name.clone(),));
    BTreeMap::from([("Name", name), ("State", Variant::from(number_and_word(objects.state(router.id))))])
}

fn introspected(object: &Object<'_>) -> String {
    match object {
        Object::Vrrp => format!("{DOCTYPE}<node>\n{STANDARD_XML}{VRRP_XML}</node>\n"),
        Object::Router(_) => format!("{DOCTYPE}<node>\n{STANDARD_XML}{INSTANCE_XML}</node>\n"),
        Object::Way(next) => {
            let nodes: String = next.iter().map(|part| format!("  <node name=\"{part}\"/>\n")).collect();
            format!("{DOCTYPE}<node>\n{nodes}</node>\n")
        }
    }
}
