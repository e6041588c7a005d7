//! What can be said only of a whole rule.

use vrrp::types::Family;

use super::Draft;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::entry::words::{Done, Dropped, OUR_PROTOCOL, Words};
use crate::model::rule::{Action, Lookup, Rule};

pub(super) fn finish(mut words: Words<'_, '_>, draft: Draft) -> Result<Rule, Dropped> {
    let Some(span) = draft.action else {
        let diagnostic = Diagnostic::new(Code::RuleAction, words.first(), "the rule does nothing");
        return words.drop_for(diagnostic.help("add `table TABLE`, `goto`, `blackhole` or another action"));
    };
    let mut rule = draft.rule;
    match &mut rule.action {
        Action::Table(lookup) => *lookup = Lookup { table: lookup.table.clone(), ..draft.lookup },
        Action::Goto(target) => {
            check_alone(&mut words)?;
            if rule.preference.is_none_or(|preference| preference >= *target) {
                let diagnostic = Diagnostic::new(Code::RuleAction, span, "`goto` leads to a rule further down");
                return words.drop_for(diagnostic.help("give the rule a `preference` below the target"));
            }
        }
        Action::Nop | Action::Blackhole | Action::Unreachable | Action::Prohibit | Action::L3mdev => {
            check_alone(&mut words)?;
        }
    }
    if rule.preference.is_none() {
        number_missing(&mut words);
    }
    rule.protocol = words.kept_protocol(&rule.tracking, rule.protocol, |number| u32::from(*number) == OUR_PROTOCOL);
    let iif = words.place("iif");
    words.check_group(&mut rule.tracking, iif, "iif");
    rule.family = words.family().unwrap_or(Family::Ipv4);
    Ok(rule)
}

/// These choose among the answers of a table.
fn check_alone(words: &mut Words<'_, '_>) -> Done {
    let options = ["realms", "suppress_prefixlength", "suppress_ifgroup"];
    match options.into_iter().find_map(|name| Some((name, words.place(name)?))) {
        Some((name, span)) => words.fail(Code::RuleAction, span, format!("`{name}` needs a `table`")),
        None => Ok(()),
    }
}

fn number_missing(words: &mut Words<'_, '_>) {
    let what = "a rule without `preference` is numbered by its place in the file";
    let diagnostic = Diagnostic::new(Code::NoPreference, words.first(), what);
    let note = "keepalived counts down from 16384, so that the last rule is looked up first";
    words.out.push(diagnostic.note(note).help("add `preference NUMBER`"));
}
