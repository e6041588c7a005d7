//! Lines that count on one machine only: `@id`, `@^id` (keepalived-config §1.8).

use super::{Expander, Piece};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::lexer::Line;
use crate::model::limits;

/// Ids that a message lists.
const IDS_SHOWN: usize = 5;

/// Whether a line was put together from a definition and begins with what that brought in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Begins {
    /// As it stands in a file or in a definition of several lines.
    AsWritten,
    /// With the text of a definition.
    Expanded,
}

impl Expander<'_> {
    /// Step 4: where the line goes on behind blanks and one condition. `None`: it does not count on this machine.
    pub(super) fn conditions(&mut self, line: &Line<'_>, start: usize) -> Option<usize> {
        let start = line.skip_blanks(start);
        let Some(id) = line.text[start..].strip_prefix('@') else { return Some(start) };
        let id = id.split([' ', '\t']).next().unwrap_or(id);
        let end = start + 1 + id.len();
        let rest = line.skip_blanks(end);
        if !self.is_sound(line, start..end, rest) {
            return None;
        }
        let Some(ours) = &self.environment.config_id else {
            let what = "this line depends on a configuration id, and none is known";
            let span = line.span(start..end);
            self.report(Diagnostic::new(Code::ConditionUnknown, span, what).note("the line is left out"));
            return None;
        };
        let counts = match id.strip_prefix('^') {
            Some(other) => other != ours,
            None => {
                if self.asked_ids.len() < limits::INCLUDE_CHOICES && !self.asked_ids.contains_key(id) {
                    self.asked_ids.insert(id.to_owned(), line.span(start..end));
                }
                id == ours
            }
        };
        if counts {
            return Some(rest);
        }
        self.drop_braces(line, start..end);
        None
    }

    /// Whether a condition can be decided; else says why not.
    fn is_sound(&mut self, line: &Line<'_>, condition: std::ops::Range<usize>, rest: usize) -> bool {
        let span = line.span(condition.clone());
        let id = line.text[condition].trim_start_matches(['@', '^']);
        if id.is_empty() {
            let diagnostic = Diagnostic::new(Code::ConditionEmpty, span, "this condition names no configuration id");
            self.report(
                diagnostic.note("the line is left out").help("write `@ID` or `@^ID` without a space in between"),
            );
            return false;
        }
        let behind = &line.text[rest..];
        if behind.is_empty() {
            let diagnostic = Diagnostic::new(Code::ConditionAlone, span, "nothing depends on this condition");
            self.report(diagnostic.note("a condition governs the rest of its own line only").help("remove the line"));
            return false;
        }
        if behind.starts_with('@') {
            let len = behind.find([' ', '\t']).unwrap_or(behind.len());
            let second = line.span(rest..rest + len);
            let what = "a line takes one condition only";
            let diagnostic = Diagnostic::new(Code::ConditionTwice, second, what).also(span, "the first");
            let note = "keepalived takes the second for an unknown keyword; the line is left out";
            self.report(diagnostic.note(note).help("write a line for each condition"));
            return false;
        }
        true
    }

    /// A file that is for several machines, none of which is this one.
    pub(super) fn check_ids(&mut self) {
        let Some(ours) = &self.environment.config_id else { return };
        if self.asked_ids.len() < 2 || self.asked_ids.contains_key(ours) {
            return;
        }
        let Some(&first) = self.asked_ids.values().min() else { return };
        let ids: Vec<&str> = self.asked_ids.keys().take(IDS_SHOWN).map(String::as_str).collect();
        let more = if self.asked_ids.len() > ids.len() { ", …" } else { "" };
        let what = format!("no `@ID` of the configuration is `{ours}`");
        let diagnostic = Diagnostic::new(Code::ConditionElsewhere, first, what);
        let diagnostic = diagnostic.note(format!("it has lines for {}{more}", ids.join(", ")));
        self.report(diagnostic.help("give the configuration id with `-i ID`"));
    }

    /// `@!id`: the comment sign leaves a lone `@`.
    pub(super) fn is_negated_by_bang(&mut self, written: &Line<'_>) -> bool {
        if !written.text.starts_with("@!") {
            return false;
        }
        let span = written.span(0..2);
        let diagnostic =
            Diagnostic::new(Code::ConditionEmpty, span, "`!` starts a comment, so this condition is empty");
        self.report(diagnostic.note("the line is left out").replace(span, "@^", "write `^` for any other id"));
        true
    }

    /// A condition that only comes in with a definition.
    pub(super) fn check_begin(&mut self, line: &Line<'_>, begins: Begins) {
        if begins == Begins::Expanded && line.text.starts_with('@') {
            let len = line.text.find([' ', '\t']).unwrap_or(line.text.len());
            let what = "this condition comes out of a definition";
            let diagnostic = Diagnostic::new(Code::ConditionExpanded, line.span(0..len), what);
            let note = "keepalived crashes on it or takes it for a keyword; here it counts";
            self.report(diagnostic.note(note).help("write the condition itself before the line"));
        }
    }

    /// Remembers the braces of a line that does not count, in case their partners do.
    fn drop_braces(&mut self, line: &Line<'_>, condition: std::ops::Range<usize>) {
        let mut at = condition.end;
        let condition = line.span(condition);
        while let Some(brace) = line.first_brace(at) {
            at = brace + 1;
            let opens = line.text.as_bytes().get(brace) == Some(&b'{');
            self.push(Piece::Dropped { brace: line.span(brace..at), opens, condition }, condition);
        }
    }
}
