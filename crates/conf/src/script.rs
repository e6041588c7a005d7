//! The script tokeniser (keepalived-config §1.4, §1.16): commands have other quotes and escapes than the rest.

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
