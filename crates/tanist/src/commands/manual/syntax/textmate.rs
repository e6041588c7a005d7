//! TextMate's grammar, which VS Code and others take.

use std::collections::BTreeMap;

use conf::keyword::Block;
use serde_json::{Map, Value, json};

use super::{Opens, blocks, opened, opening, values};

/// Where a line begins, also behind a brace and a condition.
const BEGIN: &str = r"(?:^|(?<=[{}]))\s*(?:@\S+\s+)?";

/// The grammar.
pub(in super::super) fn textmate() -> String {
    let mut rules = common();
    for (block, keywords) in blocks() {
        rules.insert(format!("{block:?}"), json!({ "patterns": patterns(&keywords) }));
    }
    let grammar = json!({
        "name": "keepalived.conf",
        "scopeName": "source.keepalived",
        "fileTypes": ["keepalived.conf"],
        "patterns": [include("common"), include(&format!("{:?}", Block::Top)), include("braces")],
        "repository": rules,
    });
    format!("{grammar:#}\n")
}

fn include(rule: &str) -> Value {
    json!({ "include": format!("#{rule}") })
}

/// What stands in every block.
fn common() -> Map<String, Value> {
    let plain = |name: &str, pattern: &str| json!({ "name": format!("{name}.keepalived"), "match": pattern });
    let values: Vec<&str> = values().into_iter().collect();
    let inner = |rule: &str| json!({ "begin": r"\{", "end": r"\}", "patterns": [include("common"), include("value"), include(rule)] });
    let rules = [
        ("comment", plain("comment.line", r"(?<!\\)[#!].*$")),
        (
            "string",
            json!({
                "name": "string.quoted.double.keepalived",
                "begin": "\"",
                "end": "\"|$",
                "patterns": [include("reference")],
            }),
        ),
        (
            "definition",
            json!({
                "match": format!(r"{BEGIN}(\$[A-Za-z_]\w*)\s*="),
                "captures": { "1": { "name": "entity.name.constant.keepalived" } },
            }),
        ),
        ("reference", plain("variable.other", r"\$\{[^}]*\}|\$[A-Za-z_]\w*")),
        ("condition", plain("keyword.control.conditional", r"(?:^|(?<=[{}]))\s*@\S+")),
        (
            "loop",
            json!({
                "match": format!(r"{BEGIN}(~(?:SEQx?|LST))\("),
                "captures": { "1": { "name": "keyword.control.loop.keepalived" } },
            }),
        ),
        (
            "include",
            json!({
                "match": format!(r"{BEGIN}(include[rmwba]?)\s+([^#!]*)"),
                "captures": {
                    "1": { "name": "keyword.control.import.keepalived" },
                    "2": { "name": "string.unquoted.keepalived" },
                },
            }),
        ),
        (
            "address",
            plain(
                "constant.numeric.address",
                r"\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\b|(?<![\w:])(?:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f:.]*:|::)[0-9A-Fa-f:.]*(?:/\d{1,3})?",
            ),
        ),
        ("number", plain("constant.numeric", r"\b\d+(?:\.\d+)?\b")),
        ("value", plain("constant.language", &format!(r"\b(?:{})\b", values.join("|")))),
        ("braces", json!({ "begin": r"\{", "end": r"\}", "patterns": [include("common"), include("braces")] })),
        ("list", inner("braces")),
    ];
    let mut rules: Map<String, Value> = rules.into_iter().map(|(name, rule)| (name.to_owned(), rule)).collect();
    let order = ["comment", "string", "definition", "loop", "include", "condition", "reference", "address", "number"];
    rules.insert("common".to_owned(), json!({ "patterns": order.map(include) }));
    rules
}

/// The keywords of a block; those that open one go on until that is closed.
fn patterns(keywords: &BTreeMap<&'static str, Opens>) -> Vec<Value> {
    let words = |opens: Opens| opening(keywords, opens).join("|");
    let mut patterns = Vec::new();
    for opens in opened(keywords) {
        let inside = match opens {
            Opens::Nothing => continue,
            Opens::Keywords(block) => {
                let content = [include("common"), include(&format!("{block:?}")), include("value"), include("braces")];
                json!({ "begin": r"\{", "end": r"\}", "patterns": content })
            }
            Opens::List => include("list"),
            Opens::Skipped => include("braces"),
        };
        patterns.push(json!({
            "begin": format!(r"\b({})\b[ \t]*([^\s{{#!]*)", words(opens)),
            "beginCaptures": {
                "1": { "name": "storage.type.keepalived" },
                "2": { "name": "entity.name.section.keepalived" },
            },
            "end": r"(?<=\})",
            "patterns": [include("comment"), include("reference"), inside],
        }));
    }
    let plain = words(Opens::Nothing);
    if !plain.is_empty() {
        patterns.push(json!({ "name": "keyword.other.keepalived", "match": format!(r"\b(?:{plain})\b") }));
    }
    patterns
}
