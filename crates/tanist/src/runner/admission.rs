//! Which scripts of a configuration may run, and as whom: asked when it is loaded. The runner asks again before each start.

use std::collections::HashMap;
use std::time::Duration;

use conf::model::notify::ScriptGroups;
use conf::model::{Global, Script, ScriptSecurity, ScriptUser};

use super::security::{self, Weakness};
use super::user::{self, Identity};
use super::wire::{IfWeak, Job, Life, Output};

/// What was found out about the scripts of a configuration.
#[derive(Debug)]
pub(crate) struct Admission {
    /// Who runs scripts that name no user; `None`: the daemon's.
    default: Option<ScriptUser>,
    groups: ScriptGroups,
    identities: HashMap<Option<ScriptUser>, Option<Identity>>,
    if_weak: IfWeak,
    /// Scripts that run although others can change what they do, which was said.
    weak: HashMap<Script, Weakness>,
}

impl Default for Admission {
    /// Of no configuration.
    fn default() -> Self {
        Self {
            default: None,
            groups: ScriptGroups::One,
            identities: HashMap::new(),
            if_weak: IfWeak::Refuse,
            weak: HashMap::new(),
        }
    }
}

impl Admission {
    pub(crate) fn new(global: &Global) -> Self {
        let if_weak = match global.script_security {
            ScriptSecurity::Enforced => IfWeak::Refuse,
            ScriptSecurity::Warned => IfWeak::Report,
        };
        let default = global.script_user.clone().or_else(user::default_account);
        Self { default, groups: global.script_groups, if_weak, ..Self::default() }
    }

    /// Names the user of a script that names none.
    pub(crate) fn name_user(&self, script: &mut Script) {
        script.user = script.user.clone().or_else(|| self.default.clone());
    }

    /// Who owns what is made for scripts of this user; `None`: the daemon's user.
    ///
    /// # Errors
    /// If there is no such user or group, in words for the user.
    pub(crate) fn owner(&self, user: Option<&ScriptUser>) -> Result<Option<Identity>, String> {
        user.or(self.default.as_ref()).map(|user| user::resolve(user, ScriptGroups::One)).transpose()
    }

    /// Whether a script may run, whose user was named. One that may, but should not, has a weakness.
    ///
    /// # Errors
    /// Why it may not, in words for the user.
    pub(crate) fn admit(&mut self, script: &Script) -> Result<Option<Weakness>, String> {
        let identity = self.look_up(script)?;
        let Some(weakness) = security::check(&script.argv, user::rights(identity.as_ref()))?.weakness else {
            return Ok(None);
        };
        match self.if_weak {
            IfWeak::Refuse => Err(weakness.to_string()),
            IfWeak::Report => {
                self.weak.insert(script.clone(), weakness.clone());
                Ok(Some(weakness))
            }
        }
    }

    /// Whether it is known who runs a script: then it can be tried, whatever else was wrong with it.
    pub(crate) fn knows_user(&self, script: &Script) -> bool {
        self.identities.contains_key(&script.user)
    }

    /// Who runs a script that was admitted; `None`: the daemon's user.
    pub(crate) fn identity(&self, script: &Script) -> Option<&Identity> {
        self.identities.get(&script.user)?.as_ref()
    }

    /// A run of a script that was admitted.
    pub(crate) fn job(&self, queue: &str, script: &Script, more: &[&str], time_limit: Duration, output: Output) -> Job {
        let more = more.iter().map(|argument| (*argument).to_owned());
        Job {
            queue: queue.to_owned(),
            argv: script.argv.iter().cloned().chain(more).collect(),
            identity: self.identity(script).cloned(),
            if_weak: self.if_weak,
            time_limit,
            life: Life::Once,
            output,
            known: self.weak.get(script).cloned(),
            run: 0,
        }
    }

    /// Takes over what `before` knows of the user of a script.
    pub(crate) fn keep(&mut self, script: &Script, before: &Self) {
        if let Some(identity) = before.identities.get(&script.user) {
            self.identities.entry(script.user.clone()).or_insert_with(|| identity.clone());
        }
    }

    fn look_up(&mut self, script: &Script) -> Result<Option<Identity>, String> {
        if let Some(identity) = self.identities.get(&script.user) {
            return Ok(identity.clone());
        }
        let user = script.user.as_ref();
        let identity = user.map(|user| user::resolve(user, self.groups)).transpose()?;
        identity.as_ref().map_or(Ok(()), Identity::check)?;
        self.identities.insert(script.user.clone(), identity.clone());
        Ok(identity)
    }
}
