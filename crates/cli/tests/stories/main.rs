//! Stories: what a person types at `vidimus`, and what they see, refusals included.

mod beginning;
mod keyholders;
mod people;
mod receiving;
mod refusals;
mod support;
mod terminal;
