//! Where a test kills the program: between any two steps that outlast it.

#[cfg(test)]
use std::cell::Cell;

#[cfg(test)]
thread_local! {
    /// Steps that are still taken; none where nothing is to be killed.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Stands before and after whatever outlasts the program. Outside of tests it does nothing.
pub(crate) fn step() {
    #[cfg(test)]
    if let Some(left) = LEFT.get() {
        LEFT.set(left.checked_sub(1));
        assert!(left > 0, "killed by the test");
    }
}

/// Does `what` and is killed at the step with this number, from 0; whether it came to an end before.
#[cfg(test)]
pub(crate) fn killed_at(step: u32, what: impl FnOnce() + std::panic::UnwindSafe) -> bool {
    LEFT.set(Some(step));
    let ended = std::panic::catch_unwind(what).is_ok();
    LEFT.set(None);
    ended
}
