//! One thing that trackers watch: `vrrp_script`, `vrrp_track_process`, `track_file` (keepalived-config §2.8 to §2.10).

use std::time::Duration;

use super::check;
use crate::diagnostic::Diagnostics;
use crate::keyword::Row;
use crate::keywords::trackers as rows;
use crate::model::watch::{InitFile, ParamMatch, TrackFile, TrackProcess, TrackScript};
use crate::model::{Switch, Weight};
use crate::read::{RawBlock, Settings};
use crate::say;
use crate::source::Spanned;
use crate::value::Typed;

pub(super) fn script(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackScript> {
    let settings = &raw.settings;
    let check = check::resolve(raw, out)?;
    let interval = settings.time(&rows::INTERVAL).unwrap_or(Duration::from_secs(1));
    Some(TrackScript {
        name: raw.name.clone(),
        check,
        interval,
        timeout: settings.time(&rows::TIMEOUT).unwrap_or(interval),
        weight: settings.value(&rows::SCRIPT_WEIGHT).unwrap_or_default(),
        rise: settings.value(&rows::RISE).unwrap_or(1),
        fall: settings.value(&rows::FALL).unwrap_or(1),
        init_fail: settings.flag(&rows::INIT_FAIL),
    })
}

pub(super) fn process(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackProcess> {
    let settings = &raw.settings;
    watched(raw, &rows::PROCESS, out)?;
    let both = settings.time(&rows::DELAY_BOTH).unwrap_or_default();
    let (quorum, quorum_max) = quorum(settings, out);
    Some(TrackProcess {
        name: raw.name.clone(),
        command: settings.entries(&rows::PROCESS).map(|word| word.value.clone()).collect(),
        param_match: param_match(settings),
        weight: settings.value(&rows::PROCESS_WEIGHT).unwrap_or_default(),
        quorum,
        quorum_max,
        terminate_delay: settings.time(&rows::TERMINATE_DELAY).unwrap_or(both),
        fork_delay: settings.time(&rows::FORK_DELAY).unwrap_or(both),
        full_command: settings.flag(&rows::FULL_COMMAND),
    })
}

/// Fewest and most processes. Of two that leave no number between them the later has no effect.
fn quorum(settings: &Settings, out: &mut Diagnostics) -> (u32, Option<u32>) {
    let most_is_last = settings.position(&rows::QUORUM_MAX) > settings.position(&rows::QUORUM);
    match (settings.get(&rows::QUORUM), settings.get(&rows::QUORUM_MAX)) {
        (None | Some(Spanned { value: 1, .. }), Some(Spanned { value: 0, .. })) if most_is_last => (0, Some(0)),
        (Some(least), Some(most)) if least.value > most.value => {
            let (last, first) = if most_is_last { (most, least) } else { (least, most) };
            out.push(say::quorum_range(last.span, first.span, least.value, most.value));
            if most_is_last { (least.value, None) } else { (u32::from(most.value > 0), Some(most.value)) }
        }
        (least, most) => (least.map_or(1, |least| least.value), most.map(|most| most.value)),
    }
}

fn param_match(settings: &Settings) -> ParamMatch {
    if settings.keyword(&rows::PARAM_MATCH).is_none() {
        return ParamMatch::None;
    }
    match settings.entries(&rows::PARAM_MATCH).next().map(|word| word.value.as_str()) {
        Some("initial") => ParamMatch::Initial,
        Some("partial") => ParamMatch::Partial,
        Some(_) => ParamMatch::None,
        None => ParamMatch::Exact,
    }
}

pub(super) fn file(raw: &RawBlock, out: &mut Diagnostics) -> Option<TrackFile> {
    let file = watched(raw, &rows::FILE, out)?.value;
    let weight = raw.settings.value(&rows::FILE_WEIGHT).unwrap_or_else(|| Weight { number: 1, ..Weight::default() });
    let init = init_file(&raw.settings, out);
    Some(TrackFile { name: raw.name.clone(), file: file.to_owned(), weight, init })
}

/// Largest number that moves a priority, either way.
const LEVEL_MAX: u32 = 254;

fn init_file(settings: &Settings, out: &mut Diagnostics) -> Option<InitFile> {
    settings.keyword(&rows::INIT_FILE)?;
    let mut init = InitFile { value: 0, overwrite: Switch::Off };
    for word in settings.entries(&rows::INIT_FILE) {
        if word.value == "overwrite" {
            init.overwrite = Switch::On;
        } else if let Ok(value) = word.value.parse::<i32>() {
            init.value = value;
            if value.unsigned_abs() > LEVEL_MAX {
                out.push(say::out_of_range_init_file(word.span, value, LEVEL_MAX));
            }
        } else {
            out.push(say::bad_word_init_file(word.span, &word.value));
        }
    }
    Some(init)
}

/// What `row` names, without which there is nothing to watch.
pub(super) fn watched<'a, T: Typed>(
    raw: &'a RawBlock,
    row: &Row<T>,
    out: &mut Diagnostics,
) -> Option<Spanned<T::Given<'a>>> {
    let watched = raw.settings.get(row);
    if watched.is_none() && !raw.settings.is_bad(row) {
        out.push(say::nothing_watched(raw.span, &raw.name, row.name));
    }
    watched
}
