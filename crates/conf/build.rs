//! Makes Rust of the pages in `src/code`: the codes, what `tanist explain` says of them, and a function for each message. `src/code.rs` says
//! how a page is written.
#![expect(clippy::disallowed_methods, reason = "a build reads and writes files")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The pages, in the order of the codes.
const PAGES: [&str; 10] =
    ["files", "blocks", "keywords", "scripts", "addresses", "routes", "peers", "trackers", "routers", "machine"];

fn main() {
    let folder = Path::new("src/code");
    println!("cargo::rerun-if-changed={}", folder.display());
    let read = |page: &str| {
        let path = folder.join(page).with_extension("md");
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    let pages: Vec<String> = PAGES.iter().map(|page| read(page)).collect();
    let codes: Vec<Code<'_>> = pages.iter().flat_map(|page| sections(page)).map(Code::read).collect();
    let say: String = codes.iter().flat_map(Code::functions).collect();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    fs::write(out.join("codes.rs"), table(&codes)).expect("cargo made the folder");
    fs::write(out.join("say.rs"), say).expect("cargo made the folder");
}

/// The texts below each `## `, which may also begin a line of an example.
fn sections(page: &str) -> Vec<Vec<&str>> {
    let mut sections: Vec<Vec<&str>> = Vec::new();
    let mut is_example = false;
    for line in page.lines() {
        is_example ^= line.starts_with("```");
        match line.strip_prefix("## ").filter(|_| !is_example) {
            Some(heading) => sections.push(vec![heading]),
            None if !is_example && line.starts_with("# ") => {}
            None => sections.last_mut().into_iter().for_each(|section| section.push(line)),
        }
    }
    sections
}

struct Code<'a> {
    name: &'a str,
    severity: &'a str,
    meaning: &'a str,
    messages: Vec<Message<'a>>,
    why: String,
    examples: Vec<(&'a str, String)>,
}

impl<'a> Code<'a> {
    fn read(section: Vec<&'a str>) -> Self {
        let mut lines = section.into_iter();
        let heading = lines.next().unwrap_or_default();
        let (name, severity) = heading.split_once(": ").unwrap_or_else(|| panic!("{heading}: no severity"));
        let meaning = lines.next().unwrap_or_default();
        let mut code = Self { name, severity, meaning, messages: Vec::new(), why: String::new(), examples: Vec::new() };
        while let Some(line) = lines.next() {
            if let Some(place) = line.strip_prefix("```") {
                let example: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
                code.examples.push((place, example.join("\n")));
            } else if let Some(text) = line.strip_prefix("> ") {
                match text.split_once(": ").and_then(|(word, text)| Some((Part::of(word)?, text))) {
                    Some((part, text)) => code.messages.last_mut().expect("a message first").parts.push((part, text)),
                    None => code.messages.push(Message::read(text)),
                }
            } else {
                code.why += line;
                code.why += "\n";
            }
        }
        code.why = code.why.trim().to_owned();
        code
    }

    fn functions(&self) -> impl Iterator<Item = String> {
        self.messages.iter().map(|message| message.function(self))
    }

    fn variant(&self) -> String {
        self.name.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
    }
}

/// A message, or (`> text NAME: …`) a text that one of several messages has.
struct Message<'a> {
    name: &'a str,
    is_text: bool,
    parts: Vec<(Part, &'a str)>,
}

/// What a message is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Message,
    /// Of the first place.
    Here,
    /// Of another place.
    Also,
    /// Of another place, if there is one.
    Perhaps,
    Note,
    Help,
    /// Help with a replacement.
    Fix,
}

impl Part {
    fn of(word: &str) -> Option<Self> {
        match word {
            "here" => Some(Self::Here),
            "also" => Some(Self::Also),
            "also?" => Some(Self::Perhaps),
            "note" => Some(Self::Note),
            "help" => Some(Self::Help),
            "fix" => Some(Self::Fix),
            _ => None,
        }
    }
}

impl<'a> Message<'a> {
    /// `[NAME] MESSAGE`, `MESSAGE`, or `text NAME: TEXT`.
    fn read(line: &'a str) -> Self {
        let text = line.strip_prefix("text ").and_then(|rest| rest.split_once(": "));
        let named =
            line.strip_prefix('[').map(|rest| rest.split_once("] ").unwrap_or_else(|| panic!("{line}: no `]`")));
        let (name, words) = text.or(named).unwrap_or(("", line));
        Self { name, is_text: text.is_some(), parts: vec![(Part::Message, words)] }
    }

    fn function(&self, code: &Code<'_>) -> String {
        let base = code.name.replace('-', "_");
        let name = if self.name.is_empty() { base } else { format!("{base}_{}", self.name.replace('-', "_")) };
        let mut wanted: Vec<&str> = Vec::new();
        for (_, text) in &self.parts {
            for name in names(text) {
                if !wanted.contains(&name) {
                    wanted.push(name);
                }
            }
        }
        let is_quoted = |name: &&str| self.parts.iter().any(|(_, text)| text.contains(&format!("{{{name}:?}}")));
        let bound = |name: &&str| if is_quoted(name) { "std::fmt::Debug" } else { "Display" };
        let arguments: Vec<String> = wanted.iter().map(|name| format!("{name}: impl {}", bound(name))).collect();
        if self.is_text {
            let text = expression(self.parts[0].1) + if wanted.is_empty() { ".to_owned()" } else { "" };
            return format!("pub(crate) fn {name}({}) -> String {{ {text} }}\n", arguments.join(", "));
        }
        let mut places = vec!["span: Span".to_owned()];
        let mut fix = Vec::new();
        let mut body = String::new();
        for (part, text) in &self.parts {
            let text = expression(text);
            // Writing to a String cannot fail.
            let _ = match part {
                Part::Message => write!(body, "Diagnostic::new(Code::{}, span, {text})", code.variant()),
                Part::Here => write!(body, ".here({text})"),
                Part::Also => {
                    places.push("also: Span".to_owned());
                    write!(body, ".also(also, {text})")
                }
                Part::Perhaps => {
                    places.push("also: Option<Span>".to_owned());
                    write!(body, ".also_at(also, {text})")
                }
                Part::Note => write!(body, ".note({text})"),
                Part::Help => write!(body, ".help({text})"),
                Part::Fix => {
                    fix = vec!["instead_of: Span".to_owned(), "write: impl Display".to_owned()];
                    write!(body, ".replace(instead_of, write, {text})")
                }
            };
        }
        let arguments = [places, arguments, fix].concat().join(", ");
        format!("pub(crate) fn {name}({arguments}) -> Diagnostic {{ {body} }}\n")
    }
}

/// A text as Rust has it: a literal, or `format!` where it names something.
fn expression(text: &str) -> String {
    if names(text).is_empty() {
        format!("{:?}", text.replace("{{", "{").replace("}}", "}"))
    } else {
        format!("format!({text:?})")
    }
}

/// The names in braces, as `format!` reads them.
fn names(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        rest = &rest[at + 1..];
        if let Some(after) = rest.strip_prefix('{') {
            rest = after;
        } else if let Some(end) = rest.find(['}', ':']) {
            names.push(&rest[..end]);
        }
    }
    names
}

fn table(codes: &[Code<'_>]) -> String {
    let mut text = "/// Which kind of diagnostic. Names are stable.\n\
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]\npub enum Code {\n"
        .to_owned();
    for code in codes {
        text += &format!("    #[doc = {:?}]\n    {},\n", code.meaning, code.variant());
    }
    text += "}\n\nimpl Code {\n    /// All codes.\n    pub const ALL: &'static [Self] = &[\n";
    codes.iter().for_each(|code| text += &format!("        Self::{},\n", code.variant()));
    text += "    ];\n\n    const fn row(self) -> &'static Row {\n        match self {\n";
    for code in codes {
        let severity = code.severity[..1].to_uppercase() + &code.severity[1..];
        let example = |at: usize| match code.examples.get(at) {
            Some((place, lines)) => format!("Some(Example {{ place: {place:?}, lines: {lines:?} }})"),
            None => "None".to_owned(),
        };
        text += &format!(
            "            Self::{} => &Row {{ name: {:?}, severity: Severity::{severity}, meaning: {:?}, \
             explanation: Explanation {{ why: {:?}, wrong: {}, right: {} }} }},\n",
            code.variant(),
            code.name,
            code.meaning,
            code.why,
            example(0),
            example(1)
        );
    }
    text + "        }\n    }\n}\n"
}
