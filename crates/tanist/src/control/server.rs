//! The answers of the control API.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::get;
use tokio::net::UnixListener;

use super::connections;
use super::events::events;
use super::inquiry::{ANSWER_LIMIT, NoAnswer};
use super::release;
use super::restart;
use super::state::Control;
use crate::control::api::Status;

/// Serves until the task is dropped; `more` is what other rooms answer.
pub(crate) async fn serve(listener: UnixListener, control: Arc<Control>, more: Router) {
    let app = Router::new()
        .route("/v1/status", get(status))
        .route("/v1/status/{name}", get(status_of))
        .route("/v1/why/{name}", get(why))
        .route("/v1/events", get(events))
        .merge(release::routes())
        .merge(restart::routes())
        .with_state(control)
        .merge(more);
    connections::serve(listener, connections::CONTROL, app).await;
}

async fn status(State(control): State<Arc<Control>>) -> Response {
    answer(control.status().await)
}

async fn why(State(control): State<Arc<Control>>, UrlPath(name): UrlPath<String>) -> Response {
    match control.why(&name).await {
        Ok(Some(why)) => Json(why).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, control.no_router(&name)).into_response(),
        Err(error) => unanswered(error),
    }
}

async fn status_of(State(control): State<Arc<Control>>, UrlPath(name): UrlPath<String>) -> Response {
    let status = control.status_named(&name).await;
    if status.as_ref().is_ok_and(|status| status.routers.is_empty() && status.bfd_sessions.is_empty()) {
        return (StatusCode::NOT_FOUND, control.no_router(&name)).into_response();
    }
    answer(status)
}

fn answer(status: Result<Status, NoAnswer>) -> Response {
    match status {
        Ok(status) => Json(status).into_response(),
        Err(error) => unanswered(error),
    }
}

pub(crate) fn unanswered(error: NoAnswer) -> Response {
    match error {
        NoAnswer::Stopping => unavailable("the daemon is stopping".to_owned()),
        NoAnswer::Silent => {
            unavailable(format!("the protocol thread does not answer within {ANSWER_LIMIT:?}: it hangs or is starved"))
        }
    }
}

pub(super) fn unavailable(why: String) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
}
