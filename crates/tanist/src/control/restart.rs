//! `POST /v1/restart`: another program takes the place of the daemon's, if it can (`daemon/restart.rs`). For root and the owner of
//! the socket. `GET /v1/restart` says what became of it.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::get;

use super::api::Restart;
use super::connections::{Caller, Progress, Stage};
use super::release::{forbidden, permitted};
use super::server::unavailable;
use super::state::Control;

pub(super) fn routes() -> Router<Arc<Control>> {
    Router::new().route("/v1/restart", get(restarts).post(restart))
}

async fn restarts(control: State<Arc<Control>>) -> Response {
    Json(of(&control)).into_response()
}

fn of(control: &Control) -> Restart {
    let known = control.desk.restarts();
    Restart { version: env!("CARGO_PKG_VERSION").to_owned(), restarts: known.count, failure: known.failure }
}

/// Answered once it is known whether the program can: with what is so far.
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
