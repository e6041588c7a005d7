//! `tanist runner`: the process that runs scripts for the daemon.
//!
//! It does what the daemon says over its standard input, a socket, and answers there; which script runs when is decided by
//! the daemon. When the daemon closes its end, or dies, all scripts are ended and so is this process.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{ExitCode, Stdio};
use std::time::{Duration, Instant};

use linux::child::{self, User};
use rustix::process::{Gid, Pid, Signal, Uid, set_parent_process_death_signal};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::OwnedWriteHalf;
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::wire::{IfWeak, Job, JobId, Life, Output, Reply, Request};
use super::{NAME, environment, security, user};
use crate::ports::signals;

/// Replies that may wait for the daemon to read them; scripts wait with them.
const REPLIES: usize = 256;
/// A process that wakes this late was stopped.
const STALL: Duration = Duration::from_secs(1);
/// How long a script that is asked to end may take for that. Then it is killed.
const END_TIME: Duration = Duration::from_millis(500);
/// How long killed scripts may take to be gone.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// Runs scripts until the daemon has no more to say.
pub(crate) fn run() -> ExitCode {
    match try_run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without standard error the message has nowhere to go.
            writeln!(io::stderr(), "script runner: {error} (only `tanist run` starts it)").ok();
            ExitCode::FAILURE
        }
    }
}

fn try_run() -> io::Result<()> {
    // What `ps` and `pgrep` show.
    rustix::thread::set_name(NAME)?;
    signals::leave_to_the_daemon()?;
    // The end of the daemon is seen by its socket, but not by a process that is stopped.
    set_parent_process_death_signal(Some(Signal::CONT))?;
    let socket = std::os::unix::net::UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    socket.peer_addr()?;
    socket.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        serve(UnixStream::from_std(socket)?).await;
        Ok(())
    })
}

async fn serve(socket: UnixStream) {
    let (requests, socket) = socket.into_split();
    let mut requests = BufReader::new(requests).lines();
    let (replies, answers) = mpsc::channel(REPLIES);
    let mut scripts = Scripts { running: JoinSet::new(), ends: HashMap::new(), replies };
    let writer = tokio::spawn(write(answers, socket));
    while let Ok(Some(line)) = requests.next_line().await {
        match serde_json::from_str(&line) {
            Ok(request) => scripts.obey(request),
            // Another version's daemon: it will see that this one has ended.
            Err(_) => break,
        }
    }
    let finished = async {
        scripts.end().await;
        // It ends because nobody is left who replies.
        writer.await.ok();
    };
    // What cannot be killed now (waiting for a disk) is not waited for.
    tokio::time::timeout(LAST_WAIT, finished).await.ok();
}

/// Writes replies until there are no more, or nobody reads them.
async fn write(mut replies: mpsc::Receiver<Reply>, mut socket: OwnedWriteHalf) {
    while let Some(reply) = replies.recv().await {
        let Ok(mut line) = serde_json::to_vec(&reply) else { continue };
        line.push(b'\n');
        if socket.write_all(&line).await.is_err() {
            return;
        }
    }
}

/// The scripts that run.
struct Scripts {
    running: JoinSet<()>,
    /// Sending asks a script to end, dropping ends it.
    ends: HashMap<JobId, oneshot::Sender<()>>,
    replies: mpsc::Sender<Reply>,
}

impl Scripts {
    fn obey(&mut self, request: Request) {
        match request {
            Request::Run { id, job } => {
                self.ends.retain(|_, end| !end.is_closed());
                let (end, ended) = oneshot::channel();
                self.ends.insert(id, end);
                self.running.spawn(answer(id, job, ended, self.replies.clone()));
                // Results are not of interest, but they take room.
                while self.running.try_join_next().is_some() {}
            }
            Request::End { id } => drop(self.ends.remove(&id)),
            Request::Ask { id } => {
                if let Some(end) = self.ends.remove(&id) {
                    // It may just have ended.
                    end.send(()).ok();
                }
            }
        }
    }

    /// Ends all and waits for them.
    async fn end(mut self) {
        self.ends.clear();
        while self.running.join_next().await.is_some() {}
    }
}

/// Runs a job, and says how it went. It is asked to end when `ended` says so, and killed when that is dropped.
async fn answer(id: JobId, job: Job, ended: oneshot::Receiver<()>, replies: mpsc::Sender<Reply>) {
    let reply = execute(id, &job, ended, &replies).await;
    // The daemon may be gone.
    replies.send(reply).await.ok();
}

async fn execute(id: JobId, job: &Job, mut ended: oneshot::Receiver<()>, replies: &mpsc::Sender<Reply>) -> Reply {
    // Nothing comes between this look and the start, so that what is looked at is what runs.
    let program = match security::check(&job.argv, user::rights(job.identity.as_ref())) {
        Ok(program) => program,
        Err(why) => return Reply::CannotRun { id, why },
    };
    if let (Some(weakness), IfWeak::Refuse) = (&program.weakness, job.if_weak) {
        return Reply::Refused { id, weakness: weakness.clone() };
    }
    let started = Instant::now();
    let mut script = match Script::start(job, &program.path) {
        Ok(script) => script,
        Err(error) => return Reply::CannotRun { id, why: format!("{}: {error}", program.path.display()) },
    };
    if let Some(weakness) = program.weakness {
        replies.send(Reply::Weak { id, weakness }).await.ok();
    }
    replies.send(Reply::Started { id }).await.ok();
    tokio::select! {
        biased;
        status = script.child.wait() => match status {
            Ok(status) => {
                script.has_ended();
                Reply::Ended { id, status: status.into_raw(), took: started.elapsed() }
            }
            Err(error) => Reply::CannotRun { id, why: error.to_string() },
        },
        () = pass(job.time_limit), if job.life == Life::Once => match script.kill().await {
            Gone::Yes => Reply::TimedOut { id },
            Gone::No => {
                replies.send(Reply::Stuck { id }).await.ok();
                tokio::select! {
                    _ = script.child.wait() => {}
                    _ = &mut ended => {}
                }
                Reply::Killed { id }
            }
        },
        asked = &mut ended => match asked {
            Ok(()) => {
                script.ask_to_end().await;
                Reply::EndedAsAsked { id }
            }
            Err(_) => {
                script.kill().await;
                Reply::Killed { id }
            }
        }
    }
}

/// Waits for this long, and as long again if this process was stopped meanwhile: then the script was perhaps as well.
async fn pass(limit: Duration) {
    loop {
        let end = Instant::now() + limit;
        tokio::time::sleep(limit).await;
        if end.elapsed() < STALL {
            return;
        }
    }
}

/// Whether a killed script has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    Yes,
    No,
}

/// A script that runs, in a process group of its own.
struct Script {
    child: Child,
    /// `None` once the script has ended by itself: what it left running is meant to run.
    group: Option<Pid>,
}

impl Script {
    fn start(job: &Job, program: &Path) -> io::Result<Self> {
        let Some((name, arguments)) = job.argv.split_first() else { return Err(io::ErrorKind::InvalidInput.into()) };
        let mut command = std::process::Command::new(program);
        command.arg0(name).args(arguments).stdin(Stdio::null()).process_group(0);
        for (variable, _) in std::env::vars_os().filter(|(variable, _)| environment::is_withheld(variable)) {
            command.env_remove(variable);
        }
        if let Some(home) = job.identity.as_ref().and_then(|identity| identity.home.as_ref()) {
            command.env("HOME", home);
        }
        match job.output {
            Output::Inherited => {}
            Output::Discarded => drop(command.stdout(Stdio::null()).stderr(Stdio::null())),
        }
        child::confine(&mut command, job.identity.as_ref().and_then(another_user));
        let child = Command::from(command).spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Ok(Self { child, group })
    }

    fn has_ended(&mut self) {
        self.group = None;
    }

    /// Asks its process group to end, and ends it if it does not.
    async fn ask_to_end(&mut self) {
        if let Some(group) = self.group {
            // It may just have ended.
            rustix::process::kill_process_group(group, Signal::TERM).ok();
        }
        match tokio::time::timeout(END_TIME, self.child.wait()).await {
            Ok(_) => self.has_ended(),
            Err(_) => drop(self.kill().await),
        }
    }

    /// Ends its process group, and waits until it is gone: not for long, as a daemon without CAP_KILL cannot end scripts of
    /// other users, and nobody one that waits for a disk.
    async fn kill(&mut self) -> Gone {
        self.kill_group();
        match tokio::time::timeout(LAST_WAIT, self.child.wait()).await {
            Ok(_) => Gone::Yes,
            Err(_) => Gone::No,
        }
    }

    fn kill_group(&mut self) {
        if let Some(group) = self.group.take() {
            // It may just have ended.
            rustix::process::kill_process_group(group, Signal::KILL).ok();
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.kill_group();
    }
}

/// What a script must become. One that runs as root stays as privileged as the daemon; every other has no capability, even
/// if the daemon is of the same user.
fn another_user(identity: &user::Identity) -> Option<User> {
    let own = (rustix::process::getuid().as_raw(), rustix::process::getgid().as_raw());
    let stays = identity.uid == 0 && own == (identity.uid, identity.gid);
    let groups = identity.groups.iter().copied().map(Gid::from_raw).collect();
    let user = User { uid: Uid::from_raw(identity.uid), gid: Gid::from_raw(identity.gid), groups };
    (!stays).then_some(user)
}
