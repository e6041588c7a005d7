//! The word that was meant.

use std::collections::BTreeSet;

use strsim::osa_distance;

use crate::diagnostic::Diagnostics;
use crate::expand::include_words;
use crate::keyword::{self, Block, Form, KeywordDef};
use crate::keywords::authentication::{AUTH_PASS, KEY};
use crate::lexer::Statement;
use crate::source::Span;

/// Words that no keyword replaces, and what does.
const HINTS: &[(&[&str], &str)] = &[
    (&["-"], "write the entry without a dash"),
    (&["ip"], "write what follows `ip route add`, `ip rule add` or `ip address add`"),
    (
        &["notify_up", "notify_down"],
        "it belongs in `real_server`; a router has `notify_master`, `notify_backup` and `notify_fault`",
    ),
    (
        &["smtp_user", "smtp_password", "smtp_auth"],
        "mail is handed over without a login: name a `smtp_server` that takes it so",
    ),
    (&["sync_instance"], "routers that change state together belong in a `vrrp_sync_group`"),
    (&["track_pathmon", "track_route_to"], "use a `track_script` or a `track_file` that a program writes"),
    (&["garp_interval"], "write a `garp_group`, or `vrrp_garp_interval` in `global_defs`"),
    (&["gna_interval"], "write a `garp_group`, or `vrrp_gna_interval` in `global_defs`"),
];

/// Words of the load balancer that have no rows: a block of a fork, and what stands in blocks that are skipped.
const LOAD_BALANCER: &[&str] = &[
    "local_address_group",
    "delay_loop",
    "lb_algo",
    "lvs_sched",
    "lb_kind",
    "lvs_method",
    "persistence_timeout",
    "protocol",
    "sorry_server",
    "virtualhost",
];

/// Text that is no configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// A shell script.
    Script,
    /// A definition without its `$`.
    Assignment,
    /// Lines of a table.
    Table,
    /// The lines around code in a document.
    Fence,
    /// A command or a file name.
    Command,
}

/// What kind of text a line is that is no configuration.
pub(crate) fn foreign(statement: &Statement) -> Option<Foreign> {
    let word = statement.keyword()?.text;
    if word.starts_with('|') {
        return Some(Foreign::Table);
    }
    if word.starts_with("```") || word.starts_with("~~~") {
        return Some(Foreign::Fence);
    }
    let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_keyword = |name: &str| keyword::all().any(|row| row.name == name);
    let assigns = word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && is_name(name) && !is_keyword(name));
    if word.contains("$(") || SHELL_WORDS.contains(&word) {
        return Some(Foreign::Script);
    }
    if assigns {
        return Some(Foreign::Assignment);
    }
    let names_file = |text: &str| text.starts_with('/') && text.contains("keepalived");
    let shows_file = matches!(word, "cat" | "EOF" | "EOL" | "vi" | "vim" | "nano" | "more" | "less" | "sudo");
    (shows_file || names_file(word)).then_some(Foreign::Command)
}

/// Words that begin lines of shell scripts.
const SHELL_WORDS: &[&str] =
    &["if", "then", "else", "elif", "fi", "for", "while", "do", "done", "case", "esac", "echo", "exit"];

/// Whether `word` opens a block of a load balancer's fork.
pub(crate) fn is_of_load_balancer(word: &str) -> bool {
    LOAD_BALANCER.contains(&word)
}

/// What to do instead of what `word` asks for.
pub(crate) fn hint(word: &str) -> Option<&'static str> {
    HINTS.iter().find(|(words, _)| words.contains(&word)).map(|(_, hint)| *hint)
}

/// The sign with which a line begins that is a comment in other languages, and all of it.
pub(crate) fn comment(statement: &Statement) -> Option<(&'static str, Span)> {
    const SIGNS: [&str; 4] = [";", "//", "/*", "*/"];
    let (first, last) = (statement.keyword()?, statement.words().last()?);
    let sign =
        SIGNS.into_iter().find(|sign| first.text.starts_with(sign)).or_else(|| (first.text == "--").then_some("--"))?;
    // `};`
    (first.text != ";" || first.span != last.span).then_some((sign, first.span.to(last.span)))
}

/// The keyword of which an underscore is missing between the first two words, and where the second is.
pub(crate) fn parted(block: Block, statement: &Statement) -> Option<(&'static KeywordDef, Span)> {
    let mut words = statement.words();
    let (first, second) = (words.next()?, words.next()?);
    Some((keyword::find(block, &format!("{}_{}", first.text, second.text))?, second.span))
}

/// The keyword of any block that `word` is another name for.
pub(crate) fn meant_elsewhere(word: &str) -> Option<&'static KeywordDef> {
    also(word).next()
}

fn also(word: &str) -> impl Iterator<Item = &'static KeywordDef> {
    let word = word.to_lowercase().replace('-', "_");
    keyword::all().filter(move |row| row.also.contains(&word.as_str()))
}

/// Whether a password or a key may stand behind a word: a keyword of theirs, or what nobody knows and sounds like one.
pub(crate) fn names_password(word: &str) -> bool {
    const SOUNDS: [&str; 6] = ["pass", "pw", "pss", "secret", "key", "auth_"];
    let lower = word.to_lowercase().replace('-', "_");
    let is_keyword = word == AUTH_PASS.name || word == KEY.name || AUTH_PASS.also.contains(&lower.as_str());
    is_keyword || SOUNDS.iter().any(|sound| lower.contains(sound)) && keyword::all().all(|row| row.name != word)
}

/// The keyword of `block` that is nearest to `word`.
pub(crate) fn nearest(block: Block, word: &str) -> Option<&'static str> {
    nearest_row(block, word).map(|row| row.name)
}

/// The row of that keyword.
pub(crate) fn nearest_row(block: Block, word: &str) -> Option<&'static KeywordDef> {
    if hint(word).is_some() || meant_elsewhere(word).is_some() {
        return also(word).find(|row| row.block == block);
    }
    if let Some(row) = for_all(block, word) {
        return Some(row);
    }
    let names = keyword::all().filter(|row| row.block == block).map(|row| row.name);
    keyword::find(block, nearest_of(names, word)?)
}

/// The kind of `include` that `word` is a mistake for.
pub(crate) fn include(word: &str) -> Option<&'static str> {
    nearest_of(include_words(), word).filter(|_| word.to_lowercase().starts_with("inc"))
}

/// Names of a text among which the one is looked for that was meant.
pub(crate) const NAMES_TRIED: usize = 256;

/// The name that is nearest to `word`, of those that a text defines. `count`: how many are gone through for them.
pub(crate) fn defined<'a>(
    names: impl Iterator<Item = &'a str>,
    count: usize,
    word: &str,
    out: &Diagnostics,
) -> Option<&'a str> {
    if out.is_full() || count > NAMES_TRIED {
        return None;
    }
    // Of two that are as near the first by name, whatever the order.
    nearest_of(names.collect::<BTreeSet<_>>().into_iter(), word)
}

/// Longest word that is looked at.
const WORD_BYTES: usize = 64;

/// The name that is nearest to `word`, if any is near: one mistake in three letters.
#[must_use]
pub fn nearest_of<'a>(names: impl Iterator<Item = &'a str>, word: &str) -> Option<&'a str> {
    if word.len() > WORD_BYTES {
        return None;
    }
    let word = word.to_lowercase().replace('-', "_");
    let length = word.chars().count();
    let allowed = length.div_ceil(3).min(4);
    let near = names.filter(|name| name.len().abs_diff(length) <= allowed);
    // Letters to insert, remove, replace or exchange with their neighbour.
    let rated = near.map(|name| (osa_distance(&word, &name.to_lowercase()), name));
    rated.filter(|&(distance, _)| distance <= allowed).min_by_key(|&(distance, _)| distance).map(|(_, name)| name)
}

/// The keyword of `block` that says for all routers what `word` says for one.
pub(crate) fn for_all(block: Block, word: &str) -> Option<&'static KeywordDef> {
    let global = keyword::find(block, &format!("vrrp_{word}"))?;
    // `vrrp_priority` is the priority of the process.
    let says_so = |row: &KeywordDef| row.default.contains(global.name);
    keyword::find(Block::Instance, word).is_none_or(says_so).then_some(global)
}

/// The row of `word` in another block than `not`: if it stands in several, that of routers.
pub(crate) fn other_block(not: Block, word: &str) -> Option<&'static KeywordDef> {
    let rows = keyword::all().filter(|row| row.name == word && row.block != not);
    rows.min_by_key(|row| (row.block != Block::Instance, row.block))
}

/// `vrrp_instance_x` or `vrrp_instanceVI_1` written for `vrrp_instance x`: the keyword and the name.
pub(crate) fn glued(statement: &Statement) -> Option<(&'static str, &str)> {
    let word = statement.keyword()?.text;
    let is_alone = statement.words().nth(1).is_none();
    let mut named = keyword::all()
        .filter(|row| row.block == Block::Top && (matches!(row.form, Form::Named(_)) || row.name == "vrrp_script"));
    named.find_map(|row| {
        let rest = word.strip_prefix(row.name)?;
        let capital = |name: &&str| is_alone && name.starts_with(|c: char| c.is_ascii_uppercase());
        let name = rest.strip_prefix('_').or_else(|| Some(rest).filter(capital))?;
        (!name.is_empty()).then_some((row.name, name))
    })
}
