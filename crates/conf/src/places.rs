//! Where statements stand: for whoever explains what a configuration does while it runs.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::keyword::Block;
use crate::read::{Raw, Settings};
use crate::source::{FileId, Sources, Span};
use crate::value::Value;
use crate::verdict::{RouterVerdict, Verdict};

/// The places of a configuration's routers and sync groups, of `global_defs`, and of what stands outside all blocks.
#[derive(Clone, Debug, Default)]
pub struct Places {
    global: Statements,
    top: Statements,
    routers: HashMap<String, Statements>,
    groups: HashMap<String, Statements>,
    left_out: Vec<String>,
}

/// A line of a file. Of what a definition brought in it is the line of the definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As the loader named it.
    pub file: Arc<Path>,
    /// From 1.
    pub line: usize,
}

/// The lines of one block.
#[derive(Clone, Debug, Default)]
struct Statements {
    header: Option<Place>,
    /// Of each keyword the statement that counts.
    keywords: Vec<(&'static str, Place)>,
    /// Of each entry of a list of trackers its keyword and first word, of a route or rule its canonical text.
    entries: Vec<(&'static str, Box<str>, Place)>,
}

impl Places {
    pub(crate) fn of(raw: &Raw, routers: &[RouterVerdict], sources: &Sources) -> Self {
        let left_out = routers.iter().filter(|router| router.verdict != Verdict::Ready);
        let mut files: HashMap<FileId, Arc<Path>> = HashMap::new();
        let mut at = |span: Span| {
            let file = files.entry(span.file).or_insert_with(|| sources.file(span.file).path().into());
            Place { file: file.clone(), line: sources.start(span).line }
        };
        let mut named = |block| {
            let blocks = raw.blocks(block).iter();
            blocks.map(|it| (it.name.clone(), Statements::of(Some(it.span), &it.settings, &mut at))).collect()
        };
        Self {
            routers: named(Block::Instance),
            groups: named(Block::SyncGroup),
            global: Statements::of(None, &raw.global, &mut at),
            top: Statements::of(None, &raw.top, &mut at),
            left_out: left_out.map(|router| router.name.clone()).collect(),
        }
    }

    /// Where `keyword` stands for a router: in its block, else in `global_defs` as `global` calls it.
    #[must_use]
    pub fn keyword(&self, router: &str, keyword: &str, global: &str) -> Option<Place> {
        let own = self.routers.get(router).and_then(|block| block.keyword(keyword));
        own.or_else(|| self.global.keyword(global))
    }

    /// Where an entry of a list stands for a router: in its block, else in that of its sync group.
    #[must_use]
    pub fn entry(&self, router: &str, group: Option<&str>, list: &str, entry: &str) -> Option<Place> {
        let own = self.routers.get(router).and_then(|block| block.entry(list, entry));
        let of_group = || self.groups.get(group?)?.entry(list, entry);
        own.or_else(of_group)
    }

    /// Where an entry of a list stands that belongs to no router.
    #[must_use]
    pub fn static_entry(&self, list: &str, entry: &str) -> Option<Place> {
        self.top.entry(list, entry)
    }

    /// Names of the routers that do not run: a mistake keeps them from it, or they ask for what is not carried out yet.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Where the block of a router begins.
    #[must_use]
    pub fn router(&self, name: &str) -> Option<Place> {
        self.routers.get(name)?.header.clone()
    }

    /// Where the block of a sync group begins.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<Place> {
        self.groups.get(name)?.header.clone()
    }
}

impl Statements {
    fn of(header: Option<Span>, settings: &Settings, at: &mut impl FnMut(Span) -> Place) -> Self {
        let header = header.map(&mut *at);
        let (mut keywords, mut entries) = (Vec::new(), Vec::new());
        for (index, setting) in settings.iter().enumerate() {
            let list = setting.row.name;
            if settings.position(setting.row) == Some(index) {
                keywords.push((list, at(setting.keyword)));
            }
            let mut entry = |name: &str, span| entries.push((list, name.into(), at(span)));
            if let Value::Interfaces(all) = &setting.value {
                all.iter().for_each(|it| entry(&it.value.interface, it.span));
            }
            if let Value::Trackers(all) = &setting.value {
                all.iter().for_each(|it| entry(&it.value.name, it.span));
            }
            if let Value::Routes(all) = &setting.value {
                all.iter().for_each(|it| entry(&it.value.to_string(), it.span));
            }
            if let Value::Rules(all) = &setting.value {
                all.iter().for_each(|it| entry(&it.value.to_string(), it.span));
            }
        }
        Self { header, keywords, entries }
    }

    fn keyword(&self, keyword: &str) -> Option<Place> {
        self.keywords.iter().find(|(name, _)| *name == keyword).map(|(_, place)| place.clone())
    }

    fn entry(&self, list: &str, entry: &str) -> Option<Place> {
        self.entries.iter().find(|(name, word, _)| *name == list && **word == *entry).map(|(.., place)| place.clone())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file.display(), self.line)
    }
}
