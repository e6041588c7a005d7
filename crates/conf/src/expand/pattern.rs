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

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pattern: &str) -> Vec<String> {
        alternatives(pattern).unwrap()
    }

    /// As glob(3) with GLOB_BRACE.
    #[test]
    fn braces_stand_for_each_of_their_choices() {
        assert_eq!(all("d/{a,b}/{1,2}.conf"), ["d/a/1.conf", "d/a/2.conf", "d/b/1.conf", "d/b/2.conf"]);
        assert_eq!(all("{a,x{1,2}}"), ["a", "x1", "x2"]);
        assert_eq!(all("plain*.conf"), ["plain*.conf"]);
        assert_eq!(all("{a}{}"), ["a"]);
        assert_eq!(all("d/{a"), ["d/{a"]);
        assert_eq!(all("d/a}"), ["d/a}"]);
    }

    #[test]
    fn choices_of_choices_have_an_end() {
        assert_eq!(alternatives(&"{a,b}".repeat(40)), None);
        assert_eq!(alternatives(&format!("{}{}", "{".repeat(5000), "}".repeat(5000))).map(|all| all.len()), Some(1));
    }
}
