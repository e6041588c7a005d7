//! Another program takes the place of this one: what the thread hands over, and how that of the other program goes on.

use std::io;

use linux::clock;
use vrrp::StateName;
use vrrp::config::RouterConfig;
use vrrp::input::Input;
use vrrp::time::Instant;
use vrrp::types::RouterId;

use super::Protocol;
use crate::ports::handover::{EnginePart, EngineResumption, Purpose, SessionsResumption, Standstill};

impl Protocol {
    /// Masters speak once more, and so do BFD sessions, so that their peers miss nothing until the other program speaks.
    pub(super) fn hand_over(&mut self, standstill: Standstill<EnginePart>) {
        let now = clock::now();
        match standstill.purpose {
            Purpose::Rehearsal => {}
            Purpose::Execution => {
                self.engine.speak_now(now);
                self.carry_out();
                self.bfd.speak_now(now, &mut self.engine);
            }
        }
        // What the host thread does not know of yet would be lost, and of routers that were removed nobody knows the name.
        let is_calm = self.orders.is_empty() && self.removed.is_empty() && self.stopping.is_none();
        let may_pause = match standstill.purpose {
            Purpose::Rehearsal => true,
            Purpose::Execution => self.bfd.may_pause(),
        };
        let part = (is_calm && may_pause).then(|| self.part(now).ok());
        standstill.hold(part.flatten());
    }

    fn part(&self, now: Instant) -> io::Result<EnginePart> {
        let engine = &self.engine;
        let (sessions, sockets) = self.bfd.part()?;
        Ok(EnginePart {
            deaf_since: now,
            routers: engine.routers().filter_map(|id| Some((id, engine.router_state(id)?))).collect(),
            groups: engine.group_states().collect(),
            readings: engine.readings().collect(),
            sessions,
            sockets,
        })
    }

    /// Adds routers that go on from where they were. BFD sessions do so later.
    pub(super) fn resume(
        &mut self,
        now: Instant,
        add: Vec<RouterConfig>,
        from: EngineResumption,
    ) -> (Vec<RouterId>, SessionsResumption) {
        let EngineResumption { deaf_since, routers, groups, readings, sessions, meanwhile: _ } = from;
        for (tracker, reading) in readings {
            self.engine.handle(now, Input::Reading { tracker, reading });
        }
        for (id, state) in groups {
            self.engine.resume_group(id, state);
        }
        let resume = |(config, (state, frames))| {
            let holds = state_holds(&state);
            let id = self.engine.resume(now, deaf_since, config, state);
            if let Some(frames) = frames {
                self.set_frames(id, frames);
            }
            if holds {
                self.holding.insert(id);
            }
            id
        };
        (add.into_iter().zip(routers).map(resume).collect(), sessions)
    }
}

/// Whether the router has its addresses.
fn state_holds(state: &vrrp::RouterState) -> bool {
    match state.state() {
        StateName::Active => true,
        StateName::Initialize | StateName::Backup => state.is_leaving(),
    }
}
