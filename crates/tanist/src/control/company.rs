//! Who else is there: other masters, and what can be known of those who would take over.
//!
//! VRRP backups are silent. So a master knows only who spoke before: that somebody stands by it cannot know, only that the
//! one who was there has gone and nobody was heard since.

use vrrp::discard::Discard;
use vrrp::event::{Reason, StateName};
use vrrp::snapshot::{Snapshot, Speaker};
use vrrp::time::Instant;
use vrrp::types::Priority;

/// What is known of others who would take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redundancy {
    /// This router does not take part.
    Absent,
    /// This router would take over from the master that it hears.
    StandsBy,
    /// Somebody was heard last at that time, and may be there in silence.
    Seen(Instant),
    /// The master before went silent or left, and nobody was heard since.
    Lost,
    /// Nobody was ever heard.
    Unknown,
}

impl Redundancy {
    pub(crate) fn of(snapshot: &Snapshot) -> Self {
        let heard = snapshot.speakers.iter().flatten().filter(|it| it.discarded.is_none() && is_there(it));
        let last = heard.map(|speaker| speaker.heard).max();
        let has_lost = match snapshot.reason {
            Some(Reason::MasterSilent { last, .. }) => last.is_some(),
            Some(Reason::MasterLeft { .. }) => true,
            Some(
                Reason::Ready
                | Reason::OwnerReady
                | Reason::Preempted { .. }
                | Reason::SuperiorAdvert { .. }
                | Reason::GroupIsActive
                | Reason::GroupYielded
                | Reason::Lost { .. }
                | Reason::Shutdown
                | Reason::Stalled { .. },
            )
            | None => false,
        };
        match (snapshot.state, last) {
            (StateName::Initialize, _) => Self::Absent,
            (StateName::Backup, _) => Self::StandsBy,
            (StateName::Active, Some(at)) if at >= snapshot.since => Self::Seen(at),
            (StateName::Active, _) if has_lost => Self::Lost,
            (StateName::Active, Some(at)) => Self::Seen(at),
            (StateName::Active, None) => Self::Unknown,
        }
    }

    /// A word for programs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::StandsBy => "stands_by",
            Self::Seen(_) => "seen",
            Self::Lost => "lost",
            Self::Unknown => "unknown",
        }
    }
}

/// Who else claims to be master although this router is: heard since it became that, and within the time after which a
/// master counts as gone. Also those whose packets are dropped, for that may be the reason.
pub(crate) fn other_masters(snapshot: &Snapshot, now: Instant) -> impl Iterator<Item = &Speaker> {
    let is_master = snapshot.state == StateName::Active;
    let since = snapshot.since;
    let is_recent = move |it: &&Speaker| it.heard >= since && now.since(it.heard) < snapshot.down_interval;
    snapshot
        .speakers
        .iter()
        .flatten()
        .filter(move |_| is_master)
        .filter(is_recent)
        .filter(|it| is_there(it) && it.discarded.is_none_or(Discard::may_be_ours))
}

/// Whether it did not say that it leaves.
fn is_there(speaker: &Speaker) -> bool {
    speaker.priority.is_some_and(|priority| priority != Priority::RELEASE)
}
