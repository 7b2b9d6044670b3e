//! Where a test kills the program, or lets another one be faster: between any two steps that outlast it.

#[cfg(test)]
use std::cell::{Cell, RefCell};

#[cfg(test)]
thread_local! {
    /// Steps that are still taken; none where nothing is to be killed.
    static LEFT: Cell<Option<u32>> = const { Cell::new(None) };
    /// What another program does before the next step.
    static MEANWHILE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

/// Stands before and after whatever outlasts the program. Outside of tests it does nothing.
pub(crate) fn step() {
    #[cfg(test)]
    if let Some(faster) = MEANWHILE.take() {
        faster();
    }
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

/// Lets another program do this before the next step of this one.
#[cfg(test)]
pub(crate) fn meanwhile(faster: impl FnOnce() + 'static) {
    MEANWHILE.set(Some(Box::new(faster)));
}
