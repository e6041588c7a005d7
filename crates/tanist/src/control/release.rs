//! `POST /v1/release` and `POST /v1/hold`: routers give up their role and stay away, and take part again. All that run, or, with
//! `/NAME` behind it, one router or sync group. The only requests that change anything: for root and the owner of the socket.

use std::sync::Arc;

use axum::extract::{Extension, Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Json, Response};

use super::api::Concerned;
use super::connections::Caller;
use super::server::unanswered;
use super::state::{Control, FEW};
use crate::ports::protocol::ProtocolCommand;
use crate::ports::released::Wish;

pub(super) async fn release_all(control: State<Arc<Control>>, caller: Extension<Caller>) -> Response {
    of_all(&control, *caller, Wish::Release)
}

pub(super) async fn hold_all(control: State<Arc<Control>>, caller: Extension<Caller>) -> Response {
    of_all(&control, *caller, Wish::Hold)
}

pub(super) async fn release(
    control: State<Arc<Control>>,
    caller: Extension<Caller>,
    UrlPath(name): UrlPath<String>,
) -> Response {
    of_one(&control, *caller, Wish::Release, &name)
}

pub(super) async fn hold(
    control: State<Arc<Control>>,
    caller: Extension<Caller>,
    UrlPath(name): UrlPath<String>,
) -> Response {
    of_one(&control, *caller, Wish::Hold, &name)
}

fn of_all(control: &Control, caller: Caller, wish: Wish) -> Response {
    let routers = match wish {
        Wish::Release => control.directory.borrow().names().map(str::to_owned).collect(),
        // Also those that do not run at the moment.
        Wish::Hold => control.released.all(),
    };
    carry_out(control, caller, wish, routers)
}

fn of_one(control: &Control, caller: Caller, wish: Wish, name: &str) -> Response {
    // The routers of a group have one state: who leaves takes the others along.
    let routers = control.directory.borrow().together_with(name);
    match routers {
        Some(routers) => carry_out(control, caller, wish, routers),
        None => (StatusCode::NOT_FOUND, control.no_router(name)).into_response(),
    }
}

fn carry_out(control: &Control, caller: Caller, wish: Wish, mut routers: Vec<String>) -> Response {
    let Some(uid) = permitted(caller, rustix::process::geteuid().as_raw()) else { return forbidden() };
    routers.sort_unstable();
    let before = control.released.change(&routers, wish);
    // The main thread may bring another directory at the same time: then it tells the protocol thread after us.
    let released = control.released.ids(&control.directory.borrow());
    if let Err(error) = control.protocol.tell(ProtocolCommand::Release(released)) {
        control.released.restore(before);
        return unanswered(error);
    }
    tell_log(wish, uid, &routers);
    Json(Concerned { routers }).into_response()
}

/// The user who asks, if that is root or the owner of the socket.
fn permitted(caller: Caller, owner: u32) -> Option<u32> {
    match caller {
        Caller::Local { uid } => (uid == 0 || uid == owner).then_some(uid),
        Caller::Unknown => None,
    }
}

fn forbidden() -> Response {
    (StatusCode::FORBIDDEN, "only root and the user that the daemon runs as may ask for that").into_response()
}

fn tell_log(wish: Wish, uid: u32, routers: &[String]) {
    let more = routers.len().saturating_sub(FEW);
    let mut names = routers.iter().take(FEW).cloned().collect::<Vec<_>>().join(", ");
    if more > 0 {
        names += &format!(" and {more} more");
    }
    match wish {
        Wish::Release => tracing::warn!("released by user {uid}, until `tanist hold`: {names}"),
        Wish::Hold => tracing::info!("user {uid} lets these take part again: {names}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_root_and_the_owner_change_anything() {
        for (caller, expected) in [
            (Caller::Local { uid: 0 }, Some(0)),
            (Caller::Local { uid: 990 }, Some(990)),
            (Caller::Local { uid: 1000 }, None),
            (Caller::Unknown, None),
        ] {
            assert_eq!(permitted(caller, 990), expected, "{caller:?}");
        }
    }
}
