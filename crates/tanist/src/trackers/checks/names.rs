//! Addresses of hosts that checks name. The system's resolver may take long and cannot be stopped: few lookups go on at a
//! time, and one for each check, so that looks at files, `/proc` and routes find threads whatever becomes of DNS.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use tokio::sync::{Mutex, Semaphore};
use tokio::task::spawn_blocking;

/// Lookups that go on at a time, of all checks.
const LOOKUPS: usize = 16;

static ROOM: Semaphore = Semaphore::const_new(LOOKUPS);

/// The lookups of one check.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    under_way: Arc<Mutex<()>>,
}

impl Names {
    /// The addresses of a host; at least one.
    ///
    /// # Errors
    /// If there are none, or the last lookup has not come to an end.
    pub(super) async fn find(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        self.find_by(host, port, |host, port| Ok((host, port).to_socket_addrs()?.collect())).await
    }

    async fn find_by(
        &self,
        host: &str,
        port: u16,
        look_up: impl FnOnce(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + 'static,
    ) -> Result<Vec<SocketAddr>, String> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let lock = Arc::clone(&self.under_way).try_lock_owned();
        let lock = lock.map_err(|_| format!("cannot find {host}: the last lookup is still under way"))?;
        let failed = |error: io::Error| format!("cannot find {host}: {error}");
        let room = ROOM.acquire().await.map_err(|error| failed(io::Error::other(error)))?;
        let name = host.to_owned();
        // It goes on if the check no longer waits.
        let lookup = spawn_blocking(move || {
            let _until_it_has_ended = (lock, room);
            look_up(&name, port)
        });
        let addresses = lookup.await.unwrap_or_else(|error| Err(io::Error::other(error))).map_err(failed)?;
        if addresses.is_empty() { Err(format!("{host} has no address")) } else { Ok(addresses) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[test]
    fn a_check_whose_lookup_hangs_begins_no_other() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let names = Names::default();
            let (answer, wait) = mpsc::channel::<()>();
            let hangs = names.find_by("host.example", 80, move |_, _| {
                wait.recv().ok();
                Ok(Vec::new())
            });
            assert!(timeout(Duration::from_millis(20), hangs).await.is_err());
            let again = names.find("host.example", 80).await;
            assert_eq!(again.unwrap_err(), "cannot find host.example: the last lookup is still under way");
            assert_eq!(names.find("2001:db8::1", 80).await.unwrap(), ["[2001:db8::1]:80".parse().unwrap()]);
            let other = Names::default().find_by("host.example", 80, |_, _| Ok(Vec::new())).await;
            assert_eq!(other.unwrap_err(), "host.example has no address");
            drop(answer);
            while names.under_way.try_lock().is_err() {
                tokio::task::yield_now().await;
            }
        });
    }
}
