//! Mails about changes: where they go, and whether there are any.

use crate::keyword::{Block, Entries, Form, KeywordDef, Kind, Repeat, number, one, optional};

const fn row(name: &'static str, form: Form) -> KeywordDef {
    KeywordDef::new(Block::Global, name, form)
}

pub(crate) const NOTIFICATION_EMAIL: KeywordDef = row("notification_email", Form::Entries(Entries::Mailboxes))
    .help("Who gets mail about changes. A name in front of the address needs quotes around both.")
    .differs("of `\"NAME <ADDRESS>\"` keepalived gives the mail server the name as well, which refuses it")
    .repeats(Repeat::All)
    .like("notification_email {\n admin@example.com\n \"Ops <ops@example.com>\"\n}");
pub(crate) const NOTIFICATION_EMAIL_FROM: KeywordDef = row("notification_email_from", Form::Word("an address"))
    .help("The sender of mails.")
    .default("the user at the host name")
    .like("notification_email_from vrrp@example.com");
pub(crate) const SMTP_SERVER: KeywordDef = row(
    "smtp_server",
    Form::Arguments(&[one("HOST", Kind::Word), optional("PORT", Kind::Number(number(1, 65_535)))]),
)
.help("The mail server, by name or address; without it no mail is sent.")
.differs(
    "keepalived looks a name up when it reads the file, and tries once; here it is looked up for each mail, which \
             is tried for five minutes",
)
.default("port 25")
.like("smtp_server 192.0.2.25 25");
pub(crate) const SMTP_HELO_NAME: KeywordDef = row("smtp_helo_name", Form::Word("a name"))
    .help("Name that is told to the mail server.")
    .default("the host name")
    .like("smtp_helo_name vrrp.example.com");
pub(crate) const SMTP_CONNECT_TIMEOUT: KeywordDef = row("smtp_connect_timeout", number(0, 4294).of("seconds").form())
    .help("How long the mail server may take to accept a connection, and for each answer.")
    .default("30");
pub(crate) const SMTP_ALERT: KeywordDef =
    row("smtp_alert", Form::Switch).help("Default of every other `smtp_alert`.").default("off");
pub(crate) const SMTP_ALERT_VRRP: KeywordDef = row("smtp_alert_vrrp", Form::Switch)
    .help("Default of `smtp_alert` of routers and groups.")
    .default("that of `smtp_alert`");
pub(crate) const NO_EMAIL_FAULTS: KeywordDef =
    row("no_email_faults", Form::Flag).help("No mail when a router or group goes to FAULT.").default("off");

pub(crate) const OF_ROUTER: KeywordDef = KeywordDef::new(Block::Instance, "smtp_alert", Form::Switch)
    .help("Mail about every change of the state.")
    .differs("keepalived ends before its last mails, about the stop, are sent")
    .default("that of `smtp_alert_vrrp`");
pub(crate) const OF_GROUP: KeywordDef = KeywordDef::new(Block::SyncGroup, "smtp_alert", Form::Switch)
    .help("Mail about every change of the group's state.")
    .default("that of `smtp_alert_vrrp`");

pub(crate) static ROWS: &[KeywordDef] = &[
    NOTIFICATION_EMAIL,
    NOTIFICATION_EMAIL_FROM,
    SMTP_SERVER,
    SMTP_HELO_NAME,
    SMTP_CONNECT_TIMEOUT,
    SMTP_ALERT,
    SMTP_ALERT_VRRP,
    NO_EMAIL_FAULTS,
    OF_ROUTER,
    OF_GROUP,
];
