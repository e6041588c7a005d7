//! What is served by TCP: metrics (`tanist_metrics`) and, with `tanist_status_page`, the status page.

use std::time::Duration;

use axum::Router;
use conf::model::{Served, Switch};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::control::connections::{self, Desk};

/// A pair of Prometheus servers, and a few people.
const DESK: Desk = Desk { name: "metrics", most: 8 };
/// Time between two tries to listen: the address may be one that comes later.
const RETRY: Duration = Duration::from_secs(5);

/// What answers.
pub(crate) struct Apps {
    pub(crate) metrics: Router,
    /// With the status page beside them.
    pub(crate) page: Router,
}

/// Serves where the configuration in force says, until the main thread has ended.
pub(crate) async fn serve(mut wanted: watch::Receiver<Option<Served>>, apps: Apps) {
    loop {
        let served = *wanted.borrow_and_update();
        let changed = tokio::select! {
            changed = wanted.changed() => changed,
            () = serve_one(served, &apps) => return,
        };
        if changed.is_err() {
            return;
        }
    }
}

/// Never ends. What it listens on is closed when it is dropped.
async fn serve_one(served: Option<Served>, apps: &Apps) {
    let Some(Served { address, page }) = served else { return std::future::pending().await };
    let mut is_told = false;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                tracing::info!("metrics are served at http://{address}/metrics");
                let app = match page {
                    Switch::On => {
                        tracing::info!("the status page is at http://{address}/");
                        &apps.page
                    }
                    Switch::Off => &apps.metrics,
                };
                return connections::serve(listener, DESK, app.clone()).await;
            }
            Err(error) if !is_told => {
                is_told = true;
                tracing::error!("metrics are not served at {address}, which is tried again: {error}");
            }
            Err(_) => {}
        }
        tokio::time::sleep(RETRY).await;
    }
}
