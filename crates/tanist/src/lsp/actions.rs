//! Corrections: what `tanist check` would write instead.

use lsp_types::{CodeAction, CodeActionKind, CodeActionParams, Range, TextEdit};
use serde_json::{Value, json};

use super::diagnostics::shown;
use super::project::Asked;

/// Those of the diagnostics that touch a range, which `asked` begins.
pub(super) fn actions(asked: Asked<'_>, params: &CodeActionParams) -> Vec<Value> {
    let is_wanted = |kind: &CodeActionKind| CodeActionKind::QUICKFIX.as_str().starts_with(kind.as_str());
    if params.context.only.as_ref().is_some_and(|only| !only.iter().any(is_wanted)) {
        return Vec::new();
    }
    let Asked { project, documents, file, .. } = asked;
    let touches = |range: Range| range.start <= params.range.end && params.range.start <= range.end;
    let diagnostics = project.loaded.diagnostics.iter();
    let near = diagnostics.filter(|it| it.span().file == file && touches(project.range(it.span())));
    let action = |diagnostic: &conf::Diagnostic| {
        let suggestion = diagnostic.suggestion.as_ref()?;
        let (span, with) = suggestion.replacement.as_ref()?;
        let uri = project.uri(span.file, documents)?;
        let edit = TextEdit::new(project.range(*span), with.clone());
        let action = CodeAction {
            title: suggestion.text.clone(),
            kind: Some(CodeActionKind::QUICKFIX),
            diagnostics: Some(vec![shown(diagnostic, project, documents)]),
            is_preferred: Some(true),
            ..CodeAction::default()
        };
        let mut action = serde_json::to_value(action).ok()?;
        action["edit"] = json!({ "changes": { uri.as_str(): [edit] } });
        Some(action)
    };
    near.filter_map(action).collect()
}
