//! Notify scripts: which run on what, and the process that runs them.

mod client;
pub(crate) mod runner;
mod security;
pub(crate) mod user;

use std::collections::HashMap;

use conf::model::{Config, Notify, Script, ScriptSecurity, ScriptUser};
use serde::{Deserialize, Serialize};
use vrrp::event::{Causes, EventKind, Reason, StateName, Transition};
use vrrp::types::Priority;

pub(crate) use self::client::Runner;
use self::user::Identity;

/// A script to run, as the runner gets it: one JSON object a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Job {
    /// Name of the router: its jobs run one after the other.
    queue: String,
    argv: Vec<String>,
    /// `None`: as the daemon itself.
    identity: Option<Identity>,
}

/// Scripts of all routers, checked: those that cannot or must not run are left out.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    routers: HashMap<String, Notify>,
    identities: HashMap<Option<ScriptUser>, Option<Identity>>,
}

/// keepalived's words for what a router becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Becomes {
    Master,
    Backup,
    Fault,
    Stop,
}

impl Becomes {
    /// What a transition looks like to scripts: a planned stop is STOP, every other way out of service is FAULT.
    pub(crate) const fn after(transition: &Transition) -> Self {
        match (transition.to, &transition.reason) {
            (StateName::Active, _) => Self::Master,
            (StateName::Backup, _) => Self::Backup,
            (StateName::Initialize, Reason::Shutdown) => Self::Stop,
            (StateName::Initialize, _) => Self::Fault,
        }
    }

    /// What an event looks like to scripts, and the priority that goes with it: as keepalived does they run for a router
    /// that cannot start as well. `None`: nothing to run them for.
    pub(crate) const fn of(event: &EventKind) -> Option<(Self, Priority)> {
        match event {
            EventKind::Transition(transition) => Some((Self::after(transition), transition.priority)),
            EventKind::WaitingFor { causes, priority } if causes.contains(Causes::SHUTDOWN) => {
                Some((Self::Stop, *priority))
            }
            EventKind::WaitingFor { priority, .. } => Some((Self::Fault, *priority)),
            EventKind::Flapping { .. }
            | EventKind::PriorityChanged { .. }
            | EventKind::InferiorAdvert(_)
            | EventKind::DeafPeer { .. }
            | EventKind::SamePriority(_)
            | EventKind::OwnerConflict(_)
            | EventKind::IntervalMismatch { .. }
            | EventKind::AddressMismatch(_)
            | EventKind::Discarded { .. }
            | EventKind::Stalled { .. } => None,
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Master => "MASTER",
            Self::Backup => "BACKUP",
            Self::Fault => "FAULT",
            Self::Stop => "STOP",
        }
    }
}

impl Scripts {
    /// Resolves users and checks the files. Returns a line for each script that will not run, or should not.
    pub(crate) fn new(config: &Config) -> (Self, Vec<String>) {
        let mut scripts = Self::default();
        let mut complaints = Vec::new();
        let default = config.global.script_user.clone().or_else(user::default_account);
        for router in &config.routers {
            let mut notify = router.notify.clone();
            for (keyword, slot) in slots(&mut notify) {
                let Some(script) = slot else { continue };
                script.user = script.user.clone().or_else(|| default.clone());
                let place = format!("{}: {keyword}", router.name);
                if let Err(why) = scripts.admit(script, config.global.script_security, &place, &mut complaints) {
                    complaints.push(format!("{place}: {why}; it will not run"));
                    *slot = None;
                }
            }
            scripts.routers.insert(router.name.clone(), notify);
        }
        (scripts, complaints)
    }

    /// Whether any script may run.
    pub(crate) fn is_empty(&self) -> bool {
        self.routers.values().all(|notify| *notify == Notify::default())
    }

    /// The jobs for a router that becomes something, in order: its own script, then the general one with
    /// `INSTANCE name STATE priority`.
    pub(crate) fn jobs(&self, router: &str, becomes: Becomes, priority: u8) -> Vec<Job> {
        let Some(notify) = self.routers.get(router) else { return Vec::new() };
        let own = match becomes {
            Becomes::Master => &notify.master,
            Becomes::Backup => &notify.backup,
            Becomes::Fault => &notify.fault,
            Becomes::Stop => &notify.stop,
        };
        let own = own.as_ref().map(|script| self.job(router, script, &[]));
        let arguments = ["INSTANCE", router, becomes.word(), &priority.to_string()];
        let any = notify.any.as_ref().map(|script| self.job(router, script, &arguments));
        own.into_iter().chain(any).collect()
    }

    fn job(&self, router: &str, script: &Script, arguments: &[&str]) -> Job {
        let appended = arguments.iter().map(|argument| (*argument).to_owned());
        Job {
            queue: router.to_owned(),
            argv: script.argv.iter().cloned().chain(appended).collect(),
            identity: self.identities.get(&script.user).cloned().flatten(),
        }
    }

    fn admit(
        &mut self,
        script: &Script,
        security: ScriptSecurity,
        place: &str,
        complaints: &mut Vec<String>,
    ) -> Result<(), String> {
        let identity = match self.identities.get(&script.user) {
            Some(identity) => identity.clone(),
            None => {
                let identity = script.user.as_ref().map(user::resolve).transpose()?;
                self.identities.insert(script.user.clone(), identity.clone());
                identity
            }
        };
        let program = script.argv.first().map(String::as_str).unwrap_or_default();
        let as_root = identity.as_ref().is_none_or(Identity::is_root);
        match security::check(program, as_root)? {
            security::Finding::Safe => Ok(()),
            security::Finding::Writable(path) => {
                let why = format!("{} can be changed by others than root", path.display());
                match security {
                    ScriptSecurity::Enforced => Err(why),
                    ScriptSecurity::Warned => {
                        complaints.push(format!(
                            "{place}: {why}; it runs as root all the same, because enable_script_security is not set"
                        ));
                        Ok(())
                    }
                }
            }
        }
    }
}

fn slots(notify: &mut Notify) -> [(&'static str, &mut Option<Script>); 5] {
    let Notify { master, backup, fault, stop, any } = notify;
    [
        ("notify_master", master),
        ("notify_backup", backup),
        ("notify_fault", fault),
        ("notify_stop", stop),
        ("notify", any),
    ]
}

#[cfg(test)]
mod tests;
