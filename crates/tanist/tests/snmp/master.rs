//! An SNMP agent, as far as a subagent sees of it.

use std::collections::HashMap;
use std::io::{self, Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use agentx::{Body, CloseReason, ErrorCode, Header, Message, Oid, Response, VarBind};
use lab::wait;

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    Answers,
    /// It accepts connections, reads, and says nothing.
    Silent,
}

/// Serves until it is dropped; then all connections end.
pub(crate) struct Master {
    seen: Arc<Mutex<Seen>>,
    packets: AtomicU32,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    path: PathBuf,
}

#[derive(Default)]
struct Seen {
    /// All connections; the last one is asked.
    streams: Vec<UnixStream>,
    /// Of the last connection.
    registered: Vec<Oid>,
    notified: Vec<Vec<VarBind>>,
    answers: HashMap<u32, Response>,
    closed: Option<CloseReason>,
}

impl Master {
    /// Listens at `path`.
    pub(crate) fn start(path: &Path, manner: Manner) -> io::Result<Self> {
        std::fs::remove_file(path).ok();
        let listener = UnixListener::bind(path)?;
        listener.set_nonblocking(true)?;
        let (seen, stop) = (Arc::<Mutex<Seen>>::default(), Arc::<AtomicBool>::default());
        let (sees, stopped) = (Arc::clone(&seen), Arc::clone(&stop));
        let serve = move || {
            while !stopped.load(Ordering::Relaxed) {
                let Ok((stream, _)) = listener.accept() else {
                    thread::sleep(Duration::from_millis(5));
                    continue;
                };
                stream.set_nonblocking(false).unwrap();
                let sees = Arc::clone(&sees);
                {
                    let mut seen = lock(&sees);
                    seen.streams.push(stream.try_clone().unwrap());
                    seen.registered.clear();
                }
                // It ends with the connection.
                thread::spawn(move || while take(&stream, &sees, manner).is_ok() {});
            }
        };
        let thread = Some(thread::spawn(serve));
        Ok(Self { seen, packets: AtomicU32::new(1000), stop, thread, path: path.to_owned() })
    }

    /// What the subagent answers for, sorted.
    pub(crate) fn registered(&self) -> Vec<Oid> {
        let mut registered = lock(&self.seen).registered.clone();
        registered.sort();
        registered
    }

    /// Connections so far.
    pub(crate) fn sessions(&self) -> usize {
        lock(&self.seen).streams.len()
    }

    /// The traps so far.
    pub(crate) fn notified(&self) -> Vec<Vec<VarBind>> {
        lock(&self.seen).notified.clone()
    }

    /// How a session was closed last.
    pub(crate) fn closed(&self) -> Option<CloseReason> {
        lock(&self.seen).closed
    }

    /// Asks, and waits for the answer.
    pub(crate) fn ask(&self, body: Body) -> Option<Response> {
        let packet = self.packets.fetch_add(1, Ordering::Relaxed);
        let message = Message { session: SESSION, transaction: packet, packet, context: None, body };
        self.send_raw(&message.bytes());
        wait::found(Duration::from_secs(15), || lock(&self.seen).answers.remove(&packet))
    }

    pub(crate) fn send_raw(&self, bytes: &[u8]) {
        // The connection may have ended.
        lock(&self.seen).streams.last().unwrap().write_all(bytes).ok();
    }
}

const SESSION: u32 = 77;

/// Takes one message, and answers it.
fn take(mut stream: &UnixStream, seen: &Mutex<Seen>, manner: Manner) -> io::Result<()> {
    let mut bytes = [0; Header::LENGTH];
    stream.read_exact(&mut bytes)?;
    let header = Header::read(&bytes).unwrap();
    let mut payload = vec![0; header.payload()];
    stream.read_exact(&mut payload)?;
    let message = Message::read(&header, &payload).unwrap();
    if manner == Manner::Silent {
        return Ok(());
    }
    let mut answer = message.answer(Response { uptime: 4200, error: ErrorCode::None, index: 0, variables: Vec::new() });
    match message.body {
        Body::Open { .. } => answer.session = SESSION,
        Body::Register(registration) => lock(seen).registered.push(registration.subtree),
        Body::Notify(variables) => lock(seen).notified.push(variables),
        Body::Ping => {}
        Body::Close(reason) => {
            lock(seen).closed = Some(reason);
            return Ok(());
        }
        Body::Response(response) => {
            lock(seen).answers.insert(message.packet, response);
            return Ok(());
        }
        Body::Unregister(_)
        | Body::Get(_)
        | Body::GetNext(_)
        | Body::GetBulk { .. }
        | Body::TestSet(_)
        | Body::CommitSet
        | Body::UndoSet
        | Body::CleanupSet => panic!("a subagent does not send that"),
    }
    stream.write_all(&answer.bytes())
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Master {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
        for stream in &lock(&self.seen).streams {
            stream.shutdown(std::net::Shutdown::Both).ok();
        }
        std::fs::remove_file(&self.path).ok();
    }
}
