//! What `tanist explain CODE` says: the files beside this one, a section for each code.

use super::Code;

const TEXTS: [&str; 10] = [
    include_str!("files.md"),
    include_str!("blocks.md"),
    include_str!("keywords.md"),
    include_str!("scripts.md"),
    include_str!("addresses.md"),
    include_str!("routes.md"),
    include_str!("peers.md"),
    include_str!("trackers.md"),
    include_str!("routers.md"),
    include_str!("machine.md"),
];

/// Why a code is reported, and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Why it matters, and what to write instead if there is no example of that.
    pub why: &'static str,
    /// What draws the message.
    pub wrong: Option<Example>,
    /// What does not.
    pub right: Option<Example>,
}

/// Lines of a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    place: &'static str,
    /// The lines.
    pub lines: &'static str,
}

impl Code {
    /// The long form of [`Code::meaning`]. Empty: its section is missing, which a test refuses.
    #[must_use]
    pub fn explanation(self) -> Explanation {
        let heading = format!("\n## {}\n", self.name());
        let section = TEXTS.iter().find_map(|text| text.split_once(&heading)).map_or("", |(_, section)| section);
        // The next section, of this level or above; in an example a line may begin with `#` as well.
        let end =
            ["\n## ", "\n# "].iter().filter_map(|next| outside_examples(section, next)).min().unwrap_or(section.len());
        let mut parts = section[..end].split("```");
        let why = parts.next().unwrap_or_default().trim();
        let mut example = || {
            let (place, lines) = parts.next()?.split_once('\n')?;
            parts.next();
            Some(Example { place, lines: lines.trim_end() })
        };
        Explanation { why, wrong: example(), right: example() }
    }
}

impl Example {
    /// A whole configuration with these lines where they belong: of a router, of `global_defs`, of one of its lists, or
    /// of a file.
    #[must_use]
    pub fn configuration(&self) -> String {
        let lines = self.lines;
        match self.place {
            "router" => router(lines),
            "global" => format!("global_defs {{\n{lines}\n}}\n{}", router("")),
            "addresses" => router(&format!("virtual_ipaddress {{\n{lines}\n}}")),
            "routes" => router(&format!("virtual_routes {{\n{lines}\n}}")),
            "rules" => router(&format!("virtual_rules {{\n{lines}\n}}")),
            _ => format!("{lines}\n"),
        }
    }
}

/// A router with these lines, and with what they do not say themselves.
fn router(lines: &str) -> String {
    let usual = [
        ("interface", "interface eth0"),
        ("virtual_router_id", "virtual_router_id 3"),
        ("priority", "priority 100"),
        ("virtual_ipaddress", "virtual_ipaddress {\n10.0.0.5/24\n}"),
    ];
    let is_said = |word: &str| lines.lines().any(|line| line.split([' ', '=']).next() == Some(word));
    let missing: Vec<&str> = usual.into_iter().filter(|(word, _)| !is_said(word)).map(|(_, line)| line).collect();
    format!("vrrp_instance VI_1 {{\n{}\n{lines}\n}}\n", missing.join("\n"))
}

/// Where `what` is in a text, but for examples.
fn outside_examples(text: &str, what: &str) -> Option<usize> {
    let is_outside = |at: &usize| text[..*at].matches("```").count().is_multiple_of(2);
    text.match_indices(what).map(|(at, _)| at).find(is_outside)
}
