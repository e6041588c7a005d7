//! A process that runs scripts, for as long as it lives.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as Socket;
use std::process::{Command, Stdio};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, sleep_until, timeout};

use super::client::{CALM_TIME, END_TIME, Phase, STOP_TIME, Shared};
use super::report::Report;
use super::wire::{Reply, Request};
use crate::children::Child;

/// The process and the socket to it.
pub(super) struct Process {
    child: Child,
    socket: Socket,
}

/// Why a process is not talked to any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Close {
    /// Everything is finished, or the time for that is over.
    Finished,
    /// It has ended, or cannot be understood.
    Lost,
}

impl Process {
    pub(super) fn start(mut program: Command) -> io::Result<Self> {
        let (socket, theirs) = Socket::pair()?;
        socket.set_nonblocking(true)?;
        let child = Child::spawn(program.stdin(Stdio::from(OwnedFd::from(theirs))))?;
        Ok(Self { child, socket })
    }

    /// Feeds it, until it is lost or everything is finished. It has ended then.
    pub(super) async fn run(self, shared: &Shared) -> Close {
        let Self { child, socket } = self;
        let close = match UnixStream::from_std(socket) {
            Ok(socket) => talk(socket, &child, shared).await,
            Err(error) => {
                shared.report(Report::RunnerUnavailable(error));
                Close::Lost
            }
        };
        let status = child.end();
        if close == Close::Lost {
            shared.lost_process(status);
        }
        close
    }
}

/// How far a stop is.
#[derive(Clone, Copy, Debug)]
enum Stop {
    /// There is none.
    No,
    /// Scripts may take their time.
    Calm { since: Instant },
    /// Only the scripts of each router's last state still run.
    Hurry { since: Instant },
}

impl Stop {
    /// When it goes further; `None`: never.
    fn deadline(self) -> Option<Instant> {
        match self {
            Self::No => None,
            Self::Calm { since } => Some(since + CALM_TIME),
            Self::Hurry { since } => Some(since + STOP_TIME),
        }
    }
}

async fn talk(socket: UnixStream, child: &Child, shared: &Shared) -> Close {
    let (replies, requests) = socket.into_split();
    let mut link = Link { shared, child, replies: BufReader::new(replies).lines(), requests, outgoing: Vec::new() };
    match link.serve().await {
        Close::Finished => link.finish().await,
        Close::Lost => Close::Lost,
    }
}

/// The two directions of the socket.
struct Link<'a> {
    shared: &'a Shared,
    child: &'a Child,
    replies: Lines<BufReader<OwnedReadHalf>>,
    requests: OwnedWriteHalf,
    /// Requests that are still to be written. As many as scripts may run at a time, so it needs no limit.
    outgoing: Vec<u8>,
}

impl Link<'_> {
    async fn serve(&mut self) -> Close {
        let mut stop = Stop::No;
        loop {
            let phase = self.shared.phase();
            if phase == Phase::Abandon {
                return Close::Finished;
            }
            while let Some((id, job)) = self.shared.next() {
                self.request(&Request::Run { id, job });
            }
            for ending in self.shared.endings() {
                self.request(&ending);
            }
            if phase == Phase::Finish {
                if self.shared.is_done() {
                    return Close::Finished;
                }
                if let Stop::No = stop {
                    stop = Stop::Calm { since: Instant::now() };
                    // Even if someone has stopped it, the scripts of the last states are to run.
                    self.child.resume();
                }
            }
            let deadline = stop.deadline();
            tokio::select! {
                line = self.replies.next_line() => match line.ok().flatten().and_then(|line| reply(&line)) {
                    Some(reply) => self.shared.take(reply),
                    None => return Close::Lost,
                },
                written = self.requests.write(&self.outgoing), if !self.outgoing.is_empty() => match written {
                    Ok(count) => drop(self.outgoing.drain(..count)),
                    Err(_) => return Close::Lost,
                },
                () = self.shared.changed() => {}
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() => match stop {
                    Stop::No | Stop::Hurry { .. } => return Close::Finished,
                    Stop::Calm { since } => {
                        stop = Stop::Hurry { since };
                        self.hurry();
                    }
                },
            }
        }
    }

    fn hurry(&mut self) {
        for ending in self.shared.hurry() {
            self.request(&ending);
        }
    }

    fn request(&mut self, request: &Request) {
        // All of it can be written as JSON.
        if let Ok(line) = serde_json::to_vec(request) {
            self.outgoing.extend(line);
            self.outgoing.push(b'\n');
        }
    }

    /// Says that there is no more, upon which the process ends its scripts and itself.
    async fn finish(self) -> Close {
        let Self { shared, child, mut replies, requests, .. } = self;
        child.resume();
        // Dropping it closes this direction.
        drop(requests);
        let last_words = async {
            while let Ok(Some(line)) = replies.next_line().await {
                if let Some(reply) = reply(&line) {
                    shared.take(reply);
                }
            }
        };
        if timeout(END_TIME, last_words).await.is_err() {
            shared.report(Report::RunnerStuck);
        }
        Close::Finished
    }
}

fn reply(line: &str) -> Option<Reply> {
    serde_json::from_str(line).ok()
}
