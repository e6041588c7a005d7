//! How rows are written down: one call a property.

use super::{Block, Form, Key, KeywordDef, Number, Outside, Repeat, Status, Trailing, Without};

impl Key {
    /// FNV-1a.
    const fn of(block: Block, name: &str) -> Self {
        let bytes = name.as_bytes();
        let mut hash = 0x811c_9dc5_u32 ^ block as u32;
        let mut at = 0;
        while at < bytes.len() {
            hash = hash.wrapping_mul(0x0100_0193) ^ bytes[at] as u32;
            at += 1;
        }
        Self(hash)
    }
}

impl KeywordDef {
    pub(crate) const fn new(block: Block, name: &'static str, form: Form) -> Self {
        let repeat = Repeat::Last;
        Self {
            name,
            block,
            form,
            repeat,
            default: "",
            since: "",
            status: Status::Works,
            help: "",
            differs: "",
            example: "",
            key: Key::of(block, name),
        }
    }

    pub(crate) const fn key(&self) -> Key {
        self.key
    }

    pub(crate) const fn help(self, help: &'static str) -> Self {
        Self { help, ..self }
    }

    pub(crate) const fn differs(self, differs: &'static str) -> Self {
        Self { differs, ..self }
    }

    pub(crate) const fn default(self, default: &'static str) -> Self {
        Self { default, ..self }
    }

    pub(crate) const fn since(self, since: &'static str) -> Self {
        Self { since, ..self }
    }

    pub(crate) const fn like(self, example: &'static str) -> Self {
        Self { example, ..self }
    }

    pub(crate) const fn repeats(self, repeat: Repeat) -> Self {
        Self { repeat, ..self }
    }

    pub(crate) const fn no_effect(self, reason: &'static str) -> Self {
        Self { status: Status::NoEffect(reason), ..self }
    }

    pub(crate) const fn not_yet(self, consequence: &'static str) -> Self {
        Self { status: Status::NotYet(consequence, Without::Runs), ..self }
    }

    pub(crate) const fn load_balancer(self) -> Self {
        Self { status: Status::LoadBalancer, ..self }
    }

    /// Is never done, and what runs without it runs rightly.
    pub(crate) const fn declined(self, reason: &'static str) -> Self {
        Self { status: Status::Refused(reason), ..self }
    }

    /// Not there yet, and a router must not run without it.
    pub(crate) const fn refused(self, consequence: &'static str) -> Self {
        Self { status: Status::NotYet(consequence, Without::LeftOut), ..self }
    }
}

/// A number in `min..=max`; others are refused, text behind it is cut off.
pub(crate) const fn number(min: i64, max: i64) -> Number {
    Number { min, max, unit: "", outside: Outside::Ignored, trailing: Trailing::Cut }
}

impl Number {
    pub(crate) const fn of(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    pub(crate) const fn or(self, instead: i64) -> Self {
        Self { outside: Outside::Replaced(instead), ..self }
    }

    pub(crate) const fn exactly(self) -> Self {
        Self { trailing: Trailing::Refused, ..self }
    }

    pub(crate) const fn form(self) -> Form {
        Form::Number(self)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::all;

    #[test]
    fn no_two_rows_have_the_same_key() {
        let mut seen = HashMap::new();
        for row in all() {
            let other = seen.insert(row.key(), row.name);
            assert_eq!(other, None, "{} in {}", row.name, row.block.name());
        }
    }
}
