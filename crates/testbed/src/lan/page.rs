//! A web server of one page, for checks of services.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use lab::Host;

/// Answers 200 while a file is there, else 503, until it is dropped.
#[derive(Debug)]
pub struct PageServer {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl PageServer {
    /// Serves on `host` at `address`, as `127.0.0.1:80`.
    ///
    /// # Errors
    /// If nothing can listen there.
    pub fn start(host: &Host, address: &str, file: PathBuf) -> io::Result<Self> {
        let listener = host.namespace.run(|| TcpListener::bind(address))??;
        listener.set_nonblocking(true)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let serve = move || {
            while !stopped.load(Ordering::Relaxed) {
                let Ok((mut stream, _)) = listener.accept() else {
                    thread::sleep(Duration::from_millis(5));
                    continue;
                };
                let there = fs::exists(&file).unwrap_or(false);
                let status = if there { "200 OK" } else { "503 Service Unavailable" };
                // Whoever only connects says nothing and does not wait.
                let asked = stream.set_nonblocking(false).and_then(|()| stream.read(&mut [0; 1024]));
                if asked.is_ok_and(|length| length > 0) {
                    write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n").ok();
                }
            }
        };
        Ok(Self { stop, thread: Some(thread::spawn(serve)) })
    }
}

impl Drop for PageServer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join();
        }
    }
}
