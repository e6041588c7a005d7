//! What signals have written, and where.

use super::reload::absolute;
use crate::diagnostic::Diagnostics;
use crate::keywords::dumps as rows;
use crate::model::{Dumps, JsonLayout, Switch};
use crate::read::Settings;

pub(super) fn resolve(settings: &Settings, out: &mut Diagnostics) -> Dumps {
    let mut file = |row| settings.text(row).and_then(|path| absolute(row, path, out));
    Dumps {
        data: file(&rows::STATE_DUMP_FILE),
        statistics: file(&rows::STATS_DUMP_FILE),
        json: file(&rows::JSON_DUMP_FILE),
        layout: match settings.number(&rows::JSON_VERSION).map(|version| version.value) {
            Some(2) => JsonLayout::Object,
            Some(_) | None => JsonLayout::List,
        },
        own_names: settings.switch(&rows::DATA_USE_INSTANCE).map_or(Switch::Off, |switch| switch.value),
    }
}
