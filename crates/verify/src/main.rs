//! The program `vidimus-verify`: what a court runs; no archive, no network, no account.

fn main() {}
