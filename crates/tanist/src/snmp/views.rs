//! The view that answers are made from: a new one when the last is too old.

use std::sync::Arc;
use std::time::Duration;

use conf::model::Config;
use conf::model::snmp::Snmp as Wanted;
use tokio::time::Instant;

use super::past::Past;
use super::scene::{AgentClock, Scene, Told};
use super::view::{Objects, View};
use super::{InForce, keepalived, rfc2787, rfc6527};
use crate::control::inquiry::NoAnswer;
use crate::control::picture::is_on;
use crate::control::state::Control;

/// What was asked of the threads serves all requests of this time,
const FRESH: Duration = Duration::from_millis(100);
/// and of so many times what it took to make the view of it: a walk costs a tenth of a processor at most.
const REST: u32 = 10;

/// Where views come from.
pub(super) struct Views {
    control: Arc<Control>,
    config: InForce,
    past: Past,
    last: Option<Last>,
}

struct Last {
    view: Arc<View>,
    until: Instant,
}

impl Views {
    pub(super) const fn new(control: Arc<Control>, config: InForce, past: Past) -> Self {
        Self { control, config, past, last: None }
    }

    /// The configuration in force.
    pub(super) fn config(&self) -> Option<Arc<Config>> {
        self.config.borrow().clone()
    }

    /// What is so now, or was a moment ago.
    ///
    /// # Errors
    /// If the protocol thread does not answer.
    pub(super) async fn fresh(&mut self, wanted: &Wanted, agent: AgentClock) -> Result<Arc<View>, NoAnswer> {
        if let Some(last) = self.last.as_ref().filter(|last| Instant::now() < last.until) {
            return Ok(Arc::clone(&last.view));
        }
        let begin = Instant::now();
        let config = self.config().ok_or(NoAnswer::Stopping)?;
        self.past.keep(&self.control.directory.borrow());
        let told = Told { past: self.past.clone(), traps: wanted.traps, agent };
        let scene = Scene::look(&self.control, config, told).await?;
        let wanted = wanted.clone();
        let view = tokio::task::spawn_blocking(move || Arc::new(view(scene, &wanted))).await;
        let view = view.map_err(|_| NoAnswer::Stopping)?;
        let until = begin + FRESH.max(begin.elapsed() * REST);
        self.last = Some(Last { view: Arc::clone(&view), until });
        Ok(view)
    }

    /// Nothing is answered from the last any more.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }
}

/// What is wanted of it.
pub(super) fn view(scene: Scene, wanted: &Wanted) -> View {
    let mut objects: Vec<Box<dyn Objects>> = Vec::new();
    let mibs: [(_, fn(&Scene) -> _); 3] = [
        (wanted.keepalived, keepalived::objects),
        (wanted.rfc2787, rfc2787::objects),
        (wanted.rfc6527, rfc6527::objects),
    ];
    for (switch, all) in mibs {
        if is_on(switch) {
            objects.extend(all(&scene));
        }
    }
    View::new(scene, objects)
}

/// The parts of the tree that are answered for.
pub(super) fn parts(wanted: &Wanted) -> Vec<Vec<u32>> {
    let mut parts = Vec::new();
    if is_on(wanted.keepalived) {
        // The third part is the load balancer's: keepalived may answer for that.
        parts.extend([1, 2].map(|part| keepalived::below(&[part])));
    }
    if is_on(wanted.rfc2787) {
        parts.push(rfc2787::ROOT.to_vec());
    }
    if is_on(wanted.rfc6527) {
        parts.push(rfc6527::ROOT.to_vec());
    }
    parts
}
