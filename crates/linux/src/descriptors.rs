//! How many descriptors this process may have.

use std::io;
use std::sync::OnceLock;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};

/// More than this is never asked for: hard limits may be in the billions.
const ENOUGH: u64 = 1 << 16;

/// What was in force before [`raise`].
static BEFORE: OnceLock<Rlimit> = OnceLock::new();

/// Raises the limit as far as this process may, for whatever it opens from now on.
///
/// # Errors
/// What `setrlimit(2)` says. Then the old limit is in force.
pub fn raise() -> io::Result<()> {
    let before = getrlimit(Resource::Nofile);
    let current = raised(&before);
    if before.current.is_some_and(|before| before < current) {
        let maximum = before.maximum;
        BEFORE.get_or_init(|| before);
        setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum })?;
    }
    Ok(())
}

/// Gives a child the limit that was in force before [`raise`]: programs may be slow, or wrong, with a high one.
///
/// # Errors
/// If it has ended.
pub fn restore(child: Pid) -> io::Result<()> {
    match BEFORE.get() {
        Some(before) => Ok(prlimit(Some(child), Resource::Nofile, *before).map(drop)?),
        None => Ok(()),
    }
}

/// The limit in force.
#[must_use]
pub fn limit() -> usize {
    getrlimit(Resource::Nofile).current.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

fn raised(before: &Rlimit) -> u64 {
    before.maximum.unwrap_or(u64::MAX).min(ENOUGH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_raised_as_far_as_it_may_and_is_sensible() {
        for (current, maximum, expected) in [
            (Some(1024), Some(524_288), ENOUGH),
            (Some(1024), Some(4096), 4096),
            (Some(1024), None, ENOUGH),
            (None, None, ENOUGH),
        ] {
            assert_eq!(raised(&Rlimit { current, maximum }), expected, "{current:?} {maximum:?}");
        }
    }
}
