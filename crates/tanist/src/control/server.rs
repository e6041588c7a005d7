//! The answers of the control API.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::get;
use tokio::net::UnixListener;
use utoipa::openapi::OpenApi;
use utoipa::{IntoResponses, OpenApi as _};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::connections;
use super::events;
use super::inquiry::{ANSWER_LIMIT, NoAnswer};
use super::release;
use super::restart;
use super::state::Control;
use crate::control::api::{Status, Why};

/// Serves until the task is dropped; `more` is what other rooms answer, `document` describes all of it.
pub(crate) async fn serve(listener: UnixListener, control: Arc<Control>, more: Router, document: OpenApi) {
    let document = Json(document);
    let described = get(async move || document.clone());
    let app = routes().split_for_parts().0.with_state(control).merge(more).route(DESCRIPTION, described);
    connections::serve(listener, connections::CONTROL, app).await;
}

fn routes() -> OpenApiRouter<Arc<Control>> {
    OpenApiRouter::new()
        .routes(routes!(status))
        .routes(routes!(status_of))
        .routes(routes!(why))
        .routes(routes!(events::events))
        .merge(release::routes())
        .merge(restart::routes())
}

/// Where the description of the API is.
const DESCRIPTION: &str = "/v1/openapi.json";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Control API of tanist",
        description = "HTTP on a unix socket, `/run/tanist/control.sock` unless --control says otherwise: one request per connection. Who may open the socket may ask; \
                       only root and the user that the daemon runs as may POST. Fields may be added to answers, and values to fields that are words."
    ),
    paths(description)
)]
struct Described;

/// This description (OpenAPI 3.1).
#[utoipa::path(
    get,
    path = DESCRIPTION,
    responses((status = OK, description = "The document", body = serde_json::Value))
)]
#[expect(dead_code, reason = "only its description is used: what it answers is not known before all routes are")]
fn description() {}

/// The description of what is answered here: made of the routes themselves.
pub(crate) fn document() -> OpenApi {
    let mut document = Described::openapi();
    document.merge(routes().into_openapi());
    document
}

/// Every answer that a router or BFD session is not there.
#[derive(IntoResponses)]
#[response(status = NOT_FOUND, description = "No router, sync group or BFD session has that name; which was meant, if one is near", content_type = "text/plain; charset=utf-8")]
#[expect(dead_code, reason = "a description")]
pub(super) struct NotThere(String);

/// Every answer to a path or query that cannot be read.
#[derive(IntoResponses)]
#[response(status = BAD_REQUEST, description = "The path, the query or a header cannot be read", content_type = "text/plain; charset=utf-8")]
#[expect(dead_code, reason = "a description")]
pub(crate) struct Unreadable(String);

/// Every answer of a daemon that cannot answer now.
#[derive(IntoResponses)]
#[response(status = SERVICE_UNAVAILABLE, description = "The daemon is stopping, its protocol thread does not answer, or too many ask: in words", content_type = "text/plain; charset=utf-8")]
#[expect(dead_code, reason = "a description")]
pub(crate) struct Unavailable(String);

/// All routers, sync groups and BFD sessions.
#[utoipa::path(get, path = "/v1/status", responses((status = OK, body = Status), Unavailable))]
async fn status(State(control): State<Arc<Control>>) -> Response {
    answer(control.status().await)
}

/// Why a router is master or not, with what others said last.
#[utoipa::path(
    get,
    path = "/v1/why/{name}",
    params(("name" = String, Path, description = "Name of a router")),
    responses((status = OK, body = Why), Unreadable, NotThere, Unavailable)
)]
async fn why(State(control): State<Arc<Control>>, UrlPath(name): UrlPath<String>) -> Response {
    match control.why(&name).await {
        Ok(Some(why)) => Json(why).into_response(),
        Ok(None) => (StatusCode::NOT_FOUND, control.no_router(&name)).into_response(),
        Err(error) => unanswered(error),
    }
}

/// One router with its sync group and the BFD sessions that it tracks, or one BFD session.
#[utoipa::path(
    get,
    path = "/v1/status/{name}",
    params(("name" = String, Path, description = "Name of a router or BFD session")),
    responses((status = OK, body = Status), Unreadable, NotThere, Unavailable)
)]
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
