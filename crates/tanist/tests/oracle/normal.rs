//! The normal form: what a configuration means, as fields with values that can be compared as text.
//!
//! A field has a path such as `vrrp_instance/A/priority`, with keepalived's keywords as names, and a list of values: one
//! for a scalar, one for each entry of a list. Numbers have no superfluous digits, times are in seconds, addresses have
//! their canonical form with a prefix length.

use std::collections::BTreeMap;
use std::fmt;

use crate::table;

/// The field that says whether a daemon starts at all.
pub(crate) const START: &str = "start";

/// What a configuration means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Normal {
    fields: BTreeMap<String, Vec<String>>,
}

/// A field in which the two daemons differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The field.
    pub(crate) path: String,
    /// What keepalived says.
    pub(crate) theirs: String,
    /// What tanist says.
    pub(crate) ours: String,
}

impl Difference {
    pub(crate) fn new(path: &str, theirs: &str, ours: &str) -> Self {
        Self { path: path.to_owned(), theirs: theirs.to_owned(), ours: ours.to_owned() }
    }

    /// Of long lists only the entries that differ, unless it is their order.
    fn between(path: &str, theirs: &[String], ours: &[String]) -> Self {
        let only = |of: &[String], other: &[String]| -> Vec<_> {
            of.iter().filter(|value| !other.contains(value)).cloned().collect()
        };
        let (only_theirs, only_ours) = (only(theirs, ours), only(ours, theirs));
        if only_theirs.is_empty() && only_ours.is_empty() {
            return Self::new(path, &shown(theirs), &shown(ours));
        }
        Self::new(path, &shown(&only_theirs), &shown(&only_ours))
    }
}

impl Normal {
    /// Sets a field with one value.
    pub(crate) fn set(&mut self, path: impl Into<String>, value: impl Into<String>) {
        self.fields.insert(path.into(), vec![value.into()]);
    }

    /// Sets a field with a list of values; an empty list is no field.
    pub(crate) fn set_list(&mut self, path: impl Into<String>, values: Vec<String>) {
        if !values.is_empty() {
            self.fields.insert(path.into(), values);
        }
    }

    /// Adds a value to a list.
    pub(crate) fn push(&mut self, path: impl Into<String>, value: impl Into<String>) {
        self.fields.entry(path.into()).or_default().push(value.into());
    }

    /// The values of a field; none if it is not there.
    pub(crate) fn values(&self, path: &str) -> &[String] {
        self.fields.get(path).map_or(&[], Vec::as_slice)
    }

    /// Each field as `PATH | VALUE`.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.fields.iter().map(|(path, values)| format!("{path} | {}", shown(values)))
    }

    /// Only the fields that can be compared: those of objects that both have (the lists of names tell the others), and
    /// of these all that every model must tell ([`crate::table::is_required`]) and those that both tell.
    pub(crate) fn comparable_with(&self, other: &Self) -> Self {
        let is_comparable = |path: &str| {
            let both_tell = self.fields.contains_key(path) && other.fields.contains_key(path);
            both_tell || (table::is_required(path) && self.has_object_of(path) && other.has_object_of(path))
        };
        let fields = self.fields.iter().filter(|(path, _)| is_comparable(path));
        Self { fields: fields.map(|(path, values)| (path.clone(), values.clone())).collect() }
    }

    /// Whether the object of `BLOCK/NAME/FIELD` is there. A field at the top level belongs to none.
    fn has_object_of(&self, path: &str) -> bool {
        let parts = path.split_once('/').and_then(|(block, rest)| Some((block, rest.rsplit_once('/')?.0)));
        parts.is_none_or(|(block, name)| self.values(block).iter().any(|it| it == name))
    }

    /// All fields in which `self`, keepalived's, and `ours` differ.
    pub(crate) fn differences(&self, ours: &Self) -> Vec<Difference> {
        let mut paths: Vec<_> = self.fields.keys().chain(ours.fields.keys()).collect();
        paths.sort();
        paths.dedup();
        let differing = paths.into_iter().filter(|path| self.values(path) != ours.values(path));
        differing.map(|path| Difference::between(path, self.values(path), ours.values(path))).collect()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n    keepalived: {}\n    tanist:     {}", self.path, self.theirs, self.ours)
    }
}

/// Values on one line.
fn shown(values: &[String]) -> String {
    match values {
        [] => "-".to_owned(),
        [one] => one.clone(),
        many => format!("[{}]", many.join("; ")),
    }
}

/// A number without superfluous digits; what is no number stays as it is.
pub(crate) fn number(text: &str) -> String {
    text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| number.to_string())
}

/// A number of `parts` of a second, in seconds.
pub(crate) fn seconds(text: &str, parts: f64) -> String {
    text.trim().parse::<f64>().map_or_else(|_| text.to_owned(), |number| (number / parts).to_string())
}
