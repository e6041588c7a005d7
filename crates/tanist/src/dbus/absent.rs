//! In the place of the service, in a build without it.

use std::sync::Arc;

use tokio::sync::oneshot;

use super::{Changes, Parts};
use crate::control::state::Control;

/// Says so whenever a configuration wants it.
pub(super) async fn run(parts: Parts, _: Changes, _: Arc<Control>, _: oneshot::Receiver<()>) {
    let mut wanted = parts.wanted;
    loop {
        if wanted.borrow_and_update().is_some() {
            tracing::warn!("enable_dbus: this program is built without D-Bus, so there is no service on it");
        }
        if wanted.changed().await.is_err() {
            return;
        }
    }
}
