//! `POST /v1/release` and `POST /v1/hold`: routers give up their role and stay away, and take part again. All that run, or, with
//! `/NAME` behind it, one router or sync group. The only requests that change anything: for root and the owner of the socket.

use std::sync::Arc;

use axum::extract::{Extension, Path as UrlPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Json, Response};
use linux::clock;
use utoipa::{IntoParams, IntoResponses};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::Concerned;
use super::client::UNTIL;
use super::connections::Caller;
use super::server::{NotThere, Unavailable, Unreadable, unanswered};
use super::state::Control;
use crate::ports::protocol::ProtocolCommand;
use crate::ports::released::Wish;

pub(super) fn routes() -> OpenApiRouter<Arc<Control>> {
    OpenApiRouter::new()
        .routes(routes!(release_all))
        .routes(routes!(release))
        .routes(routes!(hold_all))
        .routes(routes!(hold))
        .layer(middleware::from_fn(in_time))
}

/// What clients of the machine itself may say.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "a description: `in_time` reads it")]
pub(super) struct Patience {
    /// Until when the client waits, in nanoseconds of CLOCK_BOOTTIME: what is read later is not carried out.
    #[param(rename = "tanist-until")]
    until: Option<u64>,
}

/// Every answer to who may not ask for that, or has asked too long ago.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "a description")]
enum Denied {
    /// Only root and the user that the daemon runs as may ask for that
    #[response(status = FORBIDDEN, content_type = "text/plain; charset=utf-8")]
    Forbidden(String),
    /// It was asked too long ago: it is not carried out
    #[response(status = REQUEST_TIMEOUT, content_type = "text/plain; charset=utf-8")]
    Late(String),
}

/// A daemon that stood still finds what was asked of it meanwhile, by clients that have given up.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let number = |text: &str| text.parse().ok().filter(|nanos| i64::try_from(*nanos).is_ok());
    let until = request.headers().get(UNTIL).map(|until| number(until.to_str().ok()?));
    match until {
        Some(None) => (StatusCode::BAD_REQUEST, format!("{UNTIL} is not a number of nanoseconds")).into_response(),
        Some(Some(until)) if clock::now().nanos() > until => {
            (StatusCode::REQUEST_TIMEOUT, "that was asked too long ago: it is not carried out").into_response()
        }
        Some(Some(_)) | None => next.run(request).await,
    }
}

/// All routers that run give up their role and stay away from the election.
#[utoipa::path(post, path = "/v1/release", params(Patience), responses((status = OK, body = Concerned), Denied, Unreadable, Unavailable))]
async fn release_all(control: State<Arc<Control>>, caller: Extension<Caller>) -> Response {
    of_all(&control, *caller, Wish::Release)
}

/// All routers that were released take part again.
#[utoipa::path(post, path = "/v1/hold", params(Patience), responses((status = OK, body = Concerned), Denied, Unreadable, Unavailable))]
async fn hold_all(control: State<Arc<Control>>, caller: Extension<Caller>) -> Response {
    of_all(&control, *caller, Wish::Hold)
}

/// A router, with its sync group, gives up its role and stays away from the election.
#[utoipa::path(
    post,
    path = "/v1/release/{name}",
    params(("name" = String, Path, description = "Name of a router or sync group"), Patience),
    responses((status = OK, body = Concerned), Denied, Unreadable, NotThere, Unavailable)
)]
async fn release(control: State<Arc<Control>>, caller: Extension<Caller>, UrlPath(name): UrlPath<String>) -> Response {
    of_one(&control, *caller, Wish::Release, &name)
}

/// A router, with its sync group, takes part again.
#[utoipa::path(
    post,
    path = "/v1/hold/{name}",
    params(("name" = String, Path, description = "Name of a router or sync group"), Patience),
    responses((status = OK, body = Concerned), Denied, Unreadable, NotThere, Unavailable)
)]
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
    let known = control.directory.borrow().together_with(name);
    // A router that a reload has removed is to come back as if nobody had released it.
    let gone = || (wish == Wish::Hold && control.released.contains(name)).then(|| vec![name.to_owned()]);
    match known.or_else(gone) {
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
