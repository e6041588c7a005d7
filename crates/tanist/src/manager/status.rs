//! STATUS=: how many routers are in which state, as `systemctl status` shows it.

use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::sync::Notify;
use vrrp::event::{EventKind, StateName, Subject};

use super::Patience;
use crate::control::state::Control;
use crate::ports::events::{NamedEvent, Occurrence};
use crate::ports::question::Asked;
use crate::wording;

/// Least time between two lines: a failover of many routers, or one that flaps, are a line a second.
const PACE: Duration = Duration::from_secs(1);
/// The states in the order in which they are told.
const STATES: [StateName; 3] = [StateName::Active, StateName::Backup, StateName::Initialize];

/// Tells whenever the numbers change.
pub(crate) struct StatusLine {
    changed: Arc<Notify>,
}

impl StatusLine {
    /// Begins, if there is a service manager. Used within the services thread's runtime.
    pub(crate) fn start(control: Arc<Control>) -> Self {
        let changed = Arc::new(Notify::new());
        if super::is_there() {
            tokio::spawn(follow(control, Arc::clone(&changed)));
        }
        Self { changed }
    }

    /// Hears of an event.
    pub(crate) fn take(&self, event: &NamedEvent) {
        if changes_a_state(&event.what) {
            self.changed.notify_one();
        }
    }
}

const fn changes_a_state(what: &Occurrence) -> bool {
    match what {
        Occurrence::Protocol(event) => match (&event.subject, &event.kind) {
            (
                Subject::Router(_),
                EventKind::Transition(_) | EventKind::WaitingFor { .. } | EventKind::Flapping { .. },
            ) => true,
            (Subject::Router(_) | Subject::Group(_), _) => false,
        },
        Occurrence::Host(_)
        | Occurrence::HostThread(_)
        | Occurrence::PeerMac { .. }
        | Occurrence::Unheard { .. }
        | Occurrence::Network { .. }
        | Occurrence::UnknownVrid { .. }
        | Occurrence::AnnouncementsLost(_)
        | Occurrence::Tracker(_) => false,
    }
}

async fn follow(control: Arc<Control>, changed: Arc<Notify>) {
    let mut directory = control.directory.clone();
    let mut told = None;
    loop {
        tokio::select! {
            () = changed.notified() => {}
            // A reload removes routers without a word of theirs.
            known = directory.changed() => if known.is_err() { return },
        }
        match states(&control).await.map(|states| line(&states)) {
            Some(line) if told.as_ref() == Some(&line) => {}
            Some(line) if super::try_tell(&[NotifyState::Status(&line)], Patience::None).is_ok() => told = Some(line),
            // Later.
            Some(_) | None => changed.notify_one(),
        }
        tokio::time::sleep(PACE).await;
    }
}

/// The states of the routers that are configured; `None`: the protocol thread does not say.
async fn states(control: &Control) -> Option<Vec<StateName>> {
    let snapshots = control.protocol.get(Asked::All).await.ok()?;
    let directory = control.directory.borrow();
    let configured = snapshots.routers.iter().filter(|snapshot| directory.router(snapshot.router).is_some());
    Some(configured.map(|snapshot| snapshot.state).collect())
}

fn line(states: &[StateName]) -> String {
    let count = |state: &StateName| states.iter().filter(|it| *it == state).count();
    let counted = STATES.iter().map(|state| (count(state), wording::state(*state).to_lowercase()));
    let words: Vec<_> =
        counted.filter(|(count, _)| *count > 0).map(|(count, state)| format!("{count} {state}")).collect();
    if words.is_empty() { "no virtual router".to_owned() } else { words.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_counted_and_none_is_left_out() {
        let (active, backup, initialize) = (StateName::Active, StateName::Backup, StateName::Initialize);
        assert_eq!(line(&[backup, active, initialize, active, active, backup]), "3 master, 2 backup, 1 fault");
        assert_eq!(line(&[backup]), "1 backup");
        assert_eq!(line(&[]), "no virtual router");
    }
}
