//! The machine: carries out the operations of `host` and reads what is there.
//!
//! Operations go out in order. What netlink can do is gathered and sent in batches; what it cannot do (IPv6 settings,
//! memberships) waits until the batch before it was answered.

mod encode;
mod membership;
mod removal;
mod run;
mod settings;
mod tables;

use std::collections::{HashMap, HashSet};
use std::io;
use std::os::fd::OwnedFd;

use host::{
    Attempt, DropTable, DroppedAddress, ErrorKind, FIRST_LINK_INDEX, Failure, HostError, Ipv4Setting, Item, Kernel,
    Membership, Setting, SettingKey, Task,
};
use netlink_packet_route::RouteNetlinkMessage;
use netlink_packet_route::address::AddressMessage;
use netlink_packet_route::link::LinkMessage;
use rustix::io::Errno;
use rustix::net::netdevice::index_to_name;
use vrrp::types::IfIndex;

use crate::address::AddressInfo;
use crate::link::LinkInfo;
use crate::link::settings::LinkSettings;
use crate::netlink::Socket;
use membership::Memberships;
use run::Run;
use tables::Tables;

/// Up to this many links are asked for one by one; of more, all the machine has are listed.
const FEW_LINKS: usize = 100;

/// The machine as seen in the network namespace of the thread that opened it. To be used by that thread (or one in the
/// same namespace): IPv6 settings go through /proc, which shows the namespace of the thread that looks.
#[derive(Debug)]
pub struct Machine {
    socket: Socket,
    memberships: Memberships,
    tables: Tables,
    next_index: u32,
}

impl Machine {
    /// Opens it.
    ///
    /// # Errors
    /// If netlink cannot be used at all: nothing can be done on this machine.
    pub fn open() -> Result<Self, HostError> {
        let socket = Socket::open().map_err(|error| host_error(Attempt::OpenNetlink, &error))?;
        Ok(Self {
            socket,
            memberships: Memberships::default(),
            tables: Tables::default(),
            next_index: FIRST_LINK_INDEX,
        })
    }

    /// The port by which notifications name what this machine was changed by here.
    ///
    /// # Errors
    /// None that a correct program sees.
    pub fn port(&self) -> io::Result<u32> {
        self.socket.port()
    }

    /// All interfaces.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn links(&mut self) -> Result<Vec<LinkInfo>, HostError> {
        self.dump_links(LinkInfo::read).map_err(|error| host_error(Attempt::ListLinks, &error))
    }

    /// All addresses of all interfaces.
    ///
    /// # Errors
    /// What the kernel says.
    pub fn addresses(&mut self) -> Result<Vec<AddressInfo>, HostError> {
        let request = RouteNetlinkMessage::GetAddress(AddressMessage::default());
        self.socket.dump(&request, AddressInfo::read).map_err(|error| host_error(Attempt::ListAddresses, &error))
    }

    /// An index for an interface to be made, which was not given before. `is_taken` says of an index whether an interface has
    /// it; the kernel refuses one that another process has taken just now.
    pub fn unused_index(&mut self, is_taken: impl Fn(IfIndex) -> bool) -> IfIndex {
        loop {
            let index = IfIndex::new(self.next_index);
            // Above 2³¹ the kernel's own number would be negative; wrapping takes longer than any machine lives.
            self.next_index = FIRST_LINK_INDEX.max((self.next_index + 1) & 0x7fff_ffff);
            if let Some(index) = index.filter(|index| !is_taken(*index)) {
                return index;
            }
        }
    }

    /// Value of an IPv4 setting for `all` interfaces, which the kernel combines with each link's own. Never changed.
    /// The monitor reports changes of `rp_filter`, but not of `arp_filter`.
    ///
    /// # Errors
    /// If /proc/sys is not there.
    pub fn of_all_links(&self, setting: Ipv4Setting) -> Result<i32, HostError> {
        settings::read(&settings::ipv4("all", setting)).map_err(|error| host_error(Attempt::ReadOfAll(setting), &error))
    }

    /// Those of `wanted` that somebody has changed, each with the value it has: the kernel notifies of few such changes. To
    /// be asked every second or so; whatever the number of settings, it costs one list of interfaces (some 2 µs each).
    ///
    /// # Errors
    /// What the kernel says.
    pub fn changed_settings(&mut self, wanted: &[Setting]) -> Result<Vec<(Setting, i32)>, HostError> {
        let mut links: Vec<IfIndex> = wanted.iter().map(|setting| setting.key.link).collect();
        links.sort_unstable();
        links.dedup();
        let mut found = if links.len() > FEW_LINKS {
            self.dump_links(LinkSettings::read).map_err(|error| host_error(Attempt::CompareSettings, &error))?
        } else {
            // A link that is gone has no settings.
            links.into_iter().filter_map(|link| self.link_settings(link).ok()).collect()
        };
        found.sort_unstable_by_key(|settings| settings.link);
        let value = |key: SettingKey| {
            let position = found.binary_search_by_key(&key.link, |settings| settings.link).ok()?;
            found.get(position)?.value(key.setting)
        };
        let changed = wanted.iter().filter_map(|setting| Some((*setting, value(setting.key)?)));
        Ok(changed.filter(|(setting, found)| setting.value != *found).collect())
    }

    /// Whether groups were joined on a link and not left.
    #[must_use]
    pub fn has_memberships_on(&self, link: IfIndex) -> bool {
        self.memberships.are_on(link)
    }

    /// Memberships that were joined and not left, and that the kernel does not list any more: those of a link that went to
    /// another namespace and came back, or whose MTU was too small for IPv6 for a while. To be joined again.
    ///
    /// # Errors
    /// If /proc/net is not there.
    pub fn lost_memberships(&self) -> Result<Vec<Membership>, HostError> {
        self.memberships.lost().map_err(|error| host_error(Attempt::CompareMemberships, &error))
    }

    /// Descriptors that keep all memberships, also without this process, for as long as they are open.
    ///
    /// # Errors
    /// If no descriptors are left.
    pub fn kept_memberships(&self) -> io::Result<Vec<OwnedFd>> {
        self.memberships.kept()
    }

    /// Joins again, whatever was held before.
    ///
    /// # Errors
    /// If there is no such link.
    pub fn rejoin(&mut self, membership: Membership) -> Result<(), HostError> {
        self.memberships.rejoin(membership).map_err(|error| host_error(Attempt::Rejoin(membership.link), &error))
    }

    /// The tables among `wanted` that somebody took away or changed, as `nft flush ruleset` does, or in which not exactly
    /// those addresses of `wanted` are. To be asked every second or so: as long as nobody changes anything in nf_tables it
    /// costs one small request. Where the kernel does not say, all are returned: why it does not, who makes them again is
    /// told.
    pub fn lost_tables(&mut self, wanted: &[Item]) -> Vec<Item> {
        if self.tables.is_changed().is_ok_and(|is_changed| !is_changed) {
            return Vec::new();
        }
        let lost: Vec<Item> = wanted.iter().filter(|item| !self.is_whole(item, wanted)).cloned().collect();
        if !lost.is_empty() {
            self.tables.look_again();
        }
        lost
    }

    fn is_whole(&mut self, item: &Item, wanted: &[Item]) -> bool {
        let Some(outline) = encode::outline(item) else { return true };
        self.tables.is_as_made(&outline)
            && match item {
                Item::DropTable(table) => self.has_exactly(*table, wanted),
                Item::Link(_)
                | Item::Address(_)
                | Item::Membership(_)
                | Item::Route(_)
                | Item::IpRoute(_)
                | Item::IpRule(_)
                | Item::OwnerTable(_)
                | Item::DroppedAddress(_) => true,
            }
    }

    /// Whether those addresses of `wanted` are in the table that should be, and no other.
    fn has_exactly(&mut self, table: DropTable, wanted: &[Item]) -> bool {
        let mut missing: HashSet<(&str, Vec<u8>)> = HashSet::new();
        for item in wanted {
            if let Item::DroppedAddress(address) = item
                && address.table == table
            {
                let (of, key) = encode::place_of_dropped(address);
                missing.insert((of.set, key));
            }
        }
        let are_wanted = encode::sets_of_dropped(table).into_iter().all(|of| {
            let found = self.tables.packets(&of);
            found.is_ok_and(|found| found.into_keys().all(|key| missing.remove(&(of.set, key))))
        });
        are_wanted && missing.is_empty()
    }

    /// The tables that bear our name, to be removed: those of daemons that ended, if no other one runs here.
    pub fn left_tables(&mut self) -> Vec<Item> {
        // Without nf_tables there are none.
        let names = self.tables.names().unwrap_or_default();
        names.iter().filter_map(|name| encode::left_table(name)).collect()
    }

    /// How many packets to each of these addresses of one table were dropped since it is in there; 0 if it is not.
    pub fn dropped_packets(&mut self, addresses: &[DroppedAddress]) -> Vec<u64> {
        let mut sets: HashMap<&str, HashMap<Vec<u8>, u64>> = HashMap::new();
        let mut packets = |address: &DroppedAddress| {
            let (of, key) = encode::place_of_dropped(address);
            let set = sets.entry(of.set).or_insert_with(|| self.tables.packets(&of).unwrap_or_default());
            set.get(&key).copied().unwrap_or(0)
        };
        addresses.iter().map(&mut packets).collect()
    }

    fn link(&mut self, index: IfIndex) -> io::Result<LinkInfo> {
        self.socket.get(RouteNetlinkMessage::GetLink(encode::which_link(index)), LinkInfo::read)
    }

    fn link_settings(&mut self, index: IfIndex) -> io::Result<LinkSettings> {
        let mut which = encode::which_link(index);
        which.attributes.push(encode::without_statistics());
        self.socket.get(RouteNetlinkMessage::GetLink(which), LinkSettings::read)
    }

    fn dump_links<T>(&mut self, read: impl Fn(&crate::netlink::Message<'_>) -> Option<T>) -> io::Result<Vec<T>> {
        let mut all = LinkMessage::default();
        all.attributes.push(encode::without_statistics());
        self.socket.dump(&RouteNetlinkMessage::GetLink(all), read)
    }

    /// Present name of an interface.
    fn name(&self, index: IfIndex) -> io::Result<String> {
        Ok(index_to_name(&self.socket, index.value())?)
    }
}

impl Kernel for Machine {
    fn apply<H: Clone>(&mut self, tasks: &[Task<H>]) -> Vec<Failure<H>> {
        let mut run = Run::new(self, tasks);
        let mut position = 0;
        while let Some(task) = tasks.get(position) {
            let links = removal::leading_links(&tasks[position..]);
            if links.is_empty() {
                run.carry_out(position, &task.op);
                position += 1;
            } else {
                run.remove_links(position, &links);
                position += links.len();
            }
        }
        run.finish()
    }

    fn read(&mut self, key: SettingKey) -> Result<i32, HostError> {
        let found = self
            .link_settings(key.link)
            .and_then(|settings| settings.value(key.setting).ok_or_else(|| Errno::NOENT.into()));
        found.map_err(|error| host_error(Attempt::Read(key), &error))
    }
}

/// An error of the system as one of the host.
fn host_error(attempt: Attempt, error: &io::Error) -> HostError {
    HostError { attempt, kind: kind(error), message: error.to_string() }
}

fn kind(error: &io::Error) -> ErrorKind {
    ErrorKind::from_errno(error.raw_os_error().unwrap_or_default())
}
