//! Which MAC a peer sends from. Raw IP sockets do not tell, so that the interface is watched until the next advert.

use std::time::Duration;

use linux::clock;
use linux::observe::Observer;
use vrrp::snapshot::Speaker;
use vrrp::types::IfIndex;

use crate::ports::sightings::Sightings;

/// Time between two looks at what was seen.
const LOOK: Duration = Duration::from_millis(20);
/// Longest time, so that the client does not wait in vain.
const LONGEST: Duration = Duration::from_millis(1100);

/// Whether time has passed while the wire was watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::control) enum Looked {
    No,
    Yes,
}

/// Watches an interface until the MACs of those who speak on it are known, or for a little more than an interval.
pub(in crate::control) async fn look(
    link: (IfIndex, &str),
    speakers: &[Speaker],
    interval: Duration,
    sightings: &Sightings,
) -> Looked {
    let unknown = || speakers.iter().any(|speaker| sightings.mac(link.1, speaker.address).is_none());
    if !unknown() {
        return Looked::No;
    }
    // What cannot be watched stays an open question.
    let Ok(mut observer) = Observer::open(link.0) else { return Looked::No };
    let (start, time) = (clock::now(), (interval * 11 / 10).min(LONGEST));
    while unknown() && clock::now().since(start) < time {
        tokio::time::sleep(LOOK).await;
        let noted = observer.read(|sighting| {
            sightings.note_mac(link.1, sighting.source, sighting.mac);
        });
        if noted.is_err() {
            break;
        }
    }
    Looked::Yes
}
