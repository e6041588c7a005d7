//! Which processes are meant by a `vrrp_track_process`: what is compared with what `/proc` says of one.

use conf::model::Switch;
use conf::model::watch::{ParamMatch, TrackProcess};

/// Longest name of a process: the kernel cuts what is longer.
const NAME_BYTES: usize = 15;

/// Processes of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// Those with this name, as the kernel has it.
    Name(Vec<u8>),
    /// Those with this first word of their command line, and these arguments.
    Command { program: Vec<u8>, arguments: Vec<Vec<u8>>, rule: Rule },
}

/// How arguments are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Not at all.
    Any,
    /// They are the same.
    Same,
    /// They begin with these.
    First,
    /// They begin with these, and the last may be longer.
    Beginning,
}

impl Pattern {
    /// A path is never the name of a process, so it is compared with the command line.
    pub(super) fn new(tracked: &TrackProcess) -> Self {
        let bytes = |word: &String| word.clone().into_bytes();
        let (program, arguments) = match tracked.command.split_first() {
            Some((program, arguments)) => (bytes(program), arguments.iter().map(bytes).collect::<Vec<_>>()),
            None => (Vec::new(), Vec::new()),
        };
        let rule = match tracked.param_match {
            ParamMatch::None if arguments.is_empty() => {
                if tracked.full_command == Switch::Off && !program.contains(&b'/') {
                    return Self::Name(program.into_iter().take(NAME_BYTES).collect());
                }
                Rule::Any
            }
            ParamMatch::None | ParamMatch::Exact => Rule::Same,
            ParamMatch::Partial => Rule::First,
            ParamMatch::Initial => Rule::Beginning,
        };
        Self::Command { program, arguments, rule }
    }

    /// Whether the command line matters.
    pub(super) const fn needs_command(&self) -> bool {
        match self {
            Self::Name(_) => false,
            Self::Command { .. } => true,
        }
    }

    /// Whether it is about the process with this name and command line.
    pub(super) fn is_of(&self, name: &[u8], command: &[Vec<u8>]) -> bool {
        match self {
            Self::Name(wanted) => wanted == name,
            Self::Command { program, arguments, rule } => match command.split_first() {
                Some((first, given)) => first == program && rule.permits(arguments, given),
                // A thread of the kernel.
                None => false,
            },
        }
    }
}

impl Rule {
    fn permits(self, wanted: &[Vec<u8>], given: &[Vec<u8>]) -> bool {
        match self {
            Self::Any => true,
            Self::Same => given == wanted,
            Self::First => given.starts_with(wanted),
            Self::Beginning => match wanted.split_last() {
                None => true,
                Some((last, before)) => {
                    given.starts_with(before) && given.get(before.len()).is_some_and(|it| it.starts_with(last))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use conf::model::Weight;

    use super::*;

    fn pattern(command: &str, param_match: ParamMatch, full_command: Switch) -> Pattern {
        Pattern::new(&TrackProcess {
            name: "p".into(),
            command: command.split(' ').map(str::to_owned).collect(),
            param_match,
            weight: Weight::default(),
            quorum: 1,
            quorum_max: None,
            terminate_delay: Duration::ZERO,
            fork_delay: Duration::ZERO,
            full_command,
        })
    }

    /// Processes that keepalived 2.2.7 was shown, by name and command line.
    const SHOWN: [(&str, &str); 6] = [
        ("proc", "/opt/proc 300"),
        ("proc", "/opt/proc 300 1"),
        ("proc", "/opt/proc 3000"),
        ("proc", "/opt/proc 3000 1"),
        ("averyverylongna", "/opt/averyverylongname"),
        ("sleep", "proc 300"),
    ];

    /// How many of them it counts.
    fn count(pattern: &Pattern) -> usize {
        let is_of = |(name, command): &&(&str, &str)| {
            let command: Vec<Vec<u8>> = command.split(' ').map(|word| word.as_bytes().to_vec()).collect();
            pattern.is_of(name.as_bytes(), &command)
        };
        SHOWN.iter().filter(is_of).count()
    }

    /// The numbers are those of keepalived but where it is said.
    #[test]
    fn names_and_command_lines_are_compared_as_in_keepalived() {
        use ParamMatch::{Exact, Initial, None, Partial};
        for (command, param_match, full_command, expected) in [
            ("proc", None, Switch::Off, 4),
            ("proc", None, Switch::On, 1),
            ("/opt/proc", None, Switch::On, 4),
            // keepalived compares a path with the name, and finds nothing.
            ("/opt/proc", None, Switch::Off, 4),
            ("averyverylongna", None, Switch::Off, 1),
            // keepalived finds nothing.
            ("averyverylongname", None, Switch::Off, 1),
            ("/opt/proc 300", None, Switch::Off, 1),
            ("/opt/proc 30", Initial, Switch::Off, 4),
            ("/opt/proc 300 1", Initial, Switch::Off, 1),
            ("/opt/proc", Initial, Switch::Off, 4),
            ("/opt/proc 300", Partial, Switch::Off, 2),
            ("/opt/proc", Partial, Switch::Off, 4),
            ("/opt/proc", Exact, Switch::Off, 0),
            ("/opt/averyverylongname", Exact, Switch::Off, 1),
        ] {
            let pattern = pattern(command, param_match, full_command);
            assert_eq!(count(&pattern), expected, "{command} {param_match:?} {full_command:?}");
        }
    }

    #[test]
    fn a_thread_of_the_kernel_has_a_name_and_no_command_line() {
        let by_name = pattern("kthreadd", ParamMatch::None, Switch::Off);
        assert!(by_name.is_of(b"kthreadd", &[]));
        assert!(!pattern("kthreadd", ParamMatch::Partial, Switch::Off).is_of(b"kthreadd", &[]));
    }
}
