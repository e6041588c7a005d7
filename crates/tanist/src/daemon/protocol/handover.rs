//! Another program takes the place of this one: what the thread hands over, and how that of the other program goes on.

use linux::clock;
use vrrp::StateName;
use vrrp::config::RouterConfig;
use vrrp::input::Input;
use vrrp::time::Instant;
use vrrp::types::RouterId;

use super::Protocol;
use crate::ports::handover::{EnginePart, EngineResumption, Purpose, Standstill};

impl Protocol {
    /// Masters speak once more, so that their peers miss nothing until the other program speaks.
    pub(super) fn hand_over(&mut self, standstill: Standstill<EnginePart>) {
        let now = clock::now();
        match standstill.purpose {
            Purpose::Rehearsal => {}
            Purpose::Execution => {
                self.engine.speak_now(now);
                self.carry_out();
            }
        }
        // What the host thread does not know of yet would be lost, and of routers that were removed nobody knows the name.
        let is_calm = self.orders.is_empty() && self.removed.is_empty() && self.stopping.is_none();
        let part = is_calm.then(|| self.part(now));
        standstill.hold(part);
    }

    fn part(&self, now: Instant) -> EnginePart {
        let engine = &self.engine;
        EnginePart {
            deaf_since: now,
            routers: engine.routers().filter_map(|id| Some((id, engine.router_state(id)?))).collect(),
            groups: engine.group_states().collect(),
            readings: engine.readings().collect(),
            sessions: self.bfd.snapshots().len(),
        }
    }

    /// Adds routers that go on from where they were.
    pub(super) fn resume(&mut self, now: Instant, add: Vec<RouterConfig>, from: EngineResumption) -> Vec<RouterId> {
        let EngineResumption { deaf_since, routers, groups, readings, meanwhile: _ } = from;
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
        add.into_iter().zip(routers).map(resume).collect()
    }
}

/// Whether the router has its addresses.
fn state_holds(state: &vrrp::RouterState) -> bool {
    match state.state() {
        StateName::Active => true,
        StateName::Initialize | StateName::Backup => state.is_leaving(),
    }
}
