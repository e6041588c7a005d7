//! The answers of the control API.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::get;
use tokio::net::UnixListener;
use tokio::sync::broadcast;

use super::connections::{self, Progress, Stage};
use super::inquiry::{ANSWER_LIMIT, NoAnswer};
use super::line;
use super::state::Control;
use crate::control::api::Status;
use crate::ports::events::NamedEvent;

/// Clients that may follow events at a time: half of the connections, so that the others can always ask.
const FOLLOWERS: usize = 16;

/// Serves until the task is dropped.
pub(crate) async fn serve(listener: UnixListener, control: Arc<Control>) {
    let app = Router::new()
        .route("/v1/status", get(status))
        .route("/v1/status/{name}", get(status_of))
        .route("/v1/why/{name}", get(why))
        .route("/v1/events", get(events))
        .with_state(control);
    connections::serve(listener, app).await;
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

fn unanswered(error: NoAnswer) -> Response {
    match error {
        NoAnswer::Stopping => unavailable("the daemon is stopping".to_owned()),
        NoAnswer::Silent => {
            unavailable(format!("the protocol thread does not answer within {ANSWER_LIMIT:?}: it hangs or is starved"))
        }
    }
}

fn unavailable(why: String) -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, why).into_response()
}

async fn events(State(control): State<Arc<Control>>, Extension(progress): Extension<Progress>) -> Response {
    if control.stream.followers() >= FOLLOWERS {
        return unavailable(format!("{FOLLOWERS} clients follow the events already"));
    }
    progress.set(Stage::Following);
    Body::from_stream(EventStream { events: control.stream.subscribe() }.into_stream()).into_response()
}

/// Events as lines of JSON. A client that is too slow loses the oldest and is told how many.
struct EventStream {
    events: broadcast::Receiver<Arc<NamedEvent>>,
}

impl EventStream {
    fn into_stream(self) -> impl futures_util::Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
        futures_util::stream::unfold(self, |mut stream| async {
            let line = stream.next().await?;
            Some((Ok(line), stream))
        })
    }

    async fn next(&mut self) -> Option<Bytes> {
        let line = match self.events.recv().await {
            Ok(event) => serde_json::to_string(&line::of(&event)).ok()?,
            Err(broadcast::error::RecvError::Lagged(lost)) => format!("{{\"event\":\"lost\",\"count\":{lost}}}"),
            Err(broadcast::error::RecvError::Closed) => return None,
        };
        Some(Bytes::from(line + "\n"))
    }
}
