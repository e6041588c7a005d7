//! One `vrrp_script`: what is known of it, and what its results come to.

use conf::model::Switch;
use vrrp::input::Reading;
use vrrp::types::TrackerId;

use super::check::Check;
use super::debounce::CheckResult;
use super::plan::{Probe, ScriptPlan};
use crate::names::Names;
use crate::ports::tracking::{CheckFound, Found};
use crate::runner::Runner;
use crate::trackers::teller::Teller;

/// A check that is made again and again.
pub(super) struct Script {
    pub(super) plan: ScriptPlan,
    pub(super) check: Check,
    /// What routers were told.
    pub(super) said: Reading,
    pub(super) names: Names,
    /// Why it cannot be made, which was said.
    pub(super) trouble: Option<String>,
}

impl Script {
    /// Says what is known without a result.
    pub(super) fn begin(&mut self, id: TrackerId, teller: &mut Teller) {
        let found = match &self.plan.probe {
            Probe::Never(why) => {
                let why = Some(why.clone());
                let is_said = why == self.trouble;
                self.trouble.clone_from(&why);
                why.filter(|_| !is_said).map(CheckFound::CannotRun)
            }
            Probe::Program(_) | Probe::BuiltIn(_) => {
                let is_failed = self.said == Reading::Unknown && self.plan.init_fail == Switch::On;
                is_failed.then_some(CheckFound::Nothing)
            }
        };
        if let Some(found) = found {
            teller.tell(id, &self.plan.key, &mut self.said, Reading::Down, Found::Check(found));
        }
    }

    /// Counts a result, and tells what is new.
    pub(super) fn count(&mut self, id: TrackerId, result: CheckResult, found: CheckFound, teller: &mut Teller) {
        // Until there is one, routers go by what they were told.
        let reading = self.check.count(result).unwrap_or(self.said);
        let trouble = trouble(&found);
        let is_news = reading != self.said || trouble.is_some() && trouble != self.trouble;
        self.trouble = trouble;
        if is_news {
            teller.tell(id, &self.plan.key, &mut self.said, reading, Found::Check(found));
        }
    }

    /// Whether its run has ended without a word that came here.
    pub(super) fn is_over(&self, runner: Option<&Runner>) -> bool {
        match &self.plan.probe {
            Probe::Program(job) => runner.is_none_or(|runner| !runner.has(&job.queue)),
            // It ends by itself.
            Probe::BuiltIn(_) | Probe::Never(_) => false,
        }
    }

    /// Whether it is ever made.
    pub(super) const fn runs(&self) -> bool {
        match self.plan.probe {
            Probe::Program(_) | Probe::BuiltIn(_) => true,
            Probe::Never(_) => false,
        }
    }
}

/// Why a check cannot be made, if that is so.
fn trouble(found: &CheckFound) -> Option<String> {
    match found {
        CheckFound::CannotRun(why) | CheckFound::Refused(why) => Some(why.clone()),
        CheckFound::NoAnswer(_) => Some(String::new()),
        CheckFound::Stuck(_) => Some("stuck".to_owned()),
        CheckFound::Answered { .. }
        | CheckFound::Holds(_)
        | CheckFound::Unanswered(_)
        | CheckFound::Nothing
        | CheckFound::Ended { .. }
        | CheckFound::TimedOut(_)
        | CheckFound::Weak(_) => None,
    }
}
