//! The state of a unit of systemd, asked over D-Bus: the interface that systemd promises to keep, which takes no process and
//! no privilege.

use conf::model::check::UnitName;
use zbus::wire::OwnedVariant;
use zbus::{Connection, Error, fdo};

const SYSTEMD: &str = "org.freedesktop.systemd1";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// States of a unit that does its work.
const GOOD: [&str; 3] = ["active", "reloading", "refreshing"];

/// Whether a unit is active; what it is, in words for the user.
pub(super) async fn is_active(unit: &UnitName) -> Result<String, String> {
    let bus = Connection::system()
        .await
        .map_err(|error| format!("systemd cannot be asked without a D-Bus system bus: {error}"))?;
    let state = state(&bus, unit).await.map_err(|error| trouble(unit, &error))?;
    let what = format!("{} is {state}", unit.as_str());
    if GOOD.contains(&&*state) { Ok(what) } else { Err(what) }
}

fn trouble(unit: &UnitName, error: &Error) -> String {
    if let Error::FDO(error) = error
        && let fdo::Error::ServiceUnknown(_) = **error
    {
        return "there is no systemd on the D-Bus system bus".to_owned();
    }
    format!("systemd does not say how {} is: {error}", unit.as_str())
}

async fn state(bus: &Connection, unit: &UnitName) -> Result<String, Error> {
    let question = (UNIT, "ActiveState");
    let answer = bus.call_method(Some(SYSTEMD), path(unit), Some(PROPERTIES), "Get", &question).await?;
    let state: OwnedVariant = answer.body().deserialize()?;
    String::try_from(state)
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
    use futures_util::StreamExt as _;
    use zbus::connection::Builder;
    use zbus::{Guid, MessageStream, Variant};

    use super::*;

    /// What is found out if systemd says this.
    fn asked(state: &str) -> Result<String, Error> {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
        let systemd = async move {
            let builder = Builder::unix_stream(theirs).server(Guid::generate()).p2p();
            let mut calls: MessageStream = builder.build_message_stream().await.unwrap();
            let call = calls.next().await.unwrap().unwrap();
            let header = call.header();
            assert_eq!(header.path().map(|path| path.as_str()), Some("/org/freedesktop/systemd1/unit/a_2eservice"));
            assert_eq!(call.body().deserialize::<(&str, &str)>().unwrap(), (UNIT, "ActiveState"));
            let bus = Connection::from(&calls);
            match state {
                "" => bus.reply_error(&header, "org.freedesktop.DBus.Error.ServiceUnknown", &"nobody").await.unwrap(),
                state => bus.reply(&header, &Variant::from(state)).await.unwrap(),
            }
        };
        let asking = async {
            let bus = Builder::unix_stream(ours).p2p().build().await.unwrap();
            super::state(&bus, &UnitName::parse("a.service").unwrap()).await
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { tokio::join!(systemd, asking).1 })
    }

    #[test]
    fn systemd_says_how_a_unit_is() {
        for state in ["active", "inactive", "failed"] {
            assert_eq!(asked(state).unwrap(), state);
        }
        let unit = UnitName::parse("a.service").unwrap();
        assert_eq!(trouble(&unit, &asked("").unwrap_err()), "there is no systemd on the D-Bus system bus");
    }

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
