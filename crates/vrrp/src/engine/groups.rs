//! Sync groups: routers that change their state together. The RFC knows none; what they do is keepalived's.
//!
//! * One that lacks something keeps all out. They start together, once all can; one that comes later joins the others once
//!   it can.
//! * They become Active once each of them would: its Active_Down_Timer has run out and it has heard no master since. So
//!   two nodes of which each is superior in one router keep the roles they have.
//! * One that is no longer Active takes the others along, and these say priority 0, unlike keepalived's: nobody is known
//!   to replace them.
//!
//! All of it happens in the batch in which it begins: a group is never mixed. A router that is stopped by plan does not
//! count, and one that is new does not until it can start.

use alloc::vec::Vec;

use super::Engine;
use super::company::{Company, Others, Standing};
use super::group::{Census, Group, Owners, Step, Untold, start};
use super::router::Router;
use crate::config::GroupConfig;
use crate::event::{Causes, Reason, StateName};
use crate::snapshot::GroupSnapshot;
use crate::time::Instant;
use crate::types::{GroupId, RouterId};

/// Steps that may follow each other: some yield, the rest starts; and a group whose clock was stopped may yield twice.
const STEPS: usize = 4;

impl Engine {
    /// Makes these groups of the routers, and no others. Drain [`poll_action`](Self::poll_action) afterwards: routers that
    /// had different states become Backup.
    pub fn set_groups(&mut self, now: Instant, groups: Vec<GroupConfig>) {
        self.leave_groups(now, &groups);
        for GroupConfig { id, members } in groups {
            let group = self.groups.entry(id).or_insert_with(|| Group::new(id, now));
            group.members.clear();
            for router in members {
                self.join(now, router, id);
            }
            self.follow(now, id, None);
        }
    }

    /// Routers leave their groups that are not in the group of that id in `groups`. To be called before the routers of a
    /// reload are updated, so that what happens to one that leaves does not concern the others any more; one that changes
    /// its group is not on its own meanwhile.
    pub fn leave_groups(&mut self, now: Instant, groups: &[GroupConfig]) {
        let stays = |router: &RouterId, id: GroupId| {
            groups.iter().any(|group| group.id == id && group.members.contains(router))
        };
        let ids: Vec<GroupId> = self.groups.keys().copied().collect();
        for id in ids {
            let Some(group) = self.groups.get_mut(&id) else { continue };
            let leaving: Vec<RouterId> = group.members.extract_if(.., |router| !stays(router, id)).collect();
            if !groups.iter().any(|group| group.id == id) {
                self.groups.remove(&id);
            }
            for router in &leaving {
                let next = groups.iter().find(|group| group.members.contains(router));
                let company = next.map_or(Company::Alone, |group| Company::of(group.id));
                self.touch(now, *router, |it, out| it.set_company(now, company, out));
            }
            if !leaving.is_empty() {
                self.follow(now, id, None);
            }
        }
    }

    /// The state of a group; `None` if there is no such group.
    #[must_use]
    pub fn group(&self, group: GroupId) -> Option<GroupSnapshot> {
        self.groups.get(&group).map(Group::snapshot)
    }

    /// All groups, in the order of their ids.
    pub fn groups(&self) -> impl Iterator<Item = GroupSnapshot> + '_ {
        self.groups.values().map(Group::snapshot)
    }

    fn join(&mut self, now: Instant, router: RouterId, group: GroupId) {
        let Some(it) = self.routers.get(router) else { return };
        if it.company.group() != Some(group) {
            self.leave(router);
            self.touch(now, router, |it, out| it.set_company(now, Company::of(group), out));
        }
        if let Some(group) = self.groups.get_mut(&group)
            && !group.members.contains(&router)
        {
            group.members.push(router);
        }
    }

    /// A router is forgotten by its group.
    pub(super) fn leave(&mut self, router: RouterId) {
        let group = self.routers.get(router).and_then(|it| self.groups.get_mut(&it.company.group()?));
        if let Some(group) = group {
            group.members.retain(|member| *member != router);
        }
    }

    /// Something happened to a router, which had this standing before: its group follows.
    pub(super) fn follow_router(&mut self, now: Instant, router: RouterId, before: Option<Standing>) {
        let Some(it) = self.routers.get(router) else { return };
        let (Some(id), standing) = (it.company.group(), it.standing()) else { return };
        let is_quiet = self.groups.get(&id).is_none_or(Group::is_quiet);
        if before != Some(standing) || !is_quiet {
            self.follow(now, id, Some(router));
        }
    }

    /// Brings the routers of a group to one state. `lead`: the router to which something happened.
    pub(super) fn follow(&mut self, now: Instant, id: GroupId, lead: Option<RouterId>) {
        // Who stood still stood still with the others: no router joins one that does not know it yet.
        self.each_member(id, |engine, router| engine.touch(now, router, |_, _| {}));
        for _ in 0..STEPS {
            self.tell_ability(now, id);
            match self.census(id).step() {
                None => break,
                Some(Step::Yield) => self.yield_all(now, id),
                Some(Step::TakeOver) => self.take_over_all(now, id, lead),
                Some(Step::Start) => self.start_all(now, id),
            }
        }
        self.report_group(now, id, lead);
        self.report_members(now, id);
    }

    /// Reports what was held back of its routers, as far as that may be.
    fn report_members(&mut self, now: Instant, id: GroupId) {
        let untold = |group: &mut Group| core::mem::replace(&mut group.untold, Untold::Nothing);
        if self.groups.get_mut(&id).map(untold) == Some(Untold::Something) {
            self.each_member(id, |engine, router| engine.touch(now, router, |_, _| {}));
        }
    }

    /// Tells each router whether another is unable to take part: then it leaves.
    fn tell_ability(&mut self, now: Instant, id: GroupId) {
        let unable = self.census(id).unable;
        self.each_member(id, |engine, router| {
            let Some(it) = engine.routers.get(router) else { return };
            let itself = usize::from(it.standing() == Standing::Unable);
            let others = if unable > itself { Others::Unable } else { Others::Able };
            let company = Company::Member { group: id, others };
            if it.company != company {
                engine.touch(now, router, |it, out| it.set_company(now, company, out));
            }
        });
    }

    fn yield_all(&mut self, now: Instant, id: GroupId) {
        // Both nodes must compare addresses of the same link.
        let first = self.members(id).min_by_key(|it| (it.config.family, it.config.vrid));
        let source = first.and_then(Router::source);
        let Some(later) = self.groups.get_mut(&id).map(|group| group.backoff(source)) else { return };
        self.each_member(id, |engine, router| {
            engine.touch(now, router, |it, out| it.yield_with_group(now, later, out));
        });
    }

    fn take_over_all(&mut self, now: Instant, id: GroupId, lead: Option<RouterId>) {
        let lead = lead.filter(|lead| self.routers.get(*lead).is_some_and(|it| it.company.group() == Some(id)));
        let take_over = |engine: &mut Self, router| {
            engine.touch(now, router, |it, out| {
                if let Standing::Backup(_) = it.standing() {
                    it.take_over(now, out);
                }
            });
        };
        if let Some(lead) = lead {
            take_over(self, lead);
        }
        self.each_member(id, take_over);
    }

    fn start_all(&mut self, now: Instant, id: GroupId) {
        let census = self.census(id);
        let owners = self.owners_that_start(id);
        let start = start(&census, owners);
        if let (StateName::Initialize, Some(group)) = (census.state(), self.groups.get_mut(&id)) {
            let (state, reason) = match owners {
                Owners::All => (StateName::Active, Reason::OwnerReady),
                Owners::Some => (StateName::Backup, Reason::Ready),
            };
            // At a start the group comes before its routers, as in keepalived.
            group.enter(now, state, reason, &mut self.outbox);
        }
        self.each_member(id, |engine, router| {
            engine.touch(now, router, |it, out| {
                if it.standing() == Standing::Ready {
                    it.start(now, start, out);
                }
            });
        });
    }

    fn owners_that_start(&self, id: GroupId) -> Owners {
        let mut starting = self.members(id).filter(|it| it.standing() == Standing::Ready);
        if starting.all(|it| it.config.parameters.priority.is_owner()) { Owners::All } else { Owners::Some }
    }

    fn report_group(&mut self, now: Instant, id: GroupId, lead: Option<RouterId>) {
        let census = self.census(id);
        let lacks = self.members(id).filter(|it| it.standing() == Standing::Unable).map(Router::own_causes);
        let lacks: Causes = lacks.collect();
        let state = census.state();
        let decided = lead.and_then(|lead| self.routers.get(lead)).into_iter().chain(self.members(id));
        let decided = decided.filter(|it| it.state.name() == state).find_map(|it| it.reason);
        let Some(group) = self.groups.get_mut(&id) else { return };
        if let Some(reason) = decided {
            group.enter(now, state, reason, &mut self.outbox);
        }
        if census.is_stopped() {
            group.wait_for(now, Causes::SHUTDOWN, &mut self.outbox);
        } else if census.unable > 0 {
            group.wait_for(now, lacks.without(Causes::PENDING), &mut self.outbox);
        }
    }

    fn members(&self, id: GroupId) -> impl Iterator<Item = &Router> {
        let members = self.groups.get(&id).map(|group| group.members.as_slice()).unwrap_or_default();
        members.iter().filter_map(|router| self.routers.get(*router))
    }

    fn census(&self, id: GroupId) -> Census {
        let mut census = Census::default();
        self.members(id).for_each(|it| census.count(it.standing()));
        census
    }

    /// Does something to each router of a group in turn; the group stays as it is meanwhile.
    fn each_member(&mut self, id: GroupId, mut act: impl FnMut(&mut Self, RouterId)) {
        let member = |engine: &Self, n: usize| engine.groups.get(&id)?.members.get(n).copied();
        let mut n = 0;
        while let Some(router) = member(self, n) {
            act(self, router);
            n += 1;
        }
    }
}
