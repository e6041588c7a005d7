//! Tells the protocol thread what trackers read, without ever waiting for it.

use std::collections::BTreeMap;

use vrrp::input::Reading;
use vrrp::types::TrackerId;

use crate::ports::protocol::{ProtocolCommand, ProtocolHandle};

/// Readings on their way.
#[derive(Debug)]
pub(super) struct Readings {
    protocol: ProtocolHandle,
    /// What found no room yet: of each tracker the newest.
    waiting: BTreeMap<TrackerId, Reading>,
}

impl Readings {
    pub(super) const fn new(protocol: ProtocolHandle) -> Self {
        Self { protocol, waiting: BTreeMap::new() }
    }

    pub(super) fn say(&mut self, tracker: TrackerId, reading: Reading) {
        self.waiting.insert(tracker, reading);
        self.offer();
    }

    /// Hands over what there is room for.
    pub(super) fn offer(&mut self) {
        while let Some(first) = self.waiting.first_entry() {
            let (tracker, reading) = (*first.key(), *first.get());
            if self.protocol.try_send(ProtocolCommand::Reading { tracker, reading }).is_err() {
                return;
            }
            first.remove();
        }
    }

    /// Whether some found no room.
    pub(super) fn wait(&self) -> bool {
        !self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::mailbox::mailbox;

    #[test]
    fn of_what_finds_no_room_the_newest_is_said_later() {
        let (protocol, mailbox) = mailbox(1).unwrap();
        let mut readings = Readings::new(protocol);
        let said = || match mailbox.next() {
            Some(ProtocolCommand::Reading { tracker, reading }) => Some((tracker.0, reading)),
            _ => None,
        };
        readings.say(TrackerId(1), Reading::Up);
        readings.say(TrackerId(2), Reading::Up);
        readings.say(TrackerId(2), Reading::Down);
        assert!(readings.wait());
        assert_eq!(said(), Some((1, Reading::Up)));
        readings.offer();
        assert_eq!(said(), Some((2, Reading::Down)));
        assert!(!readings.wait());
    }
}
