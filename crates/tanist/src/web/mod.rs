//! The status page: what `tanist status` and `tanist history` say, for browsers. It can only be looked at, and takes nothing from
//! elsewhere. A script replaces its middle every two seconds; without scripts the browser loads it anew.

mod html;
pub(crate) mod tcp;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::sync::Mutex;

use crate::control::inquiry::NoAnswer;
use crate::control::server::unanswered;
use crate::control::state::Control;

/// A page serves all who ask within this time.
const FRESH: Duration = Duration::from_millis(500);
/// Events that it shows.
const EVENTS: usize = 50;
/// Scripts and styles are files of their own, so that nothing within the page runs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// What all browsers share.
struct Shown {
    control: Arc<Control>,
    /// Whoever asks meanwhile waits, and finds it.
    last: Mutex<Option<(Instant, Bytes)>>,
}

/// The answers to browsers.
pub(crate) fn routes(control: Arc<Control>) -> Router {
    let file =
        |kind: &'static str, text: &'static str| get(async move || answer(kind, Bytes::from_static(text.as_bytes())));
    Router::new()
        .route("/", get(page))
        .route("/style.css", file("text/css; charset=utf-8", include_str!("style.css")))
        .route("/live.js", file("text/javascript; charset=utf-8", include_str!("live.js")))
        .with_state(Arc::new(Shown { control, last: Mutex::new(None) }))
}

async fn page(State(shown): State<Arc<Shown>>) -> Response {
    match shown.page().await {
        Ok(page) => answer("text/html; charset=utf-8", page),
        Err(error) => unanswered(error),
    }
}

impl Shown {
    async fn page(&self) -> Result<Bytes, NoAnswer> {
        let mut last = self.last.lock().await;
        if let Some((_, page)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(page.clone());
        }
        let (at, status) = (Instant::now(), self.control.status().await?);
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let page = Bytes::from(html::page(&host, SystemTime::now(), &status, &self.control.recent(EVENTS)));
        *last = Some((at, page.clone()));
        Ok(page)
    }
}

fn answer(kind: &'static str, body: Bytes) -> Response {
    let head = [
        (CONTENT_TYPE, kind),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-store"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (head, body).into_response()
}
