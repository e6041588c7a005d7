use conf::MemoryLoader;
use vrrp::discard::Discard;
use vrrp::event::{EventKind, Peer};
use vrrp::types::Priority;

use super::*;
use crate::wording::NotifyState::{Backup, Deleted, Fault, Master, Stop};

fn settings(globals: &str, router: &str, before: &Mails) -> Arc<Mails> {
    let text = format!(
        "global_defs {{\nrouter_id left\nnotification_email {{\na@x\n}}\n{globals}\n}}\n\
         vrrp_sync_group G {{\ngroup {{\nA B\n}}\n}}\n{router}\n\
         vrrp_instance B {{\ninterface eth0\nvirtual_router_id 2\nvirtual_ipaddress {{\n10.0.0.2/24\n}}\n}}\n"
    );
    let config = conf::load("c".as_ref(), &mut MemoryLoader::default().with("c", text)).config;
    Arc::new(Mails::new(&config).following(before))
}

/// The router A with this line.
fn a(line: &str) -> String {
    format!(
        "vrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\n{line}\nvirtual_ipaddress {{\n10.0.0.1/24\n}}\n}}\n"
    )
}

fn sink(settings: watch::Receiver<Arc<Mails>>) -> MailSink {
    let directory = watch::channel(Arc::default()).1;
    MailSink::new(settings, MailCounts::default(), (directory, Sightings::default()))
}

/// What becomes of whom, and the mail about it.
type Step<'a> = (&'a Named, NotifyState, Option<&'static str>);

fn follow(sink: &mut MailSink, steps: &[Step<'_>]) {
    for (owner, state, expected) in steps {
        let letter = sink.letter(owner, *state, SystemTime::now());
        assert_eq!(letter.as_ref().map(|letter| letter.subject.as_str()), *expected, "{owner:?} {state:?}");
    }
}

#[test]
fn each_change_of_what_is_to_be_told_is_one_mail() {
    let [router_a, b, g] = [Named::Router("A".into()), Named::Router("B".into()), Named::Group("G".into())];
    let first =
        settings("smtp_server 192.0.2.25\nsmtp_alert\nno_email_faults", &a("smtp_alert off"), &Mails::default());
    let (new, reader) = watch::channel(Arc::clone(&first));
    let mut sink = sink(reader);

    follow(
        &mut sink,
        &[
            (&b, Backup, Some("[left] VRRP Instance B - Entering BACKUP state")),
            (&router_a, Backup, None),
            (&g, Master, Some("[left] VRRP Group G - Entering MASTER state")),
            (&b, Fault, None),
            (&b, Backup, Some("[left] VRRP Instance B - Entering BACKUP state")),
            (&b, Backup, None),
            (&Named::Daemon, Backup, None),
        ],
    );
    let second = settings("smtp_server 192.0.2.25\nrouter_id \"r 2\"", &a("smtp_alert"), &first);
    new.send_replace(Arc::clone(&second));
    follow(
        &mut sink,
        &[
            (&router_a, Fault, Some("[r 2] VRRP Instance A - Entering FAULT state")),
            (&router_a, Fault, None),
            (&router_a, Stop, Some("[r 2] VRRP Instance A - Stopping")),
            (&b, Stop, None),
        ],
    );
    let third = settings("smtp_server 192.0.2.25", "", &second);
    new.send_replace(Arc::clone(&third));
    let deleted = Some("[left] VRRP Instance A - Deleted");
    follow(&mut sink, &[(&router_a, Stop, None), (&router_a, Deleted, deleted), (&b, Deleted, None)]);
    new.send_replace(settings("smtp_alert", &a(""), &third));
    follow(&mut sink, &[(&router_a, Backup, None)]);
}

#[test]
fn what_is_not_written_is_the_host_and_its_user() {
    let settings = settings("smtp_server ::1\nsmtp_alert", "", &Mails::default());
    let Delivery { from, helo, host, patience, server, .. } = settings.delivery().cloned().unwrap();
    assert_eq!((helo.as_str(), patience, server.to_string().as_str()), (host.as_str(), Mail::PATIENCE, "[::1]:25"));
    assert!(from.address().ends_with(&format!("@{host}")), "{from}");
}

#[test]
fn two_masters_and_lost_redundancy_are_mails_of_routers_that_have_some() {
    let peer = Peer { address: [10, 0, 0, 2].into(), priority: Priority::new(90) };
    let two_masters = EventKind::TwoMasters { peer, dropped: Some(Discard::Version) };
    let lost = EventKind::RedundancyLost { gone: peer.address, alone: Duration::from_secs(4) };
    let [router_a, b] = [Named::Router("A".into()), Named::Router("B".into())];
    let settings = settings("smtp_server 192.0.2.25\nsmtp_alert", &a("smtp_alert off"), &Mails::default());
    let mut sink = sink(watch::channel(settings).1);
    for (owner, kind, subject, body) in [
        (&router_a, two_masters, None, ""),
        (&b, two_masters, Some("[left] VRRP Instance B - Two masters"), "10.0.0.2 (priority 90)"),
        // Not again and again.
        (&b, two_masters, None, ""),
        (&b, lost, Some("[left] VRRP Instance B - Redundancy lost"), "10.0.0.2 has gone"),
        (&router_a, lost, None, ""),
        (&b, EventKind::RedundancyBack(peer), Some("[left] VRRP Instance B - Redundancy is back"), "10.0.0.2"),
        (&b, lost, Some("[left] VRRP Instance B - Redundancy lost"), "nobody was heard"),
    ] {
        let alert = Alert::of(&kind).unwrap();
        let letter = sink.alert_letter(owner, &alert, SystemTime::now());
        assert_eq!(letter.as_ref().map(|it| it.subject.as_str()), subject, "{owner:?} {kind:?}");
        assert!(letter.is_none_or(|it| it.body.contains(body)), "{kind:?}");
    }
}
