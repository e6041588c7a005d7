//! Mails about changes of state, in keepalived's words: one for each change, to all of `notification_email`; and about two masters
//! and lost redundancy, of which keepalived does not know.

mod message;
mod post;
mod smtp;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use conf::model::check::Endpoint;
use conf::model::mail::{Mail, Mailbox};
use conf::model::{Config, Switch};
use rustix::system::uname;
use tokio::sync::watch;

use self::message::{Culprit, Letter};
use self::post::Post;
use crate::ports::directory::DirectoryReader;
use crate::ports::events::Named;
use crate::ports::mail::MailCounts;
use crate::ports::sightings::Sightings;
use crate::wording::{self, Alert, NotifyState};

/// Two masters of a router are told once in this time: whoever makes up senders must not fill mailboxes.
const ALERT_PAUSE: Duration = Duration::from_secs(60);

/// What is to be mailed, and how. Without a configuration nothing is.
#[derive(Debug, Default)]
pub(crate) struct Mails {
    /// `None`: no mail is sent.
    delivery: Option<Delivery>,
    /// Routers and groups that have mails.
    about: HashSet<Named>,
    /// Those that had some before the last reload, and have none now.
    gone: HashSet<Named>,
    /// Whether there are mails about FAULT.
    faults: Switch,
    /// Name of the machine in subjects.
    machine: String,
}

/// How mails are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Delivery {
    server: Endpoint,
    from: Mailbox,
    /// Not empty.
    to: Vec<Mailbox>,
    /// What the mail server is told as the name of this host.
    helo: String,
    host: String,
    /// For each step.
    patience: Duration,
}

impl Mails {
    pub(crate) fn new(config: &Config) -> Self {
        let routers = config.routers.iter().map(|router| (router.mail, Named::Router(router.name.clone())));
        let groups = config.watched.groups.iter().map(|group| (group.mail, Named::Group(group.name.clone())));
        let about = routers.chain(groups).filter(|(mail, _)| *mail == Switch::On).map(|(_, named)| named).collect();
        let host = host_name();
        let machine = config.global.router_id.clone().unwrap_or_else(|| host.clone());
        let mail = &config.global.mail;
        Self { delivery: Delivery::new(mail, host), about, gone: HashSet::new(), faults: mail.faults, machine }
    }

    /// With what is still needed of those that were in force before.
    #[must_use]
    pub(crate) fn following(mut self, before: &Self) -> Self {
        self.gone = before.about.difference(&self.about).cloned().collect();
        self
    }

    /// Whether a router or group has a mail about a change; one that a reload removed only about that.
    fn tells(&self, owner: &Named, state: NotifyState) -> bool {
        match state {
            NotifyState::Fault => self.faults == Switch::On && self.about.contains(owner),
            NotifyState::Master | NotifyState::Backup | NotifyState::Stop => self.about.contains(owner),
            NotifyState::Deleted => self.gone.contains(owner),
        }
    }

    /// How mails are sent, if there are any.
    fn delivery(&self) -> Option<&Delivery> {
        self.delivery.as_ref().filter(|_| !self.about.is_empty() || !self.gone.is_empty())
    }
}

impl Delivery {
    fn new(mail: &Mail, host: String) -> Option<Self> {
        let Mail { to, from, server, helo, patience, faults: _ } = mail;
        let server = server.clone().filter(|_| !to.is_empty())?;
        let (helo, from) = (helo.clone().unwrap_or_else(|| host.clone()), from.clone());
        let from = from.or_else(|| sender(&host))?;
        Some(Self { server, from, to: to.clone(), helo, host, patience: *patience })
    }
}

/// The user at the host name.
fn sender(host: &str) -> Option<Mailbox> {
    let user = uzers::get_effective_username().and_then(|user| user.into_string().ok());
    let named = user.and_then(|user| Mailbox::parse(&format!("{user}@{host}")));
    named.or_else(|| Mailbox::parse(&format!("tanist@{host}")))
}

/// The host name, fit for SMTP.
fn host_name() -> String {
    let name = uname().nodename().to_string_lossy().into_owned();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if name.is_empty() || !name.bytes().all(is_plain) { "localhost".to_owned() } else { name }
}

/// The sink.
pub(super) struct MailSink {
    settings: watch::Receiver<Arc<Mails>>,
    /// What was last told of each: one mail for each change.
    last: HashMap<Named, NotifyState>,
    /// When two masters of each were last told.
    alerted: HashMap<Named, Instant>,
    directory: DirectoryReader,
    sightings: Sightings,
    counts: MailCounts,
    written: u64,
    /// `None`: nothing was to be sent yet.
    post: Option<Post>,
}

impl MailSink {
    pub(super) fn new(
        settings: watch::Receiver<Arc<Mails>>,
        counts: MailCounts,
        (directory, sightings): (DirectoryReader, Sightings),
    ) -> Self {
        let (last, alerted) = (HashMap::new(), HashMap::new());
        Self { settings, last, alerted, directory, sightings, counts, written: 0, post: None }
    }

    /// Whether no mail waits.
    pub(super) fn is_at_rest(&self) -> bool {
        self.post.as_ref().is_none_or(Post::is_at_rest)
    }

    /// Tells that a router or group has become something.
    pub(super) fn tell(&mut self, owner: &Named, state: NotifyState, at: SystemTime) {
        if let Some(letter) = self.letter(owner, state, at) {
            self.submit(letter);
        }
    }

    /// Tells that something is wrong about a router, or no longer.
    pub(super) fn alert(&mut self, owner: &Named, alert: &Alert, at: SystemTime) {
        if let Some(letter) = self.alert_letter(owner, alert, at) {
            self.submit(letter);
        }
    }

    fn submit(&mut self, letter: Letter) {
        let Self { settings, counts, sightings, .. } = self;
        let start = || Post::start(settings.clone(), counts.clone(), sightings.clone());
        self.post.get_or_insert_with(start).submit(letter);
    }

    /// Forgets those that have no mails any more.
    fn follow(&mut self) {
        if self.settings.has_changed().unwrap_or(false) {
            let about = &self.settings.borrow_and_update().about;
            self.last.retain(|named, _| about.contains(named));
            self.alerted.retain(|named, _| about.contains(named));
        }
    }

    /// The mail about a change, if there is one.
    fn letter(&mut self, owner: &Named, state: NotifyState, at: SystemTime) -> Option<Letter> {
        self.follow();
        let settings = self.settings.borrow();
        settings.delivery()?;
        let before = if settings.about.contains(owner) { self.last.insert(owner.clone(), state) } else { None };
        if before == Some(state) || !settings.tells(owner, state) {
            return None;
        }
        let (subject, body) = wording::mail(owner, state)?;
        self.written += 1;
        let subject = format!("[{}] {subject}", settings.machine);
        Some(Letter { at, subject, body: body.into(), culprit: None, number: self.written })
    }

    /// The mail about what is wrong, if there is one.
    fn alert_letter(&mut self, owner: &Named, alert: &Alert, at: SystemTime) -> Option<Letter> {
        self.follow();
        let settings = self.settings.borrow();
        settings.delivery().filter(|_| settings.about.contains(owner))?;
        let culprit = match alert {
            Alert::TwoMasters { culprit, .. } => {
                let is_news = self.alerted.get(owner).is_none_or(|before| before.elapsed() >= ALERT_PAUSE);
                if !is_news {
                    return None;
                }
                self.alerted.insert(owner.clone(), Instant::now());
                let link = self.directory.borrow().interface_of(owner.router());
                link.map(|link| Culprit { link, address: *culprit })
            }
            Alert::RedundancyLost { .. } | Alert::RedundancyBack { .. } => None,
        };
        let (subject, body) = wording::alert_mail(owner, alert);
        self.written += 1;
        let subject = format!("[{}] {subject}", settings.machine);
        Some(Letter { at, subject, body: body.into(), culprit, number: self.written })
    }

    /// Sends what waits, if that takes no time.
    pub(super) async fn finish(self) {
        if let Some(post) = self.post {
            post.finish().await;
        }
    }
}

#[cfg(test)]
mod tests;
