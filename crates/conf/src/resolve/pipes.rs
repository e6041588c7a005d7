//! Pipes that are told every change (keepalived-config §3.8).

use crate::diagnostic::Diagnostics;
use crate::keyword::{Row, Words};
use crate::keywords::global_notify as rows;
use crate::model::notify::{Pipe, Pipes};
use crate::model::{Script, ScriptUser};
use crate::read::Settings;
use crate::say;
use crate::source::Spanned;

pub(super) fn resolve(settings: &Settings, out: &mut Diagnostics) -> Pipes {
    let all = pipe(settings, &rows::NOTIFY_FIFO, &rows::NOTIFY_FIFO_SCRIPT);
    let vrrp = pipe(settings, &rows::VRRP_NOTIFY_FIFO, &rows::VRRP_NOTIFY_FIFO_SCRIPT);
    Pipes {
        all,
        vrrp: vrrp.filter(|_| !is_same_path(settings, out)),
        states_on_reload: settings.flag(&rows::FIFO_WRITE_VRRP_STATES_ON_RELOAD),
    }
}

fn pipe(settings: &Settings, row: &Row<Words>, reader: &Row<Script>) -> Option<Pipe> {
    let mut words = settings.value(row)?.iter().map(|word| word.value.clone());
    let path = words.next()?;
    let user = words.next().map(|user| ScriptUser { user, group: words.next() });
    Some(Pipe { path, user, reader: settings.value(reader).cloned() })
}

/// §3.8 rule 3.
fn is_same_path(settings: &Settings, out: &mut Diagnostics) -> bool {
    let path = |row| settings.value(row).and_then(|words: &[Spanned<String>]| words.first());
    let (Some(all), Some(vrrp)) = (path(&rows::NOTIFY_FIFO), path(&rows::VRRP_NOTIFY_FIFO)) else { return false };
    let is_same = all.value == vrrp.value;
    if is_same {
        out.push(say::one_pipe(vrrp.span, all.span));
    }
    is_same
}
