//! What can be written at a place.

use conf::keyword::{self, Block, KeywordDef, Status};
use conf::{Content, Spot, language};
use lsp_types::{
    CompletionItem, CompletionItemKind, CompletionTextEdit, Documentation, MarkupContent, MarkupKind, Range, TextEdit,
};

use super::project::Asked;
use crate::commands::facts;
use crate::page;

/// What is typed, and what an editor shows of it.
struct Offer {
    text: String,
    kind: CompletionItemKind,
    detail: Option<String>,
    help: Option<String>,
    rank: Rank,
}

/// What is offered first.
#[derive(Clone, Copy)]
enum Rank {
    Usual,
    WithoutEffect,
}

pub(super) fn items(asked: Asked<'_>) -> Vec<CompletionItem> {
    let Asked { project, file, at, .. } = asked;
    let Some(spot) = project.outline.spot(file, at) else { return Vec::new() };
    let (start, offers) = match reference(asked) {
        Some((start, offers)) => (start, offers),
        None => {
            let word = spot.word().filter(|word| asked.is_in(word.span));
            (word.map_or(at, |word| word.span.start as usize), words(asked, spot))
        }
    };
    let place = project.sources().stretch(file, start..at);
    let range = project.range(place);
    offers.into_iter().map(|offer| offer.item(range)).collect()
}

/// Definitions, if the word before the cursor begins as the use of one, and where that begins.
fn reference(asked: Asked<'_>) -> Option<(usize, Vec<Offer>)> {
    let (before, behind) = asked.text().split_at_checked(asked.at)?;
    let begun = before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let (start, is_braced) = match (begun.strip_suffix("${"), begun.strip_suffix('$')) {
        (Some(rest), _) => (rest.len(), true),
        (None, Some(rest)) => (rest.len(), false),
        (None, None) => return None,
    };
    // Without braces a name ends only before these.
    let ends = behind.chars().next().is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | '\r' | ',' | ')'));
    let write = |name: &str| match (is_braced, behind.starts_with('}'), ends) {
        (true, true, _) => format!("${{{name}"),
        (false, _, true) => format!("${name}"),
        (true, false, _) | (false, _, false) => format!("${{{name}}}"),
    };
    let names = asked.project.outline.defined().into_iter();
    Some((start, names.map(|name| Offer::plain(write(name), CompletionItemKind::VARIABLE)).collect()))
}

/// Keywords, names of blocks, or the words that a keyword or an entry takes.
fn words(asked: Asked<'_>, spot: Spot<'_>) -> Vec<Offer> {
    let values = |words: Vec<&str>| -> Vec<Offer> {
        words.into_iter().map(|word| Offer::plain(word.to_owned(), CompletionItemKind::ENUM_MEMBER)).collect()
    };
    if let Some(block) = spot.refers_to() {
        let names = asked.project.outline.names(block);
        let mut offers: Vec<Offer> =
            names.map(|name| Offer::plain(name.text.clone(), CompletionItemKind::REFERENCE)).collect();
        offers.dedup_by(|a, b| a.text == b.text);
        return offers;
    }
    match (spot.content, spot.index.checked_sub(1)) {
        (Content::Keywords(block), None) => keywords(block),
        (Content::Keywords(_), Some(index)) => values(spot.keyword().map_or_else(Vec::new, |row| row.offered(index))),
        (Content::Entries(keyword::Entries::Addresses), Some(_)) => address_options(),
        (Content::Entries(_), Some(_)) => values(spot.opener.map_or_else(Vec::new, KeywordDef::entry_options)),
        (Content::Entries(_), None) | (Content::Skipped, _) => Vec::new(),
    }
}

/// The keywords of a block, and `include`, which may stand in all.
fn keywords(block: Block) -> Vec<Offer> {
    let rows = keyword::all().filter(|row| row.block == block && row.status != Status::LoadBalancer);
    let include = language::LINES.iter().find(|phrase| phrase.words.contains(&"include"));
    let include = include.map(|phrase| Offer {
        detail: Some(phrase.usage.to_owned()),
        help: Some(phrase.help.to_owned()),
        ..Offer::plain("include".to_owned(), CompletionItemKind::KEYWORD)
    });
    rows.map(Offer::keyword).chain(include).collect()
}

fn address_options() -> Vec<Offer> {
    let options = language::ADDRESS_OPTIONS.iter().filter_map(|phrase| Some((phrase, phrase.words.first()?)));
    let offer = |(phrase, word): (&language::Phrase, &&str)| Offer {
        detail: Some(phrase.usage.to_owned()),
        help: Some(phrase.help.to_owned()),
        ..Offer::plain((*word).to_owned(), CompletionItemKind::ENUM_MEMBER)
    };
    options.map(offer).collect()
}

impl Offer {
    const fn plain(text: String, kind: CompletionItemKind) -> Self {
        Self { text, kind, detail: None, help: None, rank: Rank::Usual }
    }

    fn keyword(row: &'static KeywordDef) -> Self {
        let rank = match row.status {
            Status::Works => Rank::Usual,
            Status::NoEffect(_) | Status::Refused(_) | Status::LoadBalancer => Rank::WithoutEffect,
        };
        Self {
            text: row.name.to_owned(),
            kind: CompletionItemKind::KEYWORD,
            detail: Some(row.arguments()),
            help: Some(page::markdown_of(&facts::keyword(row))),
            rank,
        }
    }

    fn item(self, range: Range) -> CompletionItem {
        let sort = match self.rank {
            Rank::Usual => format!("0{}", self.text),
            Rank::WithoutEffect => format!("1{}", self.text),
        };
        let markdown = |value| Documentation::MarkupContent(MarkupContent { kind: MarkupKind::Markdown, value });
        CompletionItem {
            label: self.text.clone(),
            kind: Some(self.kind),
            detail: self.detail,
            documentation: self.help.map(markdown),
            sort_text: Some(sort),
            filter_text: Some(self.text.clone()),
            text_edit: Some(CompletionTextEdit::Edit(TextEdit::new(range, self.text))),
            ..CompletionItem::default()
        }
    }
}
