//! One router as the host thread sees it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use conf::model::route::Tracking;
use conf::model::{self, ExtraAnnouncements, VmacPlace};
use host::{Footprint, Identity, LeaseTerms, Lifetime, MacvlanLink, Renewals};
use vrrp::action::TakeoverRounds;
use vrrp::input::Parent;
use vrrp::time::Instant;
use vrrp::types::{Family, IfIndex};

use super::hold_down::HoldDown;
use super::lines::BoundLine;
use super::repair::Repairs;
use super::vmac::GivenName;
use crate::ports::events::Unusable;
use crate::ports::frames::Frames;

/// One router.
pub(super) struct Managed {
    pub(super) spec: Arc<model::Router>,
    pub(super) attachment: Option<Attachment>,
    /// What its macvlans are called, also while there are none.
    pub(super) names: BTreeMap<VmacPlace, GivenName>,
    pub(super) role: Role,
    /// Announcements that a takeover still owes, from its order until its addresses are in.
    pub(super) takeover: Option<TakeoverRounds>,
    /// When its addresses were put in.
    pub(super) installed_at: Instant,
    /// Up to when the leases of its addresses were renewed whose turn had come, and which are renewed next.
    pub(super) renewed: Instant,
    pub(super) renew: Renew,
    /// Addresses that somebody took away and that are not put back while it is master (`no_track`).
    pub(super) given_up: HashSet<Identity>,
    /// `garp_extra_if` of its `spec`, which is much to work out at each turn of the loop.
    pub(super) extra: Option<ExtraAnnouncements>,
    /// When switches are to be reminded of its MACs.
    pub(super) remind_at: Option<Instant>,
    pub(super) hold_down: HoldDown,
    /// Why it cannot run here, as it was told last.
    pub(super) unusable: Option<Unusable>,
    /// Addresses that it does not add, as was told last.
    pub(super) not_ours: BTreeSet<IpAddr>,
    /// The address for which each of its parents answers as well, as was told last.
    pub(super) two_answers: BTreeMap<VmacPlace, IpAddr>,
    pub(super) repairs: Repairs,
    /// What the protocol thread knows of its parent.
    pub(super) reported: Option<Report>,
    /// Its routes and rules, as they were bound last.
    pub(super) lines: Vec<BoundLine>,
}

/// What the protocol thread is told of a router's parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) parent: Parent,
    pub(super) frames: Option<Arc<Frames>>,
}

/// Which leases of a router are renewed next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Renew {
    /// Those whose turn has come.
    InTurn,
    /// All: some may be lost.
    All,
}

/// What the protocol thread wants of a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Idle,
    Active,
    /// It is no longer master: its addresses stay as they are, and nobody hears of them.
    Leaving,
}

/// A router on its parent.
#[derive(Clone)]
pub(super) struct Attachment {
    pub(super) parent: IfIndex,
    /// Its macvlans.
    pub(super) vmacs: BTreeMap<VmacPlace, MacvlanLink>,
    /// What it does to the machine.
    pub(super) footprint: Footprint,
    pub(super) frames: Arc<Frames>,
}

impl Managed {
    pub(super) fn new(spec: Arc<model::Router>, now: Instant) -> Self {
        Self {
            extra: spec.extra_announcements(),
            spec,
            attachment: None,
            names: BTreeMap::new(),
            role: Role::Idle,
            takeover: None,
            installed_at: now,
            renewed: now,
            renew: Renew::InTurn,
            given_up: HashSet::new(),
            remind_at: None,
            hold_down: HoldDown::NONE,
            unusable: None,
            not_ours: BTreeSet::new(),
            two_answers: BTreeMap::new(),
            repairs: Repairs::NONE,
            reported: None,
            lines: Vec::new(),
        }
    }

    /// How long its addresses have been there.
    pub(super) fn age(&self, now: Instant) -> Duration {
        now.since(self.installed_at)
    }

    /// When the leases of its addresses are renewed.
    pub(super) fn renewals(&self, terms: LeaseTerms) -> Renewals {
        Renewals { lifetime: lease(terms, &self.spec), installed_at: self.installed_at }
    }

    /// Whether this address is put back when it is lost.
    pub(super) fn is_tracked(&self, address: IpAddr) -> bool {
        let mut addresses = self.spec.addresses.iter().chain(&self.spec.excluded);
        !addresses.any(|it| it.address == address && it.tracking == Tracking::Off)
    }

    /// What is tracked by now may be put back.
    pub(super) fn forgive(&mut self) {
        let mut given_up = std::mem::take(&mut self.given_up);
        given_up.retain(|identity| matches!(identity, Identity::Address(_, address, _) if !self.is_tracked(*address)));
        self.given_up = given_up;
    }

    /// Whether it names that interface, as parent or for one of its addresses or routes.
    pub(super) fn uses(&self, name: &str) -> bool {
        let addresses = self.spec.addresses.iter().chain(&self.spec.excluded);
        self.spec.interface == name
            || addresses.into_iter().any(|address| address.dev.as_deref() == Some(name))
            || self.spec.routes.iter().any(|route| route.interfaces().any(|dev| dev == name))
    }

    /// Whether what it does to the machine depends on the machine's own addresses of that family.
    pub(super) fn depends_on(&self, family: Family) -> bool {
        let mut addresses = self.spec.addresses.iter().chain(&self.spec.excluded);
        self.spec.family == family || addresses.any(|it| Family::of(&it.address) == family)
    }

    /// The macvlan that it runs on.
    pub(super) fn vmac(&self) -> Option<&MacvlanLink> {
        self.attachment.as_ref()?.vmacs.get(&self.spec.own_place()?)
    }

    /// All its macvlans.
    pub(super) fn vmacs(&self) -> impl Iterator<Item = &MacvlanLink> {
        self.attachment.iter().flat_map(|attachment| attachment.vmacs.values())
    }
}

impl Attachment {
    /// The macvlan with this index.
    pub(super) fn vmac_at(&self, index: IfIndex) -> Option<&MacvlanLink> {
        self.vmacs.values().find(|vmac| vmac.index == index)
    }

    /// Whether it uses that interface, as parent of the router or of one of its macvlans.
    pub(super) fn is_on(&self, link: IfIndex) -> bool {
        self.parent == link || self.vmacs.values().any(|vmac| vmac.parent == link)
    }
}

/// How long the kernel keeps the router's addresses without this daemon.
pub(super) fn lease(terms: LeaseTerms, spec: &model::Router) -> Lifetime {
    terms.lease(spec.parameters.interval.duration(), spec.parameters.down_adverts.get())
}
