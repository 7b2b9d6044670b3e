//! What an item may be to others in its folder, by the ending of its name.

use super::{beside, volumes};

/// What an item may be to others; as the column `role` has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// A film or recording.
    Film = 0,
    /// What is said in one.
    Spoken = 1,
    /// A volume of a container.
    Volume = 2,
}

impl Role {
    /// What the paths of those that belong together share, and the role; none where it has none.
    pub fn of(path: &[u8]) -> Option<(Vec<u8>, Self)> {
        beside::stem(path).or_else(|| volumes::stem(path).map(|stem| (stem, Self::Volume)))
    }
}
