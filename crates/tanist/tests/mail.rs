//! Mails about changes: what they say, and that no mail server delays anything but them.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use lab::{AdminState, Lan, Network, NetworkBuilder, RouterHost, wait};
use testbed::lan::{MailServer, Manner, TakenMail, harness};

/// How long something may take that is not timed by the protocol.
const PATIENCE: Duration = Duration::from_secs(30);
/// A stop waits two seconds for a mail server; on a loaded machine it takes longer, but not so long.
const STOP_TIME: Duration = Duration::from_secs(12);

fn main() -> ExitCode {
    harness::run(|| {
        vec![
            harness::test("mails have keepalived's words, from the start to the stop", words),
            harness::test("a mail server that comes later, refuses or hangs delays nothing but mails", servers),
        ]
    })
}

/// One machine with the routers A and B in the group G.
struct Stage {
    r1: RouterHost,
    _lan: Lan,
}

impl Stage {
    fn new() -> Self {
        let network = NetworkBuilder::new()
            .router("r1", harness::tanist(env!("CARGO_BIN_EXE_tanist")))
            .cable("eth0", &["192.0.2.11/24"])
            .client(&["192.0.2.50/24"])
            .build();
        let Network { routers: [r1], client: _, capture: _, lan } = network.unwrap();
        Self { r1, _lan: lan }
    }

    fn stop(&mut self) -> Duration {
        let start = Instant::now();
        self.r1.signal(rustix::process::Signal::TERM).unwrap();
        assert!(self.r1.wait_end(PATIENCE).is_some_and(|status| status.success()), "{}", self.r1.log());
        start.elapsed()
    }

    fn count(&self, name: &str) -> Option<u64> {
        self.r1.status_document()?[name].as_u64()
    }
}

fn config(globals: &str) -> String {
    let router = |name: &str, vrid: u8| {
        format!(
            "vrrp_instance {name} {{\n interface eth0\n virtual_router_id {vrid}\n version 3\n advert_int 0.1\n \
             virtual_ipaddress {{\n 192.0.2.{vrid}/24\n }}\n}}\n"
        )
    };
    let group = "vrrp_sync_group G {\n group {\n A\n B\n }\n}\n";
    format!("global_defs {{\n router_id left\n {globals}\n}}\n{group}{}{}", router("A", 1), router("B", 2))
}

fn mail_to(server: &str) -> String {
    format!(
        "notification_email {{\n root \"Ops <ops@example.net>\"\n }}\n smtp_server {server}\n smtp_connect_timeout 1\n smtp_alert"
    )
}

/// Waits for mails with these subjects and bodies, in any order of routers and group.
fn brings(server: &MailServer, stage: &Stage, what: &[(&str, &str)]) -> Vec<TakenMail> {
    let mails = wait::found(PATIENCE, || Some(server.mails()).filter(|mails| mails.len() >= what.len()));
    let mails = mails.unwrap_or_else(|| panic!("{:#?}\n{}", server.mails(), stage.r1.log()));
    let mut found: Vec<(&str, &str)> = mails
        .iter()
        .map(|mail| (mail.header("Subject").unwrap_or(""), mail.text.split_once("\n\n").map_or("", |(_, body)| body)))
        .collect();
    let mut expected = what.to_vec();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected, "{}", stage.r1.log());
    mails
}

fn words() {
    let mut stage = Stage::new();
    let more =
        "notification_email_from \"Left <left@example.net>\"\n smtp_helo_name left.example.net\n no_email_faults";
    let server = MailServer::start(&stage.r1.host, "[::1]:2525", Manner::Takes).unwrap();
    stage.r1.start_with(&config(&format!("{}\n {more}", mail_to("::1 2525")))).unwrap();
    let no_longer = "=> VRRP Instance is no longer owning VRRP VIPs <=\n\n";
    let now = "=> VRRP Instance is now owning VRRP VIPs <=\n\n";
    let mut all = vec![
        ("[left] VRRP Instance A - Entering BACKUP state", no_longer),
        ("[left] VRRP Instance B - Entering BACKUP state", no_longer),
        ("[left] VRRP Group G - Entering BACKUP state", "=> All VRRP group instances are now in BACKUP state <=\n\n"),
        ("[left] VRRP Instance A - Entering MASTER state", now),
        ("[left] VRRP Instance B - Entering MASTER state", now),
        ("[left] VRRP Group G - Entering MASTER state", "=> All VRRP group instances are now in MASTER state <=\n\n"),
    ];
    let mails = brings(&server, &stage, &all);
    let TakenMail { helo, from, to, .. } = &mails[0];
    assert_eq!((helo.as_str(), from.as_str()), ("left.example.net", "left@example.net"));
    assert_eq!(to, &["root", "ops@example.net"]);
    assert_eq!(mails[0].header("From"), Some("Left <left@example.net>"));

    stage.r1.host.set_link("eth0", AdminState::Down).unwrap();
    assert!(wait::until(PATIENCE, || stage.r1.status_of("A").is_some_and(|it| it["state"] == "FAULT")));
    assert!(wait::until(PATIENCE, || stage.r1.status_of("B").is_some_and(|it| it["state"] == "FAULT")));
    stage.stop();
    all.extend([
        ("[left] VRRP Instance A - Stopping", "=> VRRP Instance stopping <=\n\n"),
        ("[left] VRRP Instance B - Stopping", "=> VRRP Instance stopping <=\n\n"),
        ("[left] VRRP Group G - Stopping", "=> All VRRP group instances are now stopping <=\n\n"),
    ]);
    brings(&server, &stage, &all);
}

fn servers() {
    let mut stage = Stage::new();
    let comes_later = config(&mail_to("127.0.0.1 2525"));
    stage.r1.start_with(&comes_later).unwrap();
    assert!(stage.r1.wait_state("MASTER", PATIENCE), "{}", stage.r1.log());
    stage.r1.says("mail cannot be sent: cannot connect to 127.0.0.1:2525");
    let server = MailServer::start(&stage.r1.host, "127.0.0.1:2525", Manner::Takes).unwrap();
    assert!(wait::until(PATIENCE, || server.mails().len() >= 6), "{:#?}\n{}", server.mails(), stage.r1.log());
    assert!(wait::until(PATIENCE, || stage.count("mails_sent") == Some(6)), "{:?}", stage.r1.status_document());
    stage.r1.says("mail can be sent again");
    drop(server);

    let _refuses = MailServer::start(&stage.r1.host, "127.0.0.1:2526", Manner::Refuses).unwrap();
    let _hangs = MailServer::start(&stage.r1.host, "127.0.0.1:2527", Manner::Silent).unwrap();
    reload(&mut stage, &config(&mail_to("127.0.0.1 2526")));
    stage.r1.host.set_link("eth0", AdminState::Down).unwrap();
    assert!(wait::until(PATIENCE, || stage.count("mails_lost") >= Some(3)), "{:?}", stage.r1.status_document());
    stage.r1.says("a mail is lost: the mail server says: 550 nobody gets mail here");

    reload(&mut stage, &config(&mail_to("127.0.0.1 2527")));
    stage.r1.host.set_link("eth0", AdminState::Up).unwrap();
    assert!(stage.r1.wait_state("MASTER", PATIENCE), "{}", stage.r1.log());
    assert_eq!(stage.count("mails_sent"), Some(6));
    let took = stage.stop();
    assert!(took < STOP_TIME, "{took:?}");
    stage.r1.says("mails are not sent: the daemon stops");
}

/// Waits until the configuration is in force.
fn reload(stage: &mut Stage, text: &str) {
    let in_force = |log: &str| log.matches(" is in force").count();
    let before = in_force(&stage.r1.log());
    stage.r1.reload_with(text).unwrap();
    assert!(wait::until(PATIENCE, || in_force(&stage.r1.log()) > before), "{}", stage.r1.log());
}
