//! Names that need no definition (keepalived-config §1.10).

use std::path::Path;

use super::Expander;
use super::define::is_name;
use crate::lexer::Line;
use crate::say;
use crate::source::Span;

/// Largest number of `${_RANDOM}` if none is given.
const RANDOM_MAX: u64 = 32_767;

/// The names.
pub(crate) const PREDEFINED: [&str; 6] = ["_PWD", "_INSTANCE", "_RANDOM", "_ENV", "_HASH", "_BANG"];

impl Expander<'_> {
    /// What a predefined name stands for; `parameters` are the words behind it. `None`: the name is not one, or its
    /// parameters are wrong, and the reference stays as it is written.
    pub(super) fn predefined(&self, name: &str, parameters: &str) -> Option<String> {
        match name {
            "_PWD" => Some(self.directory()),
            "_INSTANCE" => self.environment.config_id.clone(),
            "_RANDOM" => self.random(parameters),
            "_ENV" => {
                let variable = Some(parameters.trim()).filter(|variable| is_name(variable))?;
                Some(self.environment.variables.get(variable).cloned().unwrap_or_default())
            }
            "_HASH" => Some("#".to_owned()),
            "_BANG" => Some("!".to_owned()),
            _ => None,
        }
    }

    /// Draws the number of a use of `${_RANDOM}` in `line`, and says what is odd about it.
    pub(super) fn draw_random(&mut self, parameters: &str, line: &Line<'_>, span: Span) {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        if random_range(parameters).is_some_and(|(min, max)| min > max) {
            self.report(say::reference_parameters_range(span));
        }
        if line.text.split_whitespace().any(|word| word == "virtual_router_id") {
            self.report(say::random_vrid(span));
        }
    }

    /// The directory of the file that is read.
    fn directory(&self) -> String {
        let parent = self.open_files.last().and_then(|file| file.parent()).unwrap_or_else(|| Path::new(""));
        let base = self.environment.directory.as_deref().unwrap_or_else(|| Path::new(""));
        base.join(parent).to_string_lossy().trim_end_matches('/').to_owned()
    }

    /// The number that was drawn last. SplitMix64: any seed gives well mixed numbers, and nothing here is a secret.
    fn random(&self, parameters: &str) -> Option<String> {
        let (min, max) = random_range(parameters)?;
        let span = max.saturating_sub(min).saturating_add(1);
        let mixed = (self.random ^ (self.random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some(min.saturating_add((mixed ^ (mixed >> 31)) % span).to_string())
    }
}

/// `[MIN [MAX]]`; a range the wrong way round is MIN alone.
fn random_range(parameters: &str) -> Option<(u64, u64)> {
    let numbers: Result<Vec<u64>, _> = parameters.split_ascii_whitespace().map(str::parse).collect();
    match numbers.ok()?.as_slice() {
        [] => Some((0, RANDOM_MAX)),
        [min] => Some((*min, RANDOM_MAX)),
        [min, max] => Some((*min, *max)),
        _ => None,
    }
}
