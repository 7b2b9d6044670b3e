//! Rows a second appended durably in batches of 500: `cargo bench -p vidimus-ledger -- [ROWS [ALREADY THERE]]`.

use std::time::Instant;

use vidimus_ledger::{Batch, Ledger, NewRow, Sealed, SqliteLedger};

const BATCH: u64 = 500;
const BODY: usize = 2200; // a record of eleven fields, sealed

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let (rows, there) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(0));
    // In the current folder: the system's temporary one may lie in memory, where nothing is durable.
    let folder = tempfile::tempdir_in(".").expect("the current folder can be written");
    let mut ledger = SqliteLedger::create(&folder.path().join("ledger"), "bench").expect("a new ledger");
    append(&mut ledger, 0, there);
    let begun = Instant::now();
    append(&mut ledger, there, rows);
    let rate = rows as f64 / begun.elapsed().as_secs_f64();
    println!("{rate:.0} rows/s ({rows} of {BODY} bytes in batches of {BATCH}, {there} there before)");
}

fn append(ledger: &mut SqliteLedger, from: u64, count: u64) {
    for first in (from..from + count).step_by(BATCH as usize) {
        let rows = (first..(first + BATCH).min(from + count)).map(row).collect();
        let batch = Batch { rows, ..Batch::default() };
        let sealed = Sealed { frontier: vec![1; 640], note: vec![b'n'; 200] };
        ledger.append(&batch, &mut |_, _| Ok(sealed.clone())).expect("appended");
    }
}

fn row(n: u64) -> NewRow {
    let (mut entry, mut op) = ([0; 32], [0; 16]);
    entry[..8].copy_from_slice(&n.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    op[..8].copy_from_slice(&n.to_be_bytes());
    let key = format!("A{}", n / 40_000);
    NewRow { compartment: "main".into(), key, entry, op: Some(op), body: Some(vec![n as u8; BODY]) }
}
