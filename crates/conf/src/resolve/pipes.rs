//! Pipes that are told every change (keepalived-config §3.8).

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::KeywordDef;
use crate::keywords::global_inert as rows;
use crate::read::Settings;

pub(super) fn check(settings: &Settings, out: &mut Diagnostics) {
    check_paths(settings, out);
    check_reader(settings, &rows::NOTIFY_FIFO_SCRIPT, &rows::NOTIFY_FIFO, out);
    check_reader(settings, &rows::VRRP_NOTIFY_FIFO_SCRIPT, &rows::VRRP_NOTIFY_FIFO, out);
}

/// §3.8 rule 3.
fn check_paths(settings: &Settings, out: &mut Diagnostics) {
    let path = |row| settings.words(row).last();
    let (Some(all), Some(vrrp)) = (path(&rows::NOTIFY_FIFO), path(&rows::VRRP_NOTIFY_FIFO)) else { return };
    if all.value == vrrp.value {
        let what = "`vrrp_notify_fifo` is the pipe of `notify_fifo`";
        let diagnostic = Diagnostic::new(Code::OnePipe, vrrp.span, what).also(all.span, "here");
        out.push(diagnostic.note("keepalived drops this one; the other carries its events").help("use another path"));
    }
}

/// A reader of a pipe that there is not never runs.
fn check_reader(settings: &Settings, reader: &KeywordDef, pipe: &KeywordDef, out: &mut Diagnostics) {
    let Some(span) = settings.keyword(reader).filter(|_| settings.keyword(pipe).is_none()) else { return };
    if settings.was_refused(pipe) {
        return;
    }
    out.take_back_status(span);
    let diagnostic = Diagnostic::new(Code::PipeReader, span, format!("`{}` without `{}`", reader.name, pipe.name));
    let note = "there is no pipe to read, so the script never runs";
    out.push(diagnostic.note(note).help(format!("add `{} PATH`", pipe.name)));
}
