//! What `tanist check --allow` and `--deny` take.

use conf::{Code, Diagnostic, Severity};

/// What `--allow` and `--deny` name: a code, or all of a severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    Code(Code),
    All(Severity),
}

impl std::str::FromStr for Chosen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let all = match text {
            "warnings" => Some(Severity::Warning),
            "advice" => Some(Severity::Advice),
            "unsupported" => Some(Severity::Unsupported),
            _ => None,
        };
        let code = || Code::ALL.iter().find(|code| code.name() == text).map(|code| Self::Code(*code));
        all.map(Self::All).or_else(code).ok_or_else(|| {
            let near = conf::nearest_word(Code::ALL.iter().map(|code| code.name()), text);
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            format!("it is neither a code nor `warnings`, `advice` or `unsupported`{near}")
        })
    }
}

impl Chosen {
    /// Whether the diagnostic is meant.
    pub(crate) fn holds(self, diagnostic: &Diagnostic) -> bool {
        match self {
            Self::Code(code) => diagnostic.code == code,
            Self::All(severity) => diagnostic.severity == severity,
        }
    }
}
