//! Metrics for Prometheus: `GET /metrics` on the control socket and, if `tanist_metrics` is written, by TCP (`web/tcp.rs`).
//!
//! They are made of what the protocol and the host thread say, like `tanist status`. However many ask, these threads are
//! asked once in [`FRESH`]. Nothing is kept for metrics: a router that is gone has none.

mod exporters;
mod own;
mod page;
mod scene;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::prometheus_text;
use prometheus_client::registry::Registry;
use serde::Deserialize;
use tokio::sync::Mutex;
use utoipa::openapi::OpenApi;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::exporters::Exporters;
use self::own::Own;
use self::scene::Scene;
use crate::control::inquiry::NoAnswer;
use crate::control::server::{self, Unavailable, Unreadable, unanswered};
use crate::control::state::Control;

/// What was asked of the threads serves all scrapes of this time.
const FRESH: Duration = Duration::from_millis(100);
/// The text format that Prometheus has read since 2014.
const FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The answers about metrics.
pub(crate) fn routes(control: Arc<Control>) -> Router {
    let scraped = Scraped { control, last: Mutex::new(None) };
    described().split_for_parts().0.with_state(Arc::new(scraped))
}

fn described() -> OpenApiRouter<Arc<Scraped>> {
    OpenApiRouter::new().routes(routes!(metrics))
}

/// The description of the control API, with what is answered here.
pub(crate) fn document() -> OpenApi {
    let mut document = server::document();
    document.merge(described().into_openapi());
    document
}

/// What a scrape asks for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Asked {
    /// Whose names and labels the metrics have.
    #[serde(default)]
    #[param(inline)]
    names: Names,
}

/// Whose names and labels the metrics have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Names {
    #[default]
    Tanist,
    /// Of the exporters for keepalived, for boards and alerts that are there already.
    Keepalived,
}

/// What all sockets share that serve metrics.
struct Scraped {
    control: Arc<Control>,
    /// Whoever asks meanwhile waits, and finds it.
    last: Mutex<Option<Last>>,
}

/// What was asked of the threads last, and the texts made of it.
struct Last {
    at: Instant,
    scene: Arc<Scene>,
    texts: Vec<(Names, Bytes)>,
}

/// Metrics for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    params(Asked),
    responses(
        (status = OK, description = "The text format", body = String, content_type = "text/plain; version=0.0.4; charset=utf-8"),
        Unreadable, Unavailable,
    )
)]
async fn metrics(State(scraped): State<Arc<Scraped>>, Query(asked): Query<Asked>) -> Response {
    match scraped.text(asked.names).await {
        Ok(text) => ([(CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(error) => unanswered(error),
    }
}

impl Scraped {
    async fn text(&self, names: Names) -> Result<Bytes, NoAnswer> {
        let mut last = self.last.lock().await;
        let fresh = last.take().filter(|last| last.at.elapsed() < FRESH);
        let last = last.insert(match fresh {
            Some(last) => last,
            None => {
                let at = Instant::now();
                Last { at, scene: Arc::new(Scene::look(&self.control).await?), texts: Vec::new() }
            }
        });
        if let Some((_, text)) = last.texts.iter().find(|(of, _)| *of == names) {
            return Ok(text.clone());
        }
        let text = Bytes::from(text(&last.scene, names));
        last.texts.push((names, text.clone()));
        Ok(text)
    }
}

fn text(scene: &Arc<Scene>, names: Names) -> String {
    let collector: Box<dyn Collector> = match names {
        Names::Tanist => Box::new(Own(Arc::clone(scene))),
        Names::Keepalived => Box::new(Exporters(Arc::clone(scene))),
    };
    let mut registry = Registry::default();
    registry.register_collector(collector);
    let mut text = String::new();
    // Writing to a string does not fail.
    prometheus_text::encode(&mut text, &registry).ok();
    text
}
