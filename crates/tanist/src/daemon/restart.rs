//! `tanist restart`: another program, most often a newer one, is executed in the place of this one. The process stays, and so do roles,
//! timers, addresses and interfaces: the threads say what they know and stand still, the program finds it, and its threads go on
//! (`resume`). Nobody hears of it.
//!
//! Before that the program shows that it can: it reads what it would be given, and the configuration (`tanist self-test`). One that
//! cannot leaves everything as it is.

use std::env;
use std::ffi::{CStr, CString, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use linux::{descriptors, program};
use rustix::process::{Signal, getpid, kill_process_group};
use signal_hook::low_level::pipe;
use vrrp::types::{GroupId, RouterId, TrackerId};

use super::Daemon;
use super::follow::Step;
use crate::children::Child;
use crate::launch::Passed;
use crate::loader;
use crate::ports::handover::{CAN_GO_ON, Handover, HostPart, Known, Purpose, Rest, STANDSTILL, Standstill};
use crate::ports::host::HostCommand;
use crate::ports::main::{Answer, MainHandle, STOP};
use crate::ports::protocol::{Agreed, ProtocolCommand};
use crate::ports::restart::Tested;
use crate::shared::Replacing;
use crate::{logging, manager, wording};

/// How long a good moment is waited for.
const MOMENT: Duration = Duration::from_secs(1);
/// How long a thread may take to answer while others stand still.
const HASTE: Duration = Duration::from_millis(200);
/// Time between two tries.
const RETRY: Duration = Duration::from_millis(20);
/// How long the program may take to show that it can go on.
const TEST: Duration = Duration::from_secs(20);
/// Most that it may say meanwhile, in bytes.
const MOST_SAID: u64 = 64 << 10;
/// Characters of its last line that are shown.
const LONGEST_LINE: usize = 500;
/// Time for the answer to reach whoever has asked, before this program ends.
const LAST_WORD: Duration = Duration::from_millis(50);

/// How this process was started: what is executed again.
#[derive(Debug)]
pub(super) struct Program {
    /// Also when another file has taken its place.
    path: PathBuf,
    arguments: Vec<OsString>,
}

/// The files of a configuration, and what they hold.
pub(super) type Texts = Vec<(PathBuf, String)>;

/// What is handed over, as long as the threads stand still.
struct Standing {
    handover: Handover,
    /// What keeps what the kernel would otherwise take away.
    kept: Vec<OwnedFd>,
    since: Instant,
    /// Upon the end of which the threads go on.
    _threads: [mpsc::Sender<()>; 2],
}

impl Program {
    /// This one. To be asked for before anybody can put another file in its place.
    ///
    /// # Errors
    /// If /proc is not there.
    pub(super) fn this() -> io::Result<Self> {
        Ok(Self { path: env::current_exe()?, arguments: env::args_os().collect() })
    }

    /// Has the program that is there now show that it can go on from `handover`.
    fn test(&self, handover: &Handover, config: &[OsString]) -> io::Result<Tested> {
        let mut said = program::bounded_memory_file("tanist-said", MOST_SAID)?;
        let mut command = Command::new(&self.path);
        command.arg0("tanist").arg("self-test").args(config).env_clear().envs(env::vars_os());
        command.stdin(OwnedFd::from(program::memory_file("tanist-handover", &handover.to_bytes())?));
        command.stdout(said.try_clone()?).stderr(said.try_clone()?);
        let child = Child::spawn(command.process_group(0))?;
        let pid = child.pid();
        let status = wait(child)?;
        // Whom it has started. Usually there is nobody.
        kill_process_group(pid, Signal::KILL).ok();
        let (path, last) = (self.path.display(), last_line(&mut said));
        Ok(match status {
            Some(status) if status.success() && last == CAN_GO_ON => Ok(()),
            Some(status) if status.success() => Err(format!("{path} does not know what a self-test is")),
            Some(status) if last.is_empty() => Err(format!("{path} fails its self-test ({status})")),
            Some(status) => Err(format!("{path} fails its self-test ({status}): {last}")),
            None => Err(format!("{path} does not end its self-test within {TEST:?}")),
        })
    }

    /// Executes the program that is there now, unless this one is to stop. Returns only if that fails: why.
    fn execute(&self, passed: &Passed, main: &MainHandle) -> io::Result<std::convert::Infallible> {
        let (name, value) = passed.pass_on()?;
        let others = env::vars_os().filter(|(name, _)| !Passed::is_variable(name));
        let variables = others.chain([(name.into(), value.into())]);
        let variable =
            |(name, value): (OsString, OsString)| CString::new([name.as_bytes(), b"=", value.as_bytes()].concat());
        let environment = variables.map(variable).collect::<Result<Vec<_>, _>>()?;
        let arguments = self.arguments.iter().map(|it| CString::new(it.clone().into_vec()));
        let arguments = arguments.collect::<Result<Vec<_>, _>>()?;
        let path = CString::new(self.path.as_os_str().as_bytes())?;
        if main.is_to_stop() {
            return Err(io::Error::other("it is to stop"));
        }
        // The next program raises the limit as this one did, and gives its children the one that was there before.
        descriptors::restore(getpid()).ok();
        let error = program::execute(&path, &borrowed(&arguments), &borrowed(&environment));
        descriptors::raise().ok();
        Err(error)
    }
}

fn borrowed(texts: &[CString]) -> Vec<&CStr> {
    texts.iter().map(CString::as_c_str).collect()
}

/// Its status; `None`: it took too long.
fn wait(mut child: Child) -> io::Result<Option<ExitStatus>> {
    let start = Instant::now();
    while start.elapsed() < TEST {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        thread::sleep(RETRY);
    }
    Ok(None)
}

/// The last line of what was said; empty if that is nothing.
fn last_line(said: &mut File) -> String {
    let text = program::content(said).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
    let last = text.trim_end_matches('\0').lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    last.chars().take(LONGEST_LINE).collect()
}

impl Daemon {
    /// Somebody wants another program in the place of this one: it is tested first, while this one goes on.
    pub(super) fn test_program(&mut self) {
        let tested = match &self.step {
            Step::InForce => {
                self.stand_still(Purpose::Rehearsal).and_then(|standing| self.begin_test(standing.handover))
            }
            Step::Naming { .. } | Step::Attaching { .. } | Step::Testing { .. } | Step::Pausing { .. } => {
                Err("a configuration is just being put into force: try again".to_owned())
            }
        };
        if let Err(why) = tested {
            self.refuse_program(why);
        }
    }

    fn begin_test(&mut self, handover: Handover) -> Tested {
        let (answer, verdict): (Answer<Tested>, _) = self.main.expect();
        let texts = self.texts();
        let program = std::sync::Arc::clone(&self.program);
        let mut config = vec![OsString::from("--config"), self.config_path.clone().into()];
        config.extend(self.config_id.iter().map(|id| format!("--config-id={id}").into()));
        let test = move || {
            let outcome = program.test(&handover, &config);
            answer.give(
                outcome.unwrap_or_else(|error| Err(format!("{} cannot be run: {error}", program.path.display()))),
            );
        };
        thread::Builder::new().name("self-test".into()).spawn(test).map_err(|error| error.to_string())?;
        self.step = Step::Testing { verdict, texts };
        Ok(())
    }

    /// What stands in the files of the configuration now.
    fn texts(&self) -> Texts {
        let loaded = loader::load_to_run(&self.config_path, self.config_id.as_deref());
        loaded.diagnostics.sources().files().map(|file| (file.path().to_owned(), file.text().to_owned())).collect()
    }

    /// The test, with these files, is over: the peers of BFD sessions are asked to bear what comes.
    pub(super) fn tested(&mut self, verdict: Tested, texts: Texts) {
        if let Err(why) = verdict {
            return self.refuse_program(why);
        }
        let (answer, agreed) = self.main.expect();
        self.protocol.send(ProtocolCommand::Pause(answer));
        self.step = Step::Pausing { agreed, texts, since: Instant::now() };
    }

    /// They have answered, or some have not.
    pub(super) fn paused(&mut self, agreed: Agreed, texts: &Texts) {
        if let Err(silent) = agreed {
            return self.refuse_program(wording::no_pause(&silent));
        }
        self.desk.answer(Ok(()));
        thread::sleep(LAST_WORD);
        if self.texts() != *texts {
            self.go_on("the configuration has changed since the self-test: try again".to_owned());
            return self.catch_up();
        }
        manager::reloading();
        tracing::info!("{} is executed in the place of this program", self.program.path.display());
        logging::flush();
        let why = self.replace();
        self.go_on(why);
        manager::ready();
        self.catch_up();
    }

    /// Whoever has asked was told that it would be done, and it was not.
    fn go_on(&self, why: String) {
        self.protocol.send(ProtocolCommand::EndPause);
        let program = self.program.path.display();
        tracing::error!("{program} was not executed in the place of this program, which goes on: {why}");
        self.desk.failed(why);
    }

    fn refuse_program(&mut self, why: String) {
        tracing::error!("this program goes on: {why}");
        self.desk.answer(Err(why));
        self.catch_up();
    }

    /// A reload may have been asked for meanwhile.
    fn catch_up(&mut self) {
        if matches!(self.step, Step::InForce) && std::mem::take(&mut self.reload_again) {
            self.reload();
        }
    }

    /// Returns if it fails: why.
    fn replace(&mut self) -> String {
        let standing = match self.stand_still(Purpose::Execution) {
            Ok(standing) => standing,
            Err(why) => return why,
        };
        let failed = self.execute(standing);
        self.guardian.replace(Replacing::No).ok();
        failed.map_or_else(|error| error.to_string(), |never| match never {})
    }

    fn execute(&self, standing: Standing) -> io::Result<std::convert::Infallible> {
        let (stop, tell) = UnixStream::pair()?;
        let passed = Passed {
            state: program::memory_file("tanist-handover", &standing.handover.to_bytes())?,
            lock: self.lock.as_fd().try_clone_to_owned()?,
            guardian: self.guardian.replace(Replacing::Yes)?,
            kept: standing.kept,
            stop: Some(stop),
        };
        if standing.since.elapsed() > STANDSTILL / 2 {
            return Err(io::Error::other("the machine is too slow at the moment: try again"));
        }
        // Other threads hear signals until they are no more, and nobody heeds it then.
        let heard = STOP.map(|signal| pipe::register(signal, tell.try_clone()?));
        let Err(error) = self.program.execute(&passed, &self.main);
        heard.into_iter().flatten().for_each(|id| _ = signal_hook::low_level::unregister(id));
        Err(error)
    }

    /// All threads say what they know. For an execution they stand still then, until what is returned is dropped.
    ///
    /// # Errors
    /// If there is no good moment for it, in words for the user.
    fn stand_still(&self, purpose: Purpose) -> Result<Standing, String> {
        let start = Instant::now();
        loop {
            match self.try_to_stand_still(purpose) {
                Ok(standing) => return Ok(standing),
                Err(why) if start.elapsed() > MOMENT => return Err(why),
                Err(_) => thread::sleep(RETRY),
            }
        }
    }

    fn try_to_stand_still(&self, purpose: Purpose) -> Result<Standing, String> {
        let since = Instant::now();
        let busy = |who: &str| format!("the {who} thread has something to do: try again");
        let ((protocol, end), (answer, engine)) = (mpsc::channel(), self.main.expect());
        self.protocol.send(ProtocolCommand::HandOver(Standstill { purpose, answer, end }));
        let mut engine = engine.recv_timeout(HASTE).ok().flatten().ok_or_else(|| busy("protocol"))?;
        // After the protocol thread: so it has all orders of that one.
        let ((host_end, end), (answer, host)) = (mpsc::channel(), self.main.expect());
        self.host.send(HostCommand::HandOver(Standstill { purpose, answer, end }));
        let mut host: HostPart = host.recv_timeout(HASTE).ok().flatten().ok_or_else(|| busy("host"))?;
        let mut kept = std::mem::take(&mut host.kept);
        kept.append(&mut engine.sockets);
        kept.extend(self.pipes_at_rest()?);
        let handover = self.handover(engine, host);
        Ok(Standing { handover, kept, since, _threads: [protocol, host_end] })
    }

    /// What would be lost with this program: scripts that run, mails that wait.
    fn pipes_at_rest(&self) -> Result<Vec<OwnedFd>, String> {
        let (answer, rest) = self.main.expect();
        let asked = self.services.ask_for_rest(answer);
        match rest.recv_timeout(HASTE) {
            Ok(Rest::Idle(pipes)) if asked => Ok(pipes),
            Ok(Rest::Idle(_) | Rest::Busy) | Err(_) => {
                Err("notify scripts or mails of the last changes are still on their way: try again".into())
            }
        }
    }

    fn handover(&self, engine: crate::ports::handover::EnginePart, host: HostPart) -> Handover {
        let directory = self.directory.borrow().clone();
        let known = Known {
            restarts: self.desk.restarts().count,
            started: self.running.started(),
            watchdog: self.watchdog,
            released: self.released.all(),
            past: self.stream.kept(),
            router: &|id: RouterId| directory.router(id).cloned(),
            group: &|id: GroupId| Some(directory.group(id).to_owned()),
            tracker: &|id: TrackerId| directory.tracker(id).map(|key| (key.list().to_owned(), key.name().to_owned())),
        };
        Handover::new(engine, host, &known)
    }
}
