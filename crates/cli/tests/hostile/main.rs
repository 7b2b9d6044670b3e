//! Hard days: names and files made to harm, secrets looked for everywhere, many processes at once, clocks that lie, media that refuse.

#[allow(dead_code, reason = "a part of it is used here")]
#[path = "../stories/support.rs"]
mod support;

#[path = "../../../proof/tests/common/authority.rs"]
mod authority;
#[allow(dead_code, reason = "a part of it is used here")]
#[path = "../../../archive/tests/common/web.rs"]
mod web;

mod canaries;
mod clocks;
mod crowd;
mod erasure;
mod examined;
mod limits;
mod medium;
mod memory;
mod names;
mod odd_files;
mod outside;
mod rollback;
mod scan;
