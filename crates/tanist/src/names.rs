//! Addresses of hosts that the configuration names, and connections to them. The system's resolver may take long and cannot
//! be stopped: few lookups go on at a time, and one for each user, so that looks at files, `/proc` and routes find threads
//! whatever becomes of DNS.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use conf::model::check::Endpoint;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::spawn_blocking;

/// Lookups that go on at a time, of all users.
const LOOKUPS: usize = 16;

static ROOM: Semaphore = Semaphore::const_new(LOOKUPS);

/// The lookups of one user: a check, the mails.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    under_way: Arc<Mutex<()>>,
}

impl Names {
    /// The addresses of a host; at least one.
    ///
    /// # Errors
    /// If there are none, or the last lookup has not come to an end; in words.
    pub(crate) async fn find(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
        self.find_by(host, port, |host, port| Ok((host, port).to_socket_addrs()?.collect())).await
    }

    /// Connects to the first address of a host that accepts it.
    ///
    /// # Errors
    /// If none does, in words.
    pub(crate) async fn connect(&self, endpoint: &Endpoint) -> Result<TcpStream, String> {
        let addresses = self.find(&endpoint.host, endpoint.port).await?;
        let failed = |error: io::Error| format!("cannot connect to {endpoint}: {error}");
        let stream = TcpStream::connect(&*addresses).await.map_err(failed)?;
        if is_its_own_peer(&stream).map_err(failed)? {
            return Err(format!("cannot connect to {endpoint}: nobody is there but the daemon itself"));
        }
        Ok(stream)
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

/// Whether both ends of a connection are the same, as happens with a port that the kernel gave to this end.
fn is_its_own_peer(stream: &TcpStream) -> io::Result<bool> {
    Ok(stream.local_addr()? == stream.peer_addr()?)
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
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

    #[test]
    fn a_connection_to_itself_is_known() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let socket = tokio::net::TcpSocket::new_v4().unwrap();
            socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
            let address = socket.local_addr().unwrap();
            assert!(is_its_own_peer(&socket.connect(address).await.unwrap()).unwrap());
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            assert!(!is_its_own_peer(&stream).unwrap());
        });
    }
}
