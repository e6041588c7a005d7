//! Requests of the master and their answers. Nothing can be written.

use agentx::{Body, ErrorCode, Message, Response, SearchRange, Start, Value, VarBind};

use super::view::View;

/// Objects in one answer: the master asks for more if it wants more.
const MOST: usize = 512;

/// What is done about a message of the master.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It asks for objects: a [`View`] answers.
    Read,
    /// It would write: it is told at once that it cannot.
    Write,
    /// Whether we are there.
    Ping,
    /// It is answered by saying that it is none of our business.
    Strange,
    /// The session is over.
    Close,
    /// It needs no answer.
    Ignored,
    /// An answer to one of ours.
    Answer,
}

impl Kind {
    pub(super) const fn of(body: &Body) -> Self {
        match body {
            Body::Get(_) | Body::GetNext(_) | Body::GetBulk { .. } => Self::Read,
            Body::TestSet(_) | Body::CommitSet | Body::UndoSet => Self::Write,
            Body::CleanupSet => Self::Ignored,
            Body::Ping => Self::Ping,
            Body::Open { .. } | Body::Register(_) | Body::Unregister(_) | Body::Notify(_) => Self::Strange,
            Body::Close(_) => Self::Close,
            Body::Response(_) => Self::Answer,
        }
    }
}

/// An answer without objects.
pub(super) const fn plain(error: ErrorCode, index: u16) -> Response {
    Response { uptime: 0, error, index, variables: Vec::new() }
}

/// That nothing can be written.
pub(super) const fn refusal(body: &Body) -> Response {
    match body {
        Body::TestSet(_) => plain(ErrorCode::NotWritable, 1),
        Body::CommitSet => plain(ErrorCode::CommitFailed, 0),
        Body::UndoSet => plain(ErrorCode::UndoFailed, 0),
        Body::Open { .. }
        | Body::Close(_)
        | Body::Register(_)
        | Body::Unregister(_)
        | Body::Get(_)
        | Body::GetNext(_)
        | Body::GetBulk { .. }
        | Body::CleanupSet
        | Body::Notify(_)
        | Body::Ping
        | Body::Response(_) => plain(ErrorCode::RequestDenied, 0),
    }
}

/// The objects that a request asks for. There are none in a context that has a name.
pub(super) fn read(view: &View, request: &Message) -> Response {
    if request.context.is_some() {
        return plain(ErrorCode::UnsupportedContext, 0);
    }
    let variables = match &request.body {
        Body::Get(ranges) => ranges.iter().take(MOST).map(|range| view.get(&range.from)).collect(),
        Body::GetNext(ranges) => ranges.iter().take(MOST).map(|range| view.next(range)).collect(),
        Body::GetBulk { non_repeaters, max_repetitions, ranges } => {
            bulk(view, ranges, usize::from(*non_repeaters), usize::from(*max_repetitions))
        }
        Body::Open { .. }
        | Body::Close(_)
        | Body::Register(_)
        | Body::Unregister(_)
        | Body::TestSet(_)
        | Body::CommitSet
        | Body::UndoSet
        | Body::CleanupSet
        | Body::Notify(_)
        | Body::Ping
        | Body::Response(_) => Vec::new(),
    };
    Response { variables, ..plain(ErrorCode::None, 0) }
}

/// RFC 2741 §7.2.3.3: one object of each of the first ranges, then those of the others, one round after the other. All rounds
/// are whole.
fn bulk(view: &View, ranges: &[SearchRange], non_repeaters: usize, max_repetitions: usize) -> Vec<VarBind> {
    let ranges = &ranges[..ranges.len().min(MOST)];
    let (once, repeated) = ranges.split_at(non_repeaters.min(ranges.len()));
    let mut found: Vec<VarBind> = once.iter().map(|range| view.next(range)).collect();
    let mut ranges = repeated.to_vec();
    for _ in 0..max_repetitions {
        if ranges.is_empty() || found.len() + ranges.len() > MOST {
            break;
        }
        let round: Vec<VarBind> = ranges.iter().map(|range| view.next(range)).collect();
        for (range, found) in ranges.iter_mut().zip(&round) {
            if found.value != Value::EndOfMibView {
                (range.from, range.start) = (found.name.clone(), Start::After);
            }
        }
        let is_over = round.iter().all(|found| found.value == Value::EndOfMibView);
        found.extend(round);
        if is_over {
            break;
        }
    }
    found
}
