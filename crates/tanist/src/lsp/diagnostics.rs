//! Diagnostics as an editor shows them.

use conf::{Diagnostic, Severity};
use lsp_types::{DiagnosticRelatedInformation, DiagnosticSeverity, NumberOrString, Uri};

use super::documents::Documents;
use super::project::Project;

/// Those of all files: also of those that are fine, if they are open.
pub(super) fn by_file(projects: &[Project], documents: &Documents) -> Vec<(Uri, Vec<lsp_types::Diagnostic>)> {
    let mut files: Vec<(Uri, Vec<_>)> = documents.iter().map(|document| (document.uri.clone(), Vec::new())).collect();
    for project in projects {
        for diagnostic in project.loaded.diagnostics.iter() {
            let Some(uri) = project.uri(diagnostic.span().file, documents) else { continue };
            let shown = shown(diagnostic, project, documents);
            match files.iter_mut().find(|(file, _)| *file == uri) {
                // A file may belong to several configurations.
                Some((_, list)) if list.contains(&shown) => {}
                Some((_, list)) => list.push(shown),
                None => files.push((uri, vec![shown])),
            }
        }
    }
    files
}

pub(super) fn shown(diagnostic: &Diagnostic, project: &Project, documents: &Documents) -> lsp_types::Diagnostic {
    let help = diagnostic.suggestion.iter().map(|suggestion| format!("help: {}", suggestion.text));
    let note = diagnostic.note.iter().map(|note| format!("note: {note}"));
    let lines: Vec<String> = [diagnostic.message.clone()].into_iter().chain(note).chain(help).collect();
    let labels = diagnostic.labels.iter().skip(1).filter_map(|label| {
        let message = if label.text.is_empty() { "also here" } else { label.text.as_str() };
        let location = project.location(label.span, documents)?;
        Some(DiagnosticRelatedInformation { location, message: message.to_owned() })
    });
    lsp_types::Diagnostic {
        range: project.range(diagnostic.span()),
        severity: Some(match diagnostic.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Advice | Severity::Unsupported => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(diagnostic.code.name().to_owned())),
        source: Some("tanist".to_owned()),
        message: lines.join("\n"),
        related_information: Some(labels.collect()),
        ..lsp_types::Diagnostic::default()
    }
}
