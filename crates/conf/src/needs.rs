//! What a configuration needs of the machine it is to run on. Whether it is there is not this crate's question.

use std::path::PathBuf;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::Block;
use crate::keywords::{instance, trackers};
use crate::model::{Config, MissingInterfaces, Script};
use crate::read::Raw;
use crate::source::Span;

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
    /// An interface that can carry a virtual MAC.
    VirtualMac(String),
    /// A program that scripts begin with.
    Program(PathBuf),
}

impl Diagnostics {
    /// Says that something is not there: `why` is a whole message, such as "there is no interface eth0".
    pub fn lacks(&mut self, need: &Need, why: &str) {
        let (code, note) = match need.what {
            Needed::Interface(_) => (Code::MachineInterface, "the router does not start"),
            Needed::VirtualMac(_) => (Code::MachineVirtualMac, "the router cannot run on a virtual MAC"),
            Needed::Program(_) => (Code::MachineProgram, "it is never run"),
        };
        self.push(Diagnostic::new(code, need.place, why).note(note));
        self.sort();
    }
}

/// All that the routers and scripts of a configuration need.
pub(crate) fn of(raw: &Raw, config: &Config) -> Vec<Need> {
    let mut needs = Vec::new();
    let wait = config.global.missing_interfaces == MissingInterfaces::Awaited;
    for block in raw.blocks(Block::Instance) {
        let settings = &block.settings;
        if let Some(name) = settings.text(&instance::INTERFACE) {
            if !wait {
                needs.push(Need { what: Needed::Interface(name.value.to_owned()), place: name.span });
            }
            if let Some(place) = settings.keyword(&instance::USE_VMAC) {
                needs.push(Need { what: Needed::VirtualMac(name.value.to_owned()), place });
            }
        }
        let notify = [
            &instance::NOTIFY_MASTER,
            &instance::NOTIFY_BACKUP,
            &instance::NOTIFY_FAULT,
            &instance::NOTIFY_STOP,
            &instance::NOTIFY,
        ];
        let scripts = notify.into_iter().filter_map(|row| settings.script(row));
        needs.extend(scripts.filter_map(|script| program(script.value, script.span)));
    }
    for block in raw.blocks(Block::Script) {
        let script = block.settings.script(&trackers::SCRIPT);
        needs.extend(script.and_then(|script| program(script.value, script.span)));
    }
    needs
}

/// Only an absolute path says which program is meant.
fn program(script: &Script, place: Span) -> Option<Need> {
    let path = PathBuf::from(script.argv.first()?);
    path.is_absolute().then_some(Need { what: Needed::Program(path), place })
}
