//! `POST /v1/restart`: another program takes the place of the daemon's, if it can (`daemon/restart.rs`). For root and the owner of
//! the socket. `GET /v1/restart` says what became of it.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::middleware;
use axum::response::{IntoResponse as _, Json, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::api::Restart;
use super::connections::{Caller, Progress, Stage};
use super::release::{Patience, forbidden, in_time, permitted};
use super::server::{Unavailable, unavailable};
use super::state::Control;

pub(super) fn routes() -> OpenApiRouter<Arc<Control>> {
    OpenApiRouter::new().routes(routes!(restarts, restart)).layer(middleware::from_fn(in_time))
}

/// How often another program took the place of the daemon's, and why the last one did not.
#[utoipa::path(get, path = "/v1/restart", responses((status = OK, body = Restart)))]
async fn restarts(control: State<Arc<Control>>) -> Response {
    Json(of(&control)).into_response()
}

fn of(control: &Control) -> Restart {
    let known = control.desk.restarts();
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Restart { version, pid: Some(std::process::id()), restarts: known.count, failure: known.failure }
}

/// Another program takes the place of the daemon's, if it can. Answered once that is known: with what is so far.
#[utoipa::path(
    post,
    path = "/v1/restart",
    params(Patience),
    responses(
        (status = OK, body = Restart),
        (status = REQUEST_TIMEOUT, description = "It was asked too long ago: it is not carried out", body = String, content_type = "text/plain; charset=utf-8"),
        (status = BAD_REQUEST, description = "What cannot be read", body = String, content_type = "text/plain; charset=utf-8"),
        (status = FORBIDDEN, description = "Only root and the user that the daemon runs as may ask for that", body = String, content_type = "text/plain; charset=utf-8"),
        (status = CONFLICT, description = "The program cannot: why", body = String, content_type = "text/plain; charset=utf-8"),
        Unavailable,
    )
)]
async fn restart(
    control: State<Arc<Control>>,
    Extension(caller): Extension<Caller>,
    Extension(progress): Extension<Progress>,
) -> Response {
    let Some(uid) = permitted(caller, rustix::process::geteuid().as_raw()) else { return forbidden() };
    let before = of(&control);
    // The test may take longer than requests do.
    progress.set(Stage::Following);
    let Some(verdict) = control.desk.ask() else {
        return unavailable("that was asked for already, or the daemon has too much to do".to_owned());
    };
    tracing::info!("user {uid} wants another program in the place of this one");
    match verdict.await {
        Ok(Ok(())) => Json(before).into_response(),
        Ok(Err(why)) => (StatusCode::CONFLICT, why).into_response(),
        Err(_) => unavailable("the daemon is stopping".to_owned()),
    }
}
