//! The machine: carries out the operations of `host` and reads what is there.
//!
//! Operations go out in order. What netlink can do is gathered and sent in batches; what it cannot do (IPv6 settings,
//! memberships) waits until the batch before it was answered.

mod encode;
mod membership;
mod removal;
mod run;
mod settings;

use std::io;

use host::{ErrorKind, Failure, HostError, Ipv4Setting, Kernel, LinkSetting, Op, SettingKey};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;
use rustix::io::Errno;
use rustix::net::netdevice::index_to_name;
use vrrp::input::LinkState;
use vrrp::types::IfIndex;

use crate::address::AddressInfo;
use crate::link::LinkInfo;
use crate::netlink::Socket;
use membership::Memberships;
use run::Run;

/// Where the indexes of our interfaces begin: far above those the kernel gives, so that a number in an old record never
/// means somebody else's interface.
const FIRST_INDEX: u32 = 1 << 20;

/// The machine as seen in the network namespace of the thread that opened it. To be used by that thread (or one in the
/// same namespace): settings go through /proc, which shows the namespace of the thread that looks.
#[derive(Debug)]
pub struct Machine {
    socket: Socket,
    memberships: Memberships,
    next_index: u32,
}

impl Machine {
    /// Opens it.
    ///
    /// # Errors
    /// If netlink cannot be used at all: nothing can be done on this machine.
    pub fn open() -> Result<Self, HostError> {
        let socket = Socket::open().map_err(|error| host_error("open netlink", &error))?;
        Ok(Self { socket, memberships: Memberships::default(), next_index: FIRST_INDEX })
    }

    /// All interfaces.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn links(&mut self) -> Result<Vec<LinkInfo>, HostError> {
        self.dump_links().map_err(|error| host_error("list interfaces", &error))
    }

    /// All addresses of all interfaces.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn addresses(&mut self) -> Result<Vec<AddressInfo>, HostError> {
        let request = RouteNetlinkMessage::GetAddress(AddressMessage::default());
        self.socket.dump(&request, AddressInfo::read).map_err(|error| host_error("list addresses", &error))
    }

    /// An index that no interface has and that was not given before, for an interface to be made.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn unused_index(&mut self) -> Result<IfIndex, HostError> {
        loop {
            let index = IfIndex::new(self.next_index);
            // Above 2³¹ the kernel's own number would be negative; wrapping takes longer than any machine lives.
            self.next_index = FIRST_INDEX.max((self.next_index + 1) & 0x7fff_ffff);
            let Some(index) = index else { continue };
            match self.link(index) {
                Err(error) if error.raw_os_error() == Some(Errno::NODEV.raw_os_error()) => return Ok(index),
                Err(error) => return Err(host_error("find an unused interface index", &error)),
                Ok(_) => {}
            }
        }
    }

    /// Value of an IPv4 setting for `all` interfaces, which the kernel combines with each link's own. Never changed.
    ///
    /// # Errors
    /// If /proc/sys is not there.
    pub fn of_all_links(&self, setting: Ipv4Setting) -> Result<i32, HostError> {
        settings::read(&settings::ipv4("all", setting))
            .map_err(|error| host_error(&format!("read {} of all interfaces", setting.name()), &error))
    }

    /// One interface.
    fn link(&mut self, index: IfIndex) -> io::Result<LinkInfo> {
        self.socket.get(RouteNetlinkMessage::GetLink(encode::which_link(index)), LinkInfo::read)
    }

    fn dump_links(&mut self) -> io::Result<Vec<LinkInfo>> {
        let mut all = LinkMessage::default();
        all.attributes.push(encode::without_statistics());
        self.socket.dump(&RouteNetlinkMessage::GetLink(all), LinkInfo::read)
    }

    /// Present name of an interface.
    fn name(&self, index: IfIndex) -> io::Result<String> {
        Ok(index_to_name(&self.socket, index.value())?)
    }

    fn read_setting(&mut self, key: SettingKey) -> io::Result<i32> {
        match key.setting {
            LinkSetting::AdminUp => Ok(match self.link(key.link)?.admin {
                LinkState::Up => 1,
                LinkState::Down => 0,
            }),
            LinkSetting::AddrGenMode => settings::read(&settings::addr_gen_mode(&self.name(key.link)?)),
            LinkSetting::Ipv4(setting) => settings::read(&settings::ipv4(&self.name(key.link)?, setting)),
            LinkSetting::Ipv6(setting) => settings::read(&settings::ipv6(&self.name(key.link)?, setting)),
        }
    }
}

impl Kernel for Machine {
    fn apply(&mut self, ops: &[Op]) -> Vec<Failure> {
        let mut run = Run::new(self);
        let mut position = 0;
        while let Some(op) = ops.get(position) {
            let links = removal::leading_links(&ops[position..]);
            if links.is_empty() {
                run.carry_out(position, op);
                position += 1;
            } else {
                run.remove_links(position, &links);
                position += links.len();
            }
        }
        run.finish(ops)
    }

    fn read(&mut self, key: SettingKey) -> Result<i32, HostError> {
        self.read_setting(key).map_err(|error| {
            let name = self.name(key.link).map_or_else(|_| String::new(), |name| format!(" ({name})"));
            host_error(&format!("read {key}{name}"), &error)
        })
    }
}

/// An error of the system as one of the host.
fn host_error(operation: &str, error: &io::Error) -> HostError {
    HostError { operation: operation.to_owned(), kind: kind(error), message: error.to_string() }
}

fn kind(error: &io::Error) -> ErrorKind {
    ErrorKind::from_errno(error.raw_os_error().unwrap_or_default())
}
