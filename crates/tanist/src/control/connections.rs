//! Connections of a socket that speaks HTTP: a limited number, each for a limited time unless it follows events.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper::{Request, server::conn::http1};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::JoinHandle;

/// A socket where clients connect.
pub(crate) trait Door {
    /// One connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Caller)>> + Send;

    /// Tells a client, without waiting, that all connections are taken.
    fn turn_away(stream: Self::Stream);
}

/// Who asks. A request carries it as an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A process of this user, as the kernel says.
    Local {
        uid: u32,
    },
    Unknown,
}

impl Door for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Caller)> {
        let (stream, _) = Self::accept(self).await?;
        let caller = stream.peer_cred().map_or(Caller::Unknown, |it| Caller::Local { uid: it.uid() });
        Ok((stream, caller))
    }

    fn turn_away(stream: UnixStream) {
        say_busy(stream.into_std());
    }
}

impl Door for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Caller)> {
        Self::accept(self).await.map(|(stream, _)| (stream, Caller::Unknown))
    }

    fn turn_away(stream: TcpStream) {
        say_busy(stream.into_std());
    }
}

/// It fits into a socket to which nothing was written yet.
fn say_busy(stream: io::Result<impl Write>) {
    stream.and_then(|mut stream| stream.write_all(BUSY)).ok();
}

/// Which socket it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Desk {
    /// For the log.
    pub(crate) name: &'static str,
    /// Connections at a time. Where there are more, the oldest that has not asked anything yet is closed.
    pub(crate) most: usize,
}

/// The control socket: with the daemon's own descriptors fewer than the 64 that a tight limit leaves it.
pub(super) const CONTROL: Desk = Desk { name: "control socket", most: 32 };
/// How long a connection may take, from its opening to the end of the answer.
const CONNECTION_LIMIT: Duration = Duration::from_secs(5);
/// How long nothing is accepted after the kernel refused to (no descriptors are left).
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);
/// For a connection that finds all others busy.
const BUSY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 20\r\n\r\ntoo many connections";

/// How far a connection is. A request carries it as an extension.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Arc<Mutex<Stage>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    /// Nothing was asked yet, or not all of it.
    #[default]
    Asking,
    /// The answer is under way.
    Answering,
    /// The answer goes on for as long as the client wants.
    Following,
}

impl Progress {
    pub(super) fn set(&self, stage: Stage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = stage;
    }

    fn get(&self) -> Stage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Serves until the task is dropped.
pub(crate) async fn serve<D: Door>(door: D, desk: Desk, app: Router) {
    let mut connections = Connections { open: Vec::new(), most: desk.most };
    // One line for a trouble that lasts.
    let mut refused = None;
    loop {
        match door.accept().await {
            Ok(client) => {
                refused = None;
                if connections.are_all_taken() {
                    // Those that have asked in the meantime are read first: the runtime looks at its sockets when it is
                    // given a turn.
                    tokio::task::yield_now().await;
                    tokio::task::yield_now().await;
                }
                connections.add::<D>(client, &app);
            }
            Err(error) => {
                if refused.replace(error.kind()) != Some(error.kind()) {
                    tracing::error!("{}: {error}", desk.name);
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The open connections, oldest first.
struct Connections {
    open: Vec<(JoinHandle<()>, Progress)>,
    most: usize,
}

impl Connections {
    /// Whether one more would be too many.
    fn are_all_taken(&mut self) -> bool {
        self.open.retain(|(task, _)| !task.is_finished());
        self.open.len() >= self.most
    }

    fn add<D: Door>(&mut self, (stream, caller): (D::Stream, Caller), app: &Router) {
        if self.are_all_taken() {
            let Some(idle) = self.open.iter().position(|(_, progress)| progress.get() == Stage::Asking) else {
                D::turn_away(stream);
                return;
            };
            self.open.remove(idle).0.abort();
        }
        let progress = Progress::default();
        let task = tokio::spawn(connection(stream, caller, app.clone(), progress.clone()));
        self.open.push((task, progress));
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.open.iter().for_each(|(task, _)| task.abort());
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    caller: Caller,
    app: Router,
    progress: Progress,
) {
    let app = TowerToHyperService::new(app);
    let service = service_fn(|mut request: Request<Incoming>| {
        progress.set(Stage::Answering);
        request.extensions_mut().insert(progress.clone());
        request.extensions_mut().insert(caller);
        app.call(request)
    });
    let served = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // A client that breaks off, or does not speak HTTP, has been answered.
        _ = served => {}
        () = expired(&progress) => {}
    }
}

/// Ends when a connection has taken too long.
async fn expired(progress: &Progress) {
    tokio::time::sleep(CONNECTION_LIMIT).await;
    match progress.get() {
        Stage::Asking | Stage::Answering => {}
        Stage::Following => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read as _};
    use std::os::unix::net::UnixStream;
    use std::path::Path;
    use std::thread::sleep;
    use std::time::Instant;

    use axum::body::{Body, Bytes};
    use axum::extract::Extension;
    use axum::routing::get;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    /// Serves until the process ends: `/quick`; `/large`, more than a socket takes; `/never`; `/follow`.
    fn server() -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("socket");
        let listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let follow = async |Extension(progress): Extension<Progress>| {
            progress.set(Stage::Following);
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>())
        };
        let app = Router::new()
            .route("/quick", get(async || "yes"))
            .route("/large", get(async || vec![b'x'; 16 << 20]))
            .route("/never", get(std::future::pending::<()>))
            .route("/follow", get(follow));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async { serve(UnixListener::from_std(listener).unwrap(), CONTROL, app).await });
        });
        (directory, path)
    }

    fn send(path: &Path, text: &str) -> UnixStream {
        let mut stream = UnixStream::connect(path).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    fn ask(path: &Path, what: &str) -> UnixStream {
        send(path, &format!("GET {what} HTTP/1.1\r\nhost: x\r\n\r\n"))
    }

    /// The whole answer.
    fn answer(mut stream: UnixStream) -> String {
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }

    /// Whether the server still has the other end of a connection on which it has said nothing more.
    fn is_open(stream: &UnixStream) -> bool {
        stream.set_nonblocking(true).unwrap();
        let read = (&*stream).read(&mut [0; 4096]);
        matches!(read, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    #[test]
    fn half_requests_take_few_descriptors_and_hold_nobody_up() {
        let (_directory, path) = server();
        let half: Vec<_> = (0..1000).map(|_| send(&path, "GET /quick HT")).collect();
        let start = Instant::now();
        assert!(answer(ask(&path, "/quick")).ends_with("yes"));
        assert!(start.elapsed() < CONNECTION_LIMIT / 2, "{:?}", start.elapsed());
        let open = half.iter().filter(|stream| is_open(stream)).count();
        assert!(open <= CONTROL.most, "{open}");
    }

    #[test]
    fn only_who_follows_stays() {
        let (_directory, path) = server();
        let mut followers = [ask(&path, "/follow"), ask(&path, "/follow")];
        followers.iter_mut().for_each(|stream| assert!(stream.read(&mut [0; 4096]).unwrap() > 0));
        let others = [send(&path, ""), send(&path, "GET /quick HT"), ask(&path, "/never"), ask(&path, "/large")];
        sleep(CONNECTION_LIMIT + CONNECTION_LIMIT / 5);
        assert!(followers.iter().all(is_open));
        let [silent, half, never, mut large] = others;
        assert_eq!([silent, half, never].map(answer), [""; 3]);
        let mut taken = Vec::new();
        // What the socket had taken is still there; then it ends.
        large.read_to_end(&mut taken).ok();
        assert!(taken.len() < 16 << 20);
    }

    #[test]
    fn a_connection_too_many_is_answered_503() {
        let (_directory, path) = server();
        let busy: Vec<_> = (0..CONTROL.most).map(|_| ask(&path, "/never")).collect();
        assert!(answer(send(&path, "")).ends_with("too many connections"));
        drop(busy);
        let deadline = Instant::now() + PATIENCE;
        let mut said = String::new();
        while !said.ends_with("yes") && Instant::now() < deadline {
            said = answer(ask(&path, "/quick"));
        }
        assert!(said.ends_with("yes"), "{said}");
    }

    #[test]
    fn many_that_ask_at_once_are_all_answered() {
        let (_directory, path) = server();
        let asked: Vec<_> = (0..10 * CONTROL.most).map(|_| ask(&path, "/quick")).collect();
        assert!(asked.into_iter().all(|stream| answer(stream).ends_with("yes")));
    }

    #[test]
    fn a_connection_is_for_one_request() {
        let (_directory, path) = server();
        let twice = "GET /quick HTTP/1.1\r\nhost: x\r\n\r\n".repeat(2);
        assert_eq!(answer(send(&path, &twice)).matches("yes").count(), 1);
    }
}
