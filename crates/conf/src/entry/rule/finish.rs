//! What can be said only of a whole rule.

use vrrp::types::Family;

use super::Draft;
use crate::entry::words::{Done, Dropped, OUR_PROTOCOL, Words};
use crate::model::rule::{Action, Lookup, Rule};
use crate::say;

pub(super) fn finish(mut words: Words<'_, '_>, draft: Draft) -> Result<Rule, Dropped> {
    let Some(span) = draft.action else { return words.drop_for(say::rule_action_none(words.first())) };
    let mut rule = draft.rule;
    match &mut rule.action {
        Action::Table(lookup) => *lookup = Lookup { table: lookup.table.clone(), ..draft.lookup },
        Action::Goto(_) | Action::Nop | Action::Blackhole | Action::Unreachable | Action::Prohibit | Action::L3mdev => {
            check_alone(&mut words)?
        }
    }
    if let Action::Goto(target) = rule.action
        && rule.preference.is_none_or(|preference| preference >= target)
    {
        return words.drop_for(say::rule_action_goto(span));
    }
    if rule.preference.is_none() {
        words.out.push(say::no_preference(words.first()));
    }
    rule.protocol = words.kept_protocol(&rule.tracking, rule.protocol, &OUR_PROTOCOL);
    let iif = words.place("iif");
    words.check_group(&mut rule.tracking, iif, "iif");
    rule.family = words.family().unwrap_or(Family::Ipv4);
    Ok(rule)
}

/// These choose among the answers of a table.
fn check_alone(words: &mut Words<'_, '_>) -> Done {
    let options = ["realms", "suppress_prefixlength", "suppress_ifgroup"];
    match options.into_iter().find_map(|name| Some((name, words.place(name)?))) {
        Some((name, span)) => words.drop_for(say::rule_action_table(span, name)),
        None => Ok(()),
    }
}
