//! The client side of the control API.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use linux::clock;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use tokio::net::UnixStream;

use super::api::Restart;

/// How long the daemon may take to accept a connection and to answer; longer than its own limits, so that it can say why.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// How long the test of a program may take, with what comes before it is executed; and how long it may take then to answer in its turn.
const RESTART_LIMIT: Duration = Duration::from_secs(30);
/// Time between two looks whether it does.
const LOOK: Duration = Duration::from_millis(50);
const RESTART: &str = "/v1/restart";

const BEGAN_ANEW: &str = "the daemon began anew instead of going on: its log says why";
const ENDED: &str = "the daemon has ended meanwhile: its log, or that of the service manager, says why";

/// A header: until when the client waits, on the machine's monotonic clock in nanoseconds. What is read later is not to be carried
/// out, for it was reported as failed.
pub(super) const UNTIL: &str = "tanist-until";

/// Why a request failed, in words for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error("cannot reach a daemon at {path}: {source}; is `tanist run` running, and is --control the same?")]
    Unreachable { path: String, source: io::Error },
    #[error(
        "the daemon at {path} does not answer within {limit:?}: it is frozen (SIGSTOP, paused container) or starved"
    )]
    Silent { path: String, limit: Duration },
    #[error("the daemon says: {0}")]
    Refused(String),
    #[error("the daemon's answer cannot be read: {0}")]
    Garbled(String),
}

/// What is escaped in a segment of a path: all but the unreserved characters (RFC 3986 §2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A path that ends in a name.
pub(crate) fn path(before: &str, name: &str) -> String {
    format!("{before}/{}", escaped(name))
}

/// A name as a part of a path or the value of a query.
pub(crate) fn escaped(name: &str) -> impl fmt::Display {
    utf8_percent_encode(name, RESERVED)
}

/// Asks for `path` and reads the whole answer.
///
/// # Errors
/// If there is no daemon, it refuses, or it does not answer within 2 s.
pub(crate) fn get<T: DeserializeOwned>(control: &Path, path: &str) -> Result<T, ClientError> {
    ask(control, Method::GET, path)
}

/// Asks for a change, and reads the whole answer.
///
/// # Errors
/// As [`get`].
pub(crate) fn post<T: DeserializeOwned>(control: &Path, path: &str) -> Result<T, ClientError> {
    ask(control, Method::POST, path)
}

/// Has the program that is installed now take the place of the running one, and waits until it answers. Returns what it says.
///
/// # Errors
/// If it does not, in words for the user.
pub(crate) fn restart(control: &Path) -> Result<Restart, String> {
    // One that is frozen is not asked for what takes long.
    let before = get::<Restart>(control, RESTART).map_err(|error| error.to_string())?;
    let was_seen = before.pid.is_some_and(lives);
    let asked = in_time(control, RESTART_LIMIT, whole::<Restart>(control, Method::POST, RESTART));
    match runtime().and_then(|runtime| runtime.block_on(asked)) {
        // It may have been executed, or has died.
        Ok(_) | Err(ClientError::Garbled(_)) => {}
        Err(error) => return Err(error.to_string()),
    }
    let start = Instant::now();
    loop {
        let is_late = start.elapsed() > RESTART_LIMIT;
        match get::<Restart>(control, RESTART) {
            Ok(Restart { failure: Some(why), .. }) => return Err(why),
            // Its death was followed by an ordinary start. Older programs do not say who they are.
            Ok(now) if before.pid.zip(now.pid).is_some_and(|(before, now)| before != now) => {
                return Err(BEGAN_ANEW.to_owned());
            }
            Ok(now) if now.restarts > before.restarts => return Ok(now),
            // The program before still answers.
            Ok(_) if is_late => return Err(BEGAN_ANEW.to_owned()),
            Err(ClientError::Unreachable { .. }) if was_seen && !before.pid.is_some_and(lives) => {
                return Err(ENDED.to_owned());
            }
            Err(error) if is_late => return Err(error.to_string()),
            Ok(_) | Err(_) => sleep(LOOK),
        }
    }
}

/// Whether a process is there, as far as this one can see.
fn lives(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state stands behind the name, which is in parentheses.
    stat.rsplit_once(") ").is_some_and(|(_, state)| !state.starts_with(['Z', 'X']))
}

fn ask<T: DeserializeOwned>(control: &Path, method: Method, path: &str) -> Result<T, ClientError> {
    runtime()?.block_on(in_time(control, ANSWER_LIMIT, whole(control, method, path)))
}

async fn whole<T: DeserializeOwned>(control: &Path, method: Method, path: &str) -> Result<T, ClientError> {
    let body = open(control, method, path).await?.into_body().collect().await.map_err(garbled)?;
    serde_json::from_slice(&body.to_bytes()).map_err(garbled)
}

/// Asks for `path` and hands over each line of the answer as it comes, until the daemon ends it or `each` says stop. Only
/// the beginning of the answer has a time limit.
///
/// # Errors
/// If there is no daemon, it refuses, or it does not begin to answer within 2 s.
pub(crate) fn follow(
    control: &Path,
    path: &str,
    mut each: impl FnMut(&str) -> io::Result<()>,
) -> Result<(), ClientError> {
    runtime()?.block_on(async {
        let mut body = in_time(control, ANSWER_LIMIT, open(control, Method::GET, path)).await?.into_body();
        let mut pending = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(garbled)?;
            pending.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
            while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                if each(String::from_utf8_lossy(&line).trim_end()).is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, ClientError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|source| ClientError::Unreachable { path: "a runtime".into(), source })
}

async fn in_time<T>(
    control: &Path,
    limit: Duration,
    asked: impl Future<Output = Result<T, ClientError>>,
) -> Result<T, ClientError> {
    tokio::time::timeout(limit, asked).await.unwrap_or_else(|_| Err(silent(control, limit)))
}

fn silent(control: &Path, limit: Duration) -> ClientError {
    ClientError::Silent { path: control.display().to_string(), limit }
}

#[expect(clippy::needless_pass_by_value, reason = "errors are mapped by it")]
fn garbled(error: impl ToString) -> ClientError {
    ClientError::Garbled(error.to_string())
}

async fn open(control: &Path, method: Method, path: &str) -> Result<Response<Incoming>, ClientError> {
    let stream = UnixStream::connect(control).await.map_err(|source| {
        // Its backlog is full: it accepts nothing.
        let full = source.kind() == io::ErrorKind::WouldBlock;
        if full {
            silent(control, ANSWER_LIMIT)
        } else {
            ClientError::Unreachable { path: control.display().to_string(), source }
        }
    })?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(garbled)?;
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "tanist")
        .header(UNTIL, (clock::now() + ANSWER_LIMIT).nanos())
        .body(Empty::<Bytes>::new())
        .map_err(garbled)?;
    let response = sender.send_request(request).await.map_err(garbled)?;
    if response.status() == StatusCode::OK {
        return Ok(response);
    }
    let body = response.into_body().collect().await.map_err(garbled)?;
    Err(ClientError::Refused(String::from_utf8_lossy(&body.to_bytes()).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_one_segment_of_the_path() {
        assert_eq!(path("/v1/status", "VI_1-a.b~c"), "/v1/status/VI_1-a.b~c");
        assert_eq!(path("/v1/why", "a/b ?%\u{e9}"), "/v1/why/a%2Fb%20%3F%25%C3%A9");
    }

    /// A daemon that gives these answers, one to each who asks.
    fn daemon(answers: &'static [&'static str]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("control");
        let socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        std::thread::spawn(move || {
            for (answer, asked) in answers.iter().zip(socket.incoming()) {
                let mut asked = asked.unwrap();
                io::Read::read(&mut asked, &mut [0; 1024]).unwrap();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", answer.len());
                io::Write::write_all(&mut asked, (head + answer).as_bytes()).unwrap();
            }
        });
        (folder, path)
    }

    #[test]
    fn a_daemon_that_began_anew_did_not_go_on() {
        const BEFORE: &str = r#"{"version":"1","pid":5,"restarts":1}"#;
        for (now, expected) in [
            (r#"{"version":"2","pid":5,"restarts":2}"#, Ok("2".to_owned())),
            (r#"{"version":"2","pid":5,"restarts":2,"failure":"why"}"#, Err("why".to_owned())),
            (r#"{"version":"2","pid":6,"restarts":0}"#, Err(BEGAN_ANEW.to_owned())),
            (r#"{"version":"2","restarts":2}"#, Ok("2".to_owned())),
        ] {
            let (_folder, control) = daemon(Vec::leak(vec![BEFORE, BEFORE, BEFORE, now]));
            assert_eq!(restart(&control).map(|now| now.version), expected, "{now}");
        }
    }
}
