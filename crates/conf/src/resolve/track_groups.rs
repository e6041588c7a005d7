//! `track_group`, and the static routes and rules that name one (keepalived-config §3.5).

use std::collections::{HashMap, HashSet};

use super::groups::there_are;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::Block;
use crate::keywords::groups::TRACK_GROUP_MEMBERS;
use crate::keywords::top;
use crate::model::route::Tracking;
use crate::read::{Raw, RawBlock};
use crate::source::Span;

pub(super) fn check(raw: &Raw, out: &mut Diagnostics) {
    let routers: HashSet<&str> = raw.blocks(Block::Instance).iter().map(|router| router.name.as_str()).collect();
    let groups: HashMap<&str, &RawBlock> =
        raw.blocks(Block::TrackGroup).iter().map(|group| (group.name.as_str(), group)).collect();
    for group in raw.blocks(Block::TrackGroup) {
        check_members(group, &routers, out);
    }
    let routes = raw.top.routes(&top::STATIC_ROUTES).map(|entry| (&entry.value.tracking, entry.span));
    let rules = raw.top.rules(&top::STATIC_RULES).map(|entry| (&entry.value.tracking, entry.span));
    for (tracking, span) in routes.chain(rules) {
        if let Tracking::Group(name) = tracking {
            check_use(name, span, &groups, out);
        }
    }
}

/// §3.5 rule 19.
fn check_members(group: &RawBlock, routers: &HashSet<&str>, out: &mut Diagnostics) {
    for entry in group.settings.names(&TRACK_GROUP_MEMBERS).filter(|entry| !routers.contains(entry.value.as_str())) {
        let what = format!("there is no router `{}`", entry.value);
        let diagnostic = Diagnostic::new(Code::TrackGroupMember, entry.span, what);
        out.push(diagnostic.note(format!("the group goes without it; {}", there_are(routers.iter().copied()))));
    }
}

/// keepalived reads from top to bottom.
fn check_use(name: &str, span: Span, groups: &HashMap<&str, &RawBlock>, out: &mut Diagnostics) {
    let diagnostic = match groups.get(name) {
        None => Diagnostic::new(Code::TrackGroupUnknown, span, format!("there is no `track_group {name}`"))
            .note("no router stops when this is lost"),
        Some(group) if span.file == group.span.file && span.start < group.span.start => {
            Diagnostic::new(Code::TrackGroupUnknown, span, format!("`track_group {name}` is defined further down"))
                .also(group.span, "here")
                .note("keepalived drops the reference: no router stops when this is lost")
                .help("move the `track_group` up")
        }
        Some(_) => return,
    };
    out.push(diagnostic);
}
