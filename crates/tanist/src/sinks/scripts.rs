//! Notify scripts: which run on what.

use std::collections::HashMap;
use std::time::Duration;

use conf::model::{Config, Notify, Script, ScriptSecurity, ScriptUser};

use crate::ports::events::Named;
use crate::runner::security::{self, Weakness};
use crate::runner::user::{self, Identity};
use crate::runner::{IfWeak, Job};
use crate::wording::{self, NotifyState};

/// A script that runs longer is ended.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Scripts of all routers and sync groups, checked: those that cannot or must not run are left out.
#[derive(Debug)]
pub(crate) struct Scripts {
    notify: HashMap<Named, Notify>,
    /// Those of routers and groups that the last reload removed: their last events are still on their way.
    gone: HashMap<Named, Notify>,
    identities: HashMap<Option<ScriptUser>, Option<Identity>>,
    if_weak: IfWeak,
    /// Scripts that run although others can change what they do, which was said.
    weak: HashMap<Script, Weakness>,
}

impl Default for Scripts {
    /// None.
    fn default() -> Self {
        Self {
            notify: HashMap::new(),
            gone: HashMap::new(),
            identities: HashMap::new(),
            if_weak: IfWeak::Refuse,
            weak: HashMap::new(),
        }
    }
}

impl Scripts {
    /// Resolves users and checks the files. Returns a line for each script that will not run, or should not.
    pub(crate) fn new(config: &Config) -> (Self, Vec<String>) {
        let if_weak = match config.global.script_security {
            ScriptSecurity::Enforced => IfWeak::Refuse,
            ScriptSecurity::Warned => IfWeak::Report,
        };
        let mut scripts = Self { if_weak, ..Self::default() };
        let mut complaints = Vec::new();
        let default = config.global.script_user.clone().or_else(user::default_account);
        let routers = config.routers.iter().map(|router| (Named::Router(router.name.clone()), &router.notify));
        let groups = &config.watched.groups;
        let groups = groups.iter().map(|group| (Named::Group(group.name.clone()), &group.notify));
        for (owner, notify) in routers.chain(groups) {
            let mut notify = notify.clone();
            for (keyword, slot) in slots(&mut notify) {
                let Some(script) = slot else { continue };
                script.user = script.user.clone().or_else(|| default.clone());
                let place = format!("{owner}: {keyword}");
                if let Err(why) = scripts.admit(script, &place, &mut complaints) {
                    complaints.push(format!("{place}: {why}; it will not run"));
                    *slot = None;
                }
            }
            scripts.notify.insert(owner, notify);
        }
        (scripts, complaints)
    }

    /// With what is still needed of those that were in force before.
    #[must_use]
    pub(crate) fn following(mut self, before: &Self) -> Self {
        for (owner, notify) in &before.notify {
            if self.notify.contains_key(owner) {
                continue;
            }
            let mut notify = notify.clone();
            let users = slots(&mut notify).into_iter().filter_map(|(_, slot)| Some(&slot.as_ref()?.user));
            for (user, identity) in users.filter_map(|user| before.identities.get_key_value(user)) {
                self.identities.entry(user.clone()).or_insert_with(|| identity.clone());
            }
            self.gone.insert(owner.clone(), notify);
        }
        self
    }

    /// Whether any script may run.
    pub(crate) fn is_empty(&self) -> bool {
        self.notify.values().all(|notify| *notify == Notify::default())
    }

    /// The jobs for a router or group that becomes something, in order: its own script, then the general one with
    /// `INSTANCE name STATE priority`; a group has priority 0.
    pub(crate) fn jobs(&self, owner: &Named, state: NotifyState, priority: u8) -> Vec<Job> {
        let notify = self.notify.get(owner).or_else(|| self.gone.get(owner));
        let Some(notify) = notify else { return Vec::new() };
        let (kind, name) = match owner {
            Named::Daemon => return Vec::new(),
            Named::Router(name) => ("INSTANCE", name),
            Named::Group(name) => ("GROUP", name),
        };
        let own = match state {
            NotifyState::Master => &notify.master,
            NotifyState::Backup => &notify.backup,
            NotifyState::Fault => &notify.fault,
            NotifyState::Stop => &notify.stop,
        };
        let own = own.as_ref().map(|script| self.job(owner, script, &[]));
        let arguments = [kind, name, state.word(), &priority.to_string()];
        let any = notify.any.as_ref().map(|script| self.job(owner, script, &arguments));
        own.into_iter().chain(any).collect()
    }

    fn job(&self, owner: &Named, script: &Script, arguments: &[&str]) -> Job {
        let appended = arguments.iter().map(|argument| (*argument).to_owned());
        Job {
            queue: owner.to_string(),
            argv: script.argv.iter().cloned().chain(appended).collect(),
            identity: self.identities.get(&script.user).cloned().flatten(),
            if_weak: self.if_weak,
            time_limit: TIME_LIMIT,
            known: self.weak.get(script).cloned(),
        }
    }

    /// Whether a script may run. One that may, but should not, draws a complaint.
    fn admit(&mut self, script: &Script, place: &str, complaints: &mut Vec<String>) -> Result<(), String> {
        let identity = self.identity(script)?;
        let rights = user::rights(identity.as_ref());
        let Some(weakness) = security::check(&script.argv, rights)?.weakness else { return Ok(()) };
        match self.if_weak {
            IfWeak::Refuse => Err(weakness.to_string()),
            IfWeak::Report => {
                complaints.push(format!("{place}: {}", wording::weak_script(&weakness, identity.as_ref())));
                self.weak.insert(script.clone(), weakness);
                Ok(())
            }
        }
    }

    /// Who runs a script; `None`: the daemon's user.
    fn identity(&mut self, script: &Script) -> Result<Option<Identity>, String> {
        if let Some(identity) = self.identities.get(&script.user) {
            return Ok(identity.clone());
        }
        let identity = script.user.as_ref().map(user::resolve).transpose()?;
        identity.as_ref().map_or(Ok(()), Identity::check)?;
        self.identities.insert(script.user.clone(), identity.clone());
        Ok(identity)
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
