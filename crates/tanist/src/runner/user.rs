//! Users and groups that scripts run as.

use conf::model::ScriptUser;
use conf::model::notify::ScriptGroups;
use rustix::process::{getegid, geteuid};
use rustix::thread::{CapabilitySet, capabilities};
use serde::{Deserialize, Serialize};
use uzers::os::unix::UserExt as _;

use super::security::Rights;

/// The account keepalived uses if it exists and nothing else is configured.
const DEFAULT_ACCOUNT: &str = "keepalived_script";

/// User and group ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// Supplementary groups.
    pub(super) groups: Box<[u32]>,
    /// For HOME.
    pub(super) home: Option<std::path::PathBuf>,
}

impl Identity {
    /// Whether this process can start programs as this user.
    ///
    /// # Errors
    /// If it lacks the capabilities, in words for the user.
    pub(crate) fn check(&self) -> Result<(), String> {
        let other_user = geteuid().as_raw() != self.uid;
        let other = other_user || getegid().as_raw() != self.gid;
        let has = |capability| capabilities(None).is_ok_and(|sets| sets.effective.contains(capability));
        let needed = [("CAP_SETUID", CapabilitySet::SETUID, other_user), ("CAP_SETGID", CapabilitySet::SETGID, other)];
        let lacks = needed.into_iter().find(|(_, capability, is_needed)| *is_needed && !has(*capability));
        lacks.map_or(Ok(()), |(name, ..)| {
            Err(format!("cannot run as user {} and group {}: the daemon has no {name}", self.uid, self.gid))
        })
    }
}

/// The rights of a script of this user; `None` is the daemon's.
pub(crate) fn rights(identity: Option<&Identity>) -> Rights {
    match identity {
        None => Rights::Privileged { uid: geteuid().as_raw() },
        Some(Identity { uid: 0, .. }) => Rights::Privileged { uid: 0 },
        Some(_) => Rights::Ordinary,
    }
}

/// The default account, if there is one.
pub(crate) fn default_account() -> Option<ScriptUser> {
    uzers::get_user_by_name(DEFAULT_ACCOUNT).map(|_| ScriptUser { user: DEFAULT_ACCOUNT.into(), group: None })
}

/// Looks a user and group up, by name or number, and perhaps the other groups of that user.
pub(crate) fn resolve(wanted: &ScriptUser, groups: ScriptGroups) -> Result<Identity, String> {
    let by_number = || wanted.user.parse().ok().and_then(uzers::get_user_by_uid);
    let user = uzers::get_user_by_name(&wanted.user).or_else(by_number);
    let user = user.ok_or_else(|| format!("there is no user {}", wanted.user))?;
    let gid = match &wanted.group {
        None => user.primary_group_id(),
        Some(group) => {
            let by_number = || group.parse().ok().and_then(uzers::get_group_by_gid);
            let found = uzers::get_group_by_name(group).or_else(by_number);
            found.ok_or_else(|| format!("there is no group {group}"))?.gid()
        }
    };
    let groups = match groups {
        ScriptGroups::One => Box::default(),
        ScriptGroups::AllOfUser => {
            let all = user.groups().ok_or_else(|| format!("the groups of user {} cannot be read", wanted.user))?;
            all.iter().map(uzers::Group::gid).collect()
        }
    };
    Ok(Identity { uid: user.uid(), gid, groups, home: Some(user.home_dir().to_owned()) })
}
