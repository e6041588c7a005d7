//! Checks that need no program: a connection, a page.

use std::time::{Duration, Instant};

use conf::model::check::{Endpoint, Page};
use http_body_util::Empty;
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::debounce::CheckResult;
use crate::ports::tracking::Found;

/// A check of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BuiltIn {
    /// Whether somebody accepts connections there.
    Tcp(Endpoint),
    /// Whether a page is there: a status of 200 to 399.
    Http(Page),
}

/// Makes a check, which may take so long.
pub(super) async fn make(check: BuiltIn, limit: Duration) -> (CheckResult, Found) {
    let start = Instant::now();
    let answer = async {
        match &check {
            BuiltIn::Tcp(endpoint) => connect(endpoint).await.map(drop),
            BuiltIn::Http(page) => get(page).await,
        }
    };
    match timeout(limit, answer).await {
        Ok(Ok(())) => (CheckResult::Success, Found::Answered { took: start.elapsed() }),
        Ok(Err(why)) => (CheckResult::Failure, Found::Unanswered(why)),
        Err(_) => (CheckResult::Failure, Found::Unanswered(format!("there is no answer within {limit:?}"))),
    }
}

async fn connect(endpoint: &Endpoint) -> Result<TcpStream, String> {
    let target = (endpoint.host.as_str(), endpoint.port);
    TcpStream::connect(target).await.map_err(|error| format!("cannot connect to {endpoint}: {error}"))
}

async fn get(page: &Page) -> Result<(), String> {
    let stream = connect(&page.server).await?;
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

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{IpAddr, Ipv4Addr, TcpListener};
    use std::thread;

    use super::*;

    const LIMIT: Duration = Duration::from_secs(20);

    fn run(check: BuiltIn, limit: Duration) -> (CheckResult, Found) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(make(check, limit))
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
            ("HTTP/1.0 302 Found\r\nlocation: /\r\n\r\n", CheckResult::Success),
            ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", CheckResult::Failure),
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
        assert!(matches!(&found, Found::Unanswered(why) if why.contains("50ms")), "{found:?}");
        drop(listener);
        let (result, found) = run(BuiltIn::Tcp(endpoint), LIMIT);
        assert_eq!(result, CheckResult::Failure);
        assert!(matches!(&found, Found::Unanswered(why) if why.contains("cannot connect to 127.0.0.1:")), "{found:?}");
    }
}
