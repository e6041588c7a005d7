//! What a source file imports of its own crate: the paths that begin with `crate` or `super`, and names of other crates.
//!
//! The text is cut into words and marks; comments, literals and the test module at the end of a file are left out.

/// A word or a mark of a source text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// `::`.
    Path,
    Mark(char),
}

/// Something that a source file names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Import {
    /// A path in its own crate, from the root on.
    Own(Vec<String>),
    /// The first word of another path: a crate, or a name that is known already.
    Foreign(String),
}

/// All paths in `text` but those of `pub(in …)`, which say who may import; `module` is where the text stands, as in `["daemon", "host"]`.
pub(crate) fn imports(module: &[&str], text: &str) -> Vec<Import> {
    let tokens = tokens(text);
    let (mut found, mut position) = (Vec::new(), 0);
    while position < tokens.len() {
        let (Some(Token::Word(word)), Some(Token::Path)) = (tokens.get(position), tokens.get(position + 1)) else {
            position += 1;
            continue;
        };
        let (start, own) = match *word {
            "crate" => (Vec::new(), true),
            "super" => (module.split_last().map_or_else(Vec::new, |(_, parent)| owned(parent)), true),
            _ => (Vec::new(), false),
        };
        let is_visibility = tokens[..position].ends_with(&[Token::Word("pub"), Token::Mark('('), Token::Word("in")]);
        let mut paths = Vec::new();
        position = walk(&tokens, position + 2, start, &mut paths);
        if is_visibility {
            continue;
        }
        if own {
            found.extend(paths.into_iter().map(Import::Own));
        } else {
            found.push(Import::Foreign((*word).to_owned()));
        }
    }
    found
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// Follows a path from `position` on, into every branch of a group. Returns where it ends.
fn walk(tokens: &[Token<'_>], mut position: usize, mut path: Vec<String>, found: &mut Vec<Vec<String>>) -> usize {
    loop {
        match tokens.get(position) {
            Some(Token::Word("super")) => {
                path.pop();
                position += 1;
            }
            Some(Token::Word(word)) => {
                path.push((*word).to_owned());
                position += 1;
            }
            Some(Token::Mark('{')) => return walk_group(tokens, position + 1, &path, found),
            Some(Token::Path | Token::Mark(_)) | None => break,
        }
        if tokens.get(position) != Some(&Token::Path) {
            break;
        }
        position += 1;
    }
    found.push(path);
    position
}

/// Follows the branches of a group up to its closing brace.
fn walk_group(tokens: &[Token<'_>], mut position: usize, path: &[String], found: &mut Vec<Vec<String>>) -> usize {
    loop {
        match tokens.get(position) {
            Some(Token::Word("self")) => {
                found.push(path.to_vec());
                position += 1;
            }
            Some(Token::Word(_)) => position = walk(tokens, position, path.to_vec(), found),
            Some(Token::Mark('}')) => return position + 1,
            Some(Token::Path | Token::Mark(_)) => position += 1,
            None => return position,
        }
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut rest = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut tokens = Vec::new();
    while let Some(first) = rest.chars().next() {
        let length = if let Some(length) = ignored(rest) {
            length
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Token::Word(&rest[..length]));
            length
        } else if rest.starts_with("::") {
            tokens.push(Token::Path);
            2
        } else {
            tokens.extend((!first.is_whitespace()).then_some(Token::Mark(first)));
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    tokens
}

/// The length of the comment or literal at the beginning of `text`, if there is one.
fn ignored(text: &str) -> Option<usize> {
    let to = |end: &str, from: usize| text[from..].find(end).map_or(text.len(), |at| from + at + end.len());
    if text.starts_with("//") {
        return Some(to("\n", 2));
    }
    if text.starts_with("/*") {
        return Some(to("*/", 2));
    }
    if text.starts_with("r#\"") {
        return Some(to("\"#", 3));
    }
    if text.starts_with("r\"") {
        return Some(to("\"", 2));
    }
    if text.starts_with('"') {
        return Some(quoted(text));
    }
    character(text)
}

/// The length of the string literal at the beginning.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

/// The length of the character literal at the beginning; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    let length = match inside.strip_prefix('\\') {
        Some(escape) => 1 + escape.chars().next()?.len_utf8() + escape[1..].find('\'')?,
        None => inside.chars().next()?.len_utf8(),
    };
    inside.get(length..)?.starts_with('\'').then_some(length + 2)
}

#[test]
fn paths_are_found_in_groups_and_expressions_and_not_in_comments_or_literals() {
    let text = r##"
        //! Not crate::comment.
        use crate::ports::{self, host::{Order, Plan}, mailbox};
        use super::roles;
        use super::super::start::Start;
        use lab::Host;
        pub(in crate::seen) struct Seen;
        const TEXT: &str = "crate::text \" crate::more";
        const RAW: &str = r#"crate::raw"#;
        fn f<'a>(c: char) -> &'a str { if c == '{' || c == '\'' { crate::wording::line(c) } else { b::c::d() } }
        #[cfg(test)]
mod tests { use crate::tests; }
    "##;
    let found = imports(&["daemon", "host", "watch"], text);
    let name = |import| match import {
        Import::Own(path) => path.join("/"),
        Import::Foreign(name) => format!("{name}::"),
    };
    let found: Vec<String> = found.into_iter().map(name).collect();
    let expected = [
        "ports",
        "ports/host/Order",
        "ports/host/Plan",
        "ports/mailbox",
        "daemon/host/roles",
        "daemon/start/Start",
        "lab::",
        "wording/line",
        "b::",
    ];
    assert_eq!(found, expected);
}
