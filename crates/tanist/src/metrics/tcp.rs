//! Metrics by TCP: `tanist_metrics`.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::control::connections::{self, Desk};

/// A pair of Prometheus servers, and a few people.
const DESK: Desk = Desk { name: "metrics", most: 8 };
/// Time between two tries to listen: the address may be one that comes later.
const RETRY: Duration = Duration::from_secs(5);

/// Serves where the configuration in force says, until the main thread has ended.
pub(crate) async fn serve(mut wanted: watch::Receiver<Option<SocketAddr>>, app: Router) {
    loop {
        let address = *wanted.borrow_and_update();
        let changed = tokio::select! {
            changed = wanted.changed() => changed,
            () = serve_at(address, &app) => return,
        };
        if changed.is_err() {
            return;
        }
    }
}

/// Never ends. What it listens on is closed when it is dropped.
async fn serve_at(address: Option<SocketAddr>, app: &Router) {
    let Some(address) = address else { return std::future::pending().await };
    let mut is_told = false;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                tracing::info!("metrics are served at http://{address}/metrics");
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
