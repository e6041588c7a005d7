//! Mails about changes: where they go, and whether there are any.

use crate::keyword::{Block, Kind, List, Repeat, Row, Takes, Words, number, one, optional, rows, takes};
use crate::model::Switch;

const fn row<T>(name: &'static str, takes: Takes<T>) -> Row<T> {
    Row::new(Block::Global, name, takes)
}

rows! {
    /// Who gets mail about changes. A name in front of the address needs quotes around both.
    NOTIFICATION_EMAIL: List<String> = row("notification_email", takes::MAILBOXES).repeats(Repeat::All)
        .differs("of `\"NAME <ADDRESS>\"` keepalived gives the mail server the name as well, which refuses it")
        .like("notification_email {\n admin@example.com\n \"Ops <ops@example.com>\"\n}");
    /// The sender of mails.
    NOTIFICATION_EMAIL_FROM: String = row("notification_email_from", takes::word("an address"))
        .default("the user at the host name")
        .like("notification_email_from vrrp@example.com");
    /// The mail server, by name or address; without it no mail is sent.
    SMTP_SERVER: Words =
        row("smtp_server", takes::arguments(&[one("HOST", Kind::Word), optional("PORT", Kind::Number(number(1, 65_535)))]))
        .default("port 25")
        .differs("keepalived looks a name up when it reads the file, and tries once; here it is looked up for each \
                  mail, which is tried for five minutes")
        .like("smtp_server 192.0.2.25 25");
    /// Name that is given to the mail server.
    SMTP_HELO_NAME: String = row("smtp_helo_name", takes::word("a name")).default("the host name")
        .like("smtp_helo_name vrrp.example.com");
    /// How long the mail server may take to accept a connection, and for each answer.
    SMTP_CONNECT_TIMEOUT: u32 = row("smtp_connect_timeout", number(0, 4294).of("seconds").form())
        .also(&["smtp_connection_timeout"]).default("30");
    /// Default of every other `smtp_alert`.
    SMTP_ALERT: Switch = row("smtp_alert", takes::SWITCH).default("off");
    /// Default of `smtp_alert` of routers and groups.
    SMTP_ALERT_VRRP: Switch = row("smtp_alert_vrrp", takes::SWITCH).default("that of `smtp_alert`");
    /// No mail when a router or group goes to FAULT.
    NO_EMAIL_FAULTS: () = row("no_email_faults", takes::FLAG).default("off");
    /// Mail about every change of the state, two masters (with address and MAC of the other) and lost redundancy.
    OF_ROUTER: Switch = Row::new(Block::Instance, "smtp_alert", takes::SWITCH).default("that of `smtp_alert_vrrp`")
        .differs("keepalived ends before its last mails, about the stop, are sent, and mails about changes only");
    /// Mail about every change of the group's state.
    OF_GROUP: Switch = Row::new(Block::SyncGroup, "smtp_alert", takes::SWITCH).default("that of `smtp_alert_vrrp`");
}
