//! What the main thread tells the services thread, and asks it: an end for each.

use std::sync::Arc;

use conf::model::{Config, Served};
use tokio::sync::{mpsc, oneshot, watch};

use crate::dbus;
use crate::dumps::{self, Dumps, Wanted};
use crate::ports::handover::Rest;
use crate::ports::main::{Answer, MainHandle};
use crate::sinks::{Teller, Told};
use crate::trackers::Plan;

/// The main thread's end.
pub(crate) struct ServicesHandle {
    sinks: Teller,
    dumps: Dumps,
    in_force: watch::Sender<Option<Arc<Config>>>,
    tracked: watch::Sender<Arc<Plan>>,
    metrics: watch::Sender<Option<Served>>,
    bus_name: watch::Sender<Option<String>>,
    rest: mpsc::Sender<Answer<Rest>>,
    /// Until it is told to end.
    stop: Option<oneshot::Sender<()>>,
}

/// The services thread's end.
pub(crate) struct Ends {
    pub(super) sinks: Told,
    pub(super) dumps: dumps::Requests,
    /// The configuration in force.
    pub(super) config: watch::Receiver<Option<Arc<Config>>>,
    pub(super) tracked: watch::Receiver<Arc<Plan>>,
    /// What is served by TCP.
    pub(super) metrics: watch::Receiver<Option<Served>>,
    pub(super) bus: dbus::Parts,
    /// Asks whether everything was told that was to be told.
    pub(super) rest: mpsc::Receiver<Answer<Rest>>,
    pub(super) stop: oneshot::Receiver<()>,
}

impl ServicesHandle {
    /// For the daemon in this namespace and of this name, which no reload changes.
    pub(crate) fn new(namespace: Option<&str>, instance: Option<&str>, main: &MainHandle) -> (Self, Ends) {
        let (sinks, told) = Teller::new();
        let (in_force, config) = watch::channel(None);
        let (dumps, requests) = Dumps::new(config.clone(), namespace, instance);
        let ((tracked, plan), (metrics, served)) = (watch::channel(Arc::default()), watch::channel(None));
        let (bus_name, wanted) = watch::channel(None);
        let names = namespace.into_iter().chain(instance).map(str::to_owned).collect();
        let bus = dbus::Parts { wanted, loads: sinks.loads(), main: main.clone(), names };
        let ((rest, asked_to_rest), (stop, stopped)) = (mpsc::channel(1), oneshot::channel());
        let ends = Ends {
            sinks: told,
            dumps: requests,
            config,
            tracked: plan,
            metrics: served,
            bus,
            rest: asked_to_rest,
            stop: stopped,
        };
        (Self { sinks, dumps, in_force, tracked, metrics, bus_name, rest, stop: Some(stop) }, ends)
    }

    /// Lets them follow a configuration. What is wrong with it is logged.
    pub(crate) fn follow(&self, config: &Arc<Config>) {
        self.sinks.follow(config);
        self.in_force.send_replace(Some(Arc::clone(config)));
        set(&self.metrics, &config.global.metrics);
        set(&self.bus_name, &config.global.bus_name);
    }

    /// Has this tracked from now on.
    pub(crate) fn track(&self, plan: Plan) {
        self.tracked.send_replace(Arc::new(plan));
    }

    /// Says that the configuration is in force.
    pub(crate) fn loaded(&self) {
        self.sinks.loaded();
    }

    /// Asks for a dump. Never waits.
    pub(crate) fn dump(&self, wanted: Wanted) {
        self.dumps.want(wanted);
    }

    /// Asks whether everything was told. Returns whether it was asked: never waits.
    pub(crate) fn ask_for_rest(&self, answer: Answer<Rest>) -> bool {
        self.rest.try_send(answer).is_ok()
    }

    /// Has it end, if it has not ended by itself. While it takes its leave it has what it was told.
    pub(crate) fn stop(&mut self) {
        self.stop.take().map(|stop| stop.send(()));
    }
}

/// Tells only what is new.
fn set<T: PartialEq + Clone>(told: &watch::Sender<T>, value: &T) {
    told.send_if_modified(|before| {
        let is_new = before != value;
        if is_new {
            before.clone_from(value);
        }
        is_new
    });
}
