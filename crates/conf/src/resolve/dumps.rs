//! What signals have written, and where.

use super::reload::absolute;
use crate::diagnostic::Diagnostics;
use crate::keyword::Row;
use crate::keywords::reports as rows;
use crate::model::{Dumps, JsonLayout};
use crate::read::Settings;

pub(super) fn resolve(settings: &Settings, out: &mut Diagnostics) -> Dumps {
    let mut file = |row: &Row<String>| settings.get(row).and_then(|path| absolute(row, path, out));
    Dumps {
        data: file(&rows::STATE_DUMP_FILE),
        statistics: file(&rows::STATS_DUMP_FILE),
        json: file(&rows::JSON_DUMP_FILE),
        layout: match settings.value(&rows::JSON_VERSION) {
            Some(2) => JsonLayout::Object,
            Some(_) | None => JsonLayout::List,
        },
        own_names: settings.value(&rows::DATA_USE_INSTANCE).unwrap_or_default(),
    }
}
