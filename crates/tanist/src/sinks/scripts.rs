//! Notify scripts: which run on what.

use std::collections::HashMap;
use std::time::Duration;

use conf::model::{Config, Notify, Script};

use crate::ports::events::Named;
use crate::runner::{Admission, Job, Output};
use crate::wording::{self, NotifyState};

/// A script that runs longer is ended.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Scripts of all routers and sync groups, checked: those that cannot or must not run are left out.
#[derive(Debug, Default)]
pub(crate) struct Scripts {
    notify: HashMap<Named, Notify>,
    /// Those of routers and groups that the last reload removed: their last events are still on their way.
    gone: HashMap<Named, Notify>,
    admission: Admission,
}

impl Scripts {
    /// Resolves users and checks the files. Returns a line for each script that will not run, or should not.
    pub(crate) fn new(config: &Config) -> (Self, Vec<String>) {
        let mut scripts = Self { admission: Admission::new(&config.global), ..Self::default() };
        let mut complaints = Vec::new();
        let routers = config.routers.iter().map(|router| (Named::Router(router.name.clone()), &router.notify));
        let groups = &config.watched.groups;
        let groups = groups.iter().map(|group| (Named::Group(group.name.clone()), &group.notify));
        for (owner, notify) in routers.chain(groups) {
            let mut notify = notify.clone();
            for (keyword, slot) in slots(&mut notify) {
                let Some(script) = slot else { continue };
                scripts.admission.name_user(script);
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
            for script in slots(&mut notify).into_iter().filter_map(|(_, slot)| slot.as_ref()) {
                self.admission.keep(script, &before.admission);
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
        self.admission.job(&owner.to_string(), script, arguments, TIME_LIMIT, Output::Inherited)
    }

    /// Whether a script may run. One that may, but should not, draws a complaint.
    fn admit(&mut self, script: &Script, place: &str, complaints: &mut Vec<String>) -> Result<(), String> {
        if let Some(weakness) = self.admission.admit(script)? {
            let identity = self.admission.identity(script);
            complaints.push(format!("{place}: {}", wording::weak_script(&weakness, identity)));
        }
        Ok(())
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
