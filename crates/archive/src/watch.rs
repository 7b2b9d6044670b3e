//! How far work has come that is done on the way: records that are folded, objects that are looked at and destroyed.

use crate::Archive;

/// How far one piece of work has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub work: Work,
    /// How many of them are done.
    pub done: u64,
    /// How many there are.
    pub of: u64,
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Records are folded into a catalogue.
    Folding,
    /// Items are compared with each other.
    Comparing,
    /// Objects are looked at, whether they belong to what is destroyed.
    Looking,
    /// Objects are destroyed.
    Destroying,
    /// Another program is just deciding what it receives; nothing is counted.
    Waiting,
}

/// Whoever is told; nobody at first.
#[derive(Default)]
pub(crate) struct Watcher(Option<Box<dyn FnMut(Step) + Send>>);

impl Archive {
    /// Tells `watcher` from now on how far such work has come.
    pub fn watch(&mut self, watcher: impl FnMut(Step) + Send + 'static) {
        self.watcher = Watcher(Some(Box::new(watcher)));
    }

    pub(crate) fn tell(&mut self, work: Work, done: u64, of: u64) {
        if let Watcher(Some(watcher)) = &mut self.watcher {
            watcher(Step { work, done, of });
        }
    }
}
