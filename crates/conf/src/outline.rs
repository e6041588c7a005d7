//! What stands where in the files of a configuration, as it is written: for editors, while it is being written.
//!
//! Nothing is expanded and nothing is judged: every line counts, whatever its condition, and what a definition would bring in
//! is not there. What a line stands in, also one of an included file, follows from the braces before it.

mod trace;

use hashbrown::HashMap;

use crate::expand::{PREDEFINED, used_at};
use crate::keyword::{Block, Content, Entries, KeywordDef};
use crate::lexer;
use crate::source::{FileId, Sources, Span, offset};

/// All files of a configuration.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Of each file, in its order.
    passages: HashMap<FileId, Vec<Passage>>,
    /// In the order in which they are read.
    definitions: Vec<Name>,
    blocks: Vec<(Block, Name)>,
    /// Where files are included, which are read again and again.
    includes: Vec<(Span, FileId)>,
}

/// A name, without `$`, and where it is given to something.
pub type Name = WrittenWord;

/// A word as it stands in a file, without its quotes; the place has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenWord {
    /// The word.
    pub text: String,
    /// Where it is.
    pub span: Span,
}

/// The part of a line between two braces or its ends, without comment. May be empty.
#[derive(Clone, Debug)]
struct Passage {
    place: Span,
    content: Content,
    /// What opens the block it stands in.
    opener: Option<&'static KeywordDef>,
    words: Vec<WrittenWord>,
    /// How many definitions come before.
    definitions: usize,
}

/// A place in a passage.
#[derive(Clone, Copy, Debug)]
pub struct Spot<'a> {
    /// What its block holds.
    pub content: Content,
    /// The keyword that opens its block; `None` outside all blocks, and where it is not known.
    pub opener: Option<&'static KeywordDef>,
    /// All words of the passage.
    pub words: &'a [WrittenWord],
    /// Which of them is there, or would begin there.
    pub index: usize,
    definitions: usize,
}

impl Outline {
    /// That of all files that were read.
    #[must_use]
    pub fn of(sources: &Sources) -> Self {
        trace::outline(sources)
    }

    /// What stands at a byte of a file. `None`: a comment, or nothing.
    #[must_use]
    pub fn spot(&self, file: FileId, at: usize) -> Option<Spot<'_>> {
        let holds = |place: Span| place.start as usize <= at && at <= place.end as usize;
        let passages = self.passages.get(&file)?;
        let behind = passages.partition_point(|passage| passage.place.start as usize <= at);
        let Passage { content, opener, words, definitions, .. } =
            passages[..behind].iter().next_back().filter(|passage| holds(passage.place))?;
        let index = words.iter().take_while(|word| (word.span.end as usize) < at).count();
        Some(Spot { content: *content, opener: *opener, words, index, definitions: *definitions })
    }

    /// The definition that is used at a byte of a file, as `$NAME` or `${NAME}`: the last before it, else the first.
    #[must_use]
    pub fn definition(&self, sources: &Sources, file: FileId, at: usize) -> Option<&Name> {
        let spot = self.spot(file, at)?;
        let name = used(sources, file, at)?;
        let known = |it: &&Name| it.text == name;
        let (before, behind) = self.definitions.split_at(spot.definitions);
        before.iter().rev().find(known).or_else(|| behind.iter().find(known))
    }

    /// What can be written behind `$`: each definition once, and what needs none.
    #[must_use]
    pub fn defined(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.definitions.iter().map(|it| it.text.as_str()).chain(PREDEFINED).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The files that the line at a byte of a file includes, in order.
    pub fn included(&self, file: FileId, at: usize) -> impl Iterator<Item = FileId> {
        let holds = move |place: &Span| place.file == file && place.start as usize <= at && at <= place.end as usize;
        self.includes.iter().filter(move |(place, _)| holds(place)).map(|(_, id)| *id)
    }

    /// The names of blocks of a kind.
    pub fn names(&self, block: Block) -> impl Iterator<Item = &Name> {
        self.blocks.iter().filter(move |(kind, _)| *kind == block).map(|(_, name)| name)
    }
}

impl<'a> Spot<'a> {
    /// The word there.
    #[must_use]
    pub fn word(&self) -> Option<&'a WrittenWord> {
        self.words.get(self.index)
    }

    /// The keyword that the passage begins with.
    #[must_use]
    pub fn keyword(&self) -> Option<&'static KeywordDef> {
        self.content.row(&self.words.first()?.text)
    }

    /// The blocks whose names stand there.
    #[must_use]
    pub fn refers_to(&self) -> Option<Block> {
        let Content::Entries(entries) = self.content else { return None };
        let before = self.index.checked_sub(1).and_then(|index| self.words.get(index));
        match entries {
            Entries::Addresses | Entries::Routes | Entries::Rules => {
                before.filter(|word| word.text == "track_group").map(|_| Block::TrackGroup)
            }
            Entries::Names(_) => self.opener?.names(),
            Entries::Trackers { .. } => self.opener?.names().filter(|_| before.is_none()),
            Entries::Interfaces | Entries::Peers | Entries::Mailboxes | Entries::Polled | Entries::Delays => None,
        }
    }
}

/// The name that is used at a byte of a file.
fn used(sources: &Sources, file: FileId, at: usize) -> Option<&str> {
    let file = sources.file(file);
    let range = file.line_range(file.line_index(offset(at)));
    let line = file.text().get(range.clone())?;
    let code = &line[..lexer::code_len(line)];
    used_at(code, at.checked_sub(range.start)?)
}
