//! Breaks the real program on purpose: at every system call by which it changes the disk, in every thread.
//!
//! A command runs under `ptrace`. The calls that write, rename, link, remove, truncate or sync something below the
//! scenario's folder are counted over all threads, and at one of them a fault is injected. Then the same is asked
//! every time: does `check --full` find nothing damaged, does the same command finish the work, is everything there
//! once, and does a receipt that was printed still hold?
//!
//! It is never shipped, and runs on Linux on x86-64 only.

pub mod calls;
pub mod house;
pub mod judge;
pub mod scenarios;
pub mod trace;
