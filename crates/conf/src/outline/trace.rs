//! Goes through the lines of all files in the order in which they are read.

use hashbrown::HashMap;

use super::{Name, Outline, Passage, WrittenWord};
use crate::expand::{MARK, behind_head, condition_id, defined, end_of_words, include_words};
use crate::keyword::{self, Block, Content, Form, KeywordDef};
use crate::lexer::{self, Line};
use crate::source::{FileId, Sources, Span, offset};

pub(super) fn outline(sources: &Sources) -> Outline {
    let mut included: HashMap<FileId, Vec<(Span, FileId)>> = HashMap::new();
    for id in sources.ids() {
        // In the file that is read, also if a definition brought the line in.
        if let Some(place) = sources.file(id).included.map(|place| sources.counts_at(place)) {
            included.entry(place.file).or_default().push((place, id));
        }
    }
    let mut trace =
        Trace { sources, included, out: Outline::default(), open: Vec::new(), pending: None, goes_on: false };
    sources.ids().filter(|&id| sources.file(id).included.is_none()).for_each(|id| trace.file(id));
    trace.out
}

struct Trace<'a> {
    sources: &'a Sources,
    /// What each file includes.
    included: HashMap<FileId, Vec<(Span, FileId)>>,
    out: Outline,
    /// What opened the blocks that are open, outermost first.
    open: Vec<Option<&'static KeywordDef>>,
    /// The statement that a brace on a later line would open.
    pending: Option<&'static KeywordDef>,
    /// Whether the next line belongs to a definition.
    goes_on: bool,
}

impl Trace<'_> {
    fn file(&mut self, id: FileId) {
        let sources = self.sources;
        let text = sources.file(id).text();
        for (start, line) in lexer::lines(text) {
            let skip = if start == 0 { line.len() - line.trim_start_matches(MARK).len() } else { 0 };
            self.line(id, start + skip, &line[skip..]);
        }
        if text.is_empty() || text.ends_with('\n') {
            self.line(id, text.len(), "");
        }
        self.goes_on = false;
    }

    fn line(&mut self, id: FileId, start: usize, text: &str) {
        let (line, _) = Line::written(id, start, text).trimmed().without_comment();
        let whole = Span::new(id, offset(start), offset(start + lexer::code_len(text)));
        let is_comment = line.text.is_empty() && !text.trim().is_empty();
        let goes_on = line.text.ends_with('\\') || is_comment;
        if self.goes_on {
            self.goes_on = goes_on;
            return self.passage(whole, Content::Skipped, Vec::new());
        }
        let mut at = head(&line, 0);
        let (mut from, end) = (whole.start, whole.end);
        loop {
            if let Some(name) = defined(line.text.get(at..).unwrap_or_default()) {
                self.goes_on = goes_on;
                self.passage(Span { start: from, ..whole }, Content::Skipped, Vec::new());
                let span = line.span(at..at + "$".len() + name.len());
                return self.out.definitions.push(Name { text: name.to_owned(), span });
            }
            let brace = end_of_words(&line, at);
            let span = line.text.get(brace..).filter(|rest| !rest.is_empty()).map(|_| line.span(brace..brace + 1));
            let place = Span::new(id, from, span.map_or(end, |span| span.start.max(from)));
            self.words(place, &line.slice(at..brace));
            let Some(span) = span else { return };
            match line.text.as_bytes().get(brace) {
                Some(b'{') => self.open.push(self.pending.take()),
                _ => {
                    self.pending = None;
                    self.open.pop();
                }
            }
            from = span.end;
            at = head(&line, brace + 1);
        }
    }

    fn words(&mut self, place: Span, line: &Line<'_>) {
        let statement = line.statement();
        let words: Vec<WrittenWord> =
            statement.words().map(|word| WrittenWord { text: word.text.to_owned(), span: word.span }).collect();
        let Some(first) = words.first() else { return self.passage(place, self.content(), words) };
        self.close_forgotten(&first.text);
        let is_include = include_words().any(|word| word == first.text);
        let content = if is_include { Content::Skipped } else { self.content() };
        self.pending = content.row(&first.text);
        if let (Some(Form::Named(block)), Some(name)) = (self.pending.map(|row| row.form), words.get(1)) {
            self.out.blocks.push((block, name.clone()));
        }
        self.passage(place, content, words);
        self.include(place);
    }

    fn passage(&mut self, place: Span, content: Content, words: Vec<WrittenWord>) {
        let (opener, definitions) = (self.open.last().copied().flatten(), self.out.definitions.len());
        let passage = Passage { place, content, opener, words, definitions };
        self.out.passages.entry(place.file).or_default().push(passage);
    }

    /// Goes through the files that a definition or `include` brings in there.
    fn include(&mut self, place: Span) {
        let all = self.included.get(&place.file).into_iter().flatten();
        let here: Vec<FileId> = all.filter(|(at, _)| place.holds(*at)).map(|(_, id)| *id).collect();
        for id in here {
            self.out.includes.push((place, id));
            self.file(id);
        }
    }

    fn content(&self) -> Content {
        self.open.last().map_or(Content::Keywords(Block::Top), |row| Content::of(*row))
    }

    /// A block that begins where none can: those before it are not closed yet.
    fn close_forgotten(&mut self, word: &str) {
        let begins = |row: &KeywordDef| matches!(row.form, Form::Named(_) | Form::Block(_));
        let fits = self.content() == Content::Skipped || self.content().row(word).is_some();
        if !fits && keyword::find(Block::Top, word).is_some_and(begins) {
            self.open.clear();
        }
    }
}

/// Behind blanks, a condition and the head of a loop.
fn head(line: &Line<'_>, start: usize) -> usize {
    let mut at = line.skip_blanks(start);
    if let Some(id) = condition_id(&line.text[at..]) {
        at = line.skip_blanks(at + "@".len() + id.len());
    }
    behind_head(&line.text, at).map_or(at, |behind| line.skip_blanks(behind))
}
