//! What the protocol and host threads tell the services thread. They never wait for it: a full channel is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use host::HostError;
use tokio::sync::mpsc;
use vrrp::types::{MacAddr, RouterId};

use crate::services::Directory;

/// Notices that may wait for the services thread.
const CAPACITY: usize = 16_384;

/// Something to log, to publish and to run scripts for.
#[derive(Debug)]
pub(crate) enum Notice {
    /// From the engine.
    Protocol(vrrp::event::Event),
    /// From the host thread.
    Host {
        /// The router it concerns.
        router: Option<RouterId>,
        /// What.
        what: HostNotice,
    },
    /// The routers are others from here on.
    Directory(Box<Directory>),
}

/// What happened on the machine.
#[derive(Debug)]
pub(crate) enum HostNotice {
    /// The router has its virtual MAC interface.
    VmacReady {
        /// Its name.
        name: String,
        /// Its address.
        mac: MacAddr,
    },
    /// The kernel refused something.
    Refused(HostError),
    /// Someone else undid what we need; it was put back.
    Repaired(String),
    /// The router cannot run here, and why.
    Unfit(String),
    /// Something worth a line.
    Remark(String),
}

/// Where notices go.
#[derive(Clone, Debug)]
pub(crate) struct NoticeSender {
    channel: mpsc::Sender<Notice>,
    lost: Arc<AtomicU64>,
}

/// Makes the channel.
pub(crate) fn channel() -> (NoticeSender, mpsc::Receiver<Notice>) {
    let (sender, receiver) = mpsc::channel(CAPACITY);
    (NoticeSender { channel: sender, lost: Arc::new(AtomicU64::new(0)) }, receiver)
}

impl NoticeSender {
    /// Hands a notice over, or counts it as lost if nobody keeps up.
    pub(crate) fn send(&self, notice: Notice) {
        if self.channel.try_send(notice).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Hands over what must not be lost, waiting for room; not for the protocol thread.
    pub(crate) fn send_surely(&self, notice: Notice) {
        if self.channel.blocking_send(notice).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many notices were lost so far.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }
}
