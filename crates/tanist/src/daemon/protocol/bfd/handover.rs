//! Another program takes the place of this one: peers agree to a pause, and sessions go on in it, with their sockets.

use std::io;
use std::os::fd::OwnedFd;

use linux::poll::Poll;
use vrrp::Engine;
use vrrp::bfd::{Consent, Input};
use vrrp::time::Instant;

use super::Bfd;
use crate::ports::handover::{SessionPart, SessionsResumption};
use crate::ports::main::Answer;
use crate::ports::protocol::{Agreed, SessionPlan};

impl Bfd {
    /// Asks all peers to bear that nothing is sent for a while.
    pub(in super::super) fn pause(&mut self, now: Instant, answer: Answer<Agreed>, engine: &mut Engine) {
        self.pausing = Some(answer);
        self.sessions.handle(now, Input::Pause);
        self.carry_out(engine);
    }

    /// It is over, or does not come.
    pub(in super::super) fn end_pause(&mut self, now: Instant, engine: &mut Engine) {
        self.pausing = None;
        self.sessions.handle(now, Input::EndPause);
        self.carry_out(engine);
    }

    pub(super) fn tell_consent(&mut self, consent: Consent) {
        let Some(answer) = self.pausing.take() else { return };
        answer.give(match consent {
            Consent::Given => Ok(()),
            Consent::Missing(trackers) => {
                let missing = self.plans.values().filter(|plan| trackers.contains(&plan.config.tracker));
                Err(missing.map(|plan| (plan.name.clone(), plan.config.neighbor)).collect())
            }
        });
    }

    /// Whether no peer would take its session for lost.
    pub(in super::super) fn may_pause(&self) -> bool {
        self.sessions.bear_silence()
    }

    /// The last packets before the pause.
    pub(in super::super) fn speak_now(&mut self, now: Instant, engine: &mut Engine) {
        self.sessions.speak_now(now);
        self.carry_out(engine);
    }

    /// What is known of all sessions, and their sockets, in which packets wait while no program takes them.
    ///
    /// # Errors
    /// If there are no more descriptors.
    pub(in super::super) fn part(&self) -> io::Result<(Vec<SessionPart>, Vec<OwnedFd>)> {
        let part = |(id, known)| {
            let plan = self.plans.get(id)?;
            Some(SessionPart { name: plan.name.to_string(), ends: plan.ends(), port: self.senders.port(id), known })
        };
        let sockets = self.receivers.descriptors().chain(self.senders.descriptors());
        let sockets = sockets.map(|it| it.try_clone_to_owned()).collect::<io::Result<_>>()?;
        Ok((self.sessions.known().filter_map(part).collect(), sockets))
    }

    /// Adds those sessions that go on. Returns those that are new.
    pub(super) fn resume(
        &mut self,
        now: Instant,
        plans: Vec<SessionPlan>,
        from: SessionsResumption,
        poll: &Poll,
    ) -> Vec<SessionPlan> {
        let SessionsResumption { deaf_since, mut sessions, sockets } = from;
        let mut senders = self.receivers.adopt(sockets, poll);
        let mut new = Vec::new();
        for plan in plans {
            let Some(place) = sessions.iter().position(|part| part.ends == plan.ends()) else {
                new.push(plan);
                continue;
            };
            let SessionPart { port, known, .. } = sessions.swap_remove(place);
            let seed = self.seed();
            let id = self.sessions.resume(now, deaf_since, plan.config.clone(), seed, known);
            port.into_iter().for_each(|port| self.senders.adopt(id, &plan, port, &mut senders));
            self.plans.insert(id, plan);
        }
        new
    }
}
