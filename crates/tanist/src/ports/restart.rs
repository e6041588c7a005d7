//! How somebody asks for another program in the place of this one, and hears what became of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::main::{MainEvent, MainHandle};

/// Whether the program may be executed: then it is, at once. Else why not.
pub(crate) type Tested = Result<(), String>;

/// Where that is asked for. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct RestartDesk {
    main: MainHandle,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    asked: Option<oneshot::Sender<Tested>>,
    restarts: Restarts,
}

/// What is known of such restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Restarts {
    /// How often a program was executed in the place of the one before.
    pub(crate) count: u64,
    /// Why the last one did not go on from where the one before was, or was not executed at all.
    pub(crate) failure: Option<String>,
}

impl RestartDesk {
    pub(crate) fn new(main: MainHandle, restarts: Restarts) -> Self {
        Self { main, state: Arc::new(Mutex::new(State { asked: None, restarts })) }
    }

    /// Asks for it. `None` if somebody has asked already, or the main thread has too much to do.
    pub(crate) fn ask(&self) -> Option<oneshot::Receiver<Tested>> {
        let (answer, answered) = oneshot::channel();
        let mut state = self.state();
        if state.asked.as_ref().is_some_and(|asked| !asked.is_closed()) {
            return None;
        }
        state.asked = Some(answer);
        state.restarts.failure = None;
        drop(state);
        self.main.offer(MainEvent::RestartAsked).ok().map(|()| answered)
    }

    /// Tells who has asked.
    pub(crate) fn answer(&self, verdict: Tested) {
        if let Some(asked) = self.state().asked.take() {
            asked.send(verdict).ok();
        }
    }

    /// It failed after all.
    pub(crate) fn failed(&self, why: String) {
        self.state().restarts.failure = Some(why);
    }

    pub(crate) fn restarts(&self) -> Restarts {
        self.state().restarts.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is a single assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
