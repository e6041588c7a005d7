//! Reads configuration files for `conf`, which does no I/O itself.

use std::fs;
use std::path::{Path, PathBuf};

use conf::{Environment, LoadError, Loaded, LoadedLan, SourceLoader};

/// Loads a configuration. `@ID` lines are compared with `config_id`, or with the host name up to its first dot.
pub(crate) fn load(path: &Path, config_id: Option<&str>) -> Loaded {
    conf::load_in(&environment(config_id), path, &mut FileLoader)
}

/// Loads the configurations of the members of one LAN: file and configuration id of each.
pub(crate) fn load_lan(members: &[(PathBuf, Option<String>)]) -> LoadedLan {
    let members: Vec<_> =
        members.iter().map(|(path, config_id)| (environment(config_id.as_deref()), path.clone())).collect();
    conf::load_lan(&members, &mut FileLoader)
}

fn environment(config_id: Option<&str>) -> Environment {
    Environment {
        config_id: config_id.map(str::to_owned).or_else(short_host_name),
        directory: std::env::current_dir().ok(),
        variables: std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect(),
        seed: std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs()),
    }
}

fn short_host_name() -> Option<String> {
    let system = rustix::system::uname();
    system.nodename().to_str().ok()?.split('.').next().map(str::to_owned)
}

/// Files of the machine.
struct FileLoader;

impl SourceLoader for FileLoader {
    fn main(&mut self, path: &Path) -> Result<Vec<u8>, LoadError> {
        read(path)
    }

    fn include(&mut self, including: &Path, pattern: &str) -> Result<Vec<(PathBuf, Vec<u8>)>, LoadError> {
        let directory = including.parent().unwrap_or_else(|| Path::new(""));
        let mut files = Vec::new();
        for pattern in alternatives(pattern) {
            let pattern = directory.join(pattern);
            let matches = glob::glob(&pattern.to_string_lossy())
                .map_err(|error| LoadError { path: pattern.clone(), reason: error.to_string() })?;
            for path in matches.filter_map(Result::ok).filter(|path| path.is_file()) {
                let bytes = read(&path)?;
                files.push((path, bytes));
            }
        }
        Ok(files)
    }
}

/// The patterns that `{a,b}` stands for, as a shell has it.
fn alternatives(pattern: &str) -> Vec<String> {
    let braces = pattern.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?)));
    let Some((head, (choices, tail))) = braces else { return vec![pattern.to_owned()] };
    choices.split(',').flat_map(|choice| alternatives(&format!("{head}{choice}{tail}"))).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, LoadError> {
    fs::read(path).map_err(|error| LoadError { path: path.to_owned(), reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_stand_for_each_of_their_choices() {
        assert_eq!(alternatives("conf.d/{a,b}/{1,2}.conf").len(), 4);
        assert_eq!(alternatives("plain*.conf"), ["plain*.conf"]);
    }
}
