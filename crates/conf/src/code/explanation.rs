//! What is known of a code, and what `tanist explain CODE` says.

use super::{Code, Severity};

/// A code.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) severity: Severity,
    pub(super) meaning: &'static str,
    pub(super) explanation: Explanation,
}

impl Code {
    /// As written in brackets behind the severity.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.row().name
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(self) -> Severity {
        self.row().severity
    }

    /// What it means, in a sentence.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.row().meaning
    }

    /// The long form of [`Code::meaning`].
    #[must_use]
    pub const fn explanation(self) -> Explanation {
        self.row().explanation
    }
}

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
    pub(super) place: &'static str,
    /// The lines.
    pub lines: &'static str,
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
