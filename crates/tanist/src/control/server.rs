//! The server side of the control API.

use std::convert::Infallible;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path as UrlPath, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Json, Response};
use axum::routing::get;
use tokio::sync::broadcast;

use super::line;
use super::state::Control;
use crate::ports::events::NamedEvent;

/// Makes the socket: only its owner may use it. A socket that a dead daemon left is replaced; one that answers, or a
/// file of another kind, is not.
///
/// # Errors
/// If the path cannot be used.
pub(crate) fn bind(path: &Path) -> io::Result<UnixListener> {
    if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
        fs::create_dir_all(directory)?;
    }
    if fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket()) {
        if UnixStream::connect(path).is_ok() {
            return Err(io::Error::other("another daemon listens there; give this one another --control"));
        }
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    listener.set_nonblocking(true)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Serves until the task is dropped.
pub(crate) async fn serve(listener: tokio::net::UnixListener, control: Arc<Control>) {
    let app = Router::new()
        .route("/v1/status", get(status))
        .route("/v1/status/{name}", get(status_of))
        .route("/v1/events", get(events))
        .with_state(control);
    if let Err(error) = axum::serve(listener, app).await {
        tracing::error!("control socket: {error}");
    }
}

async fn status(State(control): State<Arc<Control>>) -> Response {
    match control.status().await {
        Some(status) => Json(status).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping").into_response(),
    }
}

async fn status_of(State(control): State<Arc<Control>>, UrlPath(name): UrlPath<String>) -> Response {
    let Some(mut status) = control.status().await else {
        return (StatusCode::SERVICE_UNAVAILABLE, "the daemon is stopping").into_response();
    };
    status.routers.retain(|router| router.name == name);
    if status.routers.is_empty() {
        return (StatusCode::NOT_FOUND, format!("there is no virtual router named {name}")).into_response();
    }
    Json(status).into_response()
}

async fn events(State(control): State<Arc<Control>>) -> Response {
    Body::from_stream(EventStream { events: control.stream.subscribe() }.into_stream()).into_response()
}

/// Events as lines of JSON. A listener that is too slow loses the oldest and is told how many.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_socket_is_replaced_but_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("control.sock");
        let first = bind(&path).unwrap();
        assert!(bind(&path).unwrap_err().to_string().contains("another daemon"));
        drop(first);
        drop(bind(&path).unwrap());
        let file = directory.path().join("file");
        fs::write(&file, "precious").unwrap();
        assert!(bind(&file).is_err());
        assert_eq!(fs::read(&file).unwrap(), b"precious");
    }
}
