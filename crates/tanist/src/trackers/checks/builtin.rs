//! Checks that need no program: a connection, a page, an echo, a unit of systemd, a route.

use std::hash::{BuildHasher as _, RandomState};
use std::io;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use conf::model::check::{Endpoint, Host, Page, UnitName};
use conf::model::route::Prefix;
use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use linux::echo::{self, Echo};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use vrrp::types::Family;

use super::debounce::CheckResult;
use super::routes::Table;
use super::unit;
use crate::names::Names;
use crate::ports::tracking::CheckFound;

/// A check of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BuiltIn {
    /// Whether somebody accepts connections there.
    Tcp(Endpoint),
    /// Whether a page is there: a status of 200 to 399.
    Http(Page),
    /// Whether a host answers an echo request.
    Ping(Host),
    /// Whether a unit of systemd is active.
    Unit(UnitName),
    /// Whether there is a route to a network.
    Route(Prefix),
}

/// Makes a check, which may take so long. `table` is where routes are, `names` finds the hosts of this check.
pub(super) async fn make(check: BuiltIn, limit: Duration, table: Table, names: Names) -> (CheckResult, CheckFound) {
    let start = Instant::now();
    let answered = |()| CheckFound::Answered { took: start.elapsed() };
    let answer = async {
        match &check {
            BuiltIn::Tcp(endpoint) => names.connect(endpoint).await.map(drop).map(answered),
            BuiltIn::Http(page) => get(page, &names).await.map(answered),
            BuiltIn::Ping(host) => ping(host, &names).await.map(answered),
            BuiltIn::Unit(unit) => unit::is_active(unit).await.map(CheckFound::Holds),
            BuiltIn::Route(network) => route(network, &table).await.map(CheckFound::Holds),
        }
    };
    match timeout(limit, answer).await {
        Ok(Ok(found)) => (CheckResult::Success, found),
        Ok(Err(why)) => (CheckResult::Failure, CheckFound::Unanswered(why)),
        Err(_) => (CheckResult::Failure, CheckFound::Unanswered(format!("there is no answer within {limit:?}"))),
    }
}

async fn get(page: &Page, names: &Names) -> Result<(), String> {
    let stream = names.connect(&page.server).await?;
    let failed = |error: &dyn std::fmt::Display| format!("{page}: {error}");
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(|error| failed(&error))?;
    let request = Request::get(&page.path)
        .header("host", page.server.to_string())
        .header("user-agent", concat!("tanist/", env!("CARGO_PKG_VERSION")))
        .header("connection", "close")
        .body(Empty::<Bytes>::new())
        .map_err(|error| failed(&error))?;
    // The connection does the work; what follows the head of the answer is not read.
    let response = tokio::select! {
        response = sender.send_request(request) => response,
        Err(error) = connection => return Err(failed(&error)),
    };
    let status = response.map_err(|error| failed(&error))?.status();
    if status.is_success() || status.is_redirection() { Ok(()) } else { Err(format!("{page} answers {status}")) }
}

/// Numbers echo requests, and makes of that what nobody can guess: nobody else's answers are taken for one of ours.
static ECHOES: AtomicU64 = AtomicU64::new(0);
static ECHO_TOKENS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Asks once; of a name with several addresses the first.
async fn ping(host: &Host, names: &Names) -> Result<(), String> {
    let name = host.as_str();
    let addresses = names.find(name, 0).await?;
    let address = *addresses.first().ok_or_else(|| format!("{name} has no address"))?;
    let failed = |error: io::Error| format!("cannot ask {name}: {error}");
    let socket = echo::open(address).and_then(UdpSocket::from_std).map_err(failed)?;
    let token = ECHO_TOKENS.hash_one(ECHOES.fetch_add(1, Ordering::Relaxed));
    let question = Echo { family: Family::of(&address.ip()), token };
    socket.send(&question.request()).await.map_err(failed)?;
    let mut received = [0; echo::DATAGRAM_LEN];
    loop {
        let length = socket.recv(&mut received).await.map_err(failed)?;
        if question.is_answered_by(&received[..length]) {
            return Ok(());
        }
    }
}

async fn route(network: &Prefix, table: &Table) -> Result<String, String> {
    match table.has((network.address, network.len)).await {
        Ok(true) => Ok(format!("there is a route to {network}")),
        Ok(false) => Err(format!("there is no route to {network}")),
        Err(error) => Err(format!("the routing table cannot be read: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{IpAddr, Ipv4Addr, TcpListener};
    use std::thread;

    use super::super::routes::Routes;
    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    fn run(check: BuiltIn, limit: Duration) -> (CheckResult, CheckFound) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(make(check, limit, Routes::new().table(), Names::default()))
    }

    /// A server that answers one request like this, and the endpoint where it is.
    fn server(answer: &'static str) -> (Endpoint, thread::JoinHandle<String>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let serve = move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 1024];
            let length = stream.read(&mut request).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        };
        (Endpoint { host: IpAddr::from(Ipv4Addr::LOCALHOST).to_string(), port }, thread::spawn(serve))
    }

    #[test]
    fn a_page_is_there_if_the_status_says_so() {
        for (answer, expected) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", CheckResult::Success),
            ("HTTP/1.1 204 No Content\r\n\r\n", CheckResult::Success),
            ("HTTP/1.0 302 CheckFound\r\nlocation: /\r\n\r\n", CheckResult::Success),
            ("HTTP/1.1 404 Not CheckFound\r\ncontent-length: 0\r\n\r\n", CheckResult::Failure),
            ("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", CheckResult::Failure),
            ("SSH-2.0-OpenSSH_9.2\r\n", CheckResult::Failure),
            ("", CheckResult::Failure),
        ] {
            let (endpoint, server) = server(answer);
            let port = endpoint.port;
            let page = Page { server: endpoint, path: "/health?x=1".into() };
            let (result, found) = run(BuiltIn::Http(page), LIMIT);
            assert_eq!(result, expected, "{answer:?}: {found:?}");
            let request = server.join().unwrap();
            assert!(request.starts_with("GET /health?x=1 HTTP/1.1\r\n"), "{request}");
            assert!(request.contains(&format!("host: 127.0.0.1:{port}\r\n")), "{request}");
        }
    }

    #[test]
    fn whoever_accepts_no_connection_or_does_not_answer_has_failed() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let endpoint = Endpoint { host: "127.0.0.1".into(), port: listener.local_addr().unwrap().port() };
        assert_eq!(run(BuiltIn::Tcp(endpoint.clone()), LIMIT).0, CheckResult::Success);
        let page = Page { server: endpoint.clone(), path: "/".into() };
        let (result, found) = run(BuiltIn::Http(page), Duration::from_millis(50));
        assert_eq!(result, CheckResult::Failure);
        assert!(matches!(&found, CheckFound::Unanswered(why) if why.contains("50ms")), "{found:?}");
        drop(listener);
        let (result, found) = run(BuiltIn::Tcp(endpoint), LIMIT);
        assert_eq!(result, CheckResult::Failure);
        assert!(
            matches!(&found, CheckFound::Unanswered(why) if why.contains("cannot connect to 127.0.0.1:")),
            "{found:?}"
        );
    }
}
