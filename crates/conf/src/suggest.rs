//! The word that was meant.

use crate::keyword::{self, Block, Form};

/// Words that older versions, forks and messages taught people.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("lvs_id", "router_id"),
    ("script_security", "enable_script_security"),
    ("vrid", "virtual_router_id"),
    ("vip", "virtual_ipaddress"),
    ("vrrp_mcast_group", "vrrp_mcast_group4"),
    ("vrrp_unicast_peer", "unicast_peer"),
    ("vrrp_unicast_bind", "unicast_src_ip"),
];

/// Longest word that is looked at.
const WORD_BYTES: usize = 64;

/// The keyword of `block` that is nearest to `word`.
pub(crate) fn nearest(block: Block, word: &str) -> Option<&'static str> {
    if let Some((_, name)) = OTHER_NAMES.iter().find(|(other, _)| *other == word) {
        return keyword::find(block, name).map(|row| row.name);
    }
    let names = keyword::all().filter(|row| row.block == block).map(|row| row.name);
    nearest_of(names, word)
}

/// The name that is nearest to `word`, if any is near: one mistake in three letters.
#[must_use]
pub fn nearest_of<'a>(names: impl Iterator<Item = &'a str>, word: &str) -> Option<&'a str> {
    if word.len() > WORD_BYTES {
        return None;
    }
    let word: Vec<char> = word.to_lowercase().replace('-', "_").chars().collect();
    let allowed = word.len().div_ceil(3).min(4);
    let near = names.filter(|name| name.len().abs_diff(word.len()) <= allowed);
    let rated = near.map(|name| (distance(&word, &name.to_lowercase().chars().collect::<Vec<_>>()), name));
    rated.filter(|&(distance, _)| distance <= allowed).min_by_key(|&(distance, _)| distance).map(|(_, name)| name)
}

/// The block in which `word` is a keyword, other than `not`.
pub(crate) fn other_block(not: Block, word: &str) -> Option<Block> {
    [Block::Instance, Block::Global, Block::Authentication, Block::Top]
        .into_iter()
        .find(|&block| block != not && keyword::find(block, word).is_some())
}

/// `vrrp_instance_x` written for `vrrp_instance x`: the keyword and the name.
pub(crate) fn glued(word: &str) -> Option<(&'static str, &str)> {
    let mut named = keyword::all()
        .filter(|row| row.block == Block::Top && (matches!(row.form, Form::Named(_)) || row.name == "vrrp_script"));
    named.find_map(|row| {
        let name = word.strip_prefix(row.name)?.strip_prefix('_')?;
        (!name.is_empty()).then_some((row.name, name))
    })
}

/// Letters to insert, remove, replace or exchange with their neighbour (Damerau, without overlaps).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    let mut row = before.clone();
    for (i, &x) in a.iter().enumerate() {
        row[0] = i + 1;
        for (j, &y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y {
                best = best.min(before[j - 1] + 1);
            }
            row[j + 1] = best;
        }
        std::mem::swap(&mut before, &mut last);
        std::mem::swap(&mut last, &mut row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// corpus §4.2: misspellings people really made.
    #[test]
    fn misspelt_keywords_find_the_right_word() {
        let instance = [
            ("priorty", "priority"),
            ("nopremept", "nopreempt"),
            ("preemtp_delay", "preempt_delay"),
            ("pr\u{435}empt", "preempt"),
            ("prompte_secondaries", "promote_secondaries"),
            ("lvs_sync_daemon_inteface", "lvs_sync_daemon_interface"),
        ];
        for (word, right) in instance {
            assert_eq!(nearest(Block::Instance, word), Some(right), "{word}");
        }
        let global = [
            ("router-id", "router_id"),
            ("lvs_id", "router_id"),
            ("script_security", "enable_script_security"),
            ("vrrp_mcast_group", "vrrp_mcast_group4"),
            ("vrrp_mcast_group1", "vrrp_mcast_group4"),
        ];
        for (word, right) in global {
            assert_eq!(nearest(Block::Global, word), Some(right), "{word}");
        }
        assert_eq!(nearest(Block::Authentication, "autp_pass"), Some("auth_pass"));
        assert_eq!(nearest(Block::Top, "net_namespae"), Some("net_namespace"));
    }

    #[test]
    fn far_words_find_nothing() {
        assert_eq!(nearest(Block::Instance, "start_delay_of_everything"), None);
        assert_eq!(nearest(Block::Instance, "qqq"), None);
    }

    #[test]
    fn glued_headers_fall_apart() {
        assert_eq!(glued("vrrp_script_check_haproxy"), Some(("vrrp_script", "check_haproxy")));
        assert_eq!(glued("vrrp_instance"), None);
    }
}
