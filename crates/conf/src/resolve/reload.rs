//! Reloads at a time, and the file that says that one goes on.

use super::or_say;
use crate::diagnostic::Diagnostics;
use crate::keyword::KeywordDef;
use crate::keywords::reports as rows;
use crate::model::{ReloadTime, Reloads};
use crate::read::Settings;
use crate::say;
use crate::source::Spanned;

pub(super) fn resolve(settings: &Settings, out: &mut Diagnostics) -> Reloads {
    let time = settings.get(&rows::RELOAD_TIME_FILE);
    let path = time.and_then(|path| absolute(&rows::RELOAD_TIME_FILE, path, out));
    let repeat = settings.flag(&rows::RELOAD_REPEAT);
    Reloads { time: path.map(|file| ReloadTime { file, repeat }), file: file(settings, out) }
}

fn file(settings: &Settings, out: &mut Diagnostics) -> Option<String> {
    match settings.value(&rows::RELOAD_FILE)? {
        [] => Some(Reloads::FILE.to_owned()),
        [path, ..] => absolute(&rows::RELOAD_FILE, Spanned { value: &path.value, span: path.span }, out),
    }
}

/// A path that means the same wherever the daemon was started.
pub(super) fn absolute(row: &KeywordDef, path: Spanned<&str>, out: &mut Diagnostics) -> Option<String> {
    let is_absolute = path.value.starts_with('/') && !path.value.contains('\0');
    or_say(is_absolute.then(|| path.value.to_owned()), || say::reload_file(path.span, row.name), out)
}
