//! Where dumps go.

use std::path::PathBuf;

use conf::model::{Dumps, Switch};

/// What a dump holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Data,
    Statistics,
    Json,
}

impl Content {
    /// The name of its file where none is configured: programs have it built in.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Data => "keepalived.data",
            Self::Statistics => "keepalived.stats",
            Self::Json => "keepalived.json",
        }
    }
}

/// What tells the dumps of a daemon from those of others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names(Option<String>);

impl Names {
    pub(super) fn new(namespace: Option<&str>, instance: Option<&str>) -> Self {
        let parts: Vec<&str> = namespace.into_iter().chain(instance).collect();
        // What a name cannot be in a path is no other directory.
        Self((!parts.is_empty()).then(|| parts.join("_").replace('/', "_")))
    }
}

/// The file of a dump.
pub(super) fn of(content: Content, dumps: &Dumps, names: &Names) -> PathBuf {
    let directory = std::env::var_os("TMPDIR").filter(|it| !it.is_empty()).map_or_else(|| "/tmp".into(), PathBuf::from);
    let configured = match content {
        Content::Data => &dumps.data,
        Content::Statistics => &dumps.statistics,
        Content::Json => &dumps.json,
    };
    let file = match (content, dumps.own_names, &names.0) {
        (Content::Data | Content::Statistics, Switch::On, Some(names)) => {
            content.name().replacen('.', &format!(".{names}."), 1)
        }
        // keepalived has one name for JSON, whoever writes it.
        (Content::Data | Content::Statistics | Content::Json, _, _) => content.name().to_owned(),
    };
    configured.as_ref().map_or_else(|| directory.join(file), PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dumps_are_where_they_are_configured_or_where_keepalived_has_them() {
        let names = Names::new(Some("blue"), Some("one"));
        let own = Dumps { own_names: Switch::On, ..Dumps::default() };
        let name = |content, dumps: &Dumps, names: &Names| {
            of(content, dumps, names).file_name().unwrap().to_string_lossy().into_owned()
        };
        assert_eq!(name(Content::Data, &Dumps::default(), &names), "keepalived.data");
        assert_eq!(name(Content::Data, &own, &names), "keepalived.blue_one.data");
        assert_eq!(name(Content::Statistics, &own, &Names::default()), "keepalived.stats");
        assert_eq!(name(Content::Json, &own, &names), "keepalived.json");
        let configured = Dumps { json: Some("/x/j".into()), ..Dumps::default() };
        assert_eq!(of(Content::Json, &configured, &names), PathBuf::from("/x/j"));
    }
}
