//! keepalived's dump: lines in sections, nested by indentation. Every line of the sections that matter must be understood.

use crate::normal::Normal;
use crate::{instance, objects};

/// Length of the date before each line, which ends with `: `.
const DATE_LEN: usize = 26;
const SECTION_START: &str = "------< ";
const SECTION_END: &str = " >------";
/// Fields of a BFD session, for logs in which the lines of two processes are mixed.
const BFD_FIELDS: [&str; 12] = [
    "Neighbor IP",
    "Source IP",
    "Required min RX interval",
    "Desired min TX interval",
    "Desired idle TX interval",
    "Detection multiplier",
    "TTL",
    "hoplimit",
    "max_hops",
    "passive",
    "send event to VRRP process",
    "send event to checker process",
];

/// A line and those that are indented more below it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Node {
    /// The line without its indentation.
    pub(crate) text: String,
    /// The lines below.
    pub(crate) children: Vec<Self>,
}

impl Node {
    /// `KEY = VALUE`.
    pub(crate) fn pair(&self) -> Option<(&str, &str)> {
        self.text.split_once(" = ")
    }

    /// The value of the child `KEY = VALUE`.
    pub(crate) fn value(&self, key: &str) -> Option<&str> {
        self.children.iter().find_map(|child| child.pair().filter(|(it, _)| *it == key).map(|(_, value)| value))
    }

    /// The lines below the child `title`.
    pub(crate) fn lines_below(&self, title: &str) -> Vec<&str> {
        let child = self.children.iter().find(|child| child.text == title);
        child.map_or_else(Vec::new, |child| child.children.iter().map(|line| line.text.as_str()).collect())
    }
}

/// Reads the dump of the VRRP process.
///
/// # Errors
/// If a line is not understood.
pub(crate) fn read(log: &str) -> Result<Normal, String> {
    let mut normal = Normal::default();
    for section in sections(log) {
        section_into(&section, &mut normal)?;
    }
    Ok(normal)
}

/// Adds the sessions that the BFD process has, whose lines may be among those of the VRRP process.
///
/// # Errors
/// If a line is not understood.
pub(crate) fn read_bfd(log: &str, normal: &mut Normal) -> Result<(), String> {
    let is_field = |line: &&str| {
        line.starts_with(" BFD Instance = ")
            || line.trim_start().split_once(" = ").is_some_and(|(key, _)| BFD_FIELDS.contains(&key))
    };
    let lines: Vec<_> = log.lines().map(undated).filter(is_field).collect();
    nested(&lines).iter().try_for_each(|session| objects::bfd_session(session, normal))
}

fn section_into(section: &Node, normal: &mut Normal) -> Result<(), String> {
    let entries = &section.children;
    match section.text.as_str() {
        "Global definitions" => objects::globals(entries, normal),
        "Gratuitous ARP delays" | "Interfaces" => {}
        "Static Addresses" => objects::static_addresses(entries, normal)?,
        "Static Routes" => objects::static_routes(entries, normal),
        "Static Rules" => objects::static_rules(entries, normal),
        "Static Track groups" => entries.iter().for_each(|group| objects::track_group(group, normal)),
        "VRRP Topology" => entries.iter().try_for_each(|router| instance::read(router, normal))?,
        "VRRP Sync groups" => entries.iter().try_for_each(|group| instance::sync_group(group, normal))?,
        "VRRP Scripts" => entries.iter().try_for_each(|script| objects::script(script, normal))?,
        "VRRP Track files" => entries.iter().try_for_each(|file| objects::track_file(file, normal))?,
        "VRRP Track processes" => entries.iter().try_for_each(|process| objects::process(process, normal))?,
        "VRRP Track BFDs" => entries.iter().for_each(|session| objects::bfd_weight(session, normal)),
        title if title.starts_with("GARP delay group") => objects::garp_group(section, normal),
        title => return Err(format!("unknown section {title:?}")),
    }
    Ok(())
}

/// The sections of a log, each with its lines as children. Other messages may stand between the lines.
fn sections(log: &str) -> Vec<Node> {
    let mut sections: Vec<(String, Vec<&str>)> = Vec::new();
    for line in log.lines().map(undated) {
        if let Some(title) = line.strip_prefix(SECTION_START).and_then(|rest| rest.strip_suffix(SECTION_END)) {
            sections.push((title.to_owned(), Vec::new()));
        } else if line.starts_with(' ')
            && let Some((_, lines)) = sections.last_mut()
        {
            lines.push(line);
        }
    }
    sections.into_iter().map(|(text, lines)| Node { text, children: nested(&lines) }).collect()
}

fn undated(line: &str) -> &str {
    line.get(DATE_LEN..).unwrap_or_default()
}

/// Lines as a tree: what is indented more belongs to the line above.
fn nested(lines: &[&str]) -> Vec<Node> {
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mut nodes = Vec::new();
    let mut rest = lines;
    while let [first, others @ ..] = rest {
        let below = others.iter().take_while(|line| depth(line) > depth(first)).count();
        nodes.push(Node { text: first.trim_start_matches(' ').to_owned(), children: nested(&others[..below]) });
        rest = &others[below..];
    }
    nodes
}
