//! Our own metrics. Names end in their unit, counters in `_total`.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use vrrp::bfd;
use vrrp::event::StateName;
use vrrp::input::Reading;
use vrrp::snapshot::{Counters, Snapshot};

use super::page::{Label, Page, Sample};
use super::scene::{Guardian, Scene, Seen};
use crate::control::company::{self, Redundancy};
use crate::ports::host::{AddressState, HostView};
use crate::wording;

/// The metrics of a scene.
#[derive(Debug)]
pub(super) struct Own(pub(super) Arc<Scene>);

/// Counters of a router.
type Counted = (&'static str, &'static str, fn(&Counters) -> u64);
/// A number of a router that goes up and down.
type Measured = (&'static str, &'static str, fn(&Snapshot) -> f64);
/// A yes or no of a router, of which the host thread knows.
type Known = (&'static str, &'static str, fn(&HostView) -> bool);

const COUNTERS: [Counted; 13] = [
    ("tanist_router_became_master", "How often the router became master.", |it| it.became_active),
    ("tanist_router_adverts_sent", "Adverts sent, copies not counted.", |it| it.sent),
    ("tanist_router_adverts_failed", "Adverts that could not be sent.", |it| it.send_failed),
    ("tanist_router_adverts_received", "Adverts of others that passed all checks.", |it| it.received),
    ("tanist_router_priority_zero_sent", "Adverts sent by which the router left.", |it| it.sent_priority_zero),
    ("tanist_router_priority_zero_received", "Adverts by which a master left.", |it| it.received_priority_zero),
    ("tanist_router_inferior_adverts_answered", "Adverts of inferior masters, answered at once.", |it| it.answered),
    (
        "tanist_router_inferior_adverts_unanswered",
        "Adverts of inferior masters, not answered because there were too many.",
        |it| it.answers_suppressed,
    ),
    (
        "tanist_router_near_failovers",
        "Adverts of the master that came when less than an interval was left before the router took over.",
        |it| it.near_failovers,
    ),
    (
        "tanist_router_two_masters",
        "How often another master went on advertising although the router was master.",
        |it| it.two_masters,
    ),
    (
        "tanist_router_redundancy_losses",
        "How often the master before had gone and nobody was heard for another down interval.",
        |it| it.redundancy_lost,
    ),
    ("tanist_router_interval_mismatches", "Adverts with another interval.", |it| it.interval_mismatches),
    ("tanist_router_address_mismatches", "Adverts with other addresses.", |it| it.address_mismatches),
];

const MEASURED: [Measured; 4] = [
    ("tanist_router_priority", "Effective priority.", |it| f64::from(it.priority.value())),
    ("tanist_router_base_priority", "Priority as configured.", |it| f64::from(it.base_priority.value())),
    ("tanist_router_advert_interval_seconds", "Time between the adverts of the router as master.", |it| {
        it.interval.duration().as_secs_f64()
    }),
    ("tanist_router_down_interval_seconds", "How long a master may be silent.", |it| it.down_interval.as_secs_f64()),
];

const KNOWN: [Known; 2] = [
    ("tanist_router_addresses_missing", "Whether the router is master without all of its addresses.", |it| {
        it.addresses == AddressState::Missing
    }),
    (
        "tanist_router_held_down",
        "Whether the router stays out of the election because the kernel refused what it needs.",
        |it| it.hold_down_until.is_some(),
    ),
];

impl Collector for Own {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (mut page, routers) = (Page(encoder), self.0.routers());
        self.0.daemon(&mut page)?;
        self.0.of_routers(&mut page, &routers)?;
        self.0.of_groups(&mut page)?;
        self.0.of_trackers(&mut page)?;
        self.0.of_sessions(&mut page)
    }
}

impl Scene {
    fn daemon(&self, page: &mut Page<'_>) -> fmt::Result {
        let version = [("version", Cow::from(env!("CARGO_PKG_VERSION")))];
        page.gauge("tanist_build_info", "The version of the daemon.", [Sample::new(&version, 1.0)])?;
        let left_out = self.directory.places().left_out().len();
        let gauges: [(_, _, f64); 2] = [
            ("tanist_routers_left_out", "Routers of the configuration that do not run.", count(left_out)),
            (
                "tanist_host_thread_up",
                "Whether the thread that holds the addresses answers.",
                flag(self.machine.is_some()),
            ),
        ];
        for (name, help, value) in gauges {
            page.gauge(name, help, [Sample::new(&[], value)])?;
        }
        let it = &self.counts;
        for (name, help, value) in [
            ("tanist_packets_lost", "Packets that came faster than they were read.", self.snapshots.overflows),
            ("tanist_events_lost", "Events that were neither logged nor told.", it.events_lost),
            ("tanist_log_lines_dropped", "Lines of the log that standard error did not take.", it.log_lines_dropped),
            ("tanist_mails_sent", "Mails that the mail server took.", it.mails_sent),
            ("tanist_mails_lost", "Mails that the mail server did not take.", it.mails_lost),
            ("tanist_pipe_lines_lost", "Lines for which pipes had no room.", it.pipe_lines_lost),
            (
                "tanist_scripts_superseded",
                "Notify scripts that were not run because newer states waited.",
                it.scripts_superseded,
            ),
        ] {
            page.counter(name, help, [Sample::new(&[], value)])?;
        }
        let unclaimed = self.snapshots.no_such_router.iter().map(|(reason, count)| Sample {
            subject: &[],
            own: vec![("reason", reason.name().into())],
            value: count,
        });
        page.counter("tanist_packets_unclaimed", "Packets that belonged to no router.", unclaimed)?;
        let (is_there, deaths) = match self.guardian {
            Guardian::Unwanted => return Ok(()),
            Guardian::Missing { deaths } => (0.0, deaths),
            Guardian::There { deaths } => (1.0, deaths),
        };
        page.gauge("tanist_guardian_up", "Whether the guardian runs.", [Sample::new(&[], is_there)])?;
        page.counter("tanist_guardian_deaths", "How often the guardian has died.", [Sample::new(&[], deaths)])
    }

    fn of_routers(&self, page: &mut Page<'_>, routers: &[Seen<'_>]) -> fmt::Result {
        let states = routers.iter().flat_map(|it| states(&it.labels, it.snapshot.state));
        page.gauge("tanist_router_state", "1 for the state that the router is in.", states)?;
        for (name, help, value) in MEASURED {
            page.gauge(name, help, routers.iter().map(|it| Sample::new(&it.labels, value(it.snapshot))))?;
        }
        let entered = routers.iter().map(|it| Sample::new(&it.labels, self.timestamp(it.snapshot.since)));
        let help = "When the router entered its state, in seconds since 1970.";
        page.gauge("tanist_router_state_entered_timestamp_seconds", help, entered)?;
        let released = routers.iter().map(|it| Sample::new(&it.labels, flag(self.released.contains(&it.router.name))));
        page.gauge("tanist_router_released", "Whether somebody released the router, which stays away.", released)?;
        for (name, help, is_so) in KNOWN {
            let known = routers.iter().filter_map(|it| Some((it, it.view?)));
            page.gauge(name, help, known.map(|(it, view)| Sample::new(&it.labels, flag(is_so(view)))))?;
        }
        for (name, help, count) in COUNTERS {
            page.counter(name, help, routers.iter().map(|it| Sample::new(&it.labels, count(&it.snapshot.counters))))?;
        }
        self.of_company(page, routers)?;
        let dropped = routers.iter().flat_map(|it| {
            it.snapshot.counters.discarded.iter().map(|(reason, count)| Sample {
                subject: &it.labels,
                own: vec![("reason", reason.name().into())],
                value: count,
            })
        });
        page.counter("tanist_router_packets_dropped", "Packets for the router that were dropped.", dropped)
    }

    fn of_company(&self, page: &mut Page<'_>, routers: &[Seen<'_>]) -> fmt::Result {
        let others = |it: &Seen<'_>| count(company::other_masters(it.snapshot, self.now.at).count());
        let help = "How many others claim to be master although the router is.";
        page.gauge("tanist_router_other_masters", help, routers.iter().map(|it| Sample::new(&it.labels, others(it))))?;
        let has_lost = |it: &Seen<'_>| flag(Redundancy::of(it.snapshot) == Redundancy::Lost);
        let help = "Whether the router is master, the master before went silent or left, and nobody was heard since.";
        page.gauge(
            "tanist_router_redundancy_lost",
            help,
            routers.iter().map(|it| Sample::new(&it.labels, has_lost(it))),
        )
    }

    fn of_groups(&self, page: &mut Page<'_>) -> fmt::Result {
        let named = |group| [("group", Cow::from(self.directory.group(group)))];
        let mut groups: Vec<_> = self.snapshots.groups.iter().map(|it| (named(it.group), it.state)).collect();
        groups.sort_by(|(a, _), (b, _)| a.cmp(b));
        let states = groups.iter().flat_map(|(labels, state)| states(labels, *state));
        page.gauge("tanist_group_state", "1 for the state that the sync group is in.", states)
    }

    fn of_trackers(&self, page: &mut Page<'_>) -> fmt::Result {
        let trackers: Vec<([Label<'_>; 1], Reading)> = self
            .trackers()
            .into_iter()
            .map(|(key, reading)| ([("tracker", wording::key(key).into())], reading))
            .collect();
        let up = trackers.iter().filter_map(|(labels, reading)| match reading {
            Reading::Up => Some(Sample::new(labels, 1.0)),
            Reading::Down => Some(Sample::new(labels, 0.0)),
            Reading::Unknown | Reading::Level(_) => None,
        });
        page.gauge("tanist_tracker_up", "Whether what routers track is up; missing while nothing is known.", up)?;
        let levels = trackers.iter().filter_map(|(labels, reading)| match reading {
            Reading::Level(level) => Some(Sample::new(labels, f64::from(*level))),
            Reading::Unknown | Reading::Up | Reading::Down => None,
        });
        page.gauge("tanist_tracker_level", "The number that a tracked file or process has.", levels)
    }

    fn of_sessions(&self, page: &mut Page<'_>) -> fmt::Result {
        let named = |session: &bfd::Snapshot| {
            let name = self.directory.tracker(session.tracker).map_or("?", |key| key.name());
            [("session", Cow::from(name)), ("neighbor", session.neighbor.to_string().into())]
        };
        let mut sessions: Vec<_> = self.snapshots.sessions.iter().map(|it| (named(it), it)).collect();
        sessions.sort_by(|(a, _), (b, _)| a.cmp(b));
        let up = sessions.iter().map(|(labels, it)| Sample::new(labels, flag(it.state == bfd::SessionState::Up)));
        page.gauge("tanist_bfd_session_up", "Whether the BFD session is up.", up)?;
        let sent = sessions.iter().map(|(labels, it)| Sample::new(labels, it.counters.sent));
        page.counter("tanist_bfd_packets_sent", "BFD packets sent.", sent)?;
        let received = sessions.iter().map(|(labels, it)| Sample::new(labels, it.counters.received));
        page.counter("tanist_bfd_packets_received", "BFD packets of the neighbor that passed all checks.", received)
    }
}

/// A sample for each state.
fn states<'a>(subject: &'a [Label<'a>], state: StateName) -> impl Iterator<Item = Sample<'a, f64>> {
    [StateName::Active, StateName::Backup, StateName::Initialize].into_iter().map(move |it| Sample {
        subject,
        own: vec![("state", wording::state(it).to_ascii_lowercase().into())],
        value: flag(it == state),
    })
}

const fn flag(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}
