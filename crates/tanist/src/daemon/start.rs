//! Starting the threads.

use std::io;
use std::sync::{Arc, mpsc};
use std::thread;

use conf::model::Config;
use linux::clock;
use linux::poll::Waker;
use linux::schedule;
use linux::state::StateDir;
use signal_hook::iterator::Signals;
use tokio::sync::watch;
use vrrp::Engine;

use super::follow::Step;
use super::host::{self, HostThread};
use super::lifecycle::Lifecycle;
use super::open::{Found, Held, Network, Opened, StartError};
use super::peer::Peer;
use super::protocol::{self, Legacy, Protocol};
use super::reload::Running;
use super::restart::Program;
use super::resume::Beginning;
use super::scheduling::Scheduled;
use super::threads::{Pulses, spawn};
use super::timetable::Timetable;
use super::{Daemon, scheduling};
use crate::cli::{GuardianArgs, RunArgs};
use crate::control::state::Control;
use crate::guardian::{Keeper, Relief, relieve};
use crate::manager::Watchdog;
use crate::ports::events::{self, EventSender, Occurrence};
use crate::ports::guardian::Guarded;
use crate::ports::handover::Meanwhile;
use crate::ports::host::{HostCommand, HostHandle};
use crate::ports::mailbox::{Mailbox, mailbox};
use crate::ports::main::{MainEvent, MainHandle, STOP, inbox};
use crate::ports::protocol::{ProtocolCommand, ProtocolHandle};
use crate::ports::pulse::Pulse;
use crate::ports::released::Wish;
use crate::ports::restart::RestartDesk;
use crate::ports::signals;
use crate::ports::stream::Stream;
use crate::services::{self, ServicesHandle};
use crate::shared::Page;

/// Commands that may wait in a thread's mailbox; more of them wait with whoever gives them.
const COMMANDS: usize = 8192;

/// Makes the main thread's inbox, which hears every signal from now on.
pub(super) fn signals() -> Result<(MainHandle, mpsc::Receiver<MainEvent>), StartError> {
    let mut heard = Signals::new(signals::HEARD).map_err(StartError::Signals)?;
    for signal in signals::stray() {
        // The C library keeps some for itself.
        heard.add_signal(signal).ok();
    }
    let (main, inbox) = inbox();
    for signal in STOP {
        signal_hook::flag::register(signal, main.stop_flag()).map_err(StartError::Signals)?;
    }
    let handle = main.clone();
    let hear = move || heard.forever().for_each(|signal| handle.send(MainEvent::Signal(signal)));
    // It ends with the process: nobody waits for a thread that waits for signals.
    thread::Builder::new().name("signals".into()).spawn(hear).map_err(StartError::Signals)?;
    Ok((main, inbox))
}

/// What the threads share.
struct Shared {
    protocol: ProtocolHandle,
    host: HostHandle,
    events: EventSender,
    pulses: Pulses,
    page: Page,
    guardian_waker: Waker,
    guarded: Guarded,
}

/// What waits for each thread.
struct Mailboxes {
    protocol: Mailbox<ProtocolCommand>,
    host: Mailbox<HostCommand>,
    events: Mailbox<Occurrence>,
}

impl Shared {
    fn new() -> io::Result<(Self, Mailboxes)> {
        let ((protocol, for_protocol), (host, for_host)) = (mailbox(COMMANDS)?, mailbox(COMMANDS)?);
        let (events, occurrences) = events::channel()?;
        let (page, guardian_waker, guarded) = (Page::new()?, Waker::new()?, Guarded::default());
        let pulses = Pulses { protocol: Pulse::shown_in(page.due()), host: Pulse::new(), main: Pulse::new() };
        let mailboxes = Mailboxes { protocol: for_protocol, host: for_host, events: occurrences };
        Ok((Self { protocol, host, events, pulses, page, guardian_waker, guarded }, mailboxes))
    }

    fn protocol_thread(&self, network: Network, commands: Mailbox<ProtocolCommand>) -> io::Result<Protocol> {
        let Network { receivers, sender, routed } = network;
        Protocol::new(protocol::Parts {
            engine: Engine::new(),
            receivers,
            sender,
            routed,
            commands,
            host: self.host.clone(),
            events: self.events.clone(),
            pulse: self.pulses.protocol.clone(),
            host_pulse: self.pulses.host.clone(),
            legacy: Legacy::new(self.page.clone(), self.guardian_waker.clone()),
        })
    }

    fn host_thread(
        &self,
        found: Found,
        state_dir: &Arc<StateDir>,
        commands: Mailbox<HostCommand>,
    ) -> io::Result<HostThread> {
        let Found { machine, links, monitor, announcer, left } = found;
        HostThread::new(host::Parts {
            machine,
            monitor,
            links,
            sender: announcer,
            protocol: self.protocol.clone(),
            events: self.events.clone(),
            commands,
            protocol_pulse: self.pulses.protocol.clone(),
            pulse: self.pulses.host.clone(),
            state_dir: Arc::clone(state_dir),
            left,
            page: self.page.clone(),
            guarded: self.guarded.clone(),
        })
    }

    /// What starts the guardian.
    fn keeper(&self, options: &RunArgs, config: &Config, state_dir: &Arc<StateDir>) -> io::Result<Keeper> {
        let priority = scheduling::priority(&config.global.scheduling);
        let told = GuardianArgs { daemon: std::process::id(), keeper: 0, priority, log: options.log_format() };
        let page = (self.page.clone(), self.guardian_waker.clone());
        Keeper::new(page, Arc::clone(state_dir), told, self.guarded.clone())
    }
}

/// Opens everything, undoes what a killed daemon left, starts the threads.
pub(super) fn start(
    options: &RunArgs,
    config: &Config,
    (held, beginning, program): (Held, Beginning, Program),
    main: MainHandle,
) -> Result<Daemon, StartError> {
    raise_descriptors();
    let (start, restarts) = (beginning.start(), beginning.restarts());
    let mut before = beginning.predecessor();
    let opened = Opened::open(options, config, held, start)?;
    let state_dir = opened.state_dir;
    let (shared, mailboxes) = Shared::new().map_err(StartError::Waiting)?;
    let limit = options.launch.watchdog().or_else(|| before.as_ref()?.handover.watchdog);
    let (directory, directory_reader) = watch::channel(Arc::default());
    let names = (options.namespace.as_deref(), config.global.instance.as_deref());
    let (services, ends) = ServicesHandle::new(names.0, names.1, &main);
    let protocol = shared.protocol_thread(opened.network, mailboxes.protocol).map_err(StartError::Waiting)?;
    let host = shared.host_thread(opened.found, &state_dir, mailboxes.host).map_err(StartError::Waiting)?;
    let mut guardian = shared.keeper(options, config, &state_dir).map_err(StartError::Waiting)?;
    // Before anything is changed on the machine.
    guardian.follow(config.global.guardian);
    if let Some(before) = &mut before {
        before.meanwhile = before.guardian.take().map_or(Meanwhile::Nothing, |it| relieve(it, Relief::GoesOn));
    }
    let desk = RestartDesk::new(main.clone(), restarts);
    let Shared { protocol: protocol_handle, host: host_handle, events, pulses, guarded, .. } = shared;
    let stream = Stream::new(before.as_ref().and_then(|before| before.handover.past.as_ref()));
    let known = (guarded, desk.clone(), stream.clone());
    let control = Control::new(protocol_handle.clone(), host_handle.clone(), events, directory_reader, known);
    let released = control.released.clone();
    if let Some(before) = &before {
        released.change(&before.handover.released, Wish::Release);
    }
    let parts = services::Parts {
        ends,
        events: mailboxes.events,
        control,
        protocol: protocol_handle.clone(),
        state_dir,
        start,
        snmp: options.launch.snmp.clone(),
        listener: opened.listener,
        watchdog: limit.map(|limit| Watchdog::new(limit, pulses.watched())),
    };
    let (protocol_thread, protocol) = spawn("protocol", move || run_protocol(protocol))?;
    let (host_thread, host) = spawn("host", move || host.run())?;
    let (services_thread, _) = spawn("services", move || services::run(parts))?;
    Ok(Daemon {
        config_path: options.config.clone(),
        config_id: options.config_id.clone(),
        configured_namespace: config.global.net_namespace.clone(),
        instance: config.global.instance.clone(),
        socket: opened.socket,
        running: Running::new(before.as_ref().map_or_else(clock::now, |before| before.started())),
        step: Step::InForce,
        reload_again: false,
        mark: None,
        timetable: Timetable::new(main.clone()),
        protocol: Peer::new("protocol", protocol_handle, pulses.protocol),
        host: Peer::new("host", host_handle, pulses.host),
        pulse: pulses.main,
        main,
        directory,
        services,
        released,
        stream,
        lifecycle: Lifecycle::default(),
        threads: vec![protocol_thread, host_thread, services_thread],
        scheduled: Scheduled::new(protocol, host).map_err(StartError::Thread)?,
        guardian,
        program: Arc::new(program),
        desk,
        watchdog: limit,
        before,
        lock: opened.lock,
        _presence: opened.presence,
    })
}

fn raise_descriptors() {
    if let Err(error) = linux::descriptors::raise() {
        tracing::debug!("no more descriptors than before: {error}");
    }
}

/// Lets the end of the process `parent` stop this one.
pub(super) fn die_with(parent: i32) -> Result<(), StartError> {
    let signal = Some(rustix::process::Signal::TERM);
    rustix::process::set_parent_process_death_signal(signal).map_err(|error| StartError::Follow(error.into()))?;
    // It may have ended before that was said.
    let ours = rustix::process::getppid().map(rustix::process::Pid::as_raw_pid);
    if ours == Some(parent) { Ok(()) } else { Err(StartError::Orphaned) }
}

fn run_protocol(protocol: Protocol) -> io::Result<()> {
    if let Err(error) = schedule::lock_memory() {
        tracing::debug!("memory is not locked: {error}");
    }
    protocol.run()
}
