//! What a configuration needs of the machine it is to run on. Whether it is there is not this crate's question.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::diagnostic::Diagnostics;
use crate::keyword::{Block, Row};
use crate::keywords::{global, instance, top, trackers};
use crate::model::{Config, MissingInterfaces, Router, Script, ScriptSecurity, ScriptUser};
use crate::read::{Raw, Settings};
use crate::resolve::{addresses, default_interface, notify, tracking};
use crate::say;
use crate::source::{Span, Spanned};

/// Something that must be on the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// What.
    pub what: Needed,
    place: Span,
}

/// What may be needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Needed {
    /// The interface of a router.
    Interface(String),
    /// The interface of a static address.
    StaticInterface(String),
    /// An interface that a router or a group tracks.
    TrackedInterface(String),
    /// An interface that is named for an address or a route of a router.
    OtherInterface(String),
    /// An interface that can carry a virtual MAC.
    VirtualMac(String),
    /// An address that a router must send from, and the router's interface, on which it must be if it is link-local.
    Source(IpAddr, String),
    /// A program that scripts begin with: an absolute path, or a name that is looked up in PATH.
    Program(PathBuf),
    /// That nobody else can change what this script does, if it runs as root. Its user is the one it runs as, unless the
    /// machine has one for scripts that name none.
    Unchangeable(Script, ScriptSecurity),
    /// A user, and perhaps a group, that scripts run as.
    User(ScriptUser),
}

impl Needed {
    /// Whether it is looked for in a network namespace.
    const fn is_of_network(&self) -> bool {
        match self {
            Self::Interface(_)
            | Self::StaticInterface(_)
            | Self::TrackedInterface(_)
            | Self::OtherInterface(_)
            | Self::VirtualMac(_)
            | Self::Source(..) => true,
            Self::Program(_) | Self::Unchangeable(..) | Self::User(_) => false,
        }
    }
}

impl Needed {
    /// How it stands on the line that asks for it.
    fn word(&self) -> Option<&str> {
        match self {
            Self::StaticInterface(name) | Self::OtherInterface(name) => Some(name),
            Self::User(user) => Some(&user.user),
            Self::Interface(_)
            | Self::TrackedInterface(_)
            | Self::VirtualMac(_)
            | Self::Source(..)
            | Self::Program(_)
            | Self::Unchangeable(..) => None,
        }
    }
}

impl Diagnostics {
    /// Says of each of these that it is not there, with a whole message such as "there is no interface eth0".
    pub fn add_missing(&mut self, missing: impl IntoIterator<Item = (Need, String)>) {
        for (Need { what, place }, why) in missing {
            let place = what.word().map_or(place, |word| self.sources.word_on_line(place, word));
            self.push(match what {
                Needed::Interface(_) => say::machine_interface(place, why),
                Needed::StaticInterface(_) => say::machine_interface_static(place, why),
                Needed::TrackedInterface(_) => say::machine_interface_tracked(place, why),
                Needed::OtherInterface(_) => say::machine_interface_other(place, why),
                Needed::VirtualMac(_) => say::machine_virtual_mac(place, why),
                Needed::Source(..) => say::machine_source(place, why),
                Needed::Program(_) => say::machine_program(place, why),
                Needed::Unchangeable(_, ScriptSecurity::Enforced) => say::machine_script_refused(place, why),
                Needed::Unchangeable(_, ScriptSecurity::Warned) => say::machine_script_weak(place, why),
                Needed::User(_) => say::machine_user(place, why),
            });
        }
        self.sort();
    }
}

/// All that the routers and scripts of a configuration need.
pub(crate) fn of(raw: &Raw, config: &Config) -> Vec<Need> {
    let mut needs = Vec::new();
    let wait = config.global.missing_interfaces == MissingInterfaces::Awaited;
    needs.extend(named_user(&raw.global, &global::SCRIPT_USER));
    for block in raw.blocks(Block::Instance) {
        let Some(name) = block.settings.get(&instance::INTERFACE) else { continue };
        if !wait {
            needs.push(Need { what: Needed::Interface(name.value.to_owned()), place: name.span });
        }
        if let Some(place) = block.settings.keyword(&instance::USE_VMAC) {
            needs.push(Need { what: Needed::VirtualMac(name.value.to_owned()), place });
        }
    }
    needs.extend(statics(raw));
    if !wait {
        needs.extend(others(raw, config));
    }
    needs.extend(config.routers.iter().filter_map(|router| source(raw, router)));
    for block in raw.blocks(Block::Script) {
        needs.extend(named_user(&block.settings, &trackers::USER));
    }
    for (script, user_of_block) in scripts(raw) {
        needs.extend(program(script.value, script.span));
        let user = script.value.user.iter().cloned();
        needs.extend(user.map(|user| Need { what: Needed::User(user), place: script.span }));
        needs.extend(unchangeable(script, user_of_block, config));
    }
    if config.global.net_namespace.is_some() {
        // Whoever asks is not in it.
        needs.retain(|need| !need.what.is_of_network());
    }
    needs
}

/// The interfaces of static addresses.
fn statics(raw: &Raw) -> impl Iterator<Item = Need> {
    let default = default_interface(raw);
    raw.top.entries(&top::STATIC_IPADDRESS).map(|entry| {
        let name = entry.value.dev.as_deref().unwrap_or(default).to_owned();
        Need { what: Needed::StaticInterface(name), place: entry.span }
    })
}

/// The interfaces that routers and groups name besides their own, but for those that the daemon makes.
fn others(raw: &Raw, config: &Config) -> Vec<Need> {
    let mut needs = Vec::new();
    let mut need = |what: fn(String) -> Needed, name: &str, place: Span| {
        if !is_made(name, config) {
            needs.push(Need { what: what(name.to_owned()), place });
        }
    };
    for block in raw.blocks(Block::Instance) {
        let settings = &block.settings;
        let own = settings.value(&instance::INTERFACE);
        for entry in addresses::addresses(settings) {
            let dev = entry.value.dev.as_deref().filter(|dev| Some(*dev) != own);
            dev.into_iter().for_each(|dev| need(Needed::OtherInterface, dev, entry.span));
        }
        for entry in settings.entries(&instance::VIRTUAL_ROUTES) {
            let names = entry.value.interfaces().filter(|dev| Some(*dev) != own);
            names.for_each(|dev| need(Needed::OtherInterface, dev, entry.span));
        }
    }
    for owner in raw.blocks(Block::Instance).iter().chain(raw.blocks(Block::SyncGroup)) {
        for entry in tracking::interfaces(&owner.settings) {
            need(Needed::TrackedInterface, &entry.value.interface, entry.span);
        }
    }
    needs
}

/// Whether the daemon makes the interface itself.
fn is_made(name: &str, config: &Config) -> bool {
    let prefixes = [&config.global.vmac_prefixes.router, &config.global.vmac_prefixes.addresses];
    let named = |router: &Router| {
        let vmac = router.vmac.as_ref().and_then(|vmac| vmac.name.as_deref());
        let ipvlan = router.ipvlan.as_ref().and_then(|ipvlan| ipvlan.name.as_deref());
        [vmac, ipvlan].contains(&Some(name))
    };
    prefixes.iter().any(|prefix| name.starts_with(prefix.as_str()))
        || config.routers.iter().chain(&config.left_out).any(named)
}

/// The address that a router does not run without.
fn source(raw: &Raw, router: &Router) -> Option<Need> {
    let (address, block) = (router.required_source()?, raw.named(Block::Instance, &router.name)?);
    let place = written_source(&block.settings, address)?;
    Some(Need { what: Needed::Source(address, router.interface.clone()), place })
}

/// Where the settings of a router name its source address.
pub(crate) fn written_source(settings: &Settings, address: IpAddr) -> Option<Span> {
    let rows = [&instance::UNICAST_SRC_IP, &instance::MCAST_SRC_IP];
    let mut written = rows.into_iter().filter_map(|row| settings.get(row));
    written.find(|written| written.value == address).map(|written| written.span)
}

/// What is run when something happens, and to watch something; and whom the block of the script names to run it.
fn scripts(raw: &Raw) -> impl Iterator<Item = (Spanned<&Script>, Option<&ScriptUser>)> {
    let told = notify::of_events(raw).chain(notify::of_daemon(raw)).map(|script| (script, None));
    let blocks = raw.blocks(Block::Script).iter().map(|block| &block.settings);
    told.chain(blocks.filter_map(|block| Some((block.get(&trackers::SCRIPT)?, block.value(&trackers::USER)))))
}

fn named_user(settings: &Settings, row: &Row<ScriptUser>) -> Option<Need> {
    Some(Need { what: Needed::User(settings.value(row)?.clone()), place: settings.argument(row)? })
}

/// A relative path says nothing without a directory, and `</run/ok` looks at a file.
fn program(script: &Script, place: Span) -> Option<Need> {
    let program = script.argv.first()?;
    let is_known = program.starts_with('/') || !program.contains('/') && !program.starts_with('<');
    is_known.then(|| Need { what: Needed::Program(PathBuf::from(program)), place })
}

/// `user` is who the block of the script names.
fn unchangeable(script: Spanned<&Script>, user: Option<&ScriptUser>, config: &Config) -> Option<Need> {
    let Spanned { value, span } = script;
    let global = &config.global;
    let user = value.user.as_ref().or(user).or(global.script_user.as_ref()).cloned();
    let is_absolute = value.argv.first()?.starts_with('/');
    let script = Script { argv: value.argv.clone(), user };
    is_absolute.then_some(Need { what: Needed::Unchangeable(script, global.script_security), place: span })
}
