//! What can be said only of a whole rule.

use vrrp::types::Family;

use super::{Draft, Reader};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::entry::words::{Dropped, OUR_PROTOCOL};
use crate::model::rule::{Action, Lookup, Rule};

impl Reader<'_, '_> {
    pub(super) fn finish(mut self) -> Result<Rule, Dropped> {
        let action = self.action()?;
        if self.draft.preference.is_none() {
            self.number_missing();
        }
        let protocol = self.draft.protocol.take();
        self.draft.protocol =
            self.words.kept_protocol(&self.draft.tracking, protocol, |number| u32::from(*number) == OUR_PROTOCOL);
        let iif = self.words.place("iif");
        self.words.check_group(&mut self.draft.tracking, iif, "iif");
        Ok(built(self.draft, action, self.words.family().unwrap_or(Family::Ipv4)))
    }

    fn action(&mut self) -> Result<Action, Dropped> {
        let Some((action, span)) = self.draft.action.take() else {
            let diagnostic = Diagnostic::new(Code::RuleAction, self.first, "the rule does nothing");
            return self.words.drop_for(diagnostic.help("add `table TABLE`, `goto`, `blackhole` or another action"));
        };
        match action {
            Action::Table(lookup) => Ok(Action::Table(Lookup {
                realms: self.draft.realms.take(),
                suppress_prefix_len: self.draft.suppress_prefix_len,
                suppress_group: self.draft.suppress_group.take(),
                ..lookup
            })),
            Action::Goto(target) => {
                self.check_alone()?;
                if self.draft.preference.is_some_and(|preference| preference < target) {
                    return Ok(Action::Goto(target));
                }
                let diagnostic = Diagnostic::new(Code::RuleAction, span, "`goto` leads to a rule further down");
                self.words.drop_for(diagnostic.help("give the rule a `preference` below the target"))
            }
            Action::Nop | Action::Blackhole | Action::Unreachable | Action::Prohibit | Action::L3mdev => {
                self.check_alone()?;
                Ok(action)
            }
        }
    }

    /// These choose among the answers of a table.
    fn check_alone(&mut self) -> Result<(), Dropped> {
        let options = ["realms", "suppress_prefixlength", "suppress_ifgroup"];
        let Some((name, span)) = options.into_iter().find_map(|name| Some((name, self.words.place(name)?))) else {
            return Ok(());
        };
        self.words.fail(Code::RuleAction, span, format!("`{name}` needs a `table`"))
    }

    fn number_missing(&mut self) {
        let what = "a rule without `preference` is numbered by its place in the file";
        let diagnostic = Diagnostic::new(Code::NoPreference, self.first, what);
        let note = "keepalived counts down from 16384, so that the last line is asked first";
        self.words.out.push(diagnostic.note(note).help("add `preference NUMBER`"));
    }
}

fn built(draft: Draft, action: Action, family: Family) -> Rule {
    Rule {
        family,
        preference: draft.preference,
        meets: draft.meets,
        from: draft.from,
        to: draft.to,
        iif: draft.iif,
        oif: draft.oif,
        tos: draft.tos,
        mark: draft.mark,
        tunnel: draft.tunnel,
        users: draft.users,
        ip_protocol: draft.ip_protocol,
        source_ports: draft.source_ports,
        destination_ports: draft.destination_ports,
        action,
        protocol: draft.protocol,
        tracking: draft.tracking,
    }
}
