//! Stories: what a person types at `vidimus`, and what they see, refusals included.

#[path = "../../../proof/tests/common/authority.rs"]
mod authority;
#[allow(dead_code, reason = "a part of it is used here")]
#[path = "../../../archive/tests/common/web.rs"]
mod web;

mod asking;
mod bad_days;
mod beginning;
mod checking;
mod dating;
mod doctor;
mod examining;
mod formats;
mod handing_over;
mod https;
mod keyholders;
mod keyholders_change;
mod mistakes;
mod openings;
mod people;
mod receiving;
mod refusals;
mod related;
mod searching;
mod sheets;
mod spoken;
mod support;
mod terminal;
mod volumes;
mod width;
