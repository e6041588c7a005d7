//! What a configuration asks of the machine, against the machine.

use std::fs;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6, UdpSocket};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use conf::model::Script;
use conf::model::notify::ScriptGroups;
use conf::{LoadedLan, Needed};

use crate::runner::security::{self, Rights};
use crate::runner::user;
use rustix::thread::{CapabilitySet, capability_is_in_bounding_set};

/// Where the kernel shows interfaces.
const LINKS: &str = "/sys/class/net";
/// Entries that only wireless interfaces have there.
const WIRELESS: [&str; 2] = ["wireless", "phy80211"];

/// Adds what is not there to the diagnostics.
pub(super) fn look(loaded: &mut LoadedLan) {
    let missing = loaded.needs().into_iter().filter_map(|need| lack(&need.what).map(|why| (need, why)));
    loaded.diagnostics.add_missing(missing);
}

fn lack(needed: &Needed) -> Option<String> {
    match needed {
        Needed::Interface(name)
        | Needed::StaticInterface(name)
        | Needed::TrackedInterface(name)
        | Needed::OtherInterface(name) => {
            (!Path::new(LINKS).join(name).exists()).then(|| format!("this machine has no interface {name}"))
        }
        Needed::VirtualMac(_) if may_not_make_links() => {
            Some("no process may make a virtual MAC here: CAP_NET_ADMIN is not in the bounding set".to_owned())
        }
        Needed::VirtualMac(name) => {
            let link = Path::new(LINKS).join(name);
            WIRELESS
                .iter()
                .any(|entry| link.join(entry).exists())
                .then(|| format!("{name} is wireless: an access point takes frames of one MAC address from it"))
        }
        Needed::Source(address, interface) => {
            is_missing(*address, interface).then(|| format!("this machine does not have the address {address}"))
        }
        Needed::Program(path) => program(path),
        Needed::Unchangeable(script, _) => weakness(script),
        Needed::User(wanted) => user::resolve(wanted, ScriptGroups::One).err(),
    }
}

/// Whether nothing can be sent from an address; a link-local one must be on the interface.
fn is_missing(address: IpAddr, interface: &str) -> bool {
    let scope = || fs::read_to_string(Path::new(LINKS).join(interface).join("ifindex")).ok()?.trim().parse().ok();
    let socket: SocketAddr = match address {
        IpAddr::V4(address) => (address, 0).into(),
        IpAddr::V6(address) if address.is_unicast_link_local() => {
            SocketAddrV6::new(address, 0, 0, scope().unwrap_or(0)).into()
        }
        IpAddr::V6(address) => (address, 0).into(),
    };
    // Other refusals say nothing about the address.
    UdpSocket::bind(socket).is_err_and(|error| error.kind() == io::ErrorKind::AddrNotAvailable)
}

/// Whoever runs it later has no more than this process may have.
fn may_not_make_links() -> bool {
    capability_is_in_bounding_set(CapabilitySet::NET_ADMIN).is_ok_and(|is_in| !is_in)
}

fn program(path: &Path) -> Option<String> {
    let shown = path.display();
    if !path.is_absolute() {
        let is_missing = security::find(&shown.to_string()).is_none();
        return is_missing.then(|| format!("there is no `{shown}` in PATH"));
    }
    match fs::metadata(path) {
        Ok(file) if !file.is_file() => Some(format!("{shown} is no file")),
        Ok(file) if file.permissions().mode() & 0o111 == 0 => Some(format!("{shown} may not be executed")),
        // Its interpreter may be missing.
        Ok(_) => security::check(&[shown.to_string()], Rights::Ordinary).err(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some(format!("{shown} is not there")),
        Err(error) => Some(format!("{shown} cannot be looked at: {error}")),
    }
}

/// Through what others can change a script that runs as root: the daemon is taken to be root's.
fn weakness(script: &Script) -> Option<String> {
    let user = script.user.clone().or_else(user::default_account);
    // A user that is not there is another need.
    let identity = user.as_ref().map(|user| user::resolve(user, ScriptGroups::One)).transpose().ok()?;
    let rights = identity.map_or(Rights::Privileged { uid: 0 }, |identity| user::rights(Some(&identity)));
    security::check(&script.argv, rights).ok()?.weakness.map(|weakness| weakness.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use conf::model::ScriptUser;
    use std::path::PathBuf;

    #[test]
    fn what_is_not_there_is_told() {
        let lack = |needed: Needed| super::lack(&needed).unwrap_or_default();
        assert_eq!(lack(Needed::Interface("lo".to_owned())), "");
        assert_eq!(lack(Needed::VirtualMac("lo".to_owned())), "");
        assert_eq!(lack(Needed::Interface("nosuch0".to_owned())), "this machine has no interface nosuch0");
        assert_eq!(lack(Needed::Program(PathBuf::from("/bin/sh"))), "");
        assert_eq!(lack(Needed::Program(PathBuf::from("/"))), "/ is no file");
        assert_eq!(lack(Needed::Program(PathBuf::from("/etc/passwd"))), "/etc/passwd may not be executed");
        assert_eq!(lack(Needed::Program(PathBuf::from("/no/such"))), "/no/such is not there");
        assert_eq!(lack(Needed::Program(PathBuf::from("sh"))), "");
        assert_eq!(lack(Needed::Program(PathBuf::from("nosuchcmd"))), "there is no `nosuchcmd` in PATH");
        let source = |address: &str| lack(Needed::Source(address.parse().unwrap(), "lo".to_owned()));
        assert_eq!(source("127.0.0.1"), "");
        assert_eq!(source("192.0.2.77"), "this machine does not have the address 192.0.2.77");
        let user = |name: &str, group: Option<&str>| {
            lack(Needed::User(ScriptUser { user: name.to_owned(), group: group.map(str::to_owned) }))
        };
        assert_eq!(user("root", Some("0")), "");
        assert_eq!(user("nosuchuser", None), "there is no user nosuchuser");
        assert_eq!(user("root", Some("nosuchgroup")), "there is no group nosuchgroup");
    }

    #[test]
    fn scripts_that_others_can_change_are_told_with_what_becomes_of_them() {
        let place = tempfile::tempdir().unwrap();
        let script = place.path().join("script");
        fs::write(&script, "#!/bin/sh\n").unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o777)).unwrap();
        let look = |global: &str| {
            let text = format!(
                "global_defs {{\nscript_user root\n{global}\n}}\nvrrp_instance A {{\ninterface lo\nvirtual_router_id 1\n\
                 virtual_ipaddress {{\n192.0.2.1/24\n}}\nnotify {}\n}}\n",
                script.display()
            );
            let mut loader = conf::MemoryLoader::default().with("c", text);
            let mut loaded = conf::load_lan(&[(conf::Environment::default(), PathBuf::from("c"))], &mut loader);
            super::look(&mut loaded);
            loaded.diagnostics.render(conf::RenderStyle::Plain)
        };
        // A temporary directory belongs to whoever runs the tests.
        let path = if rustix::process::geteuid().is_root() { script.as_path() } else { place.path() };
        let refused = look("enable_script_security");
        assert!(refused.contains(&format!("error[machine-script-refused]: {}", path.display())), "{refused}");
        let warned = look("");
        assert!(warned.contains(&format!("warning[machine-script-weak]: {}", path.display())), "{warned}");
        fs::write(&script, "#!/no/such/interpreter\n").unwrap();
        let broken = look("");
        assert!(broken.contains("error[machine-program]") && broken.contains("/no/such/interpreter"), "{broken}");
    }

    #[test]
    fn needs_are_told_where_they_stand() {
        let text = "vrrp_instance A {\ninterface nosuch0\nvirtual_router_id 1\nvirtual_ipaddress {\n192.0.2.1/24\n}\n\
                    notify /no/such\ntrack_interface {\nnosuch1\nvrrp.1\n}\nvirtual_ipaddress_excluded {\n\
                    192.0.2.2/24 dev nosuch2\n192.0.2.3/24 dev lo\n}\nvirtual_routes {\n10.0.0.0/8 dev nosuch3\n}\n}\n";
        let mut loader = conf::MemoryLoader::default().with("c", text);
        let mut loaded = conf::load_lan(&[(conf::Environment::default(), PathBuf::from("c"))], &mut loader);
        look(&mut loaded);
        let said = loaded.diagnostics.render(conf::RenderStyle::Plain);
        assert!(
            said.contains("error[machine-interface]: this machine has no interface nosuch0\n --> c:2:11"),
            "{said}"
        );
        assert!(said.contains("error[machine-program]: /no/such is not there\n --> c:7:8"), "{said}");
        for (name, place) in [("nosuch1", "c:9:1"), ("nosuch2", "c:13:1"), ("nosuch3", "c:17:1")] {
            let told = format!("this machine has no interface {name}\n  --> {place}");
            assert!(said.replace("  -->", " -->").contains(&told.replace("  -->", " -->")), "{name}: {said}");
        }
        assert_eq!(said.matches("machine-interface").count(), 4, "{said}");
    }
}
