//! Any question is understood somehow, within its limits, and always alike; any word has few keys and no panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_folds::search::query::{Clause, MOST_CLAUSES, parse};
use vidimus_folds::search::{guess, name_keys};

fuzz_target!(|untrusted: &str| {
    let question = parse(untrusted);
    assert!(question.clause.as_ref().map_or(0, clauses) <= MOST_CLAUSES);
    assert_eq!(parse(untrusted), question);
    let _ = guess(untrusted);
    for word in untrusted.split(' ') {
        assert!(name_keys(word).len() <= 6);
    }
});

fn clauses(clause: &Clause) -> usize {
    match clause {
        Clause::All(parts) | Clause::Any(parts) => parts.iter().map(clauses).sum(),
        Clause::Not(inner) => clauses(inner),
        Clause::Word(_) | Clause::Phrase(_) | Clause::Only(_) => 1,
    }
}
