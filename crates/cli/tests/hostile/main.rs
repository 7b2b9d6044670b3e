//! Hard days: names and files made to harm, secrets looked for everywhere, many processes at once, clocks that lie.

#[allow(dead_code, reason = "a part of it is used here")]
#[path = "../stories/support.rs"]
mod support;

mod canaries;
mod clocks;
mod crowd;
mod names;
mod scan;
