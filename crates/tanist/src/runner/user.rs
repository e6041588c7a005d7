//! Users and groups that scripts run as.

use conf::model::ScriptUser;
use serde::{Deserialize, Serialize};
use uzers::os::unix::UserExt as _;

/// The account keepalived uses if it exists and nothing else is configured.
const DEFAULT_ACCOUNT: &str = "keepalived_script";

/// User and group ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    pub(super) uid: u32,
    pub(super) gid: u32,
    /// For HOME.
    pub(super) home: Option<std::path::PathBuf>,
}

impl Identity {
    pub(crate) const fn is_root(&self) -> bool {
        self.uid == 0
    }
}

/// The default account, if there is one.
pub(crate) fn default_account() -> Option<ScriptUser> {
    uzers::get_user_by_name(DEFAULT_ACCOUNT).map(|_| ScriptUser { user: DEFAULT_ACCOUNT.into(), group: None })
}

/// Looks a user and group up, by name or number.
pub(crate) fn resolve(wanted: &ScriptUser) -> Result<Identity, String> {
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
    Ok(Identity { uid: user.uid(), gid, home: Some(user.home_dir().to_owned()) })
}
