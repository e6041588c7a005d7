use conf::MemoryLoader;

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
    let mut sink = MailSink::new(reader, MailCounts::default());

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
