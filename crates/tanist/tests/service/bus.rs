//! The service on D-Bus: a bus of the test's own, and a client.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use futures_util::StreamExt as _;
use lab::wait;
use rustix::process::Signal;
use testbed::lan::harness;
use tokio::runtime::Runtime;
use tokio::time::timeout;
use zbus::connection::Builder;
use zbus::message::Message;
use zbus::{Connection, MatchRule, MessageStream, OwnedVariant};

use super::{PATIENCE, STOP_TIME, bench, instance};

const NAME: &str = "org.keepalived.Vrrp1";
const OTHER_NAME: &str = "org.keepalived.Vrrp1.blue";
const VRRP: (&str, &str) = ("/org/keepalived/Vrrp1/Vrrp", "org.keepalived.Vrrp1.Vrrp");
const INSTANCE: (&str, &str) = ("/org/keepalived/Vrrp1/Instance/eth0/51/IPv4", "org.keepalived.Vrrp1.Instance");
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
/// As on a system bus nobody may do anything, but for what the policy of the package says.
const POLICY: &str = "<policy context=\"default\"><allow user=\"*\"/><deny own=\"*\"/><deny send_type=\"method_call\"/>\
     <allow send_type=\"signal\"/><allow send_requested_reply=\"true\" send_type=\"method_return\"/>\
     <allow send_requested_reply=\"true\" send_type=\"error\"/><allow receive_type=\"method_call\"/>\
     <allow receive_type=\"method_return\"/><allow receive_type=\"error\"/><allow receive_type=\"signal\"/>\
     <allow send_destination=\"org.freedesktop.DBus\"/></policy>";

/// A bus that runs until it is dropped.
struct Bus {
    daemon: Child,
    socket: PathBuf,
}

impl Bus {
    /// With its socket in a directory, where only the test looks for it.
    fn start(directory: &Path) -> Self {
        let (socket, config) = (directory.join("bus.closed"), directory.join("bus.conf"));
        let policy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/tanist-dbus.conf");
        let text = format!(
            "<busconfig><type>system</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>{POLICY}\
             <include>{}</include></busconfig>",
            socket.display(),
            policy.canonicalize().unwrap().display()
        );
        fs::write(&config, text).unwrap();
        let mut command = Command::new("dbus-daemon");
        command.arg("--nofork").arg("--nopidfile").arg(format!("--config-file={}", config.display()));
        let bus = Self { daemon: command.spawn().unwrap(), socket };
        assert!(wait::until(PATIENCE, || UnixStream::connect(&bus.socket).is_ok()), "there is no bus");
        bus
    }

    /// Lets others find it, after whoever is to miss nothing is on it.
    fn open(&mut self) {
        let public = self.socket.with_file_name("bus");
        fs::rename(&self.socket, &public).unwrap();
        self.socket = public;
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.daemon.kill().ok();
        self.daemon.wait().ok();
    }
}

/// Somebody on the bus, who hears all signals about routers.
struct Client {
    runtime: Runtime,
    bus: Connection,
    signals: MessageStream,
}

impl Client {
    fn new(bus: &Bus) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (bus, signals) = runtime.block_on(async {
            let bus = Builder::address(format!("unix:path={}", bus.socket.display()).as_str()).build().await.unwrap();
            let rule = MatchRule::builder().msg_type(zbus::message::Type::Signal).path_namespace("/org/keepalived");
            let signals = MessageStream::for_match_rule(rule.build().unwrap(), &bus, None).await.unwrap();
            (bus, signals)
        });
        Self { runtime, bus, signals }
    }

    fn call<B: serde::Serialize + zbus::DynamicType>(
        &self,
        (name, path, interface): (&str, &str, &str),
        method: &str,
        body: &B,
    ) -> Result<Message, String> {
        let call = self.bus.call_method(Some(name), path, Some(interface), method, body);
        let answer = self.runtime.block_on(async { timeout(PATIENCE, call).await });
        answer.expect("there is no answer").map_err(|error| error.to_string())
    }

    fn is_there(&self, name: &str) -> bool {
        let bus = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus");
        self.call(bus, "NameHasOwner", &name).unwrap().body().deserialize().unwrap()
    }

    fn property<T: TryFrom<OwnedVariant>>(&self, property: &str) -> Option<T> {
        let answer = self.call((NAME, INSTANCE.0, PROPERTIES), "Get", &(INSTANCE.1, property)).ok()?;
        answer.body().deserialize::<OwnedVariant>().ok()?.try_into().ok()
    }

    /// Waits for a signal; returns those up to it, by name, with the number of those that have one.
    #[track_caller]
    fn hear(&mut self, wanted: (&str, Option<u32>)) -> Vec<(String, Option<u32>)> {
        let mut heard = Vec::new();
        loop {
            let next = self.runtime.block_on(async { timeout(PATIENCE, self.signals.next()).await });
            let Ok(Some(Ok(signal))) = next else { panic!("no {wanted:?} after {heard:?}") };
            let signal = (signal.header().member().unwrap().to_string(), signal.body().deserialize().ok());
            let is_last = (signal.0.as_str(), signal.1) == wanted;
            heard.push(signal);
            if is_last {
                return heard;
            }
        }
    }
}

/// What a description says of an interface: methods, signals and properties with their types.
fn described(xml: &str, interface: &str) -> BTreeSet<String> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    let document = roxmltree::Document::parse_with_options(xml, options).unwrap();
    let node = document.descendants().find(|node| node.attribute("name") == Some(interface)).unwrap();
    let members = node.children().filter(roxmltree::Node::is_element).map(|member| {
        let arguments: Vec<_> = member.children().filter_map(|it| it.attribute("type")).collect();
        let attributes = ["name", "type", "access"].map(|name| member.attribute(name).unwrap_or_default());
        format!("{} {attributes:?} {arguments:?}", member.tag_name().name())
    });
    members.collect()
}

/// The daemon's interfaces are those that keepalived's package describes.
fn is_as_described(client: &Client) {
    for (path, interface) in [VRRP, INSTANCE] {
        let answer = client.call((NAME, path, "org.freedesktop.DBus.Introspectable"), "Introspect", &()).unwrap();
        let ours = described(answer.body().deserialize().unwrap(), interface);
        let file = format!("/usr/share/dbus-1/interfaces/{interface}.xml");
        match fs::read_to_string(&file) {
            Ok(theirs) => assert_eq!(ours, described(&theirs, interface), "{interface}"),
            Err(_) => harness::skipped(&format!("comparing {interface}: there is no {file}")),
        }
    }
}

pub(crate) fn life() {
    let mut bench = bench();
    let config = instance().with_global("enable_dbus");
    bench.left.configure(&config.to_string()).unwrap();
    let directory = bench.left.file("");
    let mut command = bench.left.command();
    command.env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", directory.join("bus").display()));
    command.env("TMPDIR", &directory);
    // There is no bus yet.
    bench.left.start_as(command).unwrap();
    bench.left.says("not served on D-Bus as org.keepalived.Vrrp1, which is tried again");
    let mut bus = Bus::start(&directory);
    let mut client = Client::new(&bus);
    bus.open();
    let heard = client.hear(("VrrpStatusChange", Some(2)));
    assert_eq!(heard[0], ("VrrpStarted".to_owned(), None));

    assert_eq!(client.property::<(String,)>("Name"), Some(("VI_1".to_owned(),)));
    assert_eq!(client.property::<(u32, String)>("State"), Some((2, "Master".to_owned())));
    let all = client.call((NAME, INSTANCE.0, PROPERTIES), "GetAll", &INSTANCE.1).unwrap();
    assert_eq!(all.body().deserialize::<HashMap<String, OwnedVariant>>().unwrap().len(), 2);
    is_as_described(&client);
    let at = |(path, interface)| (NAME, path, interface);
    for (call, arguments, error) in [
        (at(("/org/keepalived/Vrrp1/Instance/eth0/52/IPv4", INSTANCE.1)), "", "UnknownMethod"),
        (at((INSTANCE.0, VRRP.1)), "", "UnknownMethod"),
        (at(INSTANCE), "surplus", "InvalidArgs"),
    ] {
        let answer = if arguments.is_empty() {
            client.call(call, "SendGarp", &())
        } else {
            client.call(call, "SendGarp", &arguments)
        };
        assert!(answer.as_ref().is_err_and(|words| words.contains(error)), "{answer:?}");
    }

    let before = bench.watch.now();
    client.call(at(INSTANCE), "SendGarp", &()).unwrap();
    let announced = || !bench.watch.announcements(before, &bench.left.host).is_empty();
    assert!(wait::until(PATIENCE, announced), "{}", bench.left.log());
    client.call(at(VRRP), "PrintData", &()).unwrap();
    assert!(wait::until(PATIENCE, || directory.join("keepalived.data").exists()), "{}", bench.left.log());

    // Another name and another router, at a client's wish.
    let renamed = config.with_global(&format!("dbus_service_name {OTHER_NAME}"));
    bench.left.configure(&renamed.to_string().replace("virtual_router_id 51", "virtual_router_id 52")).unwrap();
    client.call(at(VRRP), "ReloadConfig", &()).unwrap();
    client.hear(("VrrpStopped", None));
    client.hear(("VrrpStarted", None));
    client.hear(("VrrpStatusChange", Some(2)));
    assert!(wait::until(PATIENCE, || !client.is_there(NAME)) && client.is_there(OTHER_NAME), "{}", bench.left.log());

    // Another bus, and the end.
    drop((client, bus));
    let mut bus = Bus::start(&directory);
    let mut client = Client::new(&bus);
    bus.open();
    client.hear(("VrrpStatusChange", Some(2)));
    bench.left.signal(Signal::TERM).unwrap();
    client.hear(("VrrpStatusChange", Some(98)));
    client.hear(("VrrpStopped", None));
    assert!(bench.left.wait_end(STOP_TIME).is_some_and(|status| status.success()), "{}", bench.left.log());
}

pub(crate) fn mute() {
    let mut bench = bench();
    let config = instance().with_global("enable_dbus");
    bench.left.configure(&config.to_string()).unwrap();
    let socket = bench.left.file("bus");
    let bus = UnixListener::bind(&socket).unwrap();
    bus.set_nonblocking(true).unwrap();
    let accepted = || wait::found(PATIENCE, || bus.accept().ok()).expect("nobody connects");
    let mut command = bench.left.command();
    command.env("DBUS_SYSTEM_BUS_ADDRESS", format!("unix:path={}", socket.display()));
    bench.left.start_as(command).unwrap();
    // It takes the daemon's greeting, and says nothing.
    let _connection = accepted();
    assert!(bench.left.wait_state("MASTER", PATIENCE), "{}", bench.left.log());
    bench.left.reload_with(&instance()).unwrap();
    assert!(wait::until(PATIENCE, || bench.left.log().matches("is in force").count() == 2), "{}", bench.left.log());
    bench.left.reload_with(&config).unwrap();
    let _another = accepted();
    bench.left.signal(Signal::TERM).unwrap();
    assert!(bench.left.wait_end(STOP_TIME + Duration::from_secs(1)).is_some(), "{}", bench.left.log());
}
