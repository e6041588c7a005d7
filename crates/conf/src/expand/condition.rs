//! Lines that count on one machine only: `@id`, `@^id` (keepalived-config §1.8).

use std::ops::Range;

use super::{Expander, Piece};
use crate::lexer::Line;
use crate::model::limits;
use crate::say;

/// Ids that a message lists.
const IDS_SHOWN: usize = 5;

/// The id behind the `@` of a condition at the start of a text. `None`: there is no condition.
pub(crate) fn condition_id(text: &str) -> Option<&str> {
    text.strip_prefix('@')?.split([' ', '\t']).next()
}

impl Expander<'_> {
    /// Step 4: where the line goes on behind blanks and one condition. `None`: it does not count on this machine.
    pub(super) fn conditions(&mut self, line: &Line<'_>, start: usize) -> Option<usize> {
        let start = line.skip_blanks(start);
        let Some(id) = condition_id(&line.text[start..]) else { return Some(start) };
        let end = start + "@".len() + id.len();
        let rest = line.skip_blanks(end);
        if !self.is_sound(line, start..end, rest) {
            return None;
        }
        let Some(ours) = &self.environment.config_id else {
            self.report(say::condition_unknown(line.span(start..end)));
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
    fn is_sound(&mut self, line: &Line<'_>, condition: Range<usize>, rest: usize) -> bool {
        let span = line.span(condition.clone());
        let id = line.text[condition].trim_start_matches(['@', '^']);
        let behind = &line.text[rest..];
        self.report(if id.is_empty() {
            say::condition_empty(span)
        } else if behind.is_empty() {
            say::condition_alone(span)
        } else if let Some(second) = condition_id(behind) {
            say::condition_twice(line.span(rest..rest + "@".len() + second.len()), span)
        } else {
            return true;
        });
        false
    }

    /// A file that is for several machines, none of which is this one.
    pub(super) fn check_ids(&mut self) {
        let Some(ours) = &self.environment.config_id else { return };
        if self.asked_ids.len() < 2 || self.asked_ids.contains_key(ours) {
            return;
        }
        let Some(&first) = self.asked_ids.values().min() else { return };
        let mut ids: Vec<&str> = self.asked_ids.keys().take(IDS_SHOWN).map(String::as_str).collect();
        if self.asked_ids.len() > ids.len() {
            ids.push("…");
        }
        self.report(say::condition_elsewhere(first, ours, ids.join(", ")));
    }

    /// `@!id`: the comment sign leaves a lone `@`.
    pub(super) fn is_negated_by_bang(&mut self, written: &Line<'_>) -> bool {
        if !written.text.starts_with("@!") {
            return false;
        }
        let span = written.span(0..2);
        self.report(say::condition_empty_bang(span, span, "@^"));
        true
    }

    /// A condition that only comes in with a definition: at the beginning of what a line becomes.
    pub(super) fn check_begin(&mut self, expanded: &[Line<'_>]) {
        let Some(line) = expanded.first() else { return };
        if let Some(id) = condition_id(&line.text) {
            self.report(say::condition_expanded(line.span(0.."@".len() + id.len())));
        }
    }

    /// Remembers the braces of a line that does not count, in case their partners do.
    fn drop_braces(&mut self, line: &Line<'_>, condition: Range<usize>) {
        let mut at = condition.end;
        let condition = line.span(condition);
        while let Some(brace) = line.first_brace(at) {
            at = brace + 1;
            let opens = line.text.as_bytes().get(brace) == Some(&b'{');
            self.push(Piece::Dropped { brace: line.span(brace..at), opens, condition }, condition);
        }
    }
}
