//! `--allow`, `--deny`: how bad a diagnostic is for whoever asks.

use conf::{Code, Diagnostic, Severity};

use crate::cli::CheckArgs;

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
    fn holds(self, diagnostic: &Diagnostic) -> bool {
        match self {
            Self::Code(code) => diagnostic.code == code,
            Self::All(severity) => diagnostic.severity == severity,
        }
    }
}

/// `None`: it is not shown. A code that is named goes before the severity that it belongs to.
pub(super) fn of(diagnostic: &Diagnostic, options: &CheckArgs) -> Option<Severity> {
    let names = |list: &[Chosen], is_code: bool| {
        list.iter().any(|chosen| matches!(chosen, Chosen::Code(_)) == is_code && chosen.holds(diagnostic))
    };
    let severity = match [true, false].map(|is_code| (names(&options.deny, is_code), names(&options.allow, is_code))) {
        [(true, _), _] | [(false, false), (true, _)] => Severity::Error,
        [(false, true), _] | [(false, false), (false, true)] => return None,
        [(false, false), (false, false)] => diagnostic.severity,
    };
    (!options.quiet || severity >= Severity::Warning).then_some(severity)
}
