//! How many items a second the catalogue folds: `cargo bench -p vidimus-folds --bench fold -- [ROWS [BATCH]]`.

use std::time::Instant;

use jiff::Timestamp;
use vidimus_folds::{Catalogue, Entry, Fold, Said};
use vidimus_model::{
    Change, FileSystemSays, FoundPath, Item, MemberId, ObjectPlace, OperationId, Reading, Ref, Statement,
    TimeZoneKnown,
};

/// A window over which a rate is printed.
const WINDOW: u64 = 200_000;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u64>().ok());
    let rows = numbers.next().unwrap_or(WINDOW);
    let batch = numbers.next().unwrap_or(5000);
    let folder = tempfile::tempdir().expect("a folder for the catalogue");
    let path = folder.path().join("catalogue");
    let mut catalogue = Catalogue::open(&path, &[7; 32]).expect("a new catalogue");
    let (mut window_rows, mut spent) = (0, std::time::Duration::ZERO);
    let mut at = 0;
    while at < rows {
        let to = (at + batch).min(rows);
        let entries: Vec<Entry> = (at..to).map(item).collect();
        let begin = Instant::now();
        catalogue.apply(&entries, at, to).expect("a batch is folded");
        spent += begin.elapsed();
        window_rows += to - at;
        at = to;
        if window_rows >= WINDOW || at == rows {
            println!("{at:>9} rows: {:>7.0} a second", window_rows as f64 / spent.as_secs_f64());
            (window_rows, spent) = (0, std::time::Duration::ZERO);
        }
    }
    let begin = Instant::now();
    let found = catalogue.find(&digest(rows / 2), 1000 + rows / 2).expect("an answer").value;
    println!("one copy found in {:?}: {found:?}", begin.elapsed());
    let begin = Instant::now();
    let totals = catalogue.counts().expect("an answer").value;
    println!("counted {} items in {:?}", totals.counts.items, begin.elapsed());
    let begin = Instant::now();
    let mut sum = 0;
    catalogue.sizes(|size| sum += size).expect("an answer");
    println!("visited the sizes, {sum} bytes in all, in {:?}", begin.elapsed());
    let begin = Instant::now();
    let mut seen = 0u64;
    catalogue.objects(|_| seen += 1).expect("an answer");
    println!("visited {seen} objects in {:?}", begin.elapsed());
    let size = std::fs::metadata(&path).expect("the file").len();
    println!("{size} bytes, {} an item", size / rows.max(1));
}

/// Item `n` of a disk of a hundred thousand files a delivery.
fn item(n: u64) -> Entry {
    let digits = |salt: u64| hex::encode(digest(n ^ salt << 40));
    let time = Timestamp::new(1_300_000_000 + n as i64, 123_456_789).expect("a time of this century");
    let item = Item {
        about: Ref::accession(None, 1 + n / 100_000).with_item(1 + n % 100_000),
        path: FoundPath::new(format!("ИК-900/камера {}/2019-03-{:02}/видео {n:08}.avi", n % 16, n % 28 + 1)),
        source: 0,
        sha256: hex::encode(digest(n)),
        size: 1000 + n,
        file_system: FileSystemSays {
            mode: "100644".into(),
            modified: Some(time),
            changed: Some(time),
            accessed: Some(time),
            created: None,
            zone: TimeZoneKnown::Utc,
        },
        object: ObjectPlace {
            name: digits(1)[..32].to_owned(),
            size: 2000 + n,
            header: digits(2),
            offset: None,
            length: None,
        },
        copy_of: None,
        reading: Reading::Whole,
        reading_sizes: None,
    };
    let statement = Statement {
        at: Timestamp::from_second(1_800_000_000).expect("a time of this century"),
        by: MemberId::from_bytes([7; 8]),
        op: OperationId::from_bytes([0; 16]),
        change: Change::Item(item),
    };
    Entry { seq: n, said: Said::Statement(statement) }
}

/// Random-looking bytes: SplitMix64 from `n` on.
fn digest(n: u64) -> [u8; 32] {
    let mut state = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mut bytes = [0; 32];
    for chunk in bytes.chunks_exact_mut(8) {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        chunk.copy_from_slice(&(z ^ z >> 31).to_be_bytes());
    }
    bytes
}
