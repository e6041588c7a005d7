//! How a configuration comes into force: main compares it with the one before, the protocol thread names the routers that are new, and
//! the host thread attaches them.

use std::sync::{Arc, mpsc};
use std::time::Instant;

use conf::Places;
use conf::model::Config;
use linux::clock;

use super::Daemon;
use super::lifecycle::Lifecycle;
use super::mark::Mark;
use super::reading::log;
use super::reload::{Pending, Running};
use super::restart::Texts;
use crate::ports::host::{HostCommand, HostPlan};
use crate::ports::protocol::{Agreed, ProtocolCommand};
use crate::ports::restart::Tested;
use crate::trackers::Doubt;
use crate::{loader, manager, wording};

/// How far the newest configuration has come.
pub(super) enum Step {
    /// It is in force.
    InForce,
    /// The protocol thread names the routers that are new.
    Naming { pending: Box<Pending>, ids: mpsc::Receiver<Vec<vrrp::types::RouterId>>, since: Instant },
    /// The host thread attaches the routers.
    Attaching { done: mpsc::Receiver<()>, since: Instant },
    /// It is in force, and another program shows whether it can go on in the place of this one.
    Testing { verdict: mpsc::Receiver<Tested>, texts: Texts },
    /// It can, and the peers of BFD sessions are asked whether they bear that nothing is sent for a while.
    Pausing { agreed: mpsc::Receiver<Agreed>, texts: Texts, since: Instant },
}

impl Daemon {
    /// SIGHUP, or the time has come. A file with errors, or with nothing that can run, changes nothing.
    pub(super) fn reload(&mut self) {
        if !matches!(self.step, Step::InForce) {
            self.reload_again = true;
            return;
        }
        manager::reloading();
        let mark = Mark::set(self.mark.as_deref(), &self.config_path);
        let loaded = loader::load_to_run(&self.config_path, self.config_id.as_deref());
        drop(mark);
        log(&loaded);
        let file = self.config_path.display();
        let refusal = if loaded.has_errors() {
            Some(" has errors")
        } else if loaded.config.is_idle() {
            Some(": there is nothing in it that can run")
        } else {
            None
        };
        if let Some(refusal) = refusal {
            tracing::error!("{file}{refusal}: the old configuration stays in force");
            manager::ready();
            return;
        }
        let lifecycle = Lifecycle::new(&loaded.config);
        self.tell_what_stays(&loaded.config);
        self.put_in_force(&Arc::new(loaded.config), loaded.places, lifecycle);
    }

    /// What a reload does not change.
    fn tell_what_stays(&self, config: &Config) {
        let global = &config.global;
        if global.net_namespace != self.configured_namespace {
            tracing::warn!("net_namespace: a reload does not change the namespace; start the daemon anew");
        }
        if global.instance != self.instance {
            tracing::warn!("instance: a reload does not change the name; start the daemon anew");
        }
    }

    /// Makes the daemon follow a configuration. Routers that are the same see nothing.
    pub(super) fn put_in_force(&mut self, config: &Arc<Config>, places: Places, lifecycle: Lifecycle) {
        self.scheduled.follow(&config.global.scheduling);
        self.guardian.follow(config.global.guardian);
        self.mark.clone_from(&config.global.reloads.file);
        self.timetable.follow(config.global.reloads.time.as_ref());
        self.lifecycle = lifecycle;
        self.services.follow(config);
        let (mut pending, mut change) = self.running.compare(config, &places);
        pending.names.places = Arc::new(places);
        let (mut plan, doubts) = self.running.plan(config);
        if let Some(before) = &mut self.before {
            change.resume = Some(Box::new(before.engine(&pending)));
            plan = plan.going_on(before.readings(&pending.names));
        }
        for Doubt { key, weakness, identity } in doubts {
            tracing::warn!("{}: {}", wording::key(&key), wording::weak_script(&weakness, identity.as_ref()));
        }
        self.services.track(plan);
        // A group makes events as soon as the protocol thread has it, and so does a router that goes on.
        let routers = Running::going_on(&pending, &change);
        let directory = self.directory.borrow().expecting(routers, &pending.names);
        self.directory.send_replace(Arc::new(directory));
        let (added, ids) = self.main.expect();
        let since = Instant::now();
        self.step = Step::Naming { pending: Box::new(pending), ids, since };
        self.protocol.send(ProtocolCommand::Reload { change: Box::new(change), added });
    }

    /// Goes on with the configuration if the thread that was asked has answered.
    pub(super) fn advance(&mut self) {
        match std::mem::replace(&mut self.step, Step::InForce) {
            Step::InForce => {}
            Step::Naming { pending, ids, since } => match ids.try_recv() {
                Ok(ids) => self.attach(*pending, ids),
                Err(_) => self.step = Step::Naming { pending, ids, since },
            },
            Step::Attaching { done, since } => match done.try_recv() {
                Ok(()) => self.in_force(),
                Err(_) => self.step = Step::Attaching { done, since },
            },
            Step::Testing { verdict, texts } => match verdict.try_recv() {
                Ok(verdict) => self.tested(verdict, texts),
                Err(mpsc::TryRecvError::Empty) => self.step = Step::Testing { verdict, texts },
                Err(mpsc::TryRecvError::Disconnected) => {
                    self.tested(Err("the self-test was not carried out".to_owned()), texts)
                }
            },
            Step::Pausing { agreed, texts, since } => match agreed.try_recv() {
                Ok(agreed) => self.paused(agreed, &texts),
                Err(_) => self.step = Step::Pausing { agreed, texts, since },
            },
        }
    }

    fn attach(&mut self, mut pending: Pending, ids: Vec<vrrp::types::RouterId>) {
        let (gaps, link_delays) = (pending.gaps, std::mem::take(&mut pending.link_delays));
        let vmac_prefixes = std::mem::take(&mut pending.vmac_prefixes);
        let garp_groups = std::mem::take(&mut pending.garp_groups);
        let (drop_priority, leases) = (pending.drop_priority, pending.leases);
        let names = std::mem::take(&mut pending.names);
        let places = Arc::clone(&names.places);
        let statics = std::mem::take(&mut pending.statics);
        let resume = self.before.as_ref().and_then(|before| before.host(&pending, &ids)).map(Box::new);
        let routers = self.running.complete(pending, ids);
        // Before the host thread attaches a router to its parent it makes no event, unless it goes on.
        let known = routers.iter().cloned().collect();
        let directory = self.directory.borrow().followed_by(known, names);
        self.directory.send_replace(Arc::new(directory));
        // Before the host thread gives a new router its interface, without which it does not start.
        self.released.take_groups_along(&self.directory.borrow());
        let released = self.released.ids(&self.directory.borrow());
        self.protocol.send(ProtocolCommand::Release(released));
        let (answer, done) = self.main.expect();
        self.step = Step::Attaching { done, since: Instant::now() };
        let (track_groups, trackers) = (self.running.track_groups(), self.running.trackers());
        let plan = HostPlan {
            statics,
            routers,
            track_groups,
            trackers,
            gaps,
            garp_groups,
            vmac_prefixes,
            link_delays,
            drop_priority,
            leases,
            places,
            resume,
        };
        self.host.send(HostCommand::Reload { plan: Box::new(plan), done: answer });
    }

    fn in_force(&mut self) {
        tracing::info!("{} is in force", self.config_path.display());
        // With it goes what it has kept open.
        if let Some(before) = self.before.take() {
            self.protocol.send(ProtocolCommand::EndPause);
            let (handover, ours) = (&before.handover, env!("CARGO_PKG_VERSION"));
            let gap = clock::now().since(handover.deaf_since).as_millis();
            tracing::info!(
                "tanist {ours} goes on in the place of tanist {}, after {gap} ms: {} virtual routers",
                handover.program,
                handover.routers.len()
            );
        }
        self.services.loaded();
        manager::ready();
        if std::mem::take(&mut self.reload_again) {
            self.reload();
        }
    }
}
