//! The answer as JSON. Its schema is `docs/check.schema.json`; a change that is no addition counts the version up.

use conf::{Diagnostic, RouterVerdict, Secrets, Severity, Sources, Span, Verdict};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::{Checked, Member};

/// What `tanist check --format json` prints.
#[derive(Serialize, JsonSchema)]
pub(super) struct Report {
    /// Of this form: 1.
    version: u32,
    summary: Summary,
    /// In the order of the command line; of one file with several configuration ids one for each.
    files: Vec<File>,
    /// In the order of files and lines.
    diagnostics: Vec<Finding>,
    /// How many more there were than are listed; none of them is graver than those that are.
    omitted: usize,
}

/// How many there are of each.
#[derive(Default, Serialize, JsonSchema)]
struct Summary {
    errors: usize,
    warnings: usize,
    advice: usize,
    unsupported: usize,
    routers_ready: usize,
    routers_left_out: usize,
    routers_unsupported: usize,
}

/// A main file.
#[derive(Serialize, JsonSchema)]
struct File {
    file: String,
    /// What `@ID` lines were compared with; null: the host name.
    config_id: Option<String>,
    readable: bool,
    /// One for each `vrrp_instance`.
    routers: Vec<RouterEntry>,
    /// With `--model`: keywords with every default filled in.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<Value>,
}

#[derive(Serialize, JsonSchema)]
struct RouterEntry {
    name: String,
    verdict: RouterState,
}

/// What becomes of a router.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum RouterState {
    Ready,
    /// A mistake keeps it from running.
    LeftOut,
    /// It must not run without something that is not supported yet.
    Unsupported,
}

#[derive(Serialize, JsonSchema)]
struct Finding {
    /// Stable; `tanist explain CODE` explains it.
    code: &'static str,
    severity: Level,
    message: String,
    /// Never empty; the first is the primary one.
    labels: Vec<Label>,
    note: Option<String>,
    suggestion: Option<Suggestion>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Level {
    Error,
    Warning,
    Advice,
    Unsupported,
}

#[derive(Serialize, JsonSchema)]
struct Label {
    /// Whether it is the place to change.
    primary: bool,
    #[serde(flatten)]
    place: Place,
    /// What is there; may be empty.
    label: String,
}

#[derive(Serialize, JsonSchema)]
struct Suggestion {
    text: String,
    /// If the mistake is mended by replacing text.
    replace: Option<Replacement>,
}

#[derive(Serialize, JsonSchema)]
struct Replacement {
    #[serde(flatten)]
    place: Place,
    with: String,
}

/// From its first character to the one behind its last. Lines and columns count from 1, bytes from 0.
#[derive(Serialize, JsonSchema)]
struct Place {
    file: String,
    line: usize,
    /// In Unicode code points.
    column: usize,
    end_line: usize,
    end_column: usize,
    /// In units of UTF-16.
    column_utf16: usize,
    end_column_utf16: usize,
    /// In the file's text as UTF-8.
    byte: usize,
    end_byte: usize,
}

/// The schema of [`Report`].
pub(crate) fn schema() -> Value {
    schemars::schema_for!(Report).to_value()
}

impl Report {
    /// With models, if it is known how to show their secrets.
    pub(super) fn of(checked: &[Checked], model: Option<Secrets>) -> Self {
        let mut summary = Summary::default();
        let mut files = Vec::new();
        for it in checked {
            it.loaded.diagnostics.iter().for_each(|diagnostic| summary.count(diagnostic.severity));
            for (member, config, routers) in it.each() {
                routers.iter().for_each(|router| summary.count_router(router.verdict));
                let model = model.map(|secrets| config.to_json(secrets));
                files.push(File::of(member, !it.lacks(&member.0), &routers, model));
            }
        }
        let diagnostics = checked.iter().flat_map(|it| {
            let sources = it.loaded.diagnostics.sources();
            it.loaded.diagnostics.iter().map(move |diagnostic| finding(sources, diagnostic))
        });
        let omitted = checked.iter().map(|it| it.loaded.diagnostics.left_out()).sum();
        Self { version: 1, summary, files, diagnostics: diagnostics.collect(), omitted }
    }
}

impl Summary {
    const fn count(&mut self, severity: Severity) {
        let count = match severity {
            Severity::Error => &mut self.errors,
            Severity::Warning => &mut self.warnings,
            Severity::Advice => &mut self.advice,
            Severity::Unsupported => &mut self.unsupported,
        };
        *count += 1;
    }

    const fn count_router(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Ready => &mut self.routers_ready,
            Verdict::LeftOut => &mut self.routers_left_out,
            Verdict::Unsupported => &mut self.routers_unsupported,
        };
        *count += 1;
    }
}

impl File {
    fn of((file, config_id): &Member, readable: bool, routers: &[RouterVerdict], model: Option<Value>) -> Self {
        let routers = routers.iter().map(|RouterVerdict { name, verdict }| RouterEntry {
            name: name.clone(),
            verdict: match verdict {
                Verdict::Ready => RouterState::Ready,
                Verdict::LeftOut => RouterState::LeftOut,
                Verdict::Unsupported => RouterState::Unsupported,
            },
        });
        let file = file.display().to_string();
        Self { file, config_id: config_id.clone(), readable, routers: routers.collect(), model }
    }
}

fn finding(sources: &Sources, diagnostic: &Diagnostic) -> Finding {
    let labels = diagnostic.labels.iter().enumerate().map(|(at, label)| Label {
        primary: at == 0,
        place: place(sources, label.span),
        label: label.text.clone(),
    });
    let suggestion = diagnostic.suggestion.as_ref().map(|suggestion| {
        let replace = suggestion.replacement.as_ref();
        let replace = replace.map(|(span, with)| Replacement { place: place(sources, *span), with: with.clone() });
        Suggestion { text: suggestion.text.clone(), replace }
    });
    Finding {
        code: diagnostic.code.name(),
        severity: match diagnostic.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warning,
            Severity::Advice => Level::Advice,
            Severity::Unsupported => Level::Unsupported,
        },
        message: diagnostic.message.clone(),
        labels: labels.collect(),
        note: diagnostic.note.clone(),
        suggestion,
    }
}

fn place(sources: &Sources, span: Span) -> Place {
    let (start, end) = (sources.start(span), sources.end(span));
    Place {
        file: sources.file(span.file).path().to_string_lossy().into_owned(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
        column_utf16: start.column_utf16,
        end_column_utf16: end.column_utf16,
        byte: start.byte,
        end_byte: end.byte,
    }
}
