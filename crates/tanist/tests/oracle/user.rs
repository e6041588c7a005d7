//! Users and groups as numbers, which is how keepalived tells them.

use uzers::{get_group_by_name, get_user_by_name};

/// `UID:GID` of a user, with its own group if none is given. Numbers stay as they are.
pub(crate) fn numbers(user: &str, group: Option<&str>) -> String {
    let found = get_user_by_name(user);
    let uid = found.as_ref().map_or_else(|| user.to_owned(), |user| user.uid().to_string());
    let own_group = || found.as_ref().map_or_else(|| user.to_owned(), |user| user.primary_group_id().to_string());
    let gid = group.map_or_else(own_group, |group| {
        get_group_by_name(group).map_or_else(|| group.to_owned(), |group| group.gid().to_string())
    });
    format!("{uid}:{gid}")
}
