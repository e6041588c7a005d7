//! Asks the protocol thread for the state of its routers, without ever waiting for it for long, and without waking it more
//! often than a few times for any number of requests.

use std::sync::Arc;
use std::sync::mpsc::{self, TryRecvError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::daemon::{Asked, ProtocolHandle, Snapshots, ToProtocol};

/// How long the protocol thread may take to answer. Below the client's limit, so that the client hears why.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// An answer about all routers serves all requests of this time.
const FRESH: Duration = Duration::from_millis(10);
/// Time between two looks for the answer. Being woken by the protocol thread would cost it a lock of this thread's runtime,
/// which an ordinary thread can be preempted with.
const LOOK: Duration = Duration::from_millis(1);

/// Why there is no answer, in words for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoAnswer {
    #[error("the daemon is stopping")]
    Stopping,
    #[error("the protocol thread does not answer within {ANSWER_LIMIT:?}: it hangs or is starved")]
    Silent,
}

/// The way to the protocol thread's answers, shared by all requests.
#[derive(Debug)]
pub(crate) struct SnapshotSource {
    protocol: ProtocolHandle,
    /// Requests wait for each other: one question at a time is under way, so that a thread that hangs does not find
    /// thousands of them.
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// A question whose answer nobody has taken yet.
    pending: Option<mpsc::Receiver<Snapshots>>,
    /// The last answer about all routers.
    last: Option<(Instant, Arc<Snapshots>)>,
}

impl SnapshotSource {
    pub(crate) fn new(protocol: ProtocolHandle) -> Self {
        Self { protocol, state: Mutex::default() }
    }

    /// The state of routers, at most 10 ms old.
    ///
    /// # Errors
    /// If the protocol thread has ended or does not answer in time.
    pub(crate) async fn get(&self, asked: Asked) -> Result<Arc<Snapshots>, NoAnswer> {
        tokio::time::timeout(ANSWER_LIMIT, self.ask(asked)).await.unwrap_or(Err(NoAnswer::Silent))
    }

    async fn ask(&self, asked: Asked) -> Result<Arc<Snapshots>, NoAnswer> {
        let mut state = self.state.lock().await;
        if state.pending.is_some() {
            // Whoever asked has given up; the answer is too old for anybody else.
            state.answer().await?;
        }
        if let Some((at, last)) = &state.last
            && at.elapsed() < FRESH
        {
            return Ok(Arc::clone(last));
        }
        let of_all = match asked {
            Asked::All => true,
            Asked::These(_) => false,
        };
        let (answer, pending) = mpsc::sync_channel(1);
        self.protocol.try_send(ToProtocol::Ask { asked, answer }).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => NoAnswer::Silent,
            mpsc::TrySendError::Disconnected(_) => NoAnswer::Stopping,
        })?;
        let at = Instant::now();
        state.pending = Some(pending);
        let snapshots = Arc::new(state.answer().await?);
        if of_all {
            state.last = Some((at, Arc::clone(&snapshots)));
        }
        Ok(snapshots)
    }
}

impl State {
    /// Waits for the answer to the question that is under way.
    async fn answer(&mut self) -> Result<Snapshots, NoAnswer> {
        loop {
            let Some(pending) = &self.pending else { return Err(NoAnswer::Stopping) };
            match pending.try_recv() {
                Ok(snapshots) => {
                    self.pending = None;
                    return Ok(snapshots);
                }
                Err(TryRecvError::Disconnected) => return Err(NoAnswer::Stopping),
                Err(TryRecvError::Empty) => tokio::time::sleep(LOOK).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use futures_util::future::join_all;
    use vrrp::snapshot::Discards;

    use super::*;
    use crate::daemon::protocol_channel;

    fn run<T>(body: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(body)
    }

    fn nothing() -> Snapshots {
        Snapshots { routers: Vec::new(), unclaimed: Discards::default() }
    }

    #[test]
    fn a_protocol_thread_that_hangs_is_reported_in_time_and_finds_one_question() {
        let (protocol, commands, _waker) = protocol_channel().unwrap();
        let source = SnapshotSource::new(protocol);
        run(async {
            let start = Instant::now();
            for answer in join_all((0..100).map(|_| source.get(Asked::All))).await {
                assert_eq!(answer.unwrap_err(), NoAnswer::Silent);
            }
            assert_eq!(source.get(Asked::These(Vec::new())).await.unwrap_err(), NoAnswer::Silent);
            assert!(start.elapsed() < 3 * ANSWER_LIMIT, "{:?}", start.elapsed());
            let questions: Vec<_> = commands.try_iter().collect();
            assert_eq!(questions.len(), 1);
            // It goes on.
            let [ToProtocol::Ask { answer, .. }] = <[_; 1]>::try_from(questions).unwrap() else { panic!() };
            answer.send(nothing()).unwrap();
            thread::spawn(move || {
                for command in commands {
                    let ToProtocol::Ask { answer, .. } = command else { continue };
                    answer.send(nothing()).unwrap();
                }
            });
            source.get(Asked::All).await.unwrap();
        });
    }

    #[test]
    fn a_protocol_thread_that_has_ended_is_told_from_one_that_hangs() {
        let (protocol, commands, _waker) = protocol_channel().unwrap();
        drop(commands);
        let source = SnapshotSource::new(protocol);
        assert_eq!(run(source.get(Asked::All)).unwrap_err(), NoAnswer::Stopping);
    }

    #[test]
    fn requests_share_an_answer_and_one_router_is_one_question() {
        let (protocol, commands, _waker) = protocol_channel().unwrap();
        let source = SnapshotSource::new(protocol);
        let asked = thread::spawn(move || {
            let mut asked = Vec::new();
            for command in commands {
                let ToProtocol::Ask { asked: which, answer } = command else { continue };
                asked.push(which);
                answer.send(nothing()).unwrap();
            }
            asked
        });
        let start = Instant::now();
        run(async {
            source.get(Asked::These(Vec::new())).await.unwrap();
            for answer in join_all((0..1000).map(|_| source.get(Asked::All))).await {
                answer.unwrap();
            }
        });
        let most = 2 + start.elapsed().as_millis() / FRESH.as_millis();
        drop(source);
        let asked = asked.join().unwrap();
        assert_eq!(asked[0], Asked::These(Vec::new()));
        assert!((asked.len() as u128) <= most, "{} questions, at most {most}", asked.len());
    }
}
