//! Routes and rules as lines of the configuration, and what has become of each.

use std::fmt;
use std::sync::Arc;

use conf::Place;

/// A line of a list of routes or rules. Two are equal wherever they stand.
#[derive(Clone, Debug)]
pub(crate) struct RoutingLine {
    pub(crate) kind: RoutingKind,
    /// In canonical form.
    pub(crate) text: String,
    /// Where it was written.
    pub(crate) place: Option<Place>,
}

/// What a line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoutingKind {
    Route,
    Rule,
}

impl PartialEq for RoutingLine {
    fn eq(&self, other: &Self) -> bool {
        (self.kind, &self.text) == (other.kind, &other.text)
    }
}

impl Eq for RoutingLine {}

impl fmt::Display for RoutingLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = match self.kind {
            RoutingKind::Route => "route",
            RoutingKind::Rule => "rule",
        };
        write!(f, "{noun} `{}`", self.text)?;
        self.place.iter().try_for_each(|place| write!(f, " ({place})"))
    }
}

/// What has become of a line whose router is master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RoutingState {
    /// It is there, and goes with the role.
    Added,
    /// It was there before, and stays.
    Found,
    /// It names an interface that is not there: it is added as soon as that is.
    Awaits { link: String },
    /// The kernel refuses it, in words for the user: it is tried again when something changes, and now and then.
    Refused(String),
}

/// One of them as it stands.
#[derive(Clone, Debug)]
pub(crate) struct RoutingView {
    pub(crate) line: Arc<RoutingLine>,
    pub(crate) state: RoutingState,
}
