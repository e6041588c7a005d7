//! One connection to the bus, from the name that it is given there to its end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::StreamExt as _;
use tokio::sync::{oneshot, watch};
use tokio::time::{sleep, timeout};
use vrrp::action::{AnnounceCause, Announced, Announcement};
use vrrp::types::RouterId;
use zbus::connection::Builder;
use zbus::fdo::RequestNameFlags;
use zbus::message::{Flags, Message, Type};
use zbus::{Connection, Error, MessageStream, Variant};

use super::answer::{self, Answer, FAILED, INSTANCE, Order, PROPERTIES, Refusal, VRRP};
use super::objects::{News, Objects, number_and_word};
use super::{Changes, Parts};
use crate::control::state::Control;
use crate::ports::directory::DirectoryReader;
use crate::ports::host::HostCommand;
use crate::ports::main::{MainEvent, MainHandle};
use crate::ports::question::Asked;
use crate::wording::NotifyState;

/// How long the bus may leave unread what we say.
const PATIENCE: Duration = Duration::from_secs(5);
/// When the protocol thread is asked again that did not answer.
const RETRY: Duration = Duration::from_secs(1);
/// Messages that are made before they are sent.
const BATCH: usize = 256;

/// Why a connection is over.
pub(super) enum End {
    /// The daemon stops.
    Stopped,
    /// The configuration wants another name, or none.
    Renamed,
    /// The bus did something, in words.
    Broken(String),
}

/// A connection that has the name.
pub(super) struct Connected {
    name: String,
    bus: Connection,
    calls: MessageStream,
    objects: Objects,
    control: Arc<Control>,
    directory: DirectoryReader,
    /// Since the routers were asked.
    is_other_directory: bool,
    main: MainHandle,
}

impl Connected {
    /// Connects, and takes the name.
    ///
    /// # Errors
    /// Why that is not possible, in words.
    pub(super) async fn open(
        name: &str,
        (names, main): (&[String], &MainHandle),
        control: &Arc<Control>,
    ) -> Result<Self, String> {
        let no_bus = |error: Error| format!("there is no system bus: {error}");
        let bus = Builder::system().build().await.map_err(no_bus)?;
        // Before anybody can call us by the name.
        let calls = MessageStream::from(&bus);
        let taken = bus.request_name_with_flags(name, RequestNameFlags::DO_NOT_QUEUE).await;
        taken.map_err(|error| {
            if error == Error::NameTaken {
                "another program has that name".to_owned()
            } else {
                format!("the bus does not give us the name: {error}")
            }
        })?;
        let mut directory = control.directory.clone();
        let mut objects = Objects::new(names);
        objects.follow(&directory.borrow_and_update());
        let (control, main) = (Arc::clone(control), main.clone());
        let is_other_directory = false;
        Ok(Self { name: name.to_owned(), bus, calls, objects, control, directory, is_other_directory, main })
    }

    /// Serves until the end of the connection. Says before an end that is ours that the service stops.
    pub(super) async fn serve(
        mut self,
        parts: &mut Parts,
        changes: &mut Changes,
        stop: &mut oneshot::Receiver<()>,
    ) -> End {
        match self.try_serve(parts, changes, stop).await {
            Ok(end) => end,
            Err(why) => End::Broken(why),
        }
    }

    async fn try_serve(
        &mut self,
        parts: &mut Parts,
        changes: &mut Changes,
        stop: &mut oneshot::Receiver<()>,
    ) -> Result<End, String> {
        parts.loads.mark_unchanged();
        // What they changed is asked for.
        while changes.queue.try_recv().is_ok() {}
        changes.missed.store(true, Ordering::Relaxed);
        self.send(vec![self.signal("VrrpStarted")]).await?;
        loop {
            let is_due = changes.missed.swap(false, Ordering::Relaxed) | std::mem::take(&mut self.is_other_directory);
            if is_due && !self.ask().await? {
                changes.missed.store(true, Ordering::Relaxed);
            }
            tokio::select! {
                biased;
                _ = &mut *stop => {
                    while let Ok((router, state)) = changes.queue.try_recv() {
                        self.becomes(router, state).await?;
                    }
                    self.send(vec![self.signal("VrrpStopped")]).await?;
                    return Ok(End::Stopped);
                }
                other = renamed(&mut parts.wanted, &self.name) => {
                    other?;
                    self.send(vec![self.signal("VrrpStopped")]).await?;
                    return Ok(End::Renamed);
                }
                Ok(()) = self.directory.changed() => self.follow().await?,
                // The first one is the start.
                Ok(()) = parts.loads.changed() => if *parts.loads.borrow_and_update() > 1 {
                    self.send(vec![self.signal("VrrpReloaded")]).await?;
                },
                Some((router, state)) = changes.queue.recv() => self.becomes(router, state).await?,
                call = self.calls.next() => match call {
                    Some(Ok(call)) => self.hear(&call).await?,
                    Some(Err(error)) => return Err(format!("the bus has ended the connection: {error}")),
                    None => return Err("the bus has ended the connection".to_owned()),
                },
                () = sleep(RETRY), if changes.missed.load(Ordering::Relaxed) => {}
            }
        }
    }

    /// Asks what the routers are. Returns whether it was said.
    async fn ask(&mut self) -> Result<bool, String> {
        let Ok(snapshots) = self.control.protocol.get(Asked::All).await else { return Ok(false) };
        let news = self.objects.seen(&snapshots.routers);
        self.tell(news).await?;
        Ok(true)
    }

    async fn follow(&mut self) -> Result<(), String> {
        let news = self.objects.follow(&self.directory.borrow_and_update());
        // Routers that go on were what they are before they were there.
        self.is_other_directory = true;
        self.tell(news).await
    }

    async fn becomes(&mut self, router: RouterId, state: NotifyState) -> Result<(), String> {
        // A router that is new is in the directory before it says anything.
        if self.directory.has_changed().is_ok_and(|it| it) {
            self.follow().await?;
        }
        // One that a reload removes, or somebody has released: keepalived says that of what is removed.
        let is_planned = state == NotifyState::Stop && !self.main.is_to_stop();
        let state = if is_planned { NotifyState::Fault } else { state };
        let news = self.objects.becomes(router, state);
        self.tell(news.into_iter().collect()).await
    }

    /// Tells of states: in keepalived's way and, for those who keep what they have read, in that of D-Bus.
    async fn tell(&self, news: Vec<News>) -> Result<(), String> {
        for some in news.chunks(BATCH) {
            self.send(some.iter().flat_map(messages).collect()).await?;
        }
        Ok(())
    }

    /// Hears what the bus passes on.
    async fn hear(&self, call: &Message) -> Result<(), String> {
        if call.message_type() != Type::MethodCall {
            return Ok(());
        }
        let answer = answer::answer(&self.objects, call).and_then(|answer| self.carry_out(answer));
        if call.primary_header().flags().contains(Flags::NO_REPLY_EXPECTED) {
            return Ok(());
        }
        let header = call.header();
        let reply = match answer {
            Ok(Answer::Nothing | Answer::Order(_)) => Message::method_return(&header).build(&()),
            Ok(Answer::Text(text)) => Message::method_return(&header).build(&text),
            Ok(Answer::Value(value)) => Message::method_return(&header).build(&value),
            Ok(Answer::Values(values)) => Message::method_return(&header).build(&values),
            Err(Refusal(name, words)) => Message::error(&header, name).build(&words),
        };
        self.send(vec![reply]).await
    }

    /// Carries out what is asked for, without waiting for it.
    fn carry_out(&self, answer: Answer) -> Result<Answer, Refusal> {
        let busy = || Refusal(FAILED, "the daemon has too much to do".to_owned());
        match answer {
            Answer::Order(Order::Signal(signal)) => {
                self.main.offer(MainEvent::Signal(signal)).map_err(|_| busy())?;
            }
            Answer::Order(Order::Announce(router)) => {
                let (cause, addresses) = (AnnounceCause::Asked, Announced::All);
                let order = Announcement { router, cause, rounds: 1, addresses };
                self.control.host.tell(HostCommand::Announce(order)).map_err(|_| busy())?;
            }
            Answer::Nothing | Answer::Text(_) | Answer::Value(_) | Answer::Values(_) => {}
        }
        Ok(answer)
    }

    /// A signal about the whole daemon.
    fn signal(&self, name: &str) -> Result<Message, Error> {
        Message::signal(self.objects.vrrp(), VRRP, name).build(&())
    }

    async fn send(&self, messages: Vec<Result<Message, Error>>) -> Result<(), String> {
        let messages: Result<Vec<Message>, Error> = messages.into_iter().collect();
        let send = async { self.bus.send_all(&messages?).await };
        match timeout(PATIENCE, send).await {
            Ok(sent) => sent.map_err(|error| format!("the bus takes nothing: {error}")),
            Err(_) => Err("the bus does not read what it is told".to_owned()),
        }
    }
}

/// Waits until the configuration wants another name than this.
///
/// # Errors
/// If the main thread has ended, in words.
async fn renamed(wanted: &mut watch::Receiver<Option<String>>, name: &str) -> Result<(), String> {
    let other = wanted.wait_for(|wanted| wanted.as_deref() != Some(name)).await;
    other.map(drop).map_err(|_| "the daemon ends".to_owned())
}

fn messages(News { path, state }: &News) -> [Result<Message, Error>; 2] {
    let state = number_and_word(Some(*state));
    let changed = BTreeMap::from([("State", Variant::from(state))]);
    [
        Message::signal(path.as_str(), INSTANCE, "VrrpStatusChange").build(&state.0),
        Message::signal(path.as_str(), PROPERTIES, "PropertiesChanged").build(&(INSTANCE, changed, [""; 0].as_slice())),
    ]
}
