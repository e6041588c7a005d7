//! SNMP: the daemon is a subagent of the machine's SNMP agent, by AgentX.
//!
//! What is asked is answered from a [`View`](view::View) of what the threads said, which are asked once in a tenth of a second at
//! most, however fast somebody walks. An agent that is away, slow or hostile delays nothing but its own answers. Nothing can be
//! written: what the MIBs call writable is refused.

mod answer;
mod keepalived;
mod link;
mod past;
mod rfc2787;
mod rfc6527;
mod said;
mod scene;
mod session;
#[cfg(test)]
mod tests;
mod traps;
mod view;
mod views;

use std::sync::Arc;
use std::time::Duration;

use conf::model::snmp::Snmp as Wanted;
use conf::model::{Config, Switch};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use self::past::Past;
use self::session::Subagent;
use self::traps::Trap;
use self::views::Views;
use crate::control::state::Control;
use crate::launch::SnmpAsked;
use crate::names::Names;
use crate::ports::events::{NamedEvent, Occurrence};
use crate::ports::overflow::Overflow;

/// The configuration in force; `None` at the start.
pub(crate) type InForce = watch::Receiver<Option<Arc<Config>>>;

/// Traps that may wait: a failover of thousands of routers fits in.
const WAITING: usize = 8192;
/// How long the stop of the daemon waits for the last traps.
const LAST_CHANCE: Duration = Duration::from_millis(500);

/// The end of the services thread.
pub(crate) struct Snmp {
    config: InForce,
    asked: SnmpAsked,
    past: Past,
    traps: mpsc::Sender<Trap>,
    stop: oneshot::Sender<()>,
    overflow: Overflow,
    task: JoinHandle<()>,
}

impl Snmp {
    /// Starts the subagent; on the services thread.
    pub(crate) fn start(control: Arc<Control>, config: InForce, asked: SnmpAsked) -> Self {
        let ((traps, waiting), (stop, stopped)) = (mpsc::channel(WAITING), oneshot::channel());
        let past = Past::default();
        let views = Views::new(control, config.clone(), past.clone());
        let subagent = Subagent {
            config: config.clone(),
            asked: asked.clone(),
            views,
            traps: waiting,
            stop: stopped,
            names: Names::default(),
        };
        let task = tokio::spawn(subagent.run());
        Self { config, asked, past, traps, stop, overflow: Overflow::No, task }
    }

    /// Takes an event: it may be told, and is a part of what is answered.
    pub(crate) fn take(&mut self, event: &NamedEvent) {
        if let Occurrence::Protocol(engine) = &event.what {
            self.past.take(engine);
        }
        if wanted(&self.config, &self.asked).is_none_or(|wanted| wanted.traps == Switch::Off) {
            return;
        }
        let Some(trap) = Trap::of(event) else { return };
        match self.traps.try_send(trap) {
            Ok(()) => self.overflow = Overflow::No,
            Err(_) => {
                if self.overflow.is_news() {
                    tracing::warn!("SNMP traps are lost: {WAITING} others wait for the agent");
                }
            }
        }
    }

    /// Sends the traps that wait, if that takes no time, and takes leave of the agent.
    pub(crate) async fn finish(mut self) {
        // It may have ended.
        self.stop.send(()).ok();
        if timeout(LAST_CHANCE, &mut self.task).await.is_err() {
            self.task.abort();
        }
    }
}

/// What is answered and told; `None`: nothing.
fn wanted(config: &InForce, asked: &SnmpAsked) -> Option<Wanted> {
    let mut wanted = config.borrow().as_ref()?.global.snmp.clone();
    if asked.all == Switch::On {
        (wanted.keepalived, wanted.rfc2787, wanted.rfc6527) = (Switch::On, Switch::On, Switch::On);
    }
    if let Some(agent) = &asked.agent {
        wanted.agent = agent.clone();
    }
    wanted.is_on().then_some(wanted)
}
