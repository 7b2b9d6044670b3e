//! A small archive of the invented prison ИК-900, and a bag that it makes; the same bytes every time.
//!
//! Include it from another crate's tests with `#[path = "../../proof/tests/common/sample.rs"] mod sample;`
//! (needs `rand_chacha` and `serde_json`).
#![allow(dead_code)] // Each test program uses a part of it.

use std::collections::BTreeMap;

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};
use serde_json::{Value, json};
use vidimus_proof::bag::manifest::{Algorithm, Digests, Manifest};
use vidimus_proof::bag::{self, Anchor, MemoryBag, Plan, PlanError, PlannedFile, PlannedKey, StampFiles};
use vidimus_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use vidimus_proof::consistency::ConsistencyProof;
use vidimus_proof::cosignature::Cosigner;
use vidimus_proof::keychain::{ARCHIVE_KEY, ARCHIVE_KEY_FIELDS, Succession};
use vidimus_proof::merkle::{Tree, consistency_proof, inclusion_proof, leaf_hash};
use vidimus_proof::note::{Signer, VerifierKey};
use vidimus_proof::record::{MemberAct, Record, SigningKey};
use vidimus_proof::tlog_proof::TlogProof;

/// The words that stand for what was erased.
pub const TOMBSTONE_FILE: &str = "03.txt";
pub const ORIGIN: &str = "archive.example/ik-900";
/// The time of the sample cosigner, 2031-02-19T11:00:00Z.
pub const COSIGNED_AT: u64 = 1_929_265_200;

/// What the sample is like; `Sample::default()` is the frozen one.
pub struct Sample {
    pub origin: &'static str,
    /// Seed of the archive's key.
    pub seed: u8,
    /// The disclosed files.
    pub files: Vec<(&'static str, Vec<u8>)>,
    /// Fields of the disclosure that are open besides those that must be.
    pub opened: Vec<&'static str>,
    /// Time stamps over the first checkpoint.
    pub stamps: Vec<StampFiles>,
    /// Entries between the record of the disclosure and the checkpoint that it is proved under; none, unless someone cheats.
    pub later: u64,
    /// Where the archive's key is followed by the one of the next seed, between the checkpoints; the last file is recorded
    /// after the first change.
    pub key_changes: Vec<u64>,
    /// Whether the first key signs the last file's record although it was followed by another, as a thief would.
    pub old_key_goes_on: bool,
    /// Which archive the files' records say they are of.
    pub records_of: &'static str,
    /// How many bytes more than there are the files' records say.
    pub size_too_large_by: u64,
    /// Blank entries before the files' records.
    pub blanks: u64,
    /// What the record of the last file says of the tool that unpacked it, where one did.
    pub unpacked_by: Option<Vec<(&'static str, Value)>>,
}

impl Default for Sample {
    fn default() -> Self {
        let files = vec![
            ("01.mp4", b"\0\0\0\x18ftypisom: camera 3 of IK-900, 17 February 2031\n".to_vec()),
            ("02.txt", "Записка дежурного, ИК-900, 18 февраля 2031 года\n".as_bytes().to_vec()),
        ];
        Self {
            origin: ORIGIN,
            seed: 1,
            files,
            opened: vec!["purpose"],
            stamps: Vec::new(),
            later: 0,
            key_changes: Vec::new(),
            old_key_goes_on: false,
            records_of: ORIGIN,
            size_too_large_by: 0,
            blanks: 3,
            unpacked_by: None,
        }
    }
}

impl Sample {
    /// The sample whose key changed twice; also frozen.
    pub fn with_keys() -> Self {
        Self { key_changes: vec![300, 600], ..Self::default() }
    }

    /// The files that are recorded before the key changes.
    fn early(&self) -> std::ops::Range<usize> {
        0..self.files.len() - usize::from(!self.key_changes.is_empty())
    }

    /// The key that signs the disclosure.
    pub fn newest_seed(&self) -> u8 {
        self.seed + u8::try_from(self.key_changes.len()).unwrap()
    }
}

pub fn archive_seed(seed: u8) -> [u8; 32] {
    [seed; 32]
}

pub fn signer(sample: &Sample) -> Signer {
    Signer::new(sample.origin.parse().unwrap(), &archive_seed(sample.seed))
}

pub fn vkey(sample: &Sample) -> VerifierKey {
    vkey_of(sample, sample.seed)
}

pub fn vkey_of(sample: &Sample, seed: u8) -> VerifierKey {
    Signer::new(sample.origin.parse().unwrap(), &archive_seed(seed)).verifier_key().clone()
}

pub fn cosigner() -> Cosigner {
    Cosigner::new("newsroom.example".parse().unwrap(), &[77; 32])
}

/// A log that is all of one archive.
pub struct Log<'s> {
    sample: &'s Sample,
    /// Of the key that signs now.
    seed: u8,
    tree: Tree,
    checkpoints: BTreeMap<u64, SignedCheckpoint>,
    rng: ChaCha20Rng,
}

impl<'s> Log<'s> {
    pub fn new(sample: &'s Sample) -> Self {
        let rng = ChaCha20Rng::seed_from_u64(u64::from(sample.seed));
        Self { sample, seed: sample.seed, tree: Tree::new(), checkpoints: BTreeMap::new(), rng }
    }

    pub fn issue(&mut self, fields: Vec<(&'static str, Value)>) -> Record {
        self.issue_as(self.sample.origin, fields)
    }

    fn issue_as(&mut self, origin: &str, fields: Vec<(&'static str, Value)>) -> Record {
        let mut operation = [0; 16];
        self.rng.fill_bytes(&mut operation);
        let operation: String = operation.iter().map(|byte| format!("{byte:02x}")).collect();
        let common = [
            ("at", json!("2031-02-19T10:00:00Z")),
            ("day", json!("2031-02-19")),
            ("by", json!("0101010101010101")),
            ("op", json!(operation)),
        ];
        let act = MemberAct { compartment: "main".into(), operation, base: self.tree.size() };
        let archive = SigningKey::from_seed(&archive_seed(self.seed));
        let member = SigningKey::from_seed(&[200; 32]);
        let fields = common.into_iter().chain(fields);
        Record::issue(origin, fields, &act, &member, &archive, &mut self.rng)
    }

    pub fn append(&mut self, record: &Record) -> u64 {
        self.tree.append(leaf_hash(&record.entry()));
        self.tree.size() - 1
    }

    /// Blank entries up to `size`, and a checkpoint there.
    pub fn fill(&mut self, size: u64) -> SignedCheckpoint {
        while self.tree.size() < size {
            let mut blank = [0; 32];
            self.rng.fill_bytes(&mut blank);
            self.tree.append(leaf_hash(&blank));
        }
        let checkpoint =
            Checkpoint { origin: self.sample.origin.parse().unwrap(), size, root: self.tree.root() };
        let signer = Signer::new(self.sample.origin.parse().unwrap(), &archive_seed(self.seed));
        let signed = SignedCheckpoint::sign(checkpoint, &signer).unwrap();
        self.checkpoints.insert(size, signed.clone());
        signed
    }

    /// The key of the next seed follows, from the entry behind `index` on.
    pub fn change_key(&mut self, index: u64) -> (PlannedKey, SignedCheckpoint) {
        let next = SigningKey::from_seed(&archive_seed(self.seed + 1));
        let old = SigningKey::from_seed(&archive_seed(self.seed)).public();
        self.fill(index);
        let record = self.issue(vec![
            ("change", json!(ARCHIVE_KEY)),
            ("from", json!(vkey_of(self.sample, self.seed).to_string())),
            ("key", json!(vkey_of(self.sample, self.seed + 1).to_string())),
            ("by_new", json!(Succession::sign(self.sample.origin, &old, &next))),
            ("reason", json!("a member left")),
        ]);
        self.append(&record);
        let last_of_old = self.fill(index + 1);
        self.seed += 1;
        let proof = self.prove(index, &last_of_old);
        (PlannedKey { record: record.choose(&ARCHIVE_KEY_FIELDS), proof }, last_of_old)
    }

    pub fn prove(&self, index: u64, checkpoint: &SignedCheckpoint) -> TlogProof {
        let size = checkpoint.checkpoint().size;
        let hashes = inclusion_proof(index, size, &self.tree).unwrap();
        TlogProof { extra: None, index, hashes, checkpoint: checkpoint.clone() }
    }

    pub fn join(&self, old_size: u64, new_size: u64) -> ConsistencyProof {
        let hashes = consistency_proof(old_size, new_size, &self.tree).unwrap();
        ConsistencyProof { old_size, new_size, hashes }
    }
}

/// The first checkpoint of the sample, over which its stamps are.
pub fn first_checkpoint(sample: &Sample) -> SignedCheckpoint {
    let mut log = Log::new(sample);
    append_items(&mut log, sample.early());
    log.fill(256)
}

/// Some of the files' records, each with its place.
fn append_items(log: &mut Log<'_>, which: std::ops::Range<usize>) -> Vec<(Record, u64)> {
    log.fill(log.tree.size() + log.sample.blanks);
    let files = &log.sample.files;
    let mut items = Vec::new();
    for (number, (_, bytes)) in (1..).zip(files).skip(which.start).take(which.len()) {
        let digests = Digests::of(bytes);
        let origin = if log.sample.records_of == ORIGIN { log.sample.origin } else { log.sample.records_of };
        let tool = log.sample.unpacked_by.clone().filter(|_| number == files.len());
        let change = if tool.is_some() { "contained/1" } else { "item/1" };
        let record = log.issue_as(
            origin,
            [
                ("change", json!(change)),
                ("about", json!(format!("A1-{number}"))),
                ("path", json!(format!("камера 03/{number}"))),
                ("path_encoding", json!("utf-8")),
                ("sha256", json!(digests.hex(Algorithm::Sha256))),
                ("size", json!(digests.size + log.sample.size_too_large_by)),
            ]
            .into_iter()
            .chain(tool.unwrap_or_default())
            .collect(),
        );
        let index = log.append(&record);
        log.fill(index + 4);
        items.push((record, index));
    }
    items
}

/// What a plan is made of.
pub struct Pieces<'s> {
    pub log: Log<'s>,
    pub key: VerifierKey,
    pub keys: Vec<PlannedKey>,
    pub files: Vec<PlannedFile>,
    pub anchors: Vec<Anchor>,
    pub consistency: Vec<ConsistencyProof>,
}

impl<'s> Pieces<'s> {
    pub fn of(sample: &'s Sample) -> Self {
        let mut log = Log::new(sample);
        let mut items = append_items(&mut log, sample.early());
        let first = log.fill(256);
        let mut changes = sample.key_changes.iter();
        let mut keys: Vec<_> = changes.next().map(|index| log.change_key(*index)).into_iter().collect();
        if !sample.key_changes.is_empty() {
            let newer = log.seed;
            log.seed = if sample.old_key_goes_on { sample.seed } else { newer };
            items.extend(append_items(&mut log, sample.early().end..sample.files.len()));
            log.seed = newer;
        }
        let second = log.fill(512);
        let cosignature = cosigner().cosign(&second, COSIGNED_AT).unwrap();
        let second = second.with_signature(cosignature).unwrap();
        keys.extend(changes.map(|index| log.change_key(*index)));
        let third = log.fill(700);
        let mut anchors = vec![
            Anchor { note: third, stamps: Vec::new() },
            Anchor { note: first.clone(), stamps: sample.stamps.clone() },
            Anchor { note: second.clone(), stamps: Vec::new() },
        ];
        let (keys, last_of_old): (Vec<_>, Vec<_>) = keys.into_iter().unzip();
        anchors.extend(last_of_old.into_iter().map(|note| Anchor { note, stamps: Vec::new() }));
        let files: Vec<PlannedFile> = items
            .iter()
            .zip(&sample.files)
            .map(|((record, index), (name, bytes))| PlannedFile {
                name: (*name).to_owned(),
                digests: {
                    let digests = Digests::of(bytes);
                    Digests { size: digests.size + sample.size_too_large_by, ..digests }
                },
                record: record.choose(&["change", "sha256", "size", "tool", "tool_version"]),
                proof: log.prove(*index, if *index < 256 { &first } else { &second }),
            })
            .collect();
        let mut sizes: Vec<u64> = anchors.iter().map(|anchor| anchor.note.checkpoint().size).collect();
        sizes.sort_unstable();
        let consistency: Vec<_> = sizes.windows(2).map(|pair| log.join(pair[0], pair[1])).collect();
        Self { key: vkey_of(sample, sample.newest_seed()), log, keys, files, anchors, consistency }
    }

    pub fn plan(&self) -> Result<Plan, PlanError> {
        Plan::new(self.key.clone(), &self.keys, &self.files, &self.anchors, &self.consistency)
    }

    /// Adds a tombstone behind all there is, under a checkpoint of its own; its words.
    pub fn bury(&mut self) -> Vec<u8> {
        let record = self.log.issue(vec![
            ("change", json!(bag::TOMBSTONE)),
            ("about", json!(["A1-3", "A1-4"])),
            ("entries", json!([11, 12])),
            ("reason", json!("Свідок попросив: \"знищіть\".\nA line\u{1} more\u{7f}")),
            ("proposed_by", json!("0101010101010101")),
            ("agreed_by", json!("0202020202020202")),
        ]);
        let index = self.log.append(&record);
        let note = self.log.fill(index + 20);
        let record = record.choose(&bag::TOMBSTONE_FIELDS);
        let text = bag::tombstone_text(&record).unwrap().into_bytes();
        let proof = self.log.prove(index, &note);
        let largest = self.anchors.iter().map(|anchor| anchor.note.checkpoint().size).max().unwrap();
        self.consistency.push(self.log.join(largest, note.checkpoint().size));
        self.anchors.push(Anchor { note, stamps: Vec::new() });
        let digests = Digests::of(&text);
        self.files.push(PlannedFile { name: TOMBSTONE_FILE.into(), digests, record, proof });
        text
    }

    /// The record of the disclosure with what is open of it, its proof, and the way there from the largest receipt.
    pub fn disclose(&mut self, plan: &Plan) -> (Record, TlogProof, ConsistencyProof) {
        let mut opened = self.log.sample.opened.clone();
        opened.extend(["change", "files", "opened"]);
        opened.sort_unstable();
        let disclosure = self.log.issue(vec![
            ("change", json!("disclosure/1")),
            ("about", json!(["A1-1", "A1-2"])),
            ("recipient", json!("Newsroom of nowhere")),
            ("purpose", json!("Publication")),
            ("files", json!(plan.files())),
            ("opened", json!(opened)),
        ]);
        let index = self.log.append(&disclosure);
        let own = self.log.fill(index + 1 + self.log.sample.later);
        let consistency = self.log.join(plan.last_checkpoint().size, own.checkpoint().size);
        (disclosure.choose(&opened), self.log.prove(index, &own), consistency)
    }
}

/// The whole bag.
pub fn bag(sample: &Sample) -> MemoryBag {
    let mut pieces = Pieces::of(sample);
    let plan = pieces.plan().unwrap();
    let (disclosure, proof, consistency) = pieces.disclose(&plan);
    let mut files = plan.finish(&disclosure, proof, &consistency).unwrap();
    files.extend(sample.files.iter().map(|(name, bytes)| (format!("data/{name}"), bytes.clone())));
    MemoryBag(files)
}

/// The bag with a tombstone in it.
pub fn bag_with_a_tombstone(sample: &Sample) -> MemoryBag {
    let mut pieces = Pieces::of(sample);
    let text = pieces.bury();
    let plan = pieces.plan().unwrap();
    let (disclosure, proof, consistency) = pieces.disclose(&plan);
    let mut files = plan.finish(&disclosure, proof, &consistency).unwrap();
    files.extend(sample.files.iter().map(|(name, bytes)| (format!("data/{name}"), bytes.clone())));
    files.insert(format!("data/{TOMBSTONE_FILE}"), text);
    MemoryBag(files)
}

/// Makes all four manifests anew, as somebody would who altered a bag.
pub fn recompute_manifests(bag: &mut MemoryBag) {
    let is_tag_manifest = |path: &str| path.starts_with("tagmanifest-");
    for payload in [true, false] {
        for algorithm in Algorithm::ALL {
            let listed = bag.0.iter().filter(|(path, _)| path.starts_with("data/") == payload);
            let listed = listed.filter(|(path, _)| !is_tag_manifest(path));
            let digests = listed.map(|(path, bytes)| (path.clone(), Digests::of(bytes).hex(algorithm)));
            let manifest = Manifest(digests.collect()).to_string().into_bytes();
            let path = if payload { algorithm.manifest() } else { algorithm.tag_manifest() };
            bag.0.insert(path, manifest);
        }
    }
}
