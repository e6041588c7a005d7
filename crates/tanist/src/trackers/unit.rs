//! The state of a unit of systemd, asked over D-Bus: the interface that systemd promises to keep, which takes no process and
//! no privilege.

use conf::model::check::UnitName;
use zbus::wire::OwnedVariant;
use zbus::{Connection, Error};

const SYSTEMD: &str = "org.freedesktop.systemd1";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// States of a unit that does its work.
const GOOD: [&str; 3] = ["active", "reloading", "refreshing"];

/// Whether a unit is active; what it is, in words for the user.
pub(super) async fn is_active(unit: &UnitName) -> Result<String, String> {
    let bus = Connection::system().await.map_err(|error| format!("systemd cannot be asked without D-Bus: {error}"))?;
    let state = state(&bus, unit).await.map_err(|error| match error {
        // What a bus says without systemd.
        Error::MethodError(name, _, _) if name.ends_with(".ServiceUnknown") => "systemd is not on the D-Bus".to_owned(),
        error => format!("systemd does not say how {} is: {error}", unit.as_str()),
    })?;
    let what = format!("{} is {state}", unit.as_str());
    if GOOD.contains(&&*state) { Ok(what) } else { Err(what) }
}

async fn state(bus: &Connection, unit: &UnitName) -> Result<String, Error> {
    let question = (UNIT, "ActiveState");
    let answer = bus.call_method(Some(SYSTEMD), path(unit), Some(PROPERTIES), "Get", &question).await?;
    let state: OwnedVariant = answer.body().deserialize()?;
    Ok(String::try_from(state)?)
}

/// The object of a unit: in its name everything but letters and digits is written as a number.
fn path(unit: &UnitName) -> String {
    let mut path = "/org/freedesktop/systemd1/unit/".to_owned();
    for (place, byte) in unit.as_str().bytes().enumerate() {
        if byte.is_ascii_alphabetic() || place > 0 && byte.is_ascii_digit() {
            path.push(char::from(byte));
        } else {
            path += &format!("_{byte:02x}");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_object_of_a_unit_is_found_as_systemd_names_it() {
        for (unit, object) in [
            ("haproxy.service", "haproxy_2eservice"),
            ("getty@tty1.service", "getty_40tty1_2eservice"),
            ("6tunnel.service", "_36tunnel_2eservice"),
            ("dev-a\\x2db.mount", "dev_2da_5cx2db_2emount"),
        ] {
            let path = path(&UnitName::parse(unit).unwrap());
            assert_eq!(path.strip_prefix("/org/freedesktop/systemd1/unit/"), Some(object));
        }
    }
}
