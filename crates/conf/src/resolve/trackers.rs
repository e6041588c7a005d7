//! One thing that trackers watch: `vrrp_script`, `vrrp_track_process`, `track_file` (keepalived-config §2.8 to §2.10).

use std::time::Duration;

use super::check;
use crate::diagnostic::Diagnostics;
use crate::keyword::KeywordDef;
use crate::keywords::trackers as rows;
use crate::model::watch::{InitFile, ParamMatch, TrackFile, TrackProcess, TrackScript};
use crate::model::{Switch, Weight};
use crate::read::{RawBlock, Settings};
use crate::say;

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
    let command: Vec<String> = settings.entries(&rows::PROCESS).map(|word| word.value.clone()).collect();
    if command.is_empty() {
        nothing(raw, &rows::PROCESS, out);
        return None;
    }
    let both = settings.time(&rows::DELAY_BOTH).unwrap_or_default();
    let (quorum, quorum_max) = quorum(settings, out);
    Some(TrackProcess {
        name: raw.name.clone(),
        command,
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
    let (least, most) = (settings.get(&rows::QUORUM), settings.get(&rows::QUORUM_MAX));
    match (settings.value(&rows::QUORUM), settings.value(&rows::QUORUM_MAX)) {
        (None, Some(0)) => (0, Some(0)),
        (Some(1), Some(0)) if settings.position(&rows::QUORUM_MAX) > settings.position(&rows::QUORUM) => (0, Some(0)),
        (Some(fewest), Some(highest)) if fewest > highest => {
            let most_is_last = settings.position(&rows::QUORUM_MAX) > settings.position(&rows::QUORUM);
            let (last, first) = if most_is_last { (most, least) } else { (least, most) };
            if let (Some(last), Some(first)) = (last, first) {
                out.push(say::quorum_range(last.span, first.span, fewest, highest));
            }
            if most_is_last { (fewest, None) } else { (u32::from(highest > 0), Some(highest)) }
        }
        (fewest, highest) => (fewest.unwrap_or(1), highest),
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
    let Some(file) = raw.settings.get(&rows::FILE) else {
        nothing(raw, &rows::FILE, out);
        return None;
    };
    let weight = raw.settings.value(&rows::FILE_WEIGHT).unwrap_or_else(|| Weight { number: 1, ..Weight::default() });
    let init = init_file(&raw.settings, out);
    Some(TrackFile { name: raw.name.clone(), file: file.value.to_owned(), weight, init })
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

pub(super) fn nothing(raw: &RawBlock, row: &KeywordDef, out: &mut Diagnostics) {
    if !raw.settings.is_bad(row) {
        out.push(say::nothing_watched(raw.span, &raw.name, row.name));
    }
}
