//! The configuration as written: every statement checked against its row, nothing decided yet.

mod lists;
mod secrets;
mod settings;
mod unknown;

use hashbrown::HashMap;

use lists::Numbering;
pub(crate) use settings::{Setting, Settings, Slot};
use unknown::Conflict;

use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::keyword::{self, Block, Content, Form, KeywordDef, Status};
use crate::lexer::Word;
use crate::say;
use crate::source::{Span, Spanned};
use crate::suggest::Foreign;
use crate::syntax::{Body, Node};
use crate::value::{self, Value};

/// The configuration as written.
#[derive(Debug, Default)]
pub(crate) struct Raw {
    /// All `global_defs` together.
    pub(crate) global: Settings,
    /// The first `global_defs` that stands below a router.
    pub(crate) late_global: Option<Span>,
    /// Statements outside all blocks.
    pub(crate) top: Settings,
    /// `vrrp_instance` blocks that cannot be read.
    pub(crate) skipped_routers: Vec<String>,
    /// Names of blocks in blocks to which they do not belong.
    pub(crate) misplaced: Vec<String>,
    /// All other blocks at the top level, by kind and in file order.
    blocks: HashMap<Block, Blocks>,
}

impl Raw {
    /// The blocks of a kind, in file order.
    pub(crate) fn blocks(&self, block: Block) -> &[RawBlock] {
        self.blocks.get(&block).map_or(&[], |blocks| &blocks.list)
    }

    /// The block of that kind and name.
    pub(crate) fn named(&self, block: Block, name: &str) -> Option<&RawBlock> {
        let blocks = self.blocks.get(&block)?;
        blocks.list.get(*blocks.places.get(name)?)
    }

    /// Whether there is nothing but settings of the daemon.
    pub(crate) fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.skipped_routers.is_empty() && self.top.is_empty()
    }

    /// Whether a block of that kind is probably there, but its header could not be read; that was reported.
    pub(crate) fn has_unreadable(&self, block: Block) -> bool {
        keyword::find(Block::Top, block.header()).is_some_and(|row| self.top.is_bad(row))
    }
}

/// A block, the blocks in it included.
#[derive(Debug)]
pub(crate) struct RawBlock {
    /// Empty for a block without name.
    pub(crate) name: String,
    /// The header.
    pub(crate) span: Span,
    /// How many blocks came before.
    pub(crate) order: usize,
    pub(crate) settings: Settings,
}

/// The blocks of one kind.
#[derive(Debug, Default)]
struct Blocks {
    /// In file order.
    list: Vec<RawBlock>,
    /// By name: which of them.
    places: HashMap<String, usize>,
}

/// Reads the tree of a file, which goes as it is read.
pub(crate) fn read(tree: Vec<Node>, out: &mut Diagnostics) -> Raw {
    let mut reader = Reader {
        out,
        raw: Raw::default(),
        order: 0,
        load_balancer: Vec::new(),
        foreign: Vec::new(),
        conflict: Conflict::default(),
        numbering: Numbering::START,
    };
    let mut top = Settings::default();
    for node in tree {
        reader.node(&node, Block::Top, &mut top);
    }
    reader.raw.top = top;
    if reader.raw.has_unreadable(Block::Global) {
        reader.raw.global.lose();
    }
    reader.report_load_balancer();
    reader.raw
}

struct Reader<'a> {
    out: &'a mut Diagnostics,
    raw: Raw,
    /// Blocks so far.
    order: usize,
    /// What belongs to the load balancer: keyword, and all of it.
    load_balancer: Vec<(Span, Span)>,
    /// Text that is no configuration, of which that was said.
    foreign: Vec<Foreign>,
    conflict: Conflict,
    numbering: Numbering,
}

impl Reader<'_> {
    fn nodes(&mut self, nodes: &[Node], block: Block, settings: &mut Settings) {
        for node in nodes {
            self.node(node, block, settings);
        }
    }

    fn node(&mut self, node: &Node, block: Block, settings: &mut Settings) {
        let Some(word) = node.statement.keyword() else { return };
        if self.is_of_conflict(word) {
            return;
        }
        self.hide_secrets(block, node);
        if node.statement.is_lost {
            let row = keyword::find(block, word.text);
            let end = node.statement.words().last().unwrap_or(word).span;
            return row.into_iter().for_each(|row| settings.refuse(row, word.span.to(end)));
        }
        match keyword::find(block, word.text) {
            Some(row) => self.known(row, node, word, settings),
            None => {
                match unknown::assigned(block, word) {
                    Some((row, _)) => settings.refuse(row, word.span),
                    None => settings.add_unknown(block, word.text, word.span),
                }
                self.unknown(block, node, word);
            }
        }
    }

    /// A statement with a mistake in it draws that complaint and not another one of the same weight.
    fn known(&mut self, row: &'static KeywordDef, node: &Node, word: Word<'_>, settings: &mut Settings) {
        if row.status == Status::LoadBalancer {
            settings.skip(row);
            let end = node.body.as_ref().map_or(word.span, |body| body.span);
            return self.load_balancer.push((word.span, word.span.to(end)));
        }
        let status = self.status(row, word);
        if node.body.is_some() {
            status.into_iter().for_each(|status| self.out.push(status));
            return self.take(row, node, word, settings);
        }
        let before = self.out.len();
        self.take(row, node, word, settings);
        let mistake = self.out.iter().skip(before).map(|mistake| mistake.severity).max();
        let status = status.filter(|status| mistake.is_none_or(|mistake| mistake < status.severity));
        status.into_iter().for_each(|status| self.out.push(status));
    }

    /// What becomes of a keyword that does not do what it says.
    fn status(&self, row: &KeywordDef, word: Word<'_>) -> Option<Diagnostic> {
        match row.status {
            Status::Works | Status::LoadBalancer => None,
            Status::NoEffect(reason) => Some(say::no_effect(word.span, row.name, reason)),
            Status::Refused(reason) => Some(say::declined(word.span, row.name, reason)),
        }
    }

    /// What a statement says, whether it is carried out or not.
    fn take(&mut self, row: &'static KeywordDef, node: &Node, word: Word<'_>, settings: &mut Settings) {
        let Some(body) = &node.body else { return self.statement(row, node, word, settings) };
        if let Form::Named(block) = row.form {
            return self.named(block, node, body, word);
        }
        if self.is_entry(row, node, body) {
            return settings.refuse(row, word.span.to(body.span));
        }
        match row.form.content() {
            Some(Content::Keywords(Block::Global)) => {
                if !self.raw.blocks(Block::Instance).is_empty() {
                    self.raw.late_global.get_or_insert(word.span);
                }
                let mut global = std::mem::take(&mut self.raw.global);
                self.nodes(&body.nodes, Block::Global, &mut global);
                self.raw.global = global;
            }
            Some(Content::Keywords(block)) if row.block == Block::Top => {
                self.block(block, String::new(), word.span, body);
            }
            Some(Content::Keywords(block)) => {
                let there = Setting { row, keyword: word.span, value: Value::Present, span: body.span };
                settings.add(there, self.out);
                self.nodes(&body.nodes, block, settings);
            }
            Some(Content::Entries(entries)) => self.entries(row, entries, body, word, settings),
            Some(Content::Skipped) | None => {}
        }
    }

    fn statement(&mut self, row: &'static KeywordDef, node: &Node, word: Word<'_>, settings: &mut Settings) {
        if let Some(sign) = node.statement.words().nth(1).filter(|sign| sign.text == "=") {
            let diagnostic = say::equals_sign(sign.span, row.name);
            let next = node.statement.words().nth(2);
            // The value keeps its quotes.
            let span = next.map_or(sign.span, |next| Span { end: next.span.start.max(sign.span.end), ..sign.span });
            self.out.push(diagnostic.replace(span, "", say::equals_sign_leave_out()));
            return settings.refuse(row, span);
        }
        let before = self.out.len();
        let value = value::parse(row, &node.statement, self.out);
        if self.out.iter().skip(before).any(|said| said.code == Code::SurplusWords) {
            // Statements that were meant to be on lines of their own.
            for word in node.statement.words().skip(1) {
                if let Some(inner) = keyword::find(row.block, word.text) {
                    settings.refuse(inner, word.span);
                }
            }
        }
        match value {
            Some(Spanned { value, span }) => {
                settings.add(Setting { row, keyword: word.span, value, span }, self.out);
            }
            None => {
                settings.refuse(row, node.statement.words().last().map_or(word.span, |last| word.span.to(last.span)))
            }
        }
    }

    /// Says what stands between a keyword and its brace. Whether it is an entry of which only options are in the braces.
    fn is_entry(&mut self, row: &KeywordDef, node: &Node, body: &Body) -> bool {
        let arguments = node.statement.arguments();
        let (Some(first), Some(last)) = (arguments.first(), arguments.last()) else { return false };
        let options = body.nodes.first().filter(|option| lists::is_weight(row, option));
        let all = first.span.to(last.span);
        let surplus = say::surplus_words_brace(all, row.name);
        let to_brace = Span { end: body.span.start.max(all.end), ..all };
        self.out.push(match options {
            Some(options) => say::track_entry_inside(all, first.text, options.statement.text()),
            None if first.text == "=" || !matches!(row.form, Form::Entries(_)) => {
                surplus.replace(to_brace, "", say::equals_sign_leave_out())
            }
            None => surplus.help(say::surplus_words_inside()),
        });
        options.is_some()
    }

    fn named(&mut self, block: Block, node: &Node, body: &Body, word: Word<'_>) {
        let arguments = node.statement.arguments();
        let Some(name) = arguments.first() else {
            self.skip_router(block, "one without a name".to_owned());
            return self.out.push(say::unnamed_block(word.span, word.text));
        };
        let span = word.span.to(name.span);
        let whole = name.span.to(arguments.last().unwrap_or(name).span);
        let written = arguments.iter().map(|word| word.text).collect::<Vec<_>>().join(" ");
        if let Some(first) = self.raw.named(block, name.text) {
            let diagnostic = say::duplicate_block(span, first.span, word.text, name.text);
            self.skip_router(block, format!("the second {}", name.text));
            let is_one = arguments.len() == 1;
            return self.out.push(if is_one { diagnostic } else { diagnostic.help(say::surplus_words_quotes()) });
        }
        match arguments.get(1) {
            Some(second) if second.text == "=" => {
                self.out.push(say::equals_sign_name(second.span, word.text, second.span, ""));
            }
            Some(_) => {
                let said = say::surplus_words_name(whole, &written, name.text);
                let is_refused = matches!(block, Block::Instance | Block::SyncGroup);
                let refused = || say::surplus_words_refused(name.text);
                self.out.push(if is_refused { said.note(refused()) } else { said });
            }
            None => {}
        }
        self.block(block, name.text.to_owned(), span, body);
    }

    /// A block that is not read is missed in the summary, if it is a router.
    fn skip_router(&mut self, block: Block, name: String) {
        if block == Block::Instance {
            self.raw.skipped_routers.push(name);
        }
    }

    fn block(&mut self, block: Block, name: String, span: Span, body: &Body) {
        let mut settings = Settings::with_capacity(body.nodes.len());
        self.nodes(&body.nodes, block, &mut settings);
        if body.is_cut {
            settings.lose();
        }
        self.order += 1;
        let order = self.order;
        let blocks = self.raw.blocks.entry(block).or_default();
        blocks.places.insert(name.clone(), blocks.list.len());
        blocks.list.push(RawBlock { name, span, order, settings });
    }

    /// Once a file.
    fn report_load_balancer(&mut self) {
        let mut all = std::mem::take(&mut self.load_balancer);
        all.sort_by_key(|(_, whole)| whole.file);
        for parts in all.chunk_by(|(_, one), (_, next)| one.file == next.file) {
            let mut ranges: Vec<String> =
                parts.iter().take(LOAD_BALANCER_RANGES).map(|(_, whole)| self.lines(*whole)).collect();
            ranges.dedup();
            let ranges = ranges.join(", ");
            self.out.push(match parts.len().checked_sub(LOAD_BALANCER_RANGES) {
                None | Some(0) => say::load_balancer(parts[0].0, ranges),
                Some(more) => say::load_balancer(parts[0].0, say::load_balancer_more(ranges, more)),
            });
        }
    }

    /// "3" or "3–7".
    fn lines(&self, span: Span) -> String {
        let sources = self.out.sources();
        let (start, end) = (sources.start(span).line, sources.end(span).line);
        if start == end { format!("{start}") } else { format!("{start}–{end}") }
    }
}

/// Line ranges of the load balancer that are listed.
const LOAD_BALANCER_RANGES: usize = 20;
