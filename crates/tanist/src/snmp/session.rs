//! The session with the agent: it is opened, the agent is told what is answered for, its requests are answered and traps are
//! sent, until it ends; then it is opened anew.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use agentx::{Body, CloseReason, ErrorCode, Header, Malformed, Message, Oid, Registration, Response};
use conf::model::snmp::Snmp as Wanted;
use linux::clock;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::answer::{self, Kind};
use super::link::{Link, PATIENCE, Received};
use super::said::{Had, Said};
use super::scene::AgentClock;
use super::traps::Trap;
use super::view::View;
use super::views::{self, Views};
use super::{InForce, keepalived, wanted};
use crate::launch::SnmpAsked;
use crate::names::Names;

/// Pause after the first failure. Each further one is twice as long,
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// up to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How often the agent is asked whether it is there, and again for what somebody else answers for.
const PING: Duration = Duration::from_secs(15);
/// RFC 2741 §6.2.3: where nothing else is wanted.
const PRIORITY: u8 = 127;
/// What the session is called in the agent's log.
const DESCRIPTION: &[u8] = b"tanist";

/// The task.
pub(super) struct Subagent {
    pub(super) config: InForce,
    pub(super) asked: SnmpAsked,
    pub(super) views: Views,
    pub(super) traps: mpsc::Receiver<Trap>,
    /// The daemon stops.
    pub(super) stop: oneshot::Receiver<()>,
    pub(super) names: Names,
}

/// Why a session has ended.
enum End {
    /// The daemon stops.
    Stop,
    /// Something else is wanted.
    Changed,
}

/// Why there is no session, and whether there was one.
struct Failure {
    why: String,
    had: Had,
}

impl Subagent {
    /// Answers until the daemon stops.
    pub(super) async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        let mut said = Said::default();
        loop {
            let Some(wanted) = wanted(&self.config, &self.asked) else {
                match self.wait(None).await {
                    Some(End::Stop) => return,
                    Some(End::Changed) | None => continue,
                }
            };
            let at = wanted.agent.clone();
            let Failure { why, had } = match self.serve(wanted, &mut said).await {
                Ok(End::Stop) => return,
                Ok(End::Changed) => {
                    (pause, said) = (FIRST_PAUSE, Said::default());
                    continue;
                }
                Err(failure) => failure,
            };
            if had == Had::Session {
                pause = FIRST_PAUSE;
            }
            if said.failed(Instant::now()) {
                tracing::warn!("no SNMP by the agent at {at}, which is tried again: {why}");
            }
            match self.wait(Some(Instant::now() + pause)).await {
                Some(End::Stop) => return,
                Some(End::Changed) => (pause, said) = (FIRST_PAUSE, Said::default()),
                None => pause = (pause * 2).min(LONGEST_PAUSE),
            }
        }
    }

    /// Waits until then, for another configuration, or for the end.
    async fn wait(&mut self, until: Option<Instant>) -> Option<End> {
        tokio::select! {
            () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => None,
            () = changed(&mut self.config) => Some(End::Changed),
            _ = &mut self.stop => Some(End::Stop),
        }
    }

    /// One session, from beginning to end.
    async fn serve(&mut self, wanted: Wanted, said: &mut Said) -> Result<End, Failure> {
        let opened = tokio::select! {
            opened = Session::open(wanted, &self.names) => opened,
            _ = &mut self.stop => return Ok(End::Stop),
        };
        let mut session = opened.map_err(|why| Failure { why, had: Had::Nothing })?;
        if said.began() {
            tracing::info!("SNMP is answered by the agent at {}", session.wanted.agent);
        }
        // Its times were those of another agent.
        self.views.forget();
        let end = self.go_on(&mut session).await.map_err(|error| Failure { why: told(&error), had: Had::Session })?;
        let reason = match end {
            End::Stop => CloseReason::Shutdown,
            End::Changed => CloseReason::Unsaid,
        };
        // It may have ended as well.
        session.send(Body::Close(reason)).await.ok();
        Ok(end)
    }

    async fn go_on(&mut self, session: &mut Session) -> io::Result<End> {
        for part in views::parts(&session.wanted) {
            session.register(part).await?;
        }
        loop {
            tokio::select! {
                received = session.link.receive() => {
                    session.heard = Instant::now();
                    match received? {
                        Received::Message(message) => self.take(session, message).await?,
                        Received::Unreadable(header, error) => session.complain(&header, error).await?,
                    }
                }
                Some(trap) = self.traps.recv() => self.tell(session, &trap).await?,
                () = changed(&mut self.config) => {
                    if wanted(&self.config, &self.asked).as_ref() != Some(&session.wanted) {
                        return Ok(End::Changed);
                    }
                }
                () = sleep_until(session.pinged + PING) => session.ping().await?,
                _ = &mut self.stop => {
                    while let Ok(trap) = self.traps.try_recv() {
                        self.tell(session, &trap).await?;
                    }
                    return Ok(End::Stop);
                }
            }
        }
    }

    /// Does what a message wants.
    async fn take(&mut self, session: &mut Session, message: Message) -> io::Result<()> {
        let kind = Kind::of(&message.body);
        let response = match kind {
            Kind::Answer => return session.hear(message),
            Kind::Close => return Err(io::Error::other("it has ended the session")),
            Kind::Ignored => return Ok(()),
            _ if message.session != session.id => answer::plain(ErrorCode::NotOpen, 0),
            Kind::Ping => answer::plain(ErrorCode::None, 0),
            Kind::Write | Kind::Strange => answer::refusal(&message.body),
            Kind::Read => match self.views.fresh(&session.wanted, session.agent).await {
                Ok(view) => {
                    let request = message.clone();
                    let read = tokio::task::spawn_blocking(move || answer::read(&view, &request));
                    read.await.unwrap_or_else(|_| answer::plain(ErrorCode::General, 0))
                }
                Err(_) => answer::plain(ErrorCode::General, 0),
            },
        };
        session.link.send(&message.answer(response)).await
    }

    /// Sends a trap, unless it is too late for that.
    async fn tell(&mut self, session: &mut Session, trap: &Trap) -> io::Result<()> {
        let Some(config) = self.views.config().filter(|_| !trap.is_stale()) else { return Ok(()) };
        // The threads may have ended: what does not need them is told all the same.
        let view = self.views.fresh(&session.wanted, session.agent).await.ok();
        for notification in trap.notifications(&config, view.as_deref().map(View::scene), &session.wanted) {
            session.send(Body::Notify(notification)).await?;
        }
        Ok(())
    }
}

/// A session that is open.
struct Session {
    link: Link,
    id: u32,
    /// Number of the last message.
    packet: u32,
    wanted: Wanted,
    agent: AgentClock,
    /// Parts of the tree whose registration is under way, by message.
    registering: HashMap<u32, Vec<u32>>,
    /// Those that somebody else answers for.
    refused: Vec<Vec<u32>>,
    /// When something was heard last, and when a sign of life was asked for.
    heard: Instant,
    pinged: Instant,
}

impl Session {
    /// Opens one.
    ///
    /// # Errors
    /// In words.
    async fn open(wanted: Wanted, names: &Names) -> Result<Self, String> {
        let link = Link::connect(&wanted.agent, names).await?;
        let (now, agent) = (Instant::now(), AgentClock { at: clock::now(), uptime: 0 });
        let mut session = Self {
            link,
            id: 0,
            packet: 0,
            wanted,
            agent,
            registering: HashMap::new(),
            refused: Vec::new(),
            heard: now,
            pinged: now,
        };
        let id = Oid::from(keepalived::ROOT);
        session.send(Body::Open { timeout: 0, id, description: DESCRIPTION.to_vec() }).await.map_err(|it| told(&it))?;
        let answer = timeout(PATIENCE, session.answer()).await.map_err(|_| "it does not answer".to_owned())?;
        let (id, response) = answer.map_err(|error| told(&error))?;
        if response.error != ErrorCode::None {
            return Err(format!("it refuses a session: {:?}", response.error));
        }
        session.id = id;
        session.set_clock(&response);
        Ok(session)
    }

    /// The answer to the first message, and the session that it names.
    async fn answer(&mut self) -> io::Result<(u32, Response)> {
        loop {
            if let Received::Message(Message { packet, session, body: Body::Response(response), .. }) =
                self.link.receive().await?
                && packet == self.packet
            {
                return Ok((session, response));
            }
        }
    }

    async fn send(&mut self, body: Body) -> io::Result<()> {
        self.packet = self.packet.wrapping_add(1);
        let (session, packet) = (self.id, self.packet);
        self.link.send(&Message { session, transaction: packet, packet, context: None, body }).await
    }

    async fn register(&mut self, part: Vec<u32>) -> io::Result<()> {
        let subtree = Oid::from(&part[..]);
        self.send(Body::Register(Registration { timeout: 0, priority: PRIORITY, subtree, range: None })).await?;
        self.registering.insert(self.packet, part);
        Ok(())
    }

    /// Takes an answer.
    fn hear(&mut self, Message { packet, body, .. }: Message) -> io::Result<()> {
        let Body::Response(response) = body else { return Ok(()) };
        self.set_clock(&response);
        match (self.registering.remove(&packet), response.error) {
            (_, ErrorCode::NotOpen) => return Err(io::Error::other("it does not know the session")),
            (_, ErrorCode::None) => {}
            (Some(part), error) => {
                let (name, agent) = (Oid::from(&part[..]), &self.wanted.agent);
                tracing::warn!("SNMP: the agent at {agent} refuses {name}, which is tried again: {error:?}");
                self.refused.push(part);
            }
            (None, error) => tracing::debug!("SNMP: the agent refuses a message: {error:?}"),
        }
        Ok(())
    }

    fn set_clock(&mut self, response: &Response) {
        self.agent = AgentClock { at: clock::now(), uptime: response.uptime };
    }

    /// Asks whether the agent is there, if it has said anything since it was asked last; and tries again what it refused.
    async fn ping(&mut self) -> io::Result<()> {
        if self.heard < self.pinged {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer"));
        }
        self.pinged = Instant::now();
        for part in std::mem::take(&mut self.refused) {
            self.register(part).await?;
        }
        self.send(Body::Ping).await
    }

    /// Says that a message cannot be read, unless it was an answer.
    async fn complain(&mut self, header: &Header, error: Malformed) -> io::Result<()> {
        tracing::debug!("SNMP: a message of the agent cannot be read: {error}");
        if header.is_response() {
            return Ok(());
        }
        let Header { session, transaction, packet, .. } = *header;
        let body = Body::Response(answer::plain(ErrorCode::Parse, 0));
        self.link.send(&Message { session, transaction, packet, context: None, body }).await
    }
}

/// Another configuration is in force. If the main thread has ended there will be none.
async fn changed(config: &mut InForce) {
    if config.changed().await.is_err() {
        std::future::pending().await
    }
}

fn told(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "it has closed the connection".to_owned();
    }
    error.to_string()
}
