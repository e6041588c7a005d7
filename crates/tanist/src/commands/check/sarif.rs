//! SARIF 2.1.0, which code scanners of forges read.

use std::collections::BTreeSet;

use conf::{Code, Diagnostic, Severity, Sources, Span};
use serde_json::{Value, json};

use super::Checked;
use super::lines::omissions;
use crate::uri;

pub(super) fn log(checked: &[Checked]) -> Value {
    let all = || {
        checked.iter().flat_map(|it| it.loaded.diagnostics.iter().map(|said| (it.loaded.diagnostics.sources(), said)))
    };
    let codes: BTreeSet<Code> = all().map(|(_, diagnostic)| diagnostic.code).collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let results: Vec<Value> = all().map(|(sources, diagnostic)| result(sources, diagnostic)).collect();
    let omitted = omissions(checked).map(|text| json!({ "level": "warning", "message": { "text": text } }));
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "tanist", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "utf16CodeUnits",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": omitted.collect::<Vec<Value>>(),
            }],
            "results": results,
        }],
    })
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.name(),
        "shortDescription": { "text": code.meaning() },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Advice | Severity::Unsupported => "note",
    }
}

fn result(sources: &Sources, diagnostic: &Diagnostic) -> Value {
    let note = diagnostic.note.iter().map(|note| format!("; {note}"));
    let text: String = [diagnostic.message.clone()].into_iter().chain(note).collect();
    let place = |label: &conf::Label| {
        let mut place = location(sources, label.span);
        if !label.text.is_empty() {
            place["message"] = json!({ "text": label.text });
        }
        place
    };
    let places: Vec<Value> = diagnostic.labels.iter().map(place).collect();
    let mut result = json!({
        "ruleId": diagnostic.code.name(),
        "level": level(diagnostic.severity),
        "message": { "text": text },
        "locations": places.get(..1).unwrap_or_default(),
        "relatedLocations": places.get(1..).unwrap_or_default(),
    });
    if let Some(suggestion) = &diagnostic.suggestion
        && let Some((span, with)) = &suggestion.replacement
    {
        let replacement = json!({ "deletedRegion": region(sources, *span), "insertedContent": { "text": with } });
        let change = json!({ "artifactLocation": artifact(sources, *span), "replacements": [replacement] });
        result["fixes"] = json!([{ "description": { "text": suggestion.text }, "artifactChanges": [change] }]);
    }
    result
}

fn location(sources: &Sources, span: Span) -> Value {
    json!({ "physicalLocation": { "artifactLocation": artifact(sources, span), "region": region(sources, span) } })
}

fn artifact(sources: &Sources, span: Span) -> Value {
    json!({ "uri": uri::of_path(sources.file(span.file).path()) })
}

fn region(sources: &Sources, span: Span) -> Value {
    let (start, end) = (sources.start(span), sources.end(span));
    json!({
        "startLine": start.line,
        "startColumn": start.column_utf16,
        "endLine": end.line,
        "endColumn": end.column_utf16,
    })
}
