use std::time::SystemTime;

use conf::MemoryLoader;
use vrrp::event::StateName::{Active, Backup, Initialize};
use vrrp::event::{Causes, Event, EventKind, Reason, StateName, Subject, Transition};
use vrrp::time::Instant;
use vrrp::types::{Priority, RouterId};

use super::*;

fn mails(globals: &str, router: &str) -> Arc<Mails> {
    let text = format!(
        "global_defs {{\nrouter_id left\nnotification_email {{\na@x\n}}\n{globals}\n}}\nvrrp_sync_group G {{\ngroup {{\nA B\n}}\n}}\n\
         vrrp_instance A {{\ninterface eth0\nvirtual_router_id 1\n{router}\nvirtual_ipaddress {{\n10.0.0.1/24\n}}\n}}\n\
         vrrp_instance B {{\ninterface eth0\nvirtual_router_id 2\nvirtual_ipaddress {{\n10.0.0.2/24\n}}\n}}\n"
    );
    Arc::new(Mails::new(&conf::load("c".as_ref(), &mut MemoryLoader::default().with("c", text)).config))
}

fn event(subject: Named, to: StateName, reason: Reason) -> NamedEvent {
    let transition = Transition {
        from: StateName::Backup,
        to,
        reason,
        priority: Priority::HIGHEST,
        after: Duration::ZERO,
        unreported: 0,
    };
    let engine = Event {
        subject: Subject::Router(RouterId::default()),
        at: Instant::default(),
        wall: None,
        kind: EventKind::Transition(transition),
    };
    NamedEvent { at: SystemTime::now(), subject, what: Occurrence::Protocol(engine) }
}

/// What becomes of A or G, and the mail about it.
type Step = (Named, StateName, Reason, Option<&'static str>);

fn follow(sink: &mut MailSink, steps: &[Step]) {
    for (subject, to, reason, expected) in steps {
        let letter = sink.letter(&event(subject.clone(), *to, *reason));
        assert_eq!(letter.as_ref().map(|letter| letter.subject.as_str()), *expected, "{subject:?} {to:?}");
    }
}

const LOST: Reason = Reason::Lost { waiting_for: Causes::LINK_DOWN };

#[test]
fn each_change_of_what_is_to_be_told_is_one_mail() {
    let (a, b, g) = (Named::Router("A".into()), Named::Router("B".into()), Named::Group("G".into()));
    let (settings, reader) =
        watch::channel(mails("smtp_server 192.0.2.25\nsmtp_alert\nno_email_faults", "smtp_alert off"));
    let mut sink = MailSink::new(reader, MailCounts::default());
    follow(
        &mut sink,
        &[
            (b.clone(), Backup, Reason::Ready, Some("[left] VRRP Instance B - Entering BACKUP state")),
            (a.clone(), Backup, Reason::Ready, None),
            (g.clone(), Active, Reason::Ready, Some("[left] VRRP Group G - Entering MASTER state")),
            (b.clone(), Initialize, LOST, None),
            (b.clone(), Backup, Reason::Ready, Some("[left] VRRP Instance B - Entering BACKUP state")),
            (b.clone(), Backup, Reason::Ready, None),
            (Named::Daemon, Backup, Reason::Ready, None),
        ],
    );
    settings.send_replace(mails("smtp_server 192.0.2.25\nrouter_id \"r 2\"", "smtp_alert"));
    follow(
        &mut sink,
        &[
            (a.clone(), Initialize, LOST, Some("[r 2] VRRP Instance A - Entering FAULT state")),
            (a.clone(), Initialize, LOST, None),
            (a.clone(), Initialize, Reason::Shutdown, Some("[r 2] VRRP Instance A - Stopping")),
            (b, Initialize, Reason::Shutdown, None),
        ],
    );
    settings.send_replace(mails("smtp_alert", ""));
    follow(&mut sink, &[(a, Backup, Reason::Ready, None)]);
}

#[test]
fn what_is_not_written_is_the_host_and_its_user() {
    let Delivery { from, helo, host, patience, server, .. } =
        mails("smtp_server ::1\nsmtp_alert", "").delivery().cloned().unwrap();
    assert_eq!((helo.as_str(), patience, server.to_string().as_str()), (host.as_str(), Mail::PATIENCE, "[::1]:25"));
    assert!(from.address().ends_with(&format!("@{host}")), "{from}");
}
