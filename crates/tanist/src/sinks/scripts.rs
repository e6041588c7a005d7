//! Notify scripts: which run on what.

use std::collections::HashMap;
use std::time::Duration;

use conf::model::notify::Removal;
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
                let Some(script) = slot.take() else { continue };
                let place = format!("{owner}: {keyword}");
                *slot = admitted(&mut scripts.admission, &script, &place, &mut complaints).map(Box::new);
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
            for script in slots(&mut notify).into_iter().filter_map(|(_, slot)| slot.as_deref()) {
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

    /// What a router or group says that becomes something: a planned stop may be a removal.
    pub(crate) fn said(&self, owner: &Named, state: NotifyState) -> NotifyState {
        match state {
            NotifyState::Stop if !self.notify.contains_key(owner) => match self.gone.get(owner).map(|it| &it.removal) {
                Some(Removal::Deleted(_)) => NotifyState::Deleted,
                Some(Removal::Stop) | None => NotifyState::Stop,
            },
            NotifyState::Master
            | NotifyState::Backup
            | NotifyState::Fault
            | NotifyState::Stop
            | NotifyState::Deleted => state,
        }
    }

    /// The jobs for a router or group that becomes something, in order: its own script, then the general one with
    /// `INSTANCE name STATE priority`; a group has priority 0.
    pub(crate) fn jobs(&self, owner: &Named, state: NotifyState, priority: u8) -> Vec<Job> {
        let Some((notify, (kind, name))) = self.notify_of(owner).zip(kind_and_name(owner)) else { return Vec::new() };
        let own = match (state, &notify.removal) {
            (NotifyState::Master, _) => notify.master.as_deref(),
            (NotifyState::Backup, _) => notify.backup.as_deref(),
            (NotifyState::Fault, _) => notify.fault.as_deref(),
            (NotifyState::Stop, _) => notify.stop.as_deref(),
            (NotifyState::Deleted, Removal::Deleted(script)) => script.as_deref(),
            (NotifyState::Deleted, Removal::Stop) => None,
        };
        let own = own.map(|script| self.job(owner, script, &[]));
        let arguments = [kind, name, state.word(), &priority.to_string()];
        let any = notify.any.as_deref().map(|script| self.job(owner, script, &arguments));
        own.into_iter().chain(any).collect()
    }

    /// The job for a master that hears a lower priority, if it has a script for that.
    pub(crate) fn lower_priority(&self, owner: &Named) -> Vec<Job> {
        let script = self.notify_of(owner).and_then(|notify| notify.lower_priority.as_deref());
        script.map(|script| self.job(owner, script, &[])).into_iter().collect()
    }

    fn notify_of(&self, owner: &Named) -> Option<&Notify> {
        self.notify.get(owner).or_else(|| self.gone.get(owner))
    }

    fn job(&self, owner: &Named, script: &Script, arguments: &[&str]) -> Job {
        self.admission.job(&owner.to_string(), script, arguments, TIME_LIMIT, Output::Inherited)
    }
}

/// A script with its user, if it may run. If it may not, or should not, that is a complaint.
pub(crate) fn admitted(
    admission: &mut Admission,
    script: &Script,
    place: &str,
    complaints: &mut Vec<String>,
) -> Option<Script> {
    let mut script = script.clone();
    admission.name_user(&mut script);
    match admission.admit(&script) {
        Ok(None) => {}
        Ok(Some(weakness)) => {
            let identity = admission.identity(&script);
            complaints.push(format!("{place}: {}", wording::weak_script(&weakness, identity)));
        }
        Err(why) => {
            complaints.push(format!("{place}: {why}; it will not run"));
            return None;
        }
    }
    Some(script)
}

/// How scripts and pipes call a router or group.
pub(super) fn kind_and_name(owner: &Named) -> Option<(&'static str, &str)> {
    match owner {
        Named::Daemon => None,
        Named::Router(name) => Some(("INSTANCE", name)),
        Named::Group(name) => Some(("GROUP", name)),
    }
}

fn slots(notify: &mut Notify) -> Vec<(&'static str, &mut Option<Box<Script>>)> {
    let Notify { master, backup, fault, stop, any, lower_priority, removal } = notify;
    let mut slots = vec![
        ("notify_master", master),
        ("notify_backup", backup),
        ("notify_fault", fault),
        ("notify_stop", stop),
        ("notify", any),
        ("notify_master_rx_lower_pri", lower_priority),
    ];
    match removal {
        Removal::Stop => {}
        Removal::Deleted(script) => slots.push(("notify_deleted", script)),
    }
    slots
}

#[cfg(test)]
mod tests;
