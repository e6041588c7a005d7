//! The name behind an `include`: braces stand for each of their choices, as in a shell.

use crate::model::limits;

/// The patterns without braces that `pattern` stands for. `None`: more than [`limits::INCLUDE_CHOICES`].
pub(super) fn alternatives(pattern: &str) -> Option<Vec<String>> {
    let mut done = Vec::new();
    let mut open = vec![(String::new(), pattern.to_owned())];
    while let Some((head, rest)) = open.pop() {
        let Some((before, choices, behind)) = first_group(&rest) else {
            done.push(format!("{head}{rest}"));
            continue;
        };
        if done.len() + open.len() + choices.len() > limits::INCLUDE_CHOICES {
            return None;
        }
        let head = format!("{head}{before}");
        open.extend(choices.iter().rev().map(|choice| (head.clone(), format!("{choice}{behind}"))));
    }
    Some(done)
}

pub(super) fn has_wildcard(pattern: &str) -> bool {
    pattern.contains(['*', '?', '['])
}

/// What stands before the first `{a,b}`, its choices, and what stands behind. A brace without its partner is a letter.
fn first_group(text: &str) -> Option<(&str, Vec<&str>, &str)> {
    let open = text.find('{')?;
    let (mut depth, mut from, mut choices) = (0usize, open + 1, Vec::new());
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b',' if depth == 1 => {
                choices.push(&text[from..at]);
                from = at + 1;
            }
            b'}' if depth == 1 => {
                choices.push(&text[from..at]);
                return Some((&text[..open], choices, &text[at + 1..]));
            }
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}
