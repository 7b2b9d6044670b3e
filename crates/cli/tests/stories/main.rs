//! Stories: what a person types at `vidimus`, and what they see, refusals included.

mod asking;
mod bad_days;
mod beginning;
mod checking;
mod handing_over;
mod keyholders;
mod mistakes;
mod people;
mod receiving;
mod refusals;
mod support;
mod terminal;
