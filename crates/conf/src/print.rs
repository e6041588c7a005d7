//! The model as statements of the language, every default filled in: the one place that says which keyword stands for
//! which field. The canonical text and the JSON are both printed from them, so that no field is in one and not in the
//! other.
//!
//! Reading the text gives the same model. One thing cannot always be written in the language: a word with a backslash at
//! its end.

mod global;
mod router;
mod watched;

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::keyword::decimal;
use crate::model::{Config, Script, ScriptUser, Switch, Weight};
use crate::quote::{self, quoted};
use crate::secrets::Secrets;
use vrrp::config::Sense;

impl Config {
    /// The effective configuration as a keepalived.conf. What is watched stands before what watches it, as keepalived
    /// wants it. With hidden secrets it is a valid text all the same, but of routers that nobody hears.
    #[must_use]
    pub fn to_text(&self, secrets: Secrets) -> String {
        let mut out = String::new();
        global::statements(self, secrets).iter().for_each(|statement| statement.write(0, &mut out));
        out
    }

    /// The effective configuration: keywords are the names. Routers that are understood but do not run have
    /// `"runs": false`.
    #[must_use]
    pub fn to_json(&self, secrets: Secrets) -> Value {
        object(global::statements(self, secrets))
    }
}

/// A statement in both forms.
struct Statement<'a> {
    keyword: &'static str,
    text: Text<'a>,
    json: Json<'a>,
}

/// What the canonical text has of a statement.
enum Text<'a> {
    /// Nothing: it is the default, or a form of JSON alone.
    Nothing,
    /// The keyword, and these arguments.
    Line(Cow<'a, str>),
    /// A block with an entry a line.
    Entries(Vec<String>),
    /// A block of statements, and its name.
    Block(Option<&'a str>),
}

/// What the JSON has of a statement.
enum Json<'a> {
    /// Nothing: it is a form of the text alone.
    Nothing,
    Value(Value),
    /// The statements of a block.
    Block(Vec<Statement<'a>>),
    /// One of several blocks: the keyword stands for the list of them.
    Several(Vec<Statement<'a>>),
}

impl<'a> Statement<'a> {
    const fn new(keyword: &'static str, text: Text<'a>, json: Json<'a>) -> Self {
        Self { keyword, text, json }
    }

    /// A line, and what the JSON has for its words.
    fn line(keyword: &'static str, words: impl Into<Cow<'a, str>>, json: impl Into<Value>) -> Self {
        Self::new(keyword, Text::Line(words.into()), Json::Value(json.into()))
    }

    /// What is made of a value, if there is one.
    fn given<T>(keyword: &'static str, value: Option<T>, make: impl FnOnce(&'static str, T) -> Self) -> Self {
        value.map_or_else(|| Self::null(keyword), |value| make(keyword, value))
    }

    /// A number or a word that needs no quotes.
    fn setting(keyword: &'static str, value: impl Display + Into<Value>) -> Self {
        Self::line(keyword, value.to_string(), value)
    }

    /// What is one word of JSON as well.
    fn shown(keyword: &'static str, value: impl Display) -> Self {
        Self::setting(keyword, value.to_string())
    }

    /// As [`Statement::setting`], if there is a value.
    fn optional(keyword: &'static str, value: Option<impl Display + Into<Value>>) -> Self {
        Self::given(keyword, value, Self::setting)
    }

    fn null(keyword: &'static str) -> Self {
        Self::new(keyword, Text::Nothing, Json::Value(Value::Null))
    }

    /// A word, in quotes where it needs them.
    fn word(keyword: &'static str, value: Option<impl AsRef<str>>) -> Self {
        Self::given(keyword, value, |keyword, value| Self::line(keyword, quoted(value.as_ref()), value.as_ref()))
    }

    /// A keyword without argument.
    fn flag(keyword: &'static str, on: bool) -> Self {
        Self::line(keyword, "", on).unless(!on)
    }

    /// A keyword with `on` or `off`.
    fn switch(keyword: &'static str, on: bool) -> Self {
        Self::line(keyword, if on { "on" } else { "off" }, on)
    }

    fn seconds(keyword: &'static str, time: Duration) -> Self {
        Self::line(keyword, seconds(time), number(time.as_secs_f64()))
    }

    fn millis(keyword: &'static str, time: Duration) -> Self {
        Self::line(keyword, millis(time), number(time.as_secs_f64() * 1000.0))
    }

    /// A command with its user.
    fn script(keyword: &'static str, script: Option<&Script>) -> Self {
        Self::given(keyword, script, |keyword, script| Self::line(keyword, quote::script(script), command(script)))
    }

    fn user(keyword: &'static str, user: Option<&ScriptUser>) -> Self {
        Self::given(keyword, user, |keyword, user| Self::line(keyword, quote::user(user), user_json(user)))
    }

    /// A block with an entry a line; no block if there are none.
    fn list<T>(
        keyword: &'static str,
        entries: impl IntoIterator<Item = T>,
        both: impl Fn(&T) -> (String, Value),
    ) -> Self {
        let (lines, values): (Vec<String>, Vec<Value>) = entries.into_iter().map(|entry| both(&entry)).unzip();
        let text = if lines.is_empty() { Text::Nothing } else { Text::Entries(lines) };
        Self::new(keyword, text, Json::Value(values.into()))
    }

    fn names(keyword: &'static str, names: &[String]) -> Self {
        Self::list(keyword, names, |name| (quoted(name), json!(name)))
    }

    fn named(keyword: &'static str, name: &'a str, body: Vec<Self>) -> Self {
        let name_first = [Self::in_json("name", name)].into_iter().chain(body).collect();
        Self::new(keyword, Text::Block(Some(name)), Json::Several(name_first))
    }

    fn weight(weight: Weight) -> [Self; 2] {
        let Weight { number, sense } = weight;
        let words = if sense == Sense::Reverse { format!("{number} reverse") } else { number.to_string() };
        [Self::line("weight", words, number), Self::in_json("reverse", sense == Sense::Reverse)]
    }

    /// What the JSON alone has.
    fn in_json(keyword: &'static str, value: impl Into<Value>) -> Self {
        Self::new(keyword, Text::Nothing, Json::Value(value.into()))
    }

    /// Not in the JSON.
    fn in_text_only(self) -> Self {
        Self { json: Json::Nothing, ..self }
    }

    /// Not in the text, where it is the default.
    fn unless(self, is_default: bool) -> Self {
        if is_default { Self { text: Text::Nothing, ..self } } else { self }
    }

    fn write(&self, depth: usize, out: &mut String) {
        let mut line = |depth: usize, words: &[&str]| {
            out.push_str(&"    ".repeat(depth));
            out.push_str(&words.join(" "));
            out.push('\n');
        };
        match &self.text {
            Text::Nothing => {}
            Text::Line(words) if words.is_empty() => line(depth, &[self.keyword]),
            Text::Line(words) => line(depth, &[self.keyword, words]),
            Text::Entries(lines) => {
                line(depth, &[self.keyword, "{"]);
                lines.iter().for_each(|words| line(depth + 1, &[words]));
                line(depth, &["}"]);
            }
            Text::Block(name) => self.write_block(*name, depth, out),
        }
    }

    /// A block without name and statements is left out.
    fn write_block(&self, name: Option<&str>, depth: usize, out: &mut String) {
        let (Json::Block(body) | Json::Several(body)) = &self.json else { return };
        let mut inside = String::new();
        body.iter().for_each(|statement| statement.write(depth + 1, &mut inside));
        let indent = "    ".repeat(depth);
        if name.is_some() || !inside.is_empty() {
            let name = name.map_or_else(String::new, |name| format!(" {}", quoted(name)));
            out.push_str(&format!("{indent}{}{name} {{\n{inside}{indent}}}\n", self.keyword));
        }
    }
}

/// Statements as the members of an object.
fn object(statements: Vec<Statement<'_>>) -> Value {
    let mut all = Map::new();
    for Statement { keyword, text: _, json } in statements {
        match json {
            Json::Nothing => {}
            Json::Value(value) => {
                all.insert(keyword.to_owned(), value);
            }
            Json::Block(body) => {
                all.insert(keyword.to_owned(), object(body));
            }
            Json::Several(body) => {
                if let Value::Array(list) = all.entry(keyword).or_insert_with(|| json!([])) {
                    list.push(object(body));
                }
            }
        }
    }
    all.into()
}

fn command(script: &Script) -> Value {
    let user = script.user.as_ref();
    json!({
        "argv": script.argv,
        "user": user.map(|user| &user.user),
        "group": user.and_then(|user| user.group.as_ref()),
    })
}

fn user_json(user: &ScriptUser) -> Value {
    match &user.group {
        Some(group) => json!(format!("{} {group}", user.user)),
        None => json!(user.user),
    }
}

fn on(switch: Switch) -> bool {
    switch == Switch::On
}

/// Seconds with as many digits as are needed.
fn seconds(time: Duration) -> String {
    decimal(micros(time))
}

/// Milliseconds with as many digits as are needed.
fn millis(time: Duration) -> String {
    decimal(micros(time) * 1000)
}

/// No time of the model is longer.
fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX / 1000)
}

/// A whole number without a point.
fn number(number: f64) -> Value {
    let whole = format!("{number}").parse::<u64>();
    whole.map_or_else(|_| json!(number), |whole| json!(whole))
}
