//! Words are written so that they are read again as they are; and the script tokeniser (keepalived-config §1.4, §1.16):
//! commands have other quotes and escapes than the rest.

use crate::model::{Script, ScriptUser};

/// An ordinary word, in quotes if it needs them.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/%+,=-".contains(c);
    // A line that begins with `include` is not an entry of a list.
    if word.chars().all(plain) && !word.is_empty() && !word.starts_with("include") {
        return word.to_owned();
    }
    let backslashes = word.len() - word.trim_end_matches('\\').len();
    if backslashes % 2 == 1 {
        // Its last backslash would hide the quote from the comment pass.
        return word.replace('#', "\\#").replace('!', "\\!");
    }
    format!("\"{word}\"")
}

/// Command, then perhaps user and group, for the script tokeniser.
pub(crate) fn script(script: &Script) -> String {
    let user = script.user.iter().flat_map(|user| std::iter::once(&user.user).chain(&user.group));
    let words = std::iter::once(command(script)).chain(user.map(|word| escaped(word, '"')));
    words.collect::<Vec<_>>().join(" ")
}

/// User and group as ordinary words.
pub(crate) fn user(user: &ScriptUser) -> String {
    let words = std::iter::once(&user.user).chain(&user.group);
    words.map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// The command and its arguments as one quoted word.
pub(crate) fn command(script: &Script) -> String {
    escaped(&script.argv.iter().map(|argument| inner(argument)).collect::<Vec<_>>().join(" "), '"')
}

/// An argument inside the command.
fn inner(argument: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !matches!(c, '\'' | '"' | '\\');
    if argument.chars().all(plain) && !argument.is_empty() { argument.to_owned() } else { escaped(argument, '\'') }
}

/// A word between such quotes, in which nothing but escapes counts. No double quote stands inside of two.
fn escaped(word: &str, quote: char) -> String {
    let mut out = String::from(quote);
    for c in word.chars() {
        match c {
            '"' if quote == '"' => out.push_str("\\x22"),
            '\'' if quote == '\'' => out.push_str("\\'"),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\0' => out.push_str("\\x00"),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// Splits `text` at blanks outside quotes. `'` and `"` quote anywhere in a word; `\` escapes.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quote) {
            ('\\', _) => word.get_or_insert_default().push(escape(&mut chars)),
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (' ' | '\t' | '\x0b' | '\x0c', None) => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The character that stands behind a backslash.
fn escape(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> char {
    let Some(c) = chars.next() else { return '\\' };
    match c {
        'a' => '\x07',
        'b' => '\x08',
        'E' => '\x1b',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'x' => char::from_u32(digits(chars, 16, 2, 0)).unwrap_or('x'),
        'c' => chars.next().map_or('c', |c| char::from_u32(u32::from(c) & 0x1f).unwrap_or(c)),
        '0'..='7' => char::from_u32(digits(chars, 8, 2, c.to_digit(8).unwrap_or(0))).unwrap_or(c),
        other => other,
    }
}

/// Reads at most `count` more digits behind `value`.
fn digits(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, radix: u32, count: usize, value: u32) -> u32 {
    let mut value = value;
    for _ in 0..count {
        let Some(digit) = chars.peek().and_then(|c| c.to_digit(radix)) else { break };
        chars.next();
        value = value * radix + digit;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn commands_are_read_as_they_were(argv in prop::collection::vec(any::<String>(), 1..4)) {
            let written = command(&Script { argv: argv.clone(), user: None });
            prop_assert!(!written[1..written.len() - 1].contains(['"', '\n', '\r', '\0']));
            let words = split(&written);
            prop_assert_eq!(words.len(), 1);
            prop_assert_eq!(split(&words[0]), argv);
        }
    }

    #[test]
    fn words_have_quotes_only_if_they_need_them() {
        assert_eq!(quoted("eth0.100"), "eth0.100");
        assert_eq!(quoted("a b#{"), "\"a b#{\"");
        assert_eq!(quoted(""), "\"\"");
        assert_eq!(quoted("a#\\"), "a\\#\\");
    }

    #[test]
    fn quotes_join_and_escapes_decode() {
        assert_eq!(split("/bin/a 'b c'\"d\" e\\ f \\x41\\102\\#"), ["/bin/a", "b cd", "e f", "AB#"]);
        assert_eq!(split("  "), [""; 0]);
        assert_eq!(split("a '' b"), ["a", "", "b"]);
    }
}
