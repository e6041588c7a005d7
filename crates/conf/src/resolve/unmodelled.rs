//! Statements that are not carried out yet and have no field in the model.

use crate::keyword::{Form, KeywordDef, Repeat, Status, Without, decimal};
use crate::model::Switch;
use crate::quote::{self, quoted};
use crate::read::{Setting, Settings};
use crate::value::Value;

/// What counts of them, in canonical form and in file order.
pub(super) fn statements(settings: &Settings) -> Vec<String> {
    let counting = settings.iter().enumerate().filter(|(index, setting)| match setting.row.repeat {
        Repeat::Last => settings.position(setting.row) == Some(*index),
        Repeat::First | Repeat::All => true,
    });
    counting.filter(|(_, setting)| has_no_field(setting.row)).filter_map(|(_, setting)| statement(setting)).collect()
}

fn has_no_field(row: &KeywordDef) -> bool {
    matches!(row.status, Status::NotYet(_, Without::Runs))
}

fn statement(setting: &Setting) -> Option<String> {
    let arguments = arguments(setting)?;
    let name = setting.row.name;
    Some(if arguments.is_empty() { name.to_owned() } else { format!("{name} {arguments}") })
}

/// `None` for lists whose entries have fields.
fn arguments(setting: &Setting) -> Option<String> {
    Some(match &setting.value {
        Value::Present => String::new(),
        Value::Switch(Switch::On) => "on".to_owned(),
        Value::Switch(Switch::Off) => "off".to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Micros(micros) if matches!(setting.row.form, Form::Millis(_)) => decimal(micros * 1000),
        Value::Micros(micros) => decimal(*micros),
        Value::Text(text) => quoted(text),
        Value::Address(address) => address.to_string(),
        Value::Script(script) => quote::script(script),
        Value::User(user) => quote::user(user),
        Value::Words(words) => words.iter().map(|word| quoted(&word.value)).collect::<Vec<_>>().join(" "),
        Value::Names(names) => {
            format!("{{ {} }}", names.iter().map(|name| quoted(&name.value)).collect::<Vec<_>>().join(" "))
        }
        Value::Weight(_)
        | Value::Addresses(_)
        | Value::Interfaces(_)
        | Value::Trackers(_)
        | Value::Peers(_)
        | Value::Delays(_)
        | Value::Routes(_)
        | Value::Rules(_) => return None,
    })
}
