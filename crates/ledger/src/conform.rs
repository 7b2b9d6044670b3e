//! What is true of every ledger: a suite that each implementation runs with [`conform!`](crate::conform!).

use std::ops::Range;
use std::sync::Arc;
use std::thread;

use crate::{AppendError, Appended, Batch, Entry, Fault, FaultyLedger, Ledger, NewRow, OpId};
use crate::{ReplicateError, Reseal, Row, SealError, Sealed, StoreError, Tip, tail};

/// One new ledger that handles can be opened on; it goes when this is dropped.
pub trait Fixture {
    /// The implementation.
    type Handle: Ledger + Send;
    /// A new, empty ledger.
    fn new() -> Self;
    /// Another handle on the same ledger.
    fn handle(&self) -> Self::Handle;
}

/// Runs the whole suite against a [`Fixture`](crate::conform::Fixture), one test for each promise.
#[macro_export]
macro_rules! conform {
    ($fixture:ty) => {
        $crate::conform!(@ $fixture: starts_empty, gives_back_what_was_appended, refuses_moved_heads,
            answers_a_repeated_batch, keeps_nothing_unsealed, destroys_and_replaces_bodies, copies_verbatim,
            refuses_false_copies, many_append_at_once, an_operation_wins_once, checks_under_the_lock,
            survives_faults);
    };
    (@ $fixture:ty: $($promise:ident),*) => {
        $(#[test] fn $promise() { $crate::conform::$promise::<$fixture>(); })*
    };
}

/// The row of operation `n`, which lies in compartment `c` under key `k`.
pub fn row(n: u64, c: &str, k: &str) -> NewRow {
    let (mut entry, mut op): (Entry, OpId) = ([7; 32], [0; 16]);
    entry[..8].copy_from_slice(&n.to_be_bytes());
    op[..8].copy_from_slice(&n.to_be_bytes());
    let body = format!("sealed body {n} of {k}").into_bytes();
    NewRow { compartment: c.into(), key: k.into(), entry, op: Some(op), body: Some(body) }
}

/// A batch of plain rows in `main`.
pub fn batch(ops: Range<u64>) -> Batch {
    Batch { rows: ops.map(|n| row(n, "main", "main/1")).collect(), ..Batch::default() }
}

/// Stands in for tree and signature: a chain over all entries, which differs wherever anything before differed.
pub fn seal(tip: &Tip, entries: &[Entry]) -> Result<Sealed, SealError> {
    let mut chain = tip.frontier.iter().fold(0, |chain, byte| chain << 8 | u64::from(*byte));
    for byte in entries.as_flattened() {
        chain = (chain ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(5);
    }
    let note = format!("size {}\nchain {chain:x}\n", tip.size + entries.len() as u64);
    Ok(Sealed { frontier: chain.to_be_bytes().into(), note: note.into() })
}

/// Gapless, no operation twice, and the tip is what sealing all entries anew gives: no fork.
pub fn assert_sound(ledger: &dyn Ledger) {
    let rows: Vec<Row> = tail(ledger, 0).collect::<Result<_, _>>().unwrap();
    let tip = ledger.tip().unwrap();
    assert_eq!(tip.size, rows.len() as u64);
    for (seq, row) in (0..).zip(&rows) {
        assert_eq!(row.seq, seq);
        assert!(row.op.is_none_or(|op| ledger.by_op(&op).unwrap() == Some(seq)));
    }
    let entries: Vec<Entry> = rows.iter().map(|row| row.entry).collect();
    assert_eq!(ledger.entries(0, tip.size).unwrap(), entries);
    let mut anew = Tip::default();
    for (size, note) in ledger.checkpoints(0, usize::MAX).unwrap() {
        let sealed = seal(&anew, &entries[anew.size as usize..size as usize]).unwrap();
        assert_eq!(sealed.note, note);
        anew = Tip { size, frontier: sealed.frontier, note };
    }
    assert_eq!(tip, anew);
}

fn put(ledger: &mut impl Ledger, batch: &Batch) -> Appended {
    ledger.append(batch, &mut seal).unwrap()
}

fn refused(ledger: &mut impl Ledger, batch: &Batch) -> AppendError {
    let before = (ledger.tip().unwrap(), ledger.rows(0, 99).unwrap());
    let error = ledger.append(batch, &mut |_, _| panic!("a refused batch is never signed")).unwrap_err();
    assert_eq!(before, (ledger.tip().unwrap(), ledger.rows(0, 99).unwrap()));
    error
}

/// Nothing is there, and asking is no error.
pub fn starts_empty<F: Fixture>() {
    let fixture = F::new();
    let mut ledger = fixture.handle();
    assert_eq!(ledger.tip().unwrap(), Tip::default());
    assert_eq!((ledger.rows(0, 9).unwrap(), ledger.entries(0, 9).unwrap()), (vec![], vec![]));
    assert_eq!((ledger.head("main").unwrap(), ledger.by_op(&[0; 16]).unwrap()), (0, None));
    assert_eq!((ledger.checkpoint(0).unwrap(), ledger.checkpoints(0, 9).unwrap()), (None, vec![]));
    assert!(matches!(refused(&mut ledger, &Batch::default()), AppendError::Empty));
    assert_sound(&ledger);
}

/// Rows, indexes and checkpoints, also through another handle.
pub fn gives_back_what_was_appended<F: Fixture>() {
    let fixture = F::new();
    let mut ledger = fixture.handle();
    let blank = NewRow { op: None, body: None, ..row(3, "main", "a1") };
    let rows = vec![row(0, "main", "a1"), row(1, "V", "V/1"), row(2, "main", "main/1"), blank];
    let first = put(&mut ledger, &Batch { rows: rows.clone(), ..Batch::default() });
    assert_eq!((first.first, first.tip.size, first.wiped), (0, 4, true));
    let second = put(&mut ledger, &batch(4..1400));
    assert_eq!((second.first, second.tip.size), (4, 1400));

    let other = fixture.handle();
    assert_eq!(other.tip().unwrap(), second.tip);
    let read = other.rows(0, 4).unwrap();
    for (row, new) in read.iter().zip(&rows) {
        assert_eq!((&row.compartment, &row.key, row.entry), (&new.compartment, &new.key, new.entry));
        assert_eq!((row.op, &row.body, row.erased), (new.op, &new.body, false));
    }
    let seqs = |rows: Vec<Row>| rows.iter().map(|row| row.seq).collect::<Vec<_>>();
    assert_eq!(seqs(other.rows_of_key("a1", 0, 9).unwrap()), [0, 3]);
    assert_eq!(seqs(other.rows_of_key("main/1", 3, 2).unwrap()), [4, 5]);
    assert_eq!(seqs(other.rows_of_key("unknown", 0, 9).unwrap()), [0; 0]);
    assert_eq!(other.entries(3, 5).unwrap(), [rows[3].entry, row(4, "", "").entry]);
    assert_eq!((other.head("V").unwrap(), other.head("main").unwrap()), (2, 1400));
    assert_eq!(tail(&other, 700).count(), 700);
    assert_eq!(other.checkpoint(4).unwrap(), Some(first.tip.note));
    assert_eq!(other.checkpoints(5, 9).unwrap(), [(1400, second.tip.note)]);
    assert_sound(&other);
}

/// A named head that moved stops the batch; other compartments do not.
pub fn refuses_moved_heads<F: Fixture>() {
    let fixture = F::new();
    let (mut ledger, mut other) = (fixture.handle(), fixture.handle());
    put(&mut ledger, &Batch { rows: vec![row(0, "main", "main/1"), row(1, "V", "V/1")], ..Batch::default() });
    put(&mut other, &Batch { rows: vec![row(2, "V", "V/1")], ..Batch::default() });
    let naming = |heads: &[(&str, u64)]| Batch {
        heads: heads.iter().map(|(compartment, seen)| (compartment.to_string(), *seen)).collect(),
        ..batch(9..10)
    };
    let moved = refused(&mut ledger, &naming(&[("main", 2), ("V", 2)]));
    assert!(matches!(moved, AppendError::Moved { compartment } if compartment == "V"));
    let back = refused(&mut ledger, &naming(&[("main", 4)]));
    assert!(matches!(back, AppendError::WentBack { size: 3, seen: 4 }));
    put(&mut ledger, &naming(&[("main", 1), ("V", 3), ("empty", 0)]));
    // The repeated batch has moved its own head: that it was appended comes first.
    assert!(matches!(refused(&mut ledger, &naming(&[("main", 1)])), AppendError::Repeated { .. }));
}

/// A lost answer is found again; half of one is an error of its own.
pub fn answers_a_repeated_batch<F: Fixture>() {
    let fixture = F::new();
    let mut ledger = fixture.handle();
    put(&mut ledger, &batch(0..5));
    assert!(matches!(refused(&mut ledger, &batch(2..4)), AppendError::Repeated { seqs } if seqs == [2, 3]));
    let partly = refused(&mut ledger, &batch(4..6));
    assert!(matches!(partly, AppendError::PartlyRepeated { found } if found == [(0, 4)]));
    let twice = Batch { rows: vec![row(9, "main", "k"), row(9, "V", "k")], ..Batch::default() };
    assert!(matches!(refused(&mut ledger, &twice), AppendError::Twice { index: 1 }));
}

/// A batch whose signature or check failed leaves no trace.
pub fn keeps_nothing_unsealed<F: Fixture>() {
    let fixture = F::new();
    let mut ledger = fixture.handle();
    put(&mut ledger, &batch(0..2));
    let unsigned = ledger.append(&batch(2..4), &mut |tip, entries| {
        assert_eq!((tip.size, entries), (2, &[row(2, "", "").entry, row(3, "", "").entry][..]));
        Err("no key".into())
    });
    assert!(matches!(unsigned, Err(AppendError::Seal(_))));
    let unmade = ledger.while_locked(&mut |_| Err("withdrawn meanwhile".into()), &mut seal);
    assert!(matches!(unmade, Err(AppendError::Seal(_))));
    assert_eq!(put(&mut ledger, &batch(2..4)).first, 2);
    assert_sound(&ledger);
}

/// Erased rows keep their entry and operation; resealed ones change their key; both are reported to copies.
pub fn destroys_and_replaces_bodies<F: Fixture>() {
    let fixture = F::new();
    let mut ledger = fixture.handle();
    let blank = NewRow { op: None, body: None, ..row(5, "main", "main/1") };
    put(&mut ledger, &Batch { rows: vec![blank], ..Batch::default() });
    put(&mut ledger, &batch(10..15));
    let before = ledger.rows(0, 9).unwrap();
    let anew = |was: &Row| Ok([was.body.as_deref().unwrap_or_default(), b" anew"].concat());
    let to = |seq| Some(Reseal { rows: vec![seq], key: "V/1".into(), body: Arc::new(anew) });
    for seq in [0, 6, 7] {
        let erase = refused(&mut ledger, &Batch { erase: vec![seq], ..batch(90..91) });
        assert!(matches!(erase, AppendError::NoBody { seq: named } if named == seq));
        let reseal = refused(&mut ledger, &Batch { reseal: to(seq), ..batch(90..91) });
        assert!(matches!(reseal, AppendError::NoBody { seq: named } if named == seq));
    }
    let fails = move |was: &Row| if was.seq == 2 { Err("the key is gone".into()) } else { anew(was) };
    let fails = Reseal { rows: vec![4, 2], key: "V/1".into(), body: Arc::new(fails) };
    let unsealed = ledger.append(&Batch { reseal: Some(fails), ..batch(90..91) }, &mut seal);
    assert!(matches!(unsealed, Err(AppendError::Seal(_))));
    assert_eq!(ledger.rows(0, 9).unwrap(), before);
    let done = put(&mut ledger, &Batch { erase: vec![1, 3], reseal: to(2), ..batch(15..16) });
    assert!(done.wiped);
    put(&mut ledger, &Batch { erase: vec![3], ..batch(16..17) });

    let after = ledger.rows(0, 9).unwrap();
    for seq in [1, 3] {
        let altered = after[seq].altered;
        assert_eq!(after[seq], Row { body: None, erased: true, altered, ..before[seq].clone() });
    }
    let (key, body) = ("V/1".into(), anew(&before[2]).ok());
    assert_eq!(after[2], Row { body, key, altered: Some(6), ..before[2].clone() });
    assert_eq!(after[4], before[4]);
    assert_eq!((after[1].altered, after[3].altered, after[4].altered), (Some(6), Some(7), None));
    assert_eq!(ledger.altered(9).unwrap(), [(1, 6), (2, 6), (3, 7)]);
    assert_eq!((ledger.altered(2).unwrap(), ledger.altered(1).unwrap()), (vec![(1, 6)], vec![]));
    assert_eq!(ledger.rows_of_key("V/1", 0, 9).unwrap(), [after[2].clone()]);
    assert_sound(&ledger);
}

/// Copies everything new and everything altered, as a back-up does.
fn copy(from: &dyn Ledger, to: &mut dyn Ledger) -> Result<bool, ReplicateError> {
    let size = to.tip()?.size;
    let mut rows = Vec::new();
    let known = to.altered(size)?;
    for altered in from.altered(size)? {
        if !known.contains(&altered) {
            rows.extend(from.rows(altered.0, 1)?);
        }
    }
    rows.extend(from.rows(size, usize::MAX)?);
    to.replicate(&rows, &from.checkpoints(size, usize::MAX)?, &from.tip()?)
}

/// A copy follows its source, erasures included, and becomes equal to it each time.
pub fn copies_verbatim<F: Fixture>() {
    let (source, backup) = (F::new(), F::new());
    let (mut source, mut backup) = (source.handle(), backup.handle());
    let equal = |source: &F::Handle, backup: &F::Handle| {
        assert_eq!(source.rows(0, 99).unwrap(), backup.rows(0, 99).unwrap());
        assert_eq!(source.checkpoints(0, 99).unwrap(), backup.checkpoints(0, 99).unwrap());
        assert_eq!(source.tip().unwrap(), backup.tip().unwrap());
        assert_sound(backup);
    };
    put(&mut source, &batch(0..4));
    put(&mut source, &Batch { erase: vec![0], ..batch(4..6) });
    copy(&source, &mut backup).unwrap();
    equal(&source, &backup);
    let longer = |_: &Row| Ok(b"longer than it was before".into());
    let to = Reseal { rows: vec![2], key: "V/1".into(), body: Arc::new(longer) };
    put(&mut source, &Batch { erase: vec![1], reseal: Some(to), ..batch(6..8) });
    put(&mut source, &Batch { erase: vec![2, 7], ..batch(8..9) });
    for _ in 0..2 {
        assert!(copy(&source, &mut backup).unwrap());
        equal(&source, &backup);
    }
    assert_eq!(backup.altered(9).unwrap(), source.altered(9).unwrap());
    // It can be restored and gone on with, and tells other copies what the source would have told them.
    let restored = F::new();
    copy(&backup, &mut restored.handle()).unwrap();
    assert_eq!(restored.handle().altered(9).unwrap(), source.altered(9).unwrap());
    put(&mut restored.handle(), &batch(9..10));
    assert_sound(&restored.handle());
}

/// A copy never goes back, is never overwritten, never has gaps.
pub fn refuses_false_copies<F: Fixture>() {
    let (source, backup) = (F::new(), F::new());
    let (mut source, mut backup) = (source.handle(), backup.handle());
    put(&mut source, &batch(0..4));
    copy(&source, &mut backup).unwrap();
    let old = source.tip().unwrap();
    put(&mut source, &Batch { erase: vec![1], ..batch(4..7) });
    let (rows, notes, tip) =
        (source.rows(0, 99).unwrap(), source.checkpoints(0, 99).unwrap(), source.tip().unwrap());
    let mut refuse = |rows: &[Row], notes: &[(u64, Vec<u8>)], tip: &Tip| {
        let before = (backup.tip().unwrap(), backup.rows(0, 99).unwrap(), backup.checkpoints(0, 99).unwrap());
        let error = backup.replicate(rows, notes, tip).unwrap_err();
        let after = (backup.tip().unwrap(), backup.rows(0, 99).unwrap(), backup.checkpoints(0, 99).unwrap());
        assert_eq!(before, after);
        error
    };
    let changed = |seq: usize, change: fn(&mut Row)| {
        let mut rows = rows.clone();
        change(&mut rows[seq]);
        rows
    };
    assert!(matches!(refuse(&[], &[], &Tip::default()), ReplicateError::Back { ours: 4, theirs: 0 }));
    let other = Tip { note: b"size 4, other".into(), ..old };
    assert!(matches!(refuse(&[], &[], &other), ReplicateError::Forked { size: 4 }));
    assert!(matches!(refuse(&rows, &[(4, other.note)], &tip), ReplicateError::Forked { size: 4 }));
    for seq in [2, 5] {
        let error = refuse(&changed(seq, |row| row.op = row.op.map(|_| [0; 16])), &notes, &tip);
        assert!(matches!(error, ReplicateError::Different { seq: named } if named == seq as u64));
    }
    for change in [|row: &mut Row| row.entry[0] ^= 1, |row: &mut Row| row.compartment = "V".into()] {
        let error = refuse(&changed(0, change), &notes, &tip);
        assert!(matches!(error, ReplicateError::Different { seq: 0 }));
    }
    assert!(matches!(refuse(&rows[5..], &notes, &tip), ReplicateError::Gap { expected: 4 }));
    assert!(matches!(refuse(&rows[..6], &notes, &tip), ReplicateError::Gap { expected: 6 }));
    assert!(matches!(
        refuse(&changed(6, |row| row.seq = 7), &notes, &tip),
        ReplicateError::Beyond { size: 7 }
    ));
    assert!(matches!(refuse(&rows, &[(8, vec![])], &tip), ReplicateError::Beyond { size: 7 }));
    backup.replicate(&rows, &notes, &tip).unwrap();
    let revived = changed(1, |row| (row.body, row.erased) = (Some(b"back".into()), false));
    let error = backup.replicate(&revived, &notes, &tip).unwrap_err();
    assert!(matches!(error, ReplicateError::Revived { seq: 1 }));
}

/// Four handles append at once; a reader never sees rows without their checkpoint.
pub fn many_append_at_once<F: Fixture>() {
    let fixture = F::new();
    let handles: Vec<_> = (0..4).map(|_| fixture.handle()).collect();
    let reader = fixture.handle();
    thread::scope(|scope| {
        for (who, mut ledger) in (0..).zip(handles) {
            scope.spawn(move || {
                for n in 0..12 {
                    put(&mut ledger, &batch(who * 1000 + n * 10..who * 1000 + n * 10 + 3));
                }
            });
        }
        scope.spawn(move || {
            for _ in 0..50 {
                let rows = reader.rows(0, usize::MAX).unwrap().len() as u64;
                assert!(rows == 0 || reader.checkpoint(rows).unwrap().is_some());
            }
        });
    });
    assert_eq!(fixture.handle().tip().unwrap().size, 4 * 12 * 3);
    assert_sound(&fixture.handle());
}

/// Of many that append the same operation one appends it, the others learn where it is.
pub fn an_operation_wins_once<F: Fixture>() {
    let fixture = F::new();
    let handles: Vec<_> = (0..4).map(|_| fixture.handle()).collect();
    thread::scope(|scope| {
        for mut ledger in handles {
            scope.spawn(move || {
                for n in 0..8 {
                    match ledger.append(&batch(n..n + 1), &mut seal) {
                        Ok(appended) => assert_eq!(appended.first, n),
                        Err(AppendError::Repeated { seqs }) => assert_eq!(seqs, [n]),
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    assert_eq!(fixture.handle().tip().unwrap().size, 8);
    assert_sound(&fixture.handle());
}

/// What `make` reads is still true when its batch is appended.
pub fn checks_under_the_lock<F: Fixture>() {
    let fixture = F::new();
    let handles: Vec<_> = (0..4).map(|_| fixture.handle()).collect();
    thread::scope(|scope| {
        for mut ledger in handles {
            scope.spawn(move || {
                for _ in 0..8 {
                    let mut read = 0;
                    let mut make = |now: &dyn Ledger| {
                        read = now.head("main")?;
                        Ok(Batch { heads: vec![("main".into(), read)], ..batch(read..read + 1) })
                    };
                    let appended = ledger.while_locked(&mut make, &mut seal).unwrap();
                    assert_eq!(appended.first, read);
                }
            });
        }
    });
    assert_eq!(fixture.handle().tip().unwrap().size, 32);
    assert_sound(&fixture.handle());
}

/// Each write fails twice: once leaving nothing, once leaving everything but the answer. Repeating it mends both.
pub fn survives_faults<F: Fixture>() {
    for (fault, kept) in [(Fault::BeforeWrite, 0), (Fault::AfterWrite, 3)] {
        let (fixture, backup) = (F::new(), F::new());
        let mut ledger = FaultyLedger::new(fixture.handle());
        let batch = batch(0..3);
        ledger.fail_next(fault);
        let lost = ledger.append(&batch, &mut seal);
        assert!(matches!(lost, Err(AppendError::Store(StoreError::Medium(_)))));
        assert_eq!(fixture.handle().tip().unwrap().size, kept);
        match ledger.while_locked(&mut |_| Ok(batch.clone()), &mut seal) {
            Ok(appended) => assert_eq!((kept, appended.first), (0, 0)),
            Err(AppendError::Repeated { seqs }) => assert_eq!((kept, seqs), (3, vec![0, 1, 2])),
            Err(error) => panic!("{error}"),
        }
        let mut copied = FaultyLedger::new(backup.handle());
        copied.fail_next(fault);
        assert!(matches!(copy(&ledger, &mut copied), Err(ReplicateError::Store(StoreError::Medium(_)))));
        assert_eq!(backup.handle().tip().unwrap().size, kept);
        copy(&ledger, &mut copied).unwrap();
        assert_eq!(backup.handle().tip().unwrap(), ledger.tip().unwrap());
        assert_sound(&ledger);
    }
}
