//! The host thread: carries out what the protocol thread decides, and keeps the machine as it must be.
//!
//! | part | holds |
//! |---|---|
//! | this one | the loop |
//! | `commands` | what the protocol and the main thread want of it |
//! | `machinery` | the machine, the mirror of its links (`links`), whose is what (`owners`), the ledger |
//! | `managed`, `hold_down`, `repair` | one router: its parent, its role, and when it stays out of the election |
//! | `work` | what has still to be done, in pieces |
//! | `plan`, `vmac`, `attach` | what a router needs on its parent, put on record and carried out |
//! | `statics` | what stands from the daemon's start to its stop, whatever routers do |
//! | `roles`, `announce`, `pace`, `reminders` | addresses in and out; gratuitous ARP and unsolicited NA |
//! | `routing` | routes and rules of masters: bound to interfaces, looked after |
//! | `watch`, `leases`, `tables` | what others do to the machine, and what is renewed |
//! | `debounce` | when a change of a link counts |
//! | `handover` | what another program needs to go on, and going on from it |
//! | `record` | what a later start must undo |
//! | `view` | what other threads may know of it |
//!
//! It takes no part in the election but for one thing: a router whose interface or addresses the kernel refuses is held
//! down. It renews leases only while the protocol thread is alive.

mod announce;
mod attach;
mod commands;
mod debounce;
mod handover;
mod hold_down;
mod leases;
mod lines;
mod machinery;
mod managed;
mod owners;
mod pace;
mod plan;
mod record;
mod reminders;
mod repair;
mod roles;
mod routing;
mod statics;
mod tables;
mod view;
mod vmac;
mod watch;
mod work;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use conf::model::VmacPrefixes;
use host::{DropTable, Failure, Holder, Identity, LeaseTerms, Place, SettingKey};
use linux::Machine;
use linux::clock;
use linux::monitor::Monitor;
use linux::poll::{Poll, Timer};
use linux::send::Sender;
use linux::state::StateDir;
use vrrp::time::Instant;
use vrrp::types::{IfIndex, RouterId, TrackerId};

use self::announce::Announcer;
use self::debounce::Debounce;
use self::lines::Occasion;
use self::machinery::Machinery;
use self::managed::{Attachment, Managed, Renew, Role};
use self::record::Recorded;
use self::routing::Routing;
use self::statics::Statics;
use self::work::Work;
use crate::ports::events::EventSender;
use crate::ports::guardian::Guarded;
use crate::ports::host::HostCommand;
use crate::ports::mailbox::Mailbox;
use crate::ports::protocol::ProtocolHandle;
use crate::ports::pulse::{Health, Pulse};
use crate::recovery::Links;
use crate::shared::{Page, Slots, Taken};

/// Time until a protocol thread that is silent is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

const WAKER: u64 = 0;
const TIMER: u64 = 1;
const MONITOR: u64 = 2;
const ROUTES: u64 = 3;

/// What the thread works with.
pub(crate) struct Parts {
    pub(crate) machine: Machine,
    pub(crate) monitor: Monitor,
    pub(crate) links: Links,
    pub(crate) sender: Sender<()>,
    pub(crate) protocol: ProtocolHandle,
    pub(crate) events: EventSender,
    pub(crate) commands: Mailbox<HostCommand>,
    /// The protocol thread's.
    pub(crate) protocol_pulse: Pulse,
    /// Ours.
    pub(crate) pulse: Pulse,
    pub(crate) state_dir: Arc<StateDir>,
    /// What a killed daemon left and the kernel refused to undo.
    pub(crate) left: Vec<Failure<Holder<RouterId>>>,
    /// What is shared with the guardian.
    pub(crate) page: Page,
    pub(crate) guarded: Guarded,
}

/// Everything the thread owns.
pub(crate) struct HostThread {
    poll: Poll,
    timer: Timer,
    commands: Mailbox<HostCommand>,
    monitor: Monitor,
    sender: Sender<()>,
    protocol: ProtocolHandle,
    protocol_pulse: Pulse,
    /// How the protocol thread did when this turn of the loop began.
    protocol_was: Health,
    pulse: Pulse,
    machinery: Machinery,
    routers: BTreeMap<RouterId, Managed>,
    /// Those that are no longer configured and keep their addresses until their successors are heard.
    removed: BTreeSet<RouterId>,
    /// How long the kernel keeps addresses that are not renewed: as configured, and as it is without a guardian that is missing.
    configured_leases: LeaseTerms,
    leases: LeaseTerms,
    guarded: Guarded,
    statics: Statics,
    /// Tracked interfaces.
    trackers: BTreeMap<String, TrackerId>,
    vmac_prefixes: VmacPrefixes,
    debounce: Debounce,
    announcer: Announcer,
    work: Work,
    routing: Routing,
    /// Routers whose macvlan is up although they are not Active, oldest first.
    draining: VecDeque<RouterId>,
    /// When routers were last planned because of the addresses of a link, and when they are to be planned again.
    replanned: HashMap<IfIndex, Instant>,
    replan_at: HashMap<IfIndex, Instant>,
    next_tick: Instant,
    /// A link with memberships changed since these were compared with the kernel's, and when that was.
    members_changed: bool,
    groups_compared: Instant,
    /// The last link of ours whose settings were compared at the last tick; `None`: all were.
    compared: Option<IfIndex>,
    /// Settings that the kernel refused, which was told: they are tried again at each tick.
    refused_settings: HashSet<SettingKey>,
    /// What routers do without because the kernel refused it, which was told.
    refused_options: HashSet<Identity>,
    /// When that is tried again.
    retry_options_at: Instant,
    /// Where packets to addresses without `accept` are dropped.
    drop_table: DropTable,
    /// Settings of all interfaces that keep virtual addresses from being answered for, as was told.
    in_the_way: BTreeSet<&'static str>,
    state_dir: Arc<StateDir>,
    /// Where records hold.
    place: Place,
    /// What is on disk.
    recorded: Recorded,
    page: Page,
    /// For each router what takes its addresses away, for the guardian.
    footprints: Slots,
}

impl HostThread {
    /// Makes the thread's state. Nothing is changed on the machine yet.
    ///
    /// # Errors
    /// If the kernel gives no epoll or timerfd, or /proc is not mounted.
    pub(crate) fn new(parts: Parts) -> io::Result<Self> {
        let (timer, poll) = (Timer::new()?, Poll::new()?);
        poll.add(&parts.commands, WAKER)?;
        poll.add(&timer, TIMER)?;
        poll.add(&parts.monitor, MONITOR)?;
        let mut machinery = Machinery::new(parts.machine, parts.links, parts.pulse.clone(), parts.events);
        machinery.ledger.take_over(parts.left);
        Ok(Self {
            poll,
            timer,
            commands: parts.commands,
            monitor: parts.monitor,
            sender: parts.sender,
            protocol: parts.protocol,
            protocol_pulse: parts.protocol_pulse,
            protocol_was: Health::Silent,
            machinery,
            pulse: parts.pulse,
            routers: BTreeMap::new(),
            removed: BTreeSet::new(),
            configured_leases: LeaseTerms::default(),
            leases: LeaseTerms::default(),
            guarded: parts.guarded,
            statics: Statics::new(clock::now()),
            trackers: BTreeMap::new(),
            vmac_prefixes: VmacPrefixes::default(),
            debounce: Debounce::default(),
            announcer: Announcer::default(),
            work: Work::default(),
            routing: Routing::new(clock::now()),
            draining: VecDeque::new(),
            replanned: HashMap::new(),
            replan_at: HashMap::new(),
            next_tick: clock::now(),
            members_changed: false,
            groups_compared: clock::now(),
            compared: None,
            refused_settings: HashSet::new(),
            refused_options: HashSet::new(),
            retry_options_at: clock::now(),
            // No two daemons start within one nanosecond.
            drop_table: DropTable { number: clock::now().nanos(), priority: 0 },
            in_the_way: BTreeSet::new(),
            state_dir: parts.state_dir,
            place: linux::instance::place()?,
            recorded: Recorded::Nothing,
            footprints: parts.page.fill_footprints(),
            page: parts.page,
        })
    }

    /// The loop. Ends when told to stop, with everything undone.
    ///
    /// # Errors
    /// If the kernel's event interface fails, which leaves no way to go on.
    pub(crate) fn run(mut self) -> io::Result<()> {
        let mut ready = Vec::new();
        loop {
            let next = self.next_deadline();
            self.timer.set(next)?;
            self.pulse.sleep_until(next);
            self.poll.wait(&mut ready)?;
            self.pulse.beat();
            self.timer.drain();
            self.commands.quiet();
            // Read before the commands: a protocol thread that was late has given them before it counts as alive.
            self.look_at_protocol();
            if let Some(done) = self.obey() {
                self.tear_down();
                done.give(());
                return Ok(());
            }
            if ready.contains(&MONITOR) {
                self.watch();
            }
            if ready.contains(&ROUTES) {
                self.hear_of_routing();
            }
            self.count_links();
            self.tick();
            self.replan(clock::now());
            self.work();
            self.follow_routing();
            self.look_at_routing(clock::now());
            self.remind();
            // The first round of a takeover is out; for the others those wait who have no address yet.
            if !self.has_work() || self.announcer.is_overdue(clock::now()) {
                self.send_announcements();
            }
        }
    }

    /// Notes how the protocol thread does. What the kernel took away while it was silent comes back at once.
    fn look_at_protocol(&mut self) {
        let (was, now) = (self.protocol_was, clock::now());
        self.protocol_was = match self.page.taken() {
            Taken::No => self.protocol_pulse.health(now),
            // The routers are another node's now, until the protocol thread knows.
            Taken::Yes => Health::Silent,
        };
        if was == Health::Silent && self.protocol_was == Health::Alive {
            self.next_tick = now;
            self.doubt_routing(Occasion::Returned);
            self.routers.values_mut().for_each(|managed| managed.renew = Renew::All);
        }
    }

    fn next_deadline(&self) -> Option<Instant> {
        if self.has_work() {
            return Some(clock::now());
        }
        let replan = self.replan_at.values().min().copied();
        // A protocol thread that was late will soon be looked at again: what expired meanwhile must come back at once.
        let is_active = |managed: &Managed| managed.role == Role::Active;
        let look = self.protocol_was == Health::Silent && self.routers.values().any(is_active);
        let replan =
            replan.into_iter().chain(self.debounce.deadline()).chain(look.then(|| clock::now() + LOOK_AGAIN)).min();
        self.next_tick()
            .into_iter()
            .chain(self.announcer.next())
            .chain(self.next_reminder())
            .chain(self.routing.next())
            .chain(replan)
            .min()
    }

    /// Undoes what these routers did, and knows them no more.
    fn forget(&mut self, routers: &[RouterId]) {
        self.detach(routers);
        for id in routers {
            self.forget_names(*id, |_| false);
            self.routers.remove(id);
            self.removed.remove(id);
            self.routing.changed();
            self.announcer.remove(*id);
            self.work.forget(*id);
        }
    }

    /// Undoes everything, whatever fails.
    fn tear_down(&mut self) {
        let all: Vec<RouterId> = self.routers.keys().copied().collect();
        self.detach(&all);
        self.remove_statics();
        if self.machinery.finish_all() {
            self.forget_record();
        } else {
            self.write_record();
        }
    }

    fn send_announcements(&mut self) {
        self.announcer.send_due(clock::now(), |announcement| announcement.send((), &mut self.sender));
        // A link that fails here is reported by the protocol thread, whose adverts fail too.
        self.sender.flush(|_| {});
    }

    fn attachment(&self, id: RouterId) -> Option<&Attachment> {
        self.routers.get(&id)?.attachment.as_ref()
    }
}
