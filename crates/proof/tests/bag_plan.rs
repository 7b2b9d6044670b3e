//! What does not go together never becomes a bag: the writer refuses what a reader would.

#[path = "common/sample.rs"]
mod sample;

use serde_json::{Value, json};
use vidimus_proof::bag::manifest::{Algorithm, Digests};
use vidimus_proof::bag::{
    self, Anchor, MAX_FILES, MemoryBag, Plan, PlanError, PlannedFile, StampFiles, Trust,
};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::consistency::ConsistencyProof;
use vidimus_proof::record::Record;

use sample::{Log, Sample};

const BYTES: &[u8] = b"a video";

/// All that a plan of one file needs, to be spoilt.
struct Parts<'s> {
    log: Log<'s>,
    file: PlannedFile,
    anchors: Vec<Anchor>,
    consistency: Vec<ConsistencyProof>,
}

fn parts(sample: &Sample) -> Parts<'_> {
    let mut log = Log::new(sample);
    let digests = Digests::of(BYTES);
    let record = log.issue(vec![
        ("change", json!("item/1")),
        ("sha256", json!(digests.hex(Algorithm::Sha256))),
        ("size", json!(digests.size)),
    ]);
    let index = log.append(&record);
    let (first, second) = (log.fill(10), log.fill(20));
    let file = PlannedFile { name: "01.mp4".into(), digests, record, proof: log.prove(index, &first) };
    let anchor = |note: SignedCheckpoint| Anchor { note, stamps: Vec::new() };
    let consistency = vec![log.join(10, 20)];
    Parts { log, file, anchors: vec![anchor(first), anchor(second)], consistency }
}

fn plan(sample: &Sample, spoil: impl Fn(&mut Parts<'_>)) -> Result<Plan, PlanError> {
    let mut parts = parts(sample);
    spoil(&mut parts);
    Plan::new(sample::vkey(sample), &[parts.file], &parts.anchors, &parts.consistency)
}

#[test]
fn names_records_proofs_and_checkpoints_must_go_together() {
    let sample = Sample::default();
    assert!(plan(&sample, |_| {}).is_ok());
    let name = "01.mp4".to_owned();
    for bad in ["1.mp4", "01.MP4", "../01.mp4", "камера.mp4", "01", "A1.mp4", "01.sd-jwt"] {
        let planned = plan(&sample, |parts| parts.file.name = bad.into());
        assert_eq!(planned.err(), Some(PlanError::Name(bad.into())));
    }
    let other = plan(&sample, |parts| parts.file.digests = Digests::of(b"another"));
    assert_eq!(other.err(), Some(PlanError::Record(name.clone())));
    let closed = plan(&sample, |parts| parts.file.record = parts.file.record.choose(&["change", "size"]));
    assert_eq!(closed.err(), Some(PlanError::Record(name.clone())));
    let elsewhere = plan(&sample, |parts| parts.file.proof.checkpoint = parts.log.fill(30));
    assert_eq!(elsewhere.err(), Some(PlanError::Proof(name.clone())));
    let extra = plan(&sample, |parts| parts.file.proof.extra = Some(Vec::new()));
    assert_eq!(extra.err(), Some(PlanError::Proof(name)));
    let none = plan(&sample, |parts| parts.consistency.clear());
    assert_eq!(none.err(), Some(PlanError::Consistency));
    let twice = plan(&sample, |parts| parts.consistency.push(parts.consistency[0].clone()));
    assert_eq!(twice.err(), Some(PlanError::Consistency));
    let same = plan(&sample, |parts| parts.anchors.push(parts.anchors[0].clone()));
    assert_eq!(same.err(), Some(PlanError::Checkpoints));
    let huge = plan(&sample, |parts| {
        parts.anchors[0].stamps.push(StampFiles { token: vec![0; 1 << 20], certificates: None });
    });
    assert_eq!(huge.err(), Some(PlanError::TooLarge("checkpoints/10.token-1.tsr".into())));
}

#[test]
fn a_bag_has_files_and_not_too_many_and_no_two_of_one_number() {
    let sample = Sample::default();
    let Parts { file, anchors, consistency, .. } = parts(&sample);
    let with = |files: &[PlannedFile]| Plan::new(sample::vkey(&sample), files, &anchors, &consistency).err();
    assert_eq!(with(&[]), Some(PlanError::Count(0)));
    assert_eq!(with(&vec![file.clone(); MAX_FILES + 1]), Some(PlanError::Count(MAX_FILES + 1)));
    let same_number = PlannedFile { name: "01.txt".into(), ..file.clone() };
    assert_eq!(with(&[file, same_number]), Some(PlanError::Name("01.txt".into())));
}

#[test]
fn the_disclosure_must_say_what_the_plan_needs() {
    let sample = Sample::default();
    let finish = |files: &dyn Fn(&Plan) -> Value, opened: &[&str], shown: &[&str]| {
        let mut parts = parts(&sample);
        let plan =
            Plan::new(sample::vkey(&sample), &[parts.file.clone()], &parts.anchors, &parts.consistency)
                .unwrap();
        let record: Record = parts.log.issue(vec![
            ("change", json!("disclosure/1")),
            ("files", files(&plan)),
            ("opened", json!(opened)),
        ]);
        let index = parts.log.append(&record);
        let own = parts.log.fill(index + 3);
        let consistency = parts.log.join(plan.last_checkpoint().size, own.checkpoint().size);
        plan.finish(&record.choose(shown), parts.log.prove(index, &own), &consistency)
    };
    let files = |plan: &Plan| json!(plan.files());
    let all = ["change", "files", "opened"];
    let mut bag = MemoryBag(finish(&files, &all, &all).unwrap());
    bag.0.insert("data/01.mp4".into(), BYTES.to_vec());
    assert!(bag::verify(&bag, &Trust::default()).proved());

    assert_eq!(finish(&|_| json!({}), &all, &all), Err(PlanError::Disclosure));
    assert_eq!(finish(&files, &all, &["change", "day", "files", "opened"]), Err(PlanError::Disclosure));
    assert_eq!(finish(&files, &all, &["change", "files"]), Err(PlanError::Disclosure));
    assert_eq!(finish(&files, &["files", "change", "opened"], &all), Err(PlanError::Disclosure));
}
