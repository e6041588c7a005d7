//! What tanist makes of a case: `tanist check --model --json`.

use std::process::{Command, Output};

use serde_json::Value;

use crate::case::Case;
use crate::ground::Ground;
use crate::normal::{self, Normal};
use crate::table::{self, Absent, Field, Kind};
use crate::{address, objects, route, rule, words};

/// tanist's answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The model.
    pub(crate) model: Normal,
    /// Whether a diagnostic is an error, or says that something is not supported.
    pub(crate) refuses: bool,
    /// The model as a keepalived.conf.
    pub(crate) canonical: String,
}

/// Has tanist read the case.
///
/// # Errors
/// If it does not answer with JSON.
pub(crate) fn ask(ground: &Ground, case: &Case) -> Result<Answer, String> {
    let output = check(ground, case, &["--json"])?;
    let answer: Value = serde_json::from_slice(&output.stdout).map_err(|error| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        format!("no JSON from tanist ({}): {error}\n{said}", output.status)
    })?;
    let mut diagnostics = list(answer.get("diagnostics"));
    // What keepalived before 2.3 refuses and later ones run is `unsupported`.
    let is_grave = |severity: &Value| severity == "error" || severity == "unsupported";
    let refuses = diagnostics.any(|diagnostic| diagnostic.get("severity").is_some_and(is_grave));
    Ok(Answer {
        model: model(answer.pointer("/files/0/model").unwrap_or(&Value::Null)),
        refuses,
        canonical: text(ground, case)?,
    })
}

fn text(ground: &Ground, case: &Case) -> Result<String, String> {
    let output = check(ground, case, &[])?;
    String::from_utf8(output.stdout).map_err(|error| format!("the canonical text is not UTF-8: {error}"))
}

fn check(ground: &Ground, case: &Case, more: &[&str]) -> Result<Output, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tanist"));
    command
        .args(["check", "--model", "--secrets", "-i", &case.id])
        .args(more)
        .arg(&case.file)
        .current_dir(ground.scratch.path());
    let output = ground.host.namespace.run(|| command.output()).and_then(|output| output);
    output.map_err(|error| format!("tanist cannot be run: {error}"))
}

/// The text of a word, a number or a boolean.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => normal::number(&number.to_string()),
        Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

fn model(model: &Value) -> Normal {
    let mut normal = Normal::default();
    for (block, fields) in table::BLOCKS {
        for entry in list(model.get(block)) {
            object(block, fields, entry, model, &mut normal);
        }
    }
    for (name, kind) in table::LISTS {
        let values = list(model.get(name)).map(|entry| value_of(kind, entry, None)).collect();
        normal.set_list(name, values);
    }
    for group in list(model.get("garp_group")) {
        normal.push("garp_group", garp_group(group));
    }
    let globals = model.get("global_defs").and_then(Value::as_object).into_iter().flatten();
    for (keyword, value) in globals.filter(|(keyword, value)| objects::is_compared(keyword) && !value.is_null()) {
        normal.set(format!("global_defs/{keyword}"), plain(value));
    }
    normal
}

/// A block with a name. The first of a name is the one that counts, and one that nothing uses may not be told.
fn object(block: &str, fields: &[Field], entry: &Value, model: &Value, normal: &mut Normal) {
    let name = entry.get("name").map(plain).unwrap_or_default();
    if normal.values(block).contains(&name) || !is_told(block, &name, model) {
        return;
    }
    let prefix = format!("{block}/{name}");
    normal.push(block, name);
    let interface = entry.get("interface").map(plain);
    for field in fields {
        let path = format!("{prefix}/{}", field.name);
        match (told(entry, field.name), field.absent) {
            (Some(value), _) if field.name == "weight" => normal.set(path, weight(value, entry)),
            (Some(value), _) => one_field(&path, field.kind, value, interface.as_deref(), normal),
            (None, Absent::Is(default)) => normal.set(path, default),
            (None, Absent::Empty | Absent::Untold) => {}
        }
    }
    if block == "vrrp_script" {
        let value = |field: &str| entry.get(field).map_or_else(|| "0".to_owned(), plain);
        normal.set(format!("{prefix}/timeout"), objects::timeout_or_interval(&value("timeout"), &value("interval")));
    }
}

/// keepalived removes scripts and files that nothing tracks.
fn is_told(block: &str, name: &str, model: &Value) -> bool {
    let tracked_by = match block {
        "vrrp_script" => "track_script",
        "track_file" => "track_file",
        _ => return true,
    };
    let owners = ["vrrp_instance", "vrrp_sync_group"].into_iter().flat_map(|owner| list(model.get(owner)));
    let mut trackers = owners.flat_map(|owner| list(owner.get(tracked_by)));
    trackers.any(|tracker| tracker.get("name").is_some_and(|it| plain(it) == name))
}

/// The value of a field, wherever the model has it.
fn told<'a>(entry: &'a Value, field: &str) -> Option<&'a Value> {
    let value = match field {
        "src_ip" => told(entry, "unicast_src_ip").or_else(|| told(entry, "mcast_src_ip")),
        "auth_type" | "auth_pass" => entry.get("authentication").and_then(|authentication| authentication.get(field)),
        _ => entry.get(field),
    };
    value.filter(|value| !value.is_null())
}

fn one_field(path: &str, kind: Kind, value: &Value, interface: Option<&str>, normal: &mut Normal) {
    match kind {
        Kind::Plain if path.ends_with("/use_ipvlan") => normal.set(path, ipvlan(value)),
        Kind::Plain => normal.set(path, plain(value)),
        Kind::Ip => normal.set(path, words::address(&plain(value))),
        Kind::Names if path.ends_with("/process") => {
            normal.set(path, list(Some(value)).map(plain).collect::<Vec<_>>().join(" "));
        }
        Kind::Script => script(path, value, normal),
        Kind::Vmac => vmac(path, value, normal),
        Kind::Names | Kind::Addresses | Kind::Routes | Kind::Rules | Kind::Peers | Kind::Trackers => {
            let values = list(Some(value)).map(|entry| value_of(kind, entry, interface)).collect();
            normal.set_list(path, values);
        }
    }
}

/// An entry of a list.
fn value_of(kind: Kind, entry: &Value, interface: Option<&str>) -> String {
    let text = || entry.get("text").map_or_else(|| plain(entry), plain);
    match kind {
        Kind::Addresses => address::ours(entry, interface),
        Kind::Routes => route::canonical(&text()),
        Kind::Rules => rule::canonical(&text()),
        Kind::Peers => peer(entry),
        Kind::Trackers => {
            format!("{} weight {}", entry.get("name").map(plain).unwrap_or_default(), weight(&entry["weight"], entry))
        }
        Kind::Plain | Kind::Ip | Kind::Names | Kind::Script | Kind::Vmac => plain(entry),
    }
}

/// `N`, or `N reverse` if `owner` says so.
fn weight(weight: &Value, owner: &Value) -> String {
    let number = if weight.is_null() { "0".to_owned() } else { plain(weight) };
    let reverse = owner.get("reverse").is_some_and(|reverse| reverse == true);
    format!("{number}{}", if reverse { " reverse" } else { "" })
}

fn peer(entry: &Value) -> String {
    let limit = |name: &str, default: &str| {
        let told = entry.get(name).filter(|limit| !limit.is_null());
        told.map_or_else(|| default.to_owned(), plain)
    };
    let address = words::address(&entry.get("address").map(plain).unwrap_or_default());
    format!("{address} min_ttl {} max_ttl {}", limit("min_ttl", "0"), limit("max_ttl", "255"))
}

/// A command, and as whom it runs if that is told.
fn script(path: &str, value: &Value, normal: &mut Normal) {
    normal.set(path, words::command(list(value.get("argv")).map(plain)));
    let told = |name: &str| value.get(name).filter(|it| !it.is_null()).map(plain);
    if let Some(user) = told("user") {
        normal.set(format!("{path}.user"), crate::user::numbers(&user, told("group").as_deref()));
    }
}

fn vmac(path: &str, value: &Value, normal: &mut Normal) {
    normal.set(path, value.get("name").map_or_else(|| plain(value), plain));
    if let Some(mac) = value.get("mac").filter(|mac| !mac.is_null()) {
        normal.set(format!("{path}.mac"), plain(mac));
    }
}

/// As keepalived's dump has it.
fn ipvlan(value: &Value) -> String {
    let told = |before: &str, name: &str| {
        value.get(name).filter(|it| !it.is_null()).map(|it| format!("{before} {}", plain(it)))
    };
    let parts = [told("i/f", "name"), told("i/f address =", "address"), told("type", "mode")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn garp_group(group: &Value) -> String {
    let interval = |name: &str| group.get(name).filter(|it| !it.is_null()).map(plain);
    let several = list(group.get("interfaces")).chain(group.get("interface").filter(|it| !it.is_null()));
    objects::garp_group_line(interval("garp_interval"), interval("gna_interval"), several.map(plain).collect())
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}
