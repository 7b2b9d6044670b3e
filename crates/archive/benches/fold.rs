//! Records opened and folded a second, at the end of a long ledger: `cargo bench --bench fold -- ROWS`.

use std::time::Instant;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use vidimus_archive::clock::SystemClock;
use vidimus_archive::receive::Receive;
use vidimus_archive::{Archive, Beginning, Opening};
use vidimus_ledger::{Batch, Ledger as _, NewRow, Sealed, SqliteLedger};
use vidimus_model::{
    Change, CompartmentId, FileSystemSays, FoundPath, Item, ObjectPlace, OperationId, Reading, Ref, Statement,
};
use vidimus_proof::record::{MemberAct, Record, SigningKey};
use vidimus_seal::{Entropy, KdfParams, RowAad, row};

const PASSPHRASE: &str = "six small words for the bench";
/// How many records the last, timed stretch has.
const STRETCH: u64 = 200_000;
const BATCH: u64 = 5_000;

fn main() {
    let rows = std::env::args().skip(1).find_map(|arg| arg.parse::<u64>().ok()).unwrap_or(STRETCH);
    let place = tempfile::tempdir_in(".").expect("a folder for the archive");
    let mut archive = begin(place.path());
    let mut writer = Writer::new(&archive);
    writer.append(rows.saturating_sub(STRETCH));
    archive.fold_all().expect("what was appended is folded");
    let begun = Instant::now();
    writer.append(STRETCH);
    println!(
        "{:>9.0} records a second issued, sealed and appended",
        STRETCH as f64 / begun.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    archive.fold_all().expect("what was appended is folded");
    let rate = STRETCH as f64 / begun.elapsed().as_secs_f64();
    println!("{rate:>9.0} records a second opened and folded, behind {rows} records");
}

/// An archive with one small accession, which the records are added to.
fn begin(place: &std::path::Path) -> Archive {
    let (folder, state) = (place.join("archive"), place.join("state"));
    let disk = place.join("disk");
    std::fs::create_dir(&disk).expect("a folder");
    std::fs::write(disk.join("one"), "one").expect("a file");
    let beginning = Beginning {
        state: &state,
        origin: "bench.example/ik-900",
        member: "bench",
        passphrase: PASSPHRASE,
        keyholders: None,
        kdf: KdfParams::default(),
        clock: Box::new(SystemClock),
    };
    Archive::init(&folder, beginning).expect("a new archive");
    let opening = Opening {
        state: &state,
        member: None,
        passphrase: PASSPHRASE,
        first_seen_here: false,
        clock: Box::new(SystemClock),
    };
    let mut archive = Archive::open(&folder, opening).expect("the archive opens");
    let request =
        Receive { paths: vec![disk], giver: None, note: None, new: false, into: CompartmentId::main() };
    archive.receive(&request, &mut |_| {}).expect("it is received");
    archive
}

/// Writes items behind the archive's back: folding opens them, and does not look at signatures.
struct Writer {
    ledger: SqliteLedger,
    archive_id: String,
    key: String,
    row_key: vidimus_seal::RowKey,
    signing: SigningKey,
    entropy: Entropy,
    rng: ChaCha20Rng,
    next: u64,
}

impl Writer {
    fn new(archive: &Archive) -> Self {
        let key = archive.keyring().own_accessions()[0];
        let sealing = archive.keyring().get(key).expect("the accession was just received");
        Self {
            ledger: SqliteLedger::open(&archive.layout().ledger()).expect("the ledger opens"),
            archive_id: archive.id().to_owned(),
            key: key.to_string(),
            row_key: vidimus_seal::RowKey::derive(&sealing.identity),
            signing: SigningKey::from_seed(&[7; 32]),
            entropy: Entropy::from_seed(&[8; 32]),
            rng: ChaCha20Rng::seed_from_u64(9),
            next: 2,
        }
    }

    fn append(&mut self, count: u64) {
        let sealed = Sealed { frontier: vec![1; 640], note: vec![b'n'; 200] };
        let end = self.next + count;
        while self.next < end {
            let last = (self.next + BATCH).min(end);
            let rows = (self.next..last).map(|n| self.row(n)).collect();
            self.next = last;
            let batch = Batch { rows, ..Batch::default() };
            self.ledger.append(&batch, &mut |_, _| Ok(sealed.clone())).expect("appended");
        }
    }

    fn row(&mut self, n: u64) -> NewRow {
        let op = OperationId::new(n, &mut self.rng);
        let statement = Statement {
            at: "2031-02-17T08:00:00Z".parse().expect("a time"),
            by: vidimus_model::MemberId::from_bytes([1; 8]),
            op,
            change: Change::Item(item(n)),
        };
        let act = MemberAct { compartment: "main".into(), operation: op.to_string(), base: n };
        let origin = "bench.example/ik-900";
        let record =
            Record::issue(origin, statement.fields(), &act, &self.signing, &self.signing, &mut self.rng);
        let entry = record.entry();
        let aad = RowAad::new(&self.archive_id, "main", &self.key, &entry).expect("plain names");
        let body = row::seal_row(&self.row_key, &aad, record.to_sd_jwt().as_bytes(), &mut self.entropy);
        NewRow {
            compartment: "main".into(),
            key: self.key.clone(),
            entry,
            op: Some(*op.as_bytes()),
            body: Some(body),
        }
    }
}

fn item(n: u64) -> Item {
    let digest = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Item {
        about: Ref::accession(None, 1).with_item(n),
        path: FoundPath::new(format!("cam{:02}/2031-02-17/{n:08}.mp4", n % 32)),
        source: 0,
        sha256: format!("{digest:016x}").repeat(4),
        size: 1000 + n,
        file_system: FileSystemSays { mode: "100644".into(), ..FileSystemSays::default() },
        object: ObjectPlace {
            name: format!("{digest:016x}").repeat(2),
            size: 1300 + n,
            header: format!("{digest:016x}").repeat(4),
            offset: None,
            length: None,
        },
        copy_of: None,
        reading: Reading::Whole,
        reading_sizes: None,
    }
}
