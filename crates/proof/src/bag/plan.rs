//! The writer's side: from what is disclosed and its proofs to every file of the bag but the payload.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::layout::{
    DECLARATION, DECLARATION_TEXT, DISCLOSURE_PROOF, DISCLOSURE_RECORD, INFO, KEY, Place, README,
};
use super::manifest::{Algorithm, Digests, Manifest};
use super::{CONTAINED, CONTAINED_FIELDS, DISCLOSURE, ITEM, MAX_FILES, TOMBSTONE, tombstone_text};
use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::consistency::ConsistencyProof;
use crate::keychain::{Succession, public_key};
use crate::note::VerifierKey;
use crate::record::Record;
use crate::tlog_proof::TlogProof;

const README_TEXT: &str = include_str!("readme.txt");

/// One file to disclose.
#[derive(Debug, Clone)]
pub struct PlannedFile {
    /// Its name in `data/`: see [`super::layout::is_stem`] and [`super::layout::is_extension`].
    pub name: String,
    /// Its digests and size, from the reading that wrote it.
    pub digests: Digests,
    /// Its record with the fields that are to be open, at least [`super::ITEM_FIELDS`]; of a tombstone, whose file is
    /// [`tombstone_text`], [`super::TOMBSTONE_FIELDS`].
    pub record: Record,
    /// The proof of the record, under one of the bag's checkpoints.
    pub proof: TlogProof,
}

/// One change of the archive's key.
#[derive(Debug, Clone)]
pub struct PlannedKey {
    /// Its record with [`crate::keychain::ARCHIVE_KEY_FIELDS`] open.
    pub record: Record,
    /// The proof of the record under the last checkpoint of the old key, which must be one of the bag's.
    pub proof: TlogProof,
}

/// A checkpoint of the bag: a public receipt, or one that a proof names.
#[derive(Debug, Clone)]
pub struct Anchor {
    /// The signed note, with cosignatures where there are some.
    pub note: SignedCheckpoint,
    /// The time stamps over it.
    pub stamps: Vec<StampFiles>,
}

/// A time stamp as it is stored.
#[derive(Debug, Clone)]
pub struct StampFiles {
    /// RFC 3161 response.
    pub token: Vec<u8>,
    /// The certificates of its chain in PEM, where they were kept; at most 1 MiB.
    pub certificates: Option<String>,
}

/// All that a bag will hold, but the record of the disclosure itself.
#[derive(Debug, Clone)]
pub struct Plan {
    key: VerifierKey,
    payload: BTreeMap<String, Digests>,
    tags: BTreeMap<String, Vec<u8>>,
    last: Checkpoint,
}

/// Why no bag comes of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// No file, or more than [`MAX_FILES`].
    #[error("a bag holds 1 to {MAX_FILES} files, not {0}")]
    Count(usize),
    /// A name that no bag has, or that stands twice (without its extension).
    #[error("{0:?} cannot be the name of a file in a bag, or stands twice")]
    Name(String),
    /// The record is neither an `item/1`, or a `contained/1` that says of which tool, whose open digest and size are the file's, nor
    /// the tombstone whose text it is.
    #[error("the record is not that of {0:?}")]
    Record(String),
    /// The proof names a checkpoint that is not among those given, or has an `extra` line.
    #[error("the proof of {0:?} is not under a checkpoint of the bag")]
    Proof(String),
    /// No checkpoint, two of one size, or an empty log.
    #[error("the checkpoints must be of different sizes, and at least one")]
    Checkpoints,
    /// A change of the archive's key is not shown by its record and proof, or they do not lead to the bag's key.
    #[error("the changes of the archive's key do not lead to its key")]
    Keys,
    /// There must be one proof for each consecutive pair of checkpoints, and no other.
    #[error("the consistency proofs are not those between the checkpoints")]
    Consistency,
    /// A file is larger than a reader accepts.
    #[error("{0} is larger than a reader of the bag would accept")]
    TooLarge(String),
    /// The record of the disclosure does not say `files` and `opened` as the bag needs them.
    #[error("the record of the disclosure does not fit the bag")]
    Disclosure,
}

impl Plan {
    /// Puts together what is disclosed; `keys` in the order of the log and ending with `key`, `anchors` in any order,
    /// `consistency` between each consecutive pair by size.
    ///
    /// Signatures and proofs are not checked here: [`super::verify()`] the finished bag.
    ///
    /// # Errors
    /// What does not go together.
    pub fn new(
        key: VerifierKey,
        keys: &[PlannedKey],
        files: &[PlannedFile],
        anchors: &[Anchor],
        consistency: &[ConsistencyProof],
    ) -> Result<Self, PlanError> {
        if files.is_empty() || files.len() > MAX_FILES {
            return Err(PlanError::Count(files.len()));
        }
        let mut tags = BTreeMap::new();
        let last = add_checkpoints(&mut tags, anchors, consistency)?;
        add_keys(&mut tags, &key, keys)?;
        let mut payload = BTreeMap::new();
        for file in files {
            add_file(&mut tags, file)?;
            payload.insert(format!("data/{}", file.name), file.digests);
        }
        tags.insert(DECLARATION.into(), DECLARATION_TEXT.into());
        tags.insert(INFO.into(), info(&payload).into_bytes());
        tags.insert(KEY.into(), format!("{key}\n").into_bytes());
        tags.insert(README.into(), readme(&key, &files[0].name).into_bytes());
        for algorithm in Algorithm::ALL {
            let digests = payload.iter().map(|(path, digests)| (path.clone(), digests.hex(algorithm)));
            let manifest = Manifest(digests.collect());
            tags.insert(algorithm.manifest(), manifest.to_string().into_bytes());
        }
        check_sizes(&tags)?;
        Ok(Self { key, payload, tags, last })
    }

    /// Path → SHA-256 in hexadecimal: the field `files` of the record of the disclosure.
    pub fn files(&self) -> BTreeMap<String, String> {
        let digest = |bytes: &[u8]| Digests::of(bytes).hex(Algorithm::Sha256);
        self.tags.iter().map(|(path, bytes)| (path.clone(), digest(bytes))).collect()
    }

    /// The largest checkpoint of the bag, from which `finish` needs a consistency proof.
    pub fn last_checkpoint(&self) -> &Checkpoint {
        &self.last
    }

    /// Path → bytes of every file that [`Plan::files`] names: they can be written before the disclosure is recorded.
    pub fn tags(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.tags
    }

    /// Disclosed files by their paths in the bag.
    pub fn payload(&self) -> &BTreeMap<String, Digests> {
        &self.payload
    }

    /// Every file of the bag but the payload, once the disclosure stands in the log.
    ///
    /// `disclosure` has exactly the fields open that its `opened` lists; `proof` is under a checkpoint that only the archive
    /// signed (other signatures are dropped); `consistency` leads to that checkpoint from [`Plan::last_checkpoint`].
    ///
    /// # Errors
    /// The record or the proofs do not fit this plan.
    pub fn finish(
        self,
        disclosure: &Record,
        proof: TlogProof,
        consistency: &ConsistencyProof,
    ) -> Result<BTreeMap<String, Vec<u8>>, PlanError> {
        let files = serde_json::to_value(self.files()).expect("texts are JSON");
        let open: Vec<Value> = disclosure.disclosures().iter().map(|field| field.name().into()).collect();
        let fits = disclosure.text("change") == Some(DISCLOSURE)
            && disclosure.field("files") == Some(&files)
            && disclosure.field("opened") == Some(&Value::Array(open));
        if !fits {
            return Err(PlanError::Disclosure);
        }
        if proof.checkpoint.note().signatures().len() != 1
            || (consistency.old_size, consistency.new_size)
                != (self.last.size, proof.checkpoint.checkpoint().size)
        {
            return Err(PlanError::Consistency);
        }
        let proof = TlogProof { extra: Some(consistency.to_string().into_bytes()), ..proof };
        let mut tags = self.tags;
        tags.insert(DISCLOSURE_RECORD.into(), disclosure.to_sd_jwt().into_bytes());
        tags.insert(DISCLOSURE_PROOF.into(), proof.to_string().into_bytes());
        check_sizes(&tags)?;
        let digests: Vec<_> = tags.iter().map(|(path, bytes)| (path.clone(), Digests::of(bytes))).collect();
        for algorithm in Algorithm::ALL {
            let manifest = digests.iter().map(|(path, digests)| (path.clone(), digests.hex(algorithm)));
            tags.insert(algorithm.tag_manifest(), Manifest(manifest.collect()).to_string().into_bytes());
        }
        Ok(tags)
    }

    /// The key of the archive whose bag it is.
    pub fn key(&self) -> &VerifierKey {
        &self.key
    }
}

/// The largest of the checkpoints.
fn add_checkpoints(
    tags: &mut BTreeMap<String, Vec<u8>>,
    anchors: &[Anchor],
    consistency: &[ConsistencyProof],
) -> Result<Checkpoint, PlanError> {
    let mut sizes = BTreeSet::new();
    for anchor in anchors {
        let size = anchor.note.checkpoint().size;
        if size == 0 || !sizes.insert(size) {
            return Err(PlanError::Checkpoints);
        }
        tags.insert(format!("checkpoints/{size}.txt"), anchor.note.to_string().into_bytes());
        for (stamp, number) in anchor.stamps.iter().zip(1..) {
            let name = format!("checkpoints/{size}.token-{number}");
            tags.insert(format!("{name}.tsr"), stamp.token.clone());
            if let Some(certificates) = &stamp.certificates {
                tags.insert(format!("{name}.pem"), certificates.clone().into_bytes());
            }
        }
    }
    let sizes: Vec<u64> = sizes.into_iter().collect();
    let pairs: BTreeSet<(u64, u64)> = sizes.windows(2).map(|pair| (pair[0], pair[1])).collect();
    let given: BTreeSet<_> = consistency.iter().map(|proof| (proof.old_size, proof.new_size)).collect();
    if given != pairs || consistency.len() != pairs.len() {
        return Err(PlanError::Consistency);
    }
    for proof in consistency {
        let path = format!("consistency/{}-{}.txt", proof.old_size, proof.new_size);
        tags.insert(path, proof.to_string().into_bytes());
    }
    let last = anchors.iter().map(|anchor| anchor.note.checkpoint()).max_by_key(|checkpoint| checkpoint.size);
    last.cloned().ok_or(PlanError::Checkpoints)
}

fn add_keys(
    tags: &mut BTreeMap<String, Vec<u8>>,
    key: &VerifierKey,
    keys: &[PlannedKey],
) -> Result<(), PlanError> {
    for (PlannedKey { record, proof }, number) in keys.iter().zip(1_u64..) {
        let size = proof.checkpoint.checkpoint().size;
        let last_of_old = proof.extra.is_none() && size == proof.index + 1;
        if !last_of_old || !is_under(tags, proof) {
            return Err(PlanError::Keys);
        }
        tags.insert(format!("keys/{number}.sd-jwt"), record.to_sd_jwt().into_bytes());
        tags.insert(format!("keys/{number}.tlog-proof"), proof.to_string().into_bytes());
    }
    let led_to = keys.last().map(|last| Succession::of(&last.record).ok().map(|change| change.to));
    match led_to {
        Some(newest) if newest.is_none() || newest != public_key(key) => Err(PlanError::Keys),
        _ => Ok(()),
    }
}

/// Is the proof's note one of `checkpoints/`?
fn is_under(tags: &BTreeMap<String, Vec<u8>>, proof: &TlogProof) -> bool {
    let path = format!("checkpoints/{}.txt", proof.checkpoint.checkpoint().size);
    tags.get(&path).is_some_and(|known| *known == proof.checkpoint.to_string().into_bytes())
}

fn add_file(tags: &mut BTreeMap<String, Vec<u8>>, file: &PlannedFile) -> Result<(), PlanError> {
    let Some(Place::Payload { stem }) = Place::of(&format!("data/{}", file.name)) else {
        return Err(PlanError::Name(file.name.clone()));
    };
    let record = &file.record;
    let is_its = || {
        record.text("sha256") == Some(&file.digests.hex(Algorithm::Sha256))
            && record.field("size").and_then(Value::as_u64) == Some(file.digests.size)
    };
    let is_of_this = match record.text("change") {
        Some(ITEM) => is_its(),
        Some(CONTAINED) => CONTAINED_FIELDS.iter().all(|name| record.field(name).is_some()) && is_its(),
        Some(TOMBSTONE) => {
            tombstone_text(record).is_ok_and(|text| Digests::of(text.as_bytes()) == file.digests)
        }
        _ => false,
    };
    if !is_of_this {
        return Err(PlanError::Record(file.name.clone()));
    }
    if file.proof.extra.is_some() || !is_under(tags, &file.proof) {
        return Err(PlanError::Proof(file.name.clone()));
    }
    if tags.insert(format!("records/{stem}.sd-jwt"), record.to_sd_jwt().into_bytes()).is_some() {
        return Err(PlanError::Name(file.name.clone()));
    }
    tags.insert(format!("proofs/{stem}.tlog-proof"), file.proof.to_string().into_bytes());
    Ok(())
}

/// `README.txt`, with `file` as its example. No name of a file, an archive or a key has a brace.
fn readme(key: &VerifierKey, file: &str) -> String {
    let text = README_TEXT.replace("{origin}", key.name().as_str());
    text.replace("{vkey}", &key.to_string()).replace("{file}", file)
}

/// `bag-info.txt`: no date and no name, so that the bag says no more than its records do.
fn info(payload: &BTreeMap<String, Digests>) -> String {
    let size: u128 = payload.values().map(|digests| u128::from(digests.size)).sum();
    format!(
        "Payload-Oxum: {size}.{}\nBag-Software-Agent: Vidimus\nExternal-Description: \
         Files of an archive with proofs that they are unchanged; see README.txt\n",
        payload.len()
    )
}

/// What a reader would refuse must not be handed over.
fn check_sizes(tags: &BTreeMap<String, Vec<u8>>) -> Result<(), PlanError> {
    let too_large = |path: &str, bytes: &[u8]| {
        Place::of(path).and_then(|place| place.limit()).is_some_and(|limit| bytes.len() > limit)
    };
    match tags.iter().find(|(path, bytes)| too_large(path, bytes)) {
        Some((path, _)) => Err(PlanError::TooLarge(path.clone())),
        None => Ok(()),
    }
}
