//! What becomes of each `vrrp_instance`.

use std::collections::HashSet;

use crate::keyword::Block;
use crate::model::Config;
use crate::read::Raw;
use crate::resolve::identity;

/// A router that was written, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouterVerdict {
    /// Name of the `vrrp_instance`; of one that cannot be read what there is to call it.
    pub name: String,
    /// What becomes of it.
    pub verdict: Verdict,
}

/// What becomes of a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It runs.
    Ready,
    /// A mistake keeps it from running.
    LeftOut,
    /// It asks for something that is not carried out yet, and must not run without it.
    Unsupported,
}

/// In file order; blocks that cannot be read last.
pub(crate) fn of(raw: &Raw, config: &Config) -> Vec<RouterVerdict> {
    let ready: HashSet<&str> = config.routers.iter().map(|router| router.name.as_str()).collect();
    let written = raw.blocks(Block::Instance).iter().map(|block| {
        let verdict = match ready.contains(block.name.as_str()) {
            true => Verdict::Ready,
            false if identity::is_unsupported(block) => Verdict::Unsupported,
            false => Verdict::LeftOut,
        };
        RouterVerdict { name: block.name.clone(), verdict }
    });
    let skipped = raw.skipped_routers.iter();
    written.chain(skipped.map(|name| RouterVerdict { name: name.clone(), verdict: Verdict::LeftOut })).collect()
}

/// A text of the file as it may be shown: a control character, by which a terminal could be told anything, has its picture.
#[must_use]
pub fn printable(text: &str) -> String {
    let picture = |c: char| match u32::from(c) {
        low @ 0..0x20 => char::from_u32(0x2400 + low).unwrap_or(char::REPLACEMENT_CHARACTER),
        0x7f => '\u{2421}',
        0x80..0xa0 => char::REPLACEMENT_CHARACTER,
        _ => c,
    };
    text.chars().map(picture).collect()
}

/// Names that a summary lists.
const NAMED: usize = 10;

/// "2 routers ready, 1 left out: VI_3".
#[must_use]
pub fn summary(routers: &[RouterVerdict]) -> String {
    let of = |verdict| -> Vec<&str> {
        routers.iter().filter(|router| router.verdict == verdict).map(|router| router.name.as_str()).collect()
    };
    let ready = of(Verdict::Ready).len();
    let mut text = format!("{ready} router{} ready", if ready == 1 { "" } else { "s" });
    for (verdict, what) in [(Verdict::LeftOut, "left out"), (Verdict::Unsupported, "not supported yet")] {
        let names = of(verdict);
        if names.is_empty() {
            continue;
        }
        let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        text.push_str(&format!(", {} {what}: {}", names.len(), printable(&shown)));
        if names.len() > NAMED {
            text.push_str(&format!(" and {} more", names.len() - NAMED));
        }
    }
    text
}
