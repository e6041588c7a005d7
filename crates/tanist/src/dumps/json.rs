//! The dump in JSON: keepalived's keys, in its order, with its types.

use conf::model::notify::{Notify, Removal};
use conf::model::watch::{ParamMatch, TrackProcess, TrackerKind};
use conf::model::{Config, JsonLayout};
use serde::Serialize;
use vrrp::config::{Authentication, Conformance, ListCheck, OnInferior, OnSuperior, Preempt, PrimaryTracking, Sense};
use vrrp::input::Reading;

use super::lines::{self, Seconds};
use crate::control::picture::{self, Picture, Seen, is_on};
use crate::control::statistics::Statistics;
use crate::ports::host::AddressState;

/// Stands for every password.
pub(super) const SECRET: &str = "********";

#[derive(Serialize)]
struct Instance<'a> {
    data: Data<'a>,
    stats: Statistics,
}

#[derive(Serialize)]
struct Objects<'a> {
    vrrp: Vec<Instance<'a>>,
    track_process: Vec<Process<'a>>,
}

#[derive(Serialize)]
struct Data<'a> {
    iname: &'a str,
    dont_track_primary: u8,
    skip_check_adv_addr: u8,
    strict_mode: u8,
    vmac_ifname: &'a str,
    ifp_ifname: &'a str,
    master_priority: u8,
    last_transition: f64,
    #[serde(flatten)]
    announcements: Announcements,
    lower_prio_no_advert: u8,
    higher_prio_send_advert: u8,
    vrid: u8,
    base_priority: u8,
    effective_priority: u8,
    vipset: bool,
    promote_secondaries: bool,
    adver_int: Seconds,
    master_adver_int: Seconds,
    accept: u8,
    nopreempt: bool,
    preempt_delay: u64,
    state: u8,
    wantstate: u8,
    version: u8,
    smtp_alert: bool,
    notify_deleted: bool,
    #[serde(flatten)]
    scripts: Scripts,
    #[serde(flatten)]
    lists: Lists<'a>,
    auth_type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_data: Option<&'static str>,
}

#[derive(Serialize)]
struct Announcements {
    garp_delay: u64,
    garp_refresh: u64,
    garp_rep: u32,
    garp_refresh_rep: u32,
    garp_lower_prio_delay: u64,
    garp_lower_prio_rep: u32,
}

#[derive(Serialize)]
struct Scripts {
    #[serde(skip_serializing_if = "Option::is_none")]
    script_backup: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_master: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_stop: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_deleted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    script_master_rx_lower_pri: Option<String>,
}

#[derive(Serialize)]
struct Lists<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    evips: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vroutes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    vrules: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_ifp: Vec<&'a str>,
    /// Commands, not names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_script: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    track_process: Vec<&'a str>,
}

#[derive(Serialize)]
struct Process<'a> {
    process: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<String>,
    param_match: &'static str,
    min_processes: u32,
    max_processes: u32,
    have_quorum: bool,
    weight: i32,
    terminate_delay: Seconds,
    fork_delay: Seconds,
    full_command: bool,
}

/// The dump.
pub(super) fn text(picture: &Picture<'_>, statistics: impl Fn(&Seen<'_>) -> Statistics) -> String {
    let instances = picture.routers.iter().map(|seen| Instance { data: data(seen, picture), stats: statistics(seen) });
    let vrrp: Vec<_> = instances.collect();
    let text = match picture.config.global.dumps.layout {
        JsonLayout::List => serde_json::to_string(&vrrp),
        JsonLayout::Object => {
            let track_process = picture.config.watched.processes.iter().map(|it| process(it, picture)).collect();
            serde_json::to_string(&Objects { vrrp, track_process })
        }
    };
    // All of it can be written as JSON.
    text.unwrap_or_default()
}

fn data<'a>(seen: &'a Seen<'a>, picture: &Picture<'a>) -> Data<'a> {
    let Seen { router, snapshot, host, .. } = seen;
    let (state, _) = picture::state(snapshot.state);
    let (nopreempt, preempt_delay) = preempt(router.parameters.preempt);
    Data {
        iname: &router.name,
        dont_track_primary: u8::from(router.parameters.primary == PrimaryTracking::Ignored),
        skip_check_adv_addr: u8::from(router.parameters.switches.lists == ListCheck::OtherMasters),
        strict_mode: u8::from(router.parameters.conformance == Conformance::Strict),
        vmac_ifname: seen.vmac_name().unwrap_or_default(),
        ifp_ifname: seen.interface(),
        master_priority: snapshot.master.map_or(0, |master| master.priority.value()),
        last_transition: seconds(picture.now.micros_of(snapshot.since)),
        announcements: announcements(seen),
        lower_prio_no_advert: u8::from(router.parameters.switches.on_inferior == OnInferior::Ignore),
        higher_prio_send_advert: u8::from(router.parameters.switches.on_superior == OnSuperior::AnswerOnce),
        vrid: router.vrid.value(),
        base_priority: snapshot.base_priority.value(),
        effective_priority: snapshot.priority.value(),
        vipset: host.is_some_and(|host| host.addresses == AddressState::Installed),
        promote_secondaries: router.vmac.is_none(),
        adver_int: snapshot.interval.duration().into(),
        master_adver_int: snapshot.active_interval.duration().into(),
        accept: u8::from(is_on(router.accept)),
        nopreempt,
        preempt_delay,
        state,
        wantstate: state,
        version: router.parameters.version.number(),
        smtp_alert: is_on(router.mail),
        notify_deleted: router.notify.removal != Removal::Stop,
        scripts: scripts(&router.notify),
        lists: lists(seen, picture.config),
        auth_type: auth_type(&router.authentication),
        auth_data: (router.authentication != Authentication::None).then_some(SECRET),
    }
}

const fn preempt(preempt: Preempt) -> (bool, u64) {
    match preempt {
        Preempt::Always => (false, 0),
        Preempt::Never => (true, 0),
        Preempt::After(delay) => (false, delay.as_secs()),
    }
}

const fn auth_type(authentication: &Authentication) -> u8 {
    match authentication {
        Authentication::None | Authentication::Hmac(_) => 0,
        Authentication::Password(_) => 1,
        Authentication::Ah(_) => 2,
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 have fewer digits than a double holds")]
fn seconds(micros: u64) -> f64 {
    micros as f64 / 1e6
}

fn announcements(seen: &Seen<'_>) -> Announcements {
    let plan = &seen.router.parameters.announce;
    Announcements {
        garp_delay: plan.delay.as_secs(),
        garp_refresh: plan.refresh.as_secs(),
        garp_rep: plan.repeat,
        garp_refresh_rep: plan.refresh_repeat,
        garp_lower_prio_delay: plan.lower_prio_delay.as_secs(),
        garp_lower_prio_rep: plan.lower_prio_repeat,
    }
}

fn scripts(notify: &Notify) -> Scripts {
    let words = |script: &Option<Box<conf::model::Script>>| script.as_deref().map(picture::script);
    Scripts {
        script_backup: words(&notify.backup),
        script_master: words(&notify.master),
        script_fault: words(&notify.fault),
        script_stop: words(&notify.stop),
        script_deleted: match &notify.removal {
            Removal::Stop => None,
            Removal::Deleted(script) => words(script),
        },
        script: words(&notify.any),
        script_master_rx_lower_pri: words(&notify.lower_priority),
    }
}

fn lists<'a>(seen: &Seen<'a>, config: &'a Config) -> Lists<'a> {
    let router = seen.router;
    let command = |name: &str| {
        let script = config.watched.scripts.iter().find(|script| script.name == name)?;
        Some(picture::command(&script.check, name))
    };
    Lists {
        vips: router.addresses.iter().map(|it| seen.address(it)).collect(),
        evips: router.excluded.iter().map(|it| seen.address(it)).collect(),
        vroutes: router.routes.iter().map(lines::route).collect(),
        vrules: router.rules.iter().map(ToString::to_string).collect(),
        track_ifp: seen.tracked_interfaces().map(|it| it.interface.as_str()).collect(),
        track_script: router.tracked.of(TrackerKind::Script).filter_map(|it| command(&it.name)).collect(),
        track_process: router.tracked.of(TrackerKind::Process).map(|it| it.name.as_str()).collect(),
    }
}

fn process<'a>(it: &'a TrackProcess, picture: &Picture<'_>) -> Process<'a> {
    let (process, parameters) = it.command.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let weight = i32::from(it.weight.number);
    Process {
        process,
        parameters: (!parameters.is_empty()).then(|| parameters.join(" ")),
        param_match: match it.param_match {
            ParamMatch::None => "none",
            ParamMatch::Exact => "exact",
            ParamMatch::Initial => "initial",
            ParamMatch::Partial => "partial",
        },
        min_processes: it.quorum,
        max_processes: it.quorum_max.unwrap_or(u32::MAX),
        have_quorum: picture.reading(TrackerKind::Process, &it.name) == Reading::Up,
        weight: match it.weight.sense {
            Sense::Plain => weight,
            Sense::Reverse => -weight,
        },
        terminate_delay: it.terminate_delay.into(),
        fork_delay: it.fork_delay.into(),
        full_command: is_on(it.full_command),
    }
}
