//! `GET /v1/events`: what happens from now on, what happened before, or both without a gap; as lines of JSON or as
//! server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::ready;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::{Stream, StreamExt as _, stream};
use serde::Deserialize;
use tokio::sync::broadcast;
use utoipa::IntoParams;

use super::api::{LostLine, NewsLine};
use super::connections::{Progress, Stage};
use super::line;
use super::server::{NotThere, Unavailable, Unreadable, unavailable};
use super::state::Control;
use crate::ports::history::{Numbered, Wanted};

/// Clients that may follow events at a time: half of the connections, so that the others can always ask.
const FOLLOWERS: usize = 16;

const BEGIN: HeaderName = HeaderName::from_static("tanist-events-begin");

/// What a client asks for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Asked {
    /// What is kept of the time after this number; without it, nothing of the past.
    since: Option<u64>,
    /// Only what is about the router or sync group of this name.
    router: Option<String>,
    /// Whatever its value: what happens from now on as well, which is also so where `since` is missing.
    follow: Option<String>,
}

/// What the answer looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A JSON object per line.
    Lines,
    /// Server-sent events, whose ids are the numbers; for browsers. They always follow.
    ServerSent,
}

impl Form {
    fn of(headers: &HeaderMap) -> Self {
        let accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let mut kinds = accepted.flat_map(|value| value.split(','));
        let is_wanted = kinds.any(|kind| kind.split(';').next().is_some_and(|it| it.trim() == "text/event-stream"));
        if is_wanted { Self::ServerSent } else { Self::Lines }
    }
}

/// What happens from now on, or, with `since`, what happened before; `Accept: text/event-stream` makes server-sent events
/// of it, which always follow.
#[utoipa::path(
    get,
    path = "/v1/events",
    params(
        Asked,
        ("last-event-id" = Option<u64>, Header, description = "In place of `since`: what a browser had before it lost its connection"),
    ),
    responses(
        (status = OK, description = "A line or an event for each", headers(
            ("tanist-events-begin" = u64, description = "Number of the first event of this daemon: lower ones were of another before"),
        ), content(
            (NewsLine = "application/x-ndjson"),
            (String = "text/event-stream"),
        )),
        Unreadable, NotThere, Unavailable,
    )
)]
pub(super) async fn events(
    State(control): State<Arc<Control>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
    Extension(progress): Extension<Progress>,
) -> Response {
    if let Some(name) = &asked.router
        && !control.has_or_had(name)
    {
        return (StatusCode::NOT_FOUND, control.no_router(name)).into_response();
    }
    let form = Form::of(&headers);
    // A browser that has lost its connection says what it had.
    let had = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let since = had.or(asked.since);
    let wanted = Wanted { since: since.unwrap_or_default(), about: asked.router };
    if let (Some(_), None, Form::Lines) = (since, &asked.follow, form) {
        let past = stream::iter(control.stream.past(&wanted));
        let begin = control.stream.begin();
        return beginning(begin, lines(past.filter_map(move |it| ready(line_of(&it, &control)))));
    }
    if control.stream.followers() >= FOLLOWERS {
        return unavailable(format!("{FOLLOWERS} clients follow the events already"));
    }
    progress.set(Stage::Following);
    let (past, live) = match since {
        Some(_) => control.stream.past_and_on(&wanted),
        None => (VecDeque::new(), control.stream.subscribe()),
    };
    let news = Follower { past, live, wanted }.into_stream();
    let begin = control.stream.begin();
    let answer = match form {
        Form::Lines => lines(news.filter_map(move |news| ready(news.line(&control)))),
        Form::ServerSent => {
            let events = news.filter_map(move |news| ready(news.server_sent(&control).map(Ok::<_, Infallible>)));
            Sse::new(events).keep_alive(KeepAlive::default()).into_response()
        }
    };
    beginning(begin, answer)
}

/// With the number of this daemon's first event.
fn beginning(begin: u64, mut answer: Response) -> Response {
    answer.headers_mut().insert(BEGIN, begin.into());
    answer
}

/// An answer of lines of JSON.
fn lines(lines: impl Stream<Item = String> + Send + 'static) -> Response {
    let body = Body::from_stream(lines.map(|line| Ok::<_, Infallible>(Bytes::from(line + "\n"))));
    ([(CONTENT_TYPE, "application/x-ndjson")], body).into_response()
}

fn line_of(event: &Numbered, control: &Control) -> Option<String> {
    written(&NewsLine::Event(Box::new(line::of(event, control))))
}

fn written(line: &NewsLine) -> Option<String> {
    serde_json::to_string(line).ok()
}

/// What a follower is told.
enum News {
    Event(Numbered),
    /// It was too slow: this many events it will never see.
    Lost(u64),
}

impl News {
    fn line(&self, control: &Control) -> Option<String> {
        match self {
            Self::Event(event) => line_of(event, control),
            Self::Lost(count) => written(&NewsLine::Lost(LostLine { event: "lost", count: *count })),
        }
    }

    fn server_sent(&self, control: &Control) -> Option<Event> {
        let event = Event::default().data(self.line(control)?);
        Some(match self {
            Self::Event(it) => event.id(it.number.to_string()),
            Self::Lost(_) => event,
        })
    }
}

/// One that follows. If it is too slow it loses the oldest of what it has not read: nobody waits for it.
struct Follower {
    past: VecDeque<Numbered>,
    live: broadcast::Receiver<Numbered>,
    wanted: Wanted,
}

impl Follower {
    fn into_stream(self) -> impl Stream<Item = News> + Send + 'static {
        stream::unfold(self, |mut follower| async {
            let news = follower.next().await?;
            Some((news, follower))
        })
    }

    /// `None`: the daemon ends.
    async fn next(&mut self) -> Option<News> {
        if let Some(event) = self.past.pop_front() {
            return Some(News::Event(event));
        }
        loop {
            match self.live.recv().await {
                Ok(event) if !self.wanted.is_about(&event.event.subject) => {}
                Ok(event) => return Some(News::Event(event)),
                Err(broadcast::error::RecvError::Lagged(lost)) => return Some(News::Lost(lost)),
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_from_who_reads_lines() {
        let of = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            Form::of(&headers)
        };
        for (accept, form) in [
            ("text/event-stream", Form::ServerSent),
            ("text/html, text/event-stream;q=0.9", Form::ServerSent),
            ("*/*", Form::Lines),
            ("application/json", Form::Lines),
        ] {
            assert_eq!(of(accept), form, "{accept}");
        }
        assert_eq!(Form::of(&HeaderMap::new()), Form::Lines);
    }
}
