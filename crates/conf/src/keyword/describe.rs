//! A row in words: what may follow the keyword, and an example.

use super::{Entries, Form, KeywordDef, Number};

impl KeywordDef {
    /// A statement (or block) that uses it and draws no complaint about its arguments.
    #[must_use]
    pub fn example(&self) -> String {
        let name = self.name;
        if !self.example.is_empty() {
            return self.example.to_owned();
        }
        match self.form {
            Form::Flag => name.to_owned(),
            Form::One(argument) => format!("{name} {}", argument.example(self.default)),
            Form::Weight(_) => format!("{name} 10"),
            Form::Words(_) => format!("{name} word"),
            Form::Script | Form::OptionalScript => format!("{name} \"/usr/local/bin/{name} argument\""),
            Form::Arguments(arguments) => {
                arguments.iter().fold(name.to_owned(), |text, argument| format!("{text} {}", argument.example("")))
            }
            Form::User => format!("{name} nobody nogroup"),
            Form::Named(_) => format!("{name} NAME {{\n}}"),
            Form::Entries(Entries::Interfaces) => format!("{name} {{\n eth1 weight 10\n}}"),
            Form::Entries(Entries::Scripts) => format!("{name} {{\n check_haproxy weight 10\n}}"),
            Form::Entries(Entries::Files | Entries::Processes | Entries::Sessions) => {
                format!("{name} {{\n NAME weight 10\n}}")
            }
            Form::Block(_) | Form::Entries(_) | Form::Skipped => format!("{name} {{\n}}"),
        }
    }

    /// What may follow it, for people.
    #[must_use]
    pub fn arguments(&self) -> String {
        match self.form {
            Form::Flag => "nothing".to_owned(),
            Form::One(argument) => argument.to_string(),
            Form::Weight(max) => format!("a number, -{max} to {max}, [reverse]"),
            Form::Words(what) => what.to_owned(),
            Form::Script => "\"COMMAND ARGUMENTS\" [USER [GROUP]]".to_owned(),
            Form::OptionalScript => "[\"COMMAND ARGUMENTS\" [USER [GROUP]]]".to_owned(),
            Form::Arguments(arguments) => {
                arguments.iter().map(|argument| argument.to_string()).collect::<Vec<_>>().join(" ")
            }
            Form::User => "USER [GROUP]".to_owned(),
            Form::Named(_) => "NAME { … }".to_owned(),
            Form::Block(_) | Form::Skipped => "{ … }".to_owned(),
            Form::Entries(entries) => entries.usage().to_owned(),
        }
    }
}

impl Entries {
    /// How a list of it is written.
    pub(super) const fn usage(self) -> &'static str {
        match self {
            Self::Addresses => "{ ADDRESS[/LEN] [dev IF] [scope S] [label L] [brd B] … }",
            Self::Interfaces => "{ INTERFACE [weight N [reverse]] … }",
            Self::Scripts | Self::Files | Self::Processes | Self::Sessions => {
                "{ NAME [weight N [reverse|noreverse]] … }"
            }
            Self::Peers => "{ ADDRESS [min_ttl N] [max_ttl N] … }",
            Self::Names => "{ NAME … }",
            Self::Mailboxes => "{ ADDRESS … }",
            Self::Polled => "{ INTERFACE [MII|ETHTOOL|IOCTL] … }",
            Self::Delays => "{ INTERFACE DOWN [UP] … }",
            Self::Routes => "{ [TYPE] PREFIX [via ADDRESS] [dev IF] [table T] … }",
            Self::Rules => "{ [from PREFIX] [to PREFIX] … table T [preference N] … }",
        }
    }
}

impl Number {
    /// A number for an example: the default, if that is one, or a small one.
    pub(super) fn usual(self, default: &str) -> i64 {
        let written = default.split(|c: char| !c.is_ascii_digit() && c != '-').next();
        let default =
            written.and_then(|text| text.parse().ok()).filter(|number| (self.min..=self.max).contains(number));
        default.unwrap_or_else(|| 10.clamp(self.min, self.max))
    }
}

/// Microseconds as seconds.
pub(crate) fn decimal(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
