//! Waiting for what must come true, with a deadline, instead of sleeping for a fixed time.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// How often it is looked.
const PERIOD: Duration = Duration::from_millis(5);

/// Looks until `holds` is true. False if it is not within `timeout`. Looks at least once.
pub fn until(timeout: Duration, mut holds: impl FnMut() -> bool) -> bool {
    found(timeout, || holds().then_some(())).is_some()
}

/// Looks until `look` finds something. `None` if it does not within `timeout`. Looks at least once.
pub fn found<T>(timeout: Duration, mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + timeout;
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        let left = deadline.checked_duration_since(Instant::now())?;
        sleep(left.min(PERIOD));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_true_ends_the_waiting_and_a_deadline_that_has_passed_looks_once() {
        let mut looks = 0;
        let third = || {
            looks += 1;
            looks == 3
        };
        assert!(until(Duration::from_secs(60), third));
        assert_eq!(looks, 3);
        let mut looks = 0;
        let never = || {
            looks += 1;
            None::<()>
        };
        assert_eq!(found(Duration::ZERO, never), None);
        assert!((1..=2).contains(&looks), "{looks}");
    }
}
