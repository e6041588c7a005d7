//! `POST /v1/release` and `POST /v1/hold`: routers give up their role and stay away, and take part again. All that run, or, with
//! `/NAME` behind it, one router or sync group. The only requests that change anything: for root and the owner of the socket.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Path as UrlPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::post;
use linux::clock;

use super::api::Concerned;
use super::client::UNTIL;
use super::connections::Caller;
use super::server::unanswered;
use super::state::Control;
use crate::ports::protocol::ProtocolCommand;
use crate::ports::released::Wish;

pub(super) fn routes() -> Router<Arc<Control>> {
    Router::new()
        .route("/v1/release", post(release_all))
        .route("/v1/release/{name}", post(release))
        .route("/v1/hold", post(hold_all))
        .route("/v1/hold/{name}", post(hold))
        .layer(middleware::from_fn(in_time))
}

/// A daemon that stood still finds what was asked of it meanwhile, by clients that have given up.
async fn in_time(request: Request, next: Next) -> Response {
    let until = request.headers().get(UNTIL).and_then(|until| until.to_str().ok()?.parse().ok());
    if until.is_some_and(|until| clock::now().nanos() > until) {
        return (StatusCode::REQUEST_TIMEOUT, "that was asked too long ago: it is not carried out").into_response();
    }
    next.run(request).await
}

async fn release_all(control: State<Arc<Control>>, caller: Extension<Caller>) -> Response {
    of_all(&control, *caller, Wish::Release)
}

async fn hold_all(control: State<Arc<Control>>, caller: Extension<Caller>) -> Response {
    of_all(&control, *caller, Wish::Hold)
}

async fn release(control: State<Arc<Control>>, caller: Extension<Caller>, UrlPath(name): UrlPath<String>) -> Response {
    of_one(&control, *caller, Wish::Release, &name)
}

async fn hold(control: State<Arc<Control>>, caller: Extension<Caller>, UrlPath(name): UrlPath<String>) -> Response {
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
pub(super) fn permitted(caller: Caller, owner: u32) -> Option<u32> {
    match caller {
        Caller::Local { uid } => (uid == 0 || uid == owner).then_some(uid),
        Caller::Unknown => None,
    }
}

pub(super) fn forbidden() -> Response {
    (StatusCode::FORBIDDEN, "only root and the user that the daemon runs as may ask for that").into_response()
}

fn tell_log(wish: Wish, uid: u32, routers: &[String]) {
    for router in routers {
        match wish {
            Wish::Release => {
                tracing::warn!(VRRP_INSTANCE = router, "{router}: released by user {uid}, until `tanist hold`")
            }
            Wish::Hold => tracing::info!(VRRP_INSTANCE = router, "{router}: user {uid} lets it take part again"),
        }
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
