//! Asks a thread for the state of routers, without ever waiting for it for long, and without making work for it with every
//! request.

use std::sync::Arc;
use std::sync::mpsc::{self, TryRecvError};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::ports::mailbox::Handle;
use crate::ports::question::{Asked, Question};

/// How long a thread may take to answer. Below the client's limit, so that the client hears why.
pub(crate) const ANSWER_LIMIT: Duration = Duration::from_secs(1);
/// An answer about all routers serves all requests of this time.
const FRESH: Duration = Duration::from_millis(10);
/// Time between two looks for the answer.
const LOOK: Duration = Duration::from_millis(1);

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// The thread has ended.
    Stopping,
    /// It does not answer within [`ANSWER_LIMIT`].
    Silent,
}

/// The way to the answers of one thread, shared by all requests.
#[derive(Debug)]
pub(crate) struct Inquiry<C, A> {
    thread: Handle<C>,
    /// Makes the thread's command of a question.
    command: fn(Question<A>) -> C,
    /// Requests wait for each other: one question at a time is under way, so that a thread that hangs does not find
    /// thousands of them.
    state: Mutex<State<A>>,
}

#[derive(Debug)]
struct State<A> {
    /// A question whose answer nobody has taken yet.
    pending: Option<mpsc::Receiver<A>>,
    /// The last answer about all routers.
    last: Option<(Instant, Arc<A>)>,
}

impl<C, A> Inquiry<C, A> {
    pub(crate) fn new(thread: Handle<C>, command: fn(Question<A>) -> C) -> Self {
        Self { thread, command, state: Mutex::new(State { pending: None, last: None }) }
    }

    /// Tells the thread something, without waiting.
    ///
    /// # Errors
    /// If it has too much to do.
    pub(crate) fn tell(&self, command: C) -> Result<(), NoAnswer> {
        self.thread.try_send(command).map_err(|_| NoAnswer::Silent)
    }

    /// The answer about routers, at most 10 ms old.
    ///
    /// # Errors
    /// If the thread has ended or does not answer in time.
    pub(crate) async fn get(&self, asked: Asked) -> Result<Arc<A>, NoAnswer> {
        tokio::time::timeout(ANSWER_LIMIT, self.ask(asked)).await.unwrap_or(Err(NoAnswer::Silent))
    }

    async fn ask(&self, asked: Asked) -> Result<Arc<A>, NoAnswer> {
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
        let of_all = asked == Asked::All;
        let (question, answer) = Question::new(asked);
        let at = Instant::now();
        self.thread.try_send((self.command)(question)).map_err(|_| NoAnswer::Silent)?;
        state.pending = Some(answer);
        let answer = Arc::new(state.answer().await?);
        if of_all {
            state.last = Some((at, Arc::clone(&answer)));
        }
        Ok(answer)
    }
}

impl<A> State<A> {
    /// Waits for the answer to the question that is under way.
    async fn answer(&mut self) -> Result<A, NoAnswer> {
        loop {
            let Some(pending) = &self.pending else { return Err(NoAnswer::Stopping) };
            match pending.try_recv() {
                Ok(answer) => {
                    self.pending = None;
                    return Ok(answer);
                }
                Err(TryRecvError::Disconnected) => return Err(NoAnswer::Stopping),
                Err(TryRecvError::Empty) => tokio::time::sleep(LOOK).await,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    use futures_util::future::join_all;
    use vrrp::types::RouterId;

    use super::*;
    use crate::ports::mailbox::{Mailbox, mailbox};

    /// A thread whose commands are questions, and what it has been asked.
    fn thread_to_ask() -> (Inquiry<Question<u32>, u32>, Mailbox<Question<u32>>) {
        let (handle, mailbox) = mailbox(8).unwrap();
        (Inquiry::new(handle, |question| question), mailbox)
    }

    fn run<T>(body: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(body)
    }

    /// Answers questions with their number until it is to stop; returns what they were about.
    fn serve(mailbox: Mailbox<Question<u32>>, stop: Arc<AtomicBool>) -> thread::JoinHandle<Vec<Asked>> {
        thread::spawn(move || {
            let mut asked = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                match mailbox.next() {
                    Some(question) => question.answer(|about| {
                        asked.push(about.clone());
                        u32::try_from(asked.len()).unwrap()
                    }),
                    None => thread::sleep(LOOK / 10),
                }
            }
            asked
        })
    }

    #[test]
    fn a_thread_that_hangs_is_reported_in_time_and_finds_one_question() {
        let (inquiry, mailbox) = thread_to_ask();
        run(async {
            let start = Instant::now();
            for answer in join_all((0..100).map(|_| inquiry.get(Asked::All))).await {
                assert_eq!(answer.unwrap_err(), NoAnswer::Silent);
            }
            assert_eq!(inquiry.get(Asked::These(Vec::new())).await.unwrap_err(), NoAnswer::Silent);
            assert!(start.elapsed() < 3 * ANSWER_LIMIT, "{:?}", start.elapsed());
            let question = mailbox.next().unwrap();
            assert!(mailbox.next().is_none());
            // It goes on: what was asked long ago is no answer to what is asked now.
            question.answer(|_| 0);
            let stop = Arc::new(AtomicBool::new(false));
            let thread = serve(mailbox, Arc::clone(&stop));
            assert_eq!(*inquiry.get(Asked::All).await.unwrap(), 1);
            stop.store(true, Ordering::Relaxed);
            thread.join().unwrap();
        });
    }

    #[test]
    fn a_thread_that_has_ended_is_told_from_one_that_hangs() {
        let (inquiry, mailbox) = thread_to_ask();
        drop(mailbox);
        assert_eq!(run(inquiry.get(Asked::All)).unwrap_err(), NoAnswer::Stopping);
    }

    #[test]
    fn requests_share_an_answer_and_one_router_is_one_question() {
        let (inquiry, mailbox) = thread_to_ask();
        let stop = Arc::new(AtomicBool::new(false));
        let thread = serve(mailbox, Arc::clone(&stop));
        let one = Asked::These(vec![RouterId::default()]);
        let start = Instant::now();
        run(async {
            assert_eq!(*inquiry.get(one.clone()).await.unwrap(), 1);
            for answer in join_all((0..1000).map(|_| inquiry.get(Asked::All))).await {
                answer.unwrap();
            }
        });
        let most = 2 + start.elapsed().as_millis() / FRESH.as_millis();
        stop.store(true, Ordering::Relaxed);
        let asked = thread.join().unwrap();
        assert_eq!(asked[..2], [one, Asked::All]);
        assert!(asked.len() as u128 <= most, "{} questions, at most {most}", asked.len());
    }
}
