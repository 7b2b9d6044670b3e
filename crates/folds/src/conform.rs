//! What is true of every fold: each implementation runs these stories as its own tests.

use vidimus_model::{
    Change, CompartmentId, Erasure, MemberId, MovedOut, OperationId, Ref, Statement, Withdrawal,
};

use crate::{ApplyError, Entry, Fold, Said};

/// Writes one test for each story; the first argument makes an empty fold, the second shows all of its state as text.
///
/// ```ignore
/// conform::fold!(MemoryFold::default, |fold: &MemoryFold| format!("{fold:?}"));
/// ```
#[macro_export]
#[doc(hidden)]
macro_rules! __conform_fold {
    ($make:expr, $show:expr) => {
        $crate::__conform_fold! { @each $make, $show;
            moves_with_its_state, refuses_another_position, refuses_what_is_ahead, applies_twice_as_once,
            takes_what_is_older, does_not_mind_the_order, forgets_what_was_erased, begins_again }
    };
    (@each $make:expr, $show:expr; $($story:ident),+) => {
        $(#[test] fn $story() { $crate::conform::$story(&$make, &$show); })+
    };
}
#[doc(inline)]
pub use crate::__conform_fold as fold;

/// The position is where the last batch went, also when the batch was empty.
pub fn moves_with_its_state<F: Fold>(make: &dyn Fn() -> F, show: &dyn Fn(&F) -> String) {
    let mut fold = make();
    assert_eq!(fold.position().unwrap(), 0);
    fold.apply(&[withdrawal(0)], 0, 1).unwrap();
    let after_one = show(&fold);
    fold.apply(&[], 1, 40).unwrap();
    assert_eq!(fold.position().unwrap(), 40);
    assert_ne!(show(&fold), after_one);
}

/// Of two writers the slower learns where the fold stands, and changes nothing.
pub fn refuses_another_position<F: Fold>(make: &dyn Fn() -> F, show: &dyn Fn(&F) -> String) {
    let mut fold = make();
    fold.apply(&[withdrawal(0)], 0, 3).unwrap();
    let before = show(&fold);
    assert!(matches!(fold.apply(&[withdrawal(1)], 0, 3), Err(ApplyError::Elsewhere(3))));
    assert!(matches!(fold.apply(&[withdrawal(4)], 4, 5), Err(ApplyError::Elsewhere(3))));
    assert_eq!(show(&fold), before);
}

/// An entry behind the new position, or a step back, is a mistake of the caller and changes nothing.
pub fn refuses_what_is_ahead<F: Fold>(make: &dyn Fn() -> F, show: &dyn Fn(&F) -> String) {
    let mut fold = make();
    let before = show(&fold);
    let batch = [withdrawal(0), withdrawal(2)];
    assert!(matches!(fold.apply(&batch, 0, 2), Err(ApplyError::Ahead { seq: 2, to: 2 })));
    assert_eq!(show(&fold), before);
    fold.apply(&batch, 0, 3).unwrap();
    assert!(matches!(fold.apply(&[], 3, 2), Err(ApplyError::Backwards { from: 3, to: 2 })));
}

/// The same entries again change nothing, at once or later.
pub fn applies_twice_as_once<F: Fold>(make: &dyn Fn() -> F, show: &dyn Fn(&F) -> String) {
    let batch: Vec<Entry> = (0..6).map(withdrawal).chain([unknown(6), moved_out(7)]).collect();
    let mut once = make();
    once.apply(&batch, 0, 8).unwrap();
    let mut twice = make();
    twice.apply(&[&batch[..], &batch].concat(), 0, 8).unwrap();
    twice.apply(&batch[2..4], 8, 8).unwrap();
    twice.apply(&batch, 8, 8).unwrap();
    assert_eq!(show(&twice), show(&once));
}

/// Entries that were not given before, from before the position, count as if they had come in their time.
pub fn takes_what_is_older<F: Fold>(make: &dyn Fn() -> F, show: &dyn Fn(&F) -> String) {
    let mut in_time = make();
    in_time.apply(&[withdrawal(0), withdrawal(5), moved_out(8)], 0, 9).unwrap();
    let mut later = make();
    later.apply(&[moved_out(8)], 0, 9).unwrap();
    later.apply(&[withdrawal(5)], 9, 9).unwrap();
    later.apply(&[withdrawal(0)], 9, 9).unwrap();
    assert_eq!(show(&later), show(&in_time));
}

/// Within a batch and over batches the order does not matter.
pub fn does_not_mind_the_order<F: Fold>(make: &dyn Fn() -> F, show: &dyn Fn(&F) -> String) {
    let forwards: Vec<Entry> = (0..9).map(withdrawal).chain([moved_out(9), unknown(10)]).collect();
    let backwards: Vec<Entry> = forwards.iter().rev().cloned().collect();
    let folds = [&forwards, &backwards].map(|order| {
        let mut fold = make();
        fold.apply(&order[..4], 0, 11).unwrap();
        fold.apply(&order[4..], 11, 11).unwrap();
        show(&fold)
    });
    assert_eq!(folds[0], folds[1]);
}

/// Who saw what was erased, and who came after, hold the same; nobody brings it back.
pub fn forgets_what_was_erased<F: Fold>(make: &dyn Fn() -> F, show: &dyn Fn(&F) -> String) {
    let mut saw = make();
    saw.apply(&[withdrawal(0), withdrawal(1), unknown(2)], 0, 3).unwrap();
    saw.apply(&[erasure(3, &[0, 2])], 3, 4).unwrap();
    let mut came_after = make();
    let erased = |seq| Entry { seq, said: Said::Erased };
    came_after.apply(&[erased(0), withdrawal(1), erased(2), erasure(3, &[0, 2])], 0, 4).unwrap();
    assert_eq!(show(&saw), show(&came_after));
    came_after.apply(&[withdrawal(0), unknown(2)], 4, 4).unwrap();
    assert_eq!(show(&saw), show(&came_after));
}

/// After a reset it is as if nothing had been, and everything can come again.
pub fn begins_again<F: Fold>(make: &dyn Fn() -> F, show: &dyn Fn(&F) -> String) {
    let mut fold = make();
    let empty = show(&fold);
    let batch = [withdrawal(0), unknown(1), erasure(2, &[0])];
    fold.apply(&batch, 0, 3).unwrap();
    let full = show(&fold);
    fold.reset().unwrap();
    assert_eq!(show(&fold), empty);
    fold.apply(&batch, 0, 3).unwrap();
    assert_eq!(show(&fold), full);
}

fn said(seq: u64, change: Change) -> Entry {
    let at = jiff::Timestamp::from_second(1_800_000_000).expect("a time of this century");
    let by = MemberId::from_bytes([7; 8]);
    Entry { seq, said: Said::Statement(Statement { at, by, op: OperationId::from_bytes([0; 16]), change }) }
}

/// Alternately of the accession 1 and of an item of accession 2.
fn withdrawal(seq: u64) -> Entry {
    let whole = Ref::accession(None, 1 + seq % 2);
    let about = if seq.is_multiple_of(2) { whole } else { whole.with_item(seq) };
    said(seq, Change::Withdraw(Withdrawal { about: vec![about], reason: format!("reason {seq}") }))
}

fn moved_out(seq: u64) -> Entry {
    let about = vec![Ref::accession(None, 1)];
    said(seq, Change::MovedOut(MovedOut { about, to: CompartmentId::main(), entries: None }))
}

fn erasure(seq: u64, entries: &[u64]) -> Entry {
    let by = MemberId::from_bytes([7; 8]);
    let about = vec![Ref::accession(None, 1)];
    let entries = entries.to_vec();
    said(
        seq,
        Change::Erasure(Erasure {
            about,
            entries,
            reason: "consent".into(),
            proposed_by: by,
            agreed_by: None,
        }),
    )
}

fn unknown(seq: u64) -> Entry {
    Entry { seq, said: Said::Unknown("camera/9".into()) }
}
