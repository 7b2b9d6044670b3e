//! What does not go together is refused before a bag is written: nobody hands over what their own reader would refuse.

#[path = "common/sample.rs"]
mod sample;

use serde_json::json;
use vidimus_proof::bag::{MAX_FILES, Plan, PlanError, StampFiles};
use vidimus_proof::consistency::ConsistencyProof;
use vidimus_proof::record::Record;
use vidimus_proof::tlog_proof::TlogProof;

use sample::{Pieces, Sample};

/// Why the sample's pieces make no plan after a change.
fn refused(change: impl Fn(&mut Pieces<'_>)) -> PlanError {
    let sample = Sample::with_keys();
    let mut pieces = Pieces::of(&sample);
    assert!(pieces.plan().is_ok());
    change(&mut pieces);
    pieces.plan().unwrap_err()
}

#[test]
fn a_plan_says_what_will_stand_in_the_bag() {
    let sample = Sample::default();
    let pieces = Pieces::of(&sample);
    let plan = pieces.plan().unwrap();
    assert_eq!(plan.key(), &sample::vkey(&sample));
    assert_eq!(plan.last_checkpoint().size, 700);
    let readme = String::from_utf8(plan.tags()["README.txt"].clone()).unwrap();
    for named in [sample::ORIGIN, &plan.key().to_string(), "01.mp4"] {
        assert!(readme.contains(named), "the README does not name {named}");
    }
    assert!(!readme.contains(['{', '}']), "the README has a gap");
    let payload: Vec<_> = plan.payload().keys().cloned().collect();
    assert_eq!(payload, ["data/01.mp4", "data/02.txt"]);
    assert!(plan.payload().values().zip(&pieces.files).all(|(digests, file)| *digests == file.digests));
    let bag = sample::bag(&sample);
    let names: Vec<_> = plan.tags().keys().cloned().collect();
    assert_eq!(names, plan.files().into_keys().collect::<Vec<_>>());
    assert!(plan.tags().iter().all(|(path, bytes)| bag.0.get(path) == Some(bytes)));
    let later =
        ["disclosure.sd-jwt", "disclosure.tlog-proof", "tagmanifest-sha256.txt", "tagmanifest-sha512.txt"];
    let rest: Vec<_> = bag.0.keys().filter(|path| !plan.tags().contains_key(*path)).cloned().collect();
    assert_eq!(rest, [&payload[..], &later.map(str::to_owned)].concat());
}

#[test]
fn files_that_do_not_fit_are_refused() {
    let first = || "01.mp4".to_owned();
    assert_eq!(refused(|pieces| pieces.files.clear()), PlanError::Count(0));
    assert_eq!(
        refused(|pieces| pieces.files = vec![pieces.files[0].clone(); MAX_FILES + 1]),
        PlanError::Count(MAX_FILES + 1)
    );
    let many = refused(|pieces| pieces.files = vec![pieces.files[0].clone(); MAX_FILES]);
    assert_eq!(many, PlanError::Name(first()));
    for bad in ["", "1.mp4", "../01.mp4", "01", "01.MP4"] {
        let error = refused(|pieces| pieces.files[0].name = bad.to_owned());
        assert_eq!(error, PlanError::Name(bad.to_owned()));
    }
    assert_eq!(refused(|pieces| pieces.files[0].name = "02.mp4".into()), PlanError::Name("02.txt".into()));

    let of_another = |pieces: &mut Pieces<'_>| pieces.files[0].record = pieces.files[1].record.clone();
    assert_eq!(refused(of_another), PlanError::Record(first()));
    let closed = |names: &'static [&str]| {
        refused(move |pieces| pieces.files[0].record = pieces.files[0].record.choose(names))
    };
    for names in [&["sha256", "size"][..], &["change", "size"], &["change", "sha256"]] {
        assert_eq!(closed(names), PlanError::Record(first()), "{names:?}");
    }
    assert_eq!(refused(|pieces| pieces.files[0].digests.size += 1), PlanError::Record(first()));
    assert_eq!(refused(|pieces| pieces.files[0].digests.sha256[0] ^= 1), PlanError::Record(first()));
    let said = |change: &'static str, sha256: &'static str| {
        refused(move |pieces| {
            let size = pieces.files[0].digests.size;
            let fields = vec![("change", json!(change)), ("sha256", json!(sha256)), ("size", json!(size))];
            pieces.files[0].record = pieces.log.issue(fields);
        })
    };
    let digest = "a".repeat(64).leak();
    assert_eq!(said("item/1", digest), PlanError::Record(first()));
    assert_eq!(said("item/2", digest), PlanError::Record(first()));

    let extra = |pieces: &mut Pieces<'_>| pieces.files[0].proof.extra = Some(Vec::new());
    assert_eq!(refused(extra), PlanError::Proof(first()));
    let elsewhere = |pieces: &mut Pieces<'_>| {
        let unknown = pieces.log.fill(800);
        pieces.files[0].proof = pieces.log.prove(3, &unknown);
    };
    assert_eq!(refused(elsewhere), PlanError::Proof(first()));
    // Of a size that the bag has a checkpoint of, but with other signatures than that.
    let cosigned = |pieces: &mut Pieces<'_>| {
        let proof = &mut pieces.files[0].proof;
        let cosignature = sample::cosigner().cosign(&proof.checkpoint, 7).unwrap();
        proof.checkpoint = proof.checkpoint.clone().with_signature(cosignature).unwrap();
    };
    assert_eq!(refused(cosigned), PlanError::Proof(first()));
}

#[test]
fn checkpoints_and_what_joins_them_are_complete_and_no_more() {
    let none = |pieces: &mut Pieces<'_>| {
        pieces.anchors.clear();
        pieces.consistency.clear();
    };
    assert_eq!(refused(none), PlanError::Checkpoints);
    let twice = |pieces: &mut Pieces<'_>| pieces.anchors.push(pieces.anchors[0].clone());
    assert_eq!(refused(twice), PlanError::Checkpoints);
    let empty = |pieces: &mut Pieces<'_>| {
        let sample = Sample::default();
        pieces.anchors[0].note = sample::Log::new(&sample).fill(0);
    };
    assert_eq!(refused(empty), PlanError::Checkpoints);

    assert_eq!(refused(|pieces| drop(pieces.consistency.pop())), PlanError::Consistency);
    let doubled = |pieces: &mut Pieces<'_>| pieces.consistency.push(pieces.consistency[0].clone());
    assert_eq!(refused(doubled), PlanError::Consistency);
    let too_far = |pieces: &mut Pieces<'_>| pieces.consistency[0] = pieces.log.join(256, 700);
    assert_eq!(refused(too_far), PlanError::Consistency);
}

#[test]
fn changes_of_the_key_lead_to_the_key() {
    assert_eq!(refused(|pieces| drop(pieces.keys.pop())), PlanError::Keys);
    assert_eq!(refused(|pieces| pieces.key = sample::vkey_of(&Sample::default(), 9)), PlanError::Keys);
    assert_eq!(refused(|pieces| pieces.keys[0].proof.extra = Some(Vec::new())), PlanError::Keys);
    let hidden = |pieces: &mut Pieces<'_>| pieces.keys[1].record = pieces.keys[1].record.choose(&["change"]);
    assert_eq!(refused(hidden), PlanError::Keys);
    let later = |pieces: &mut Pieces<'_>| {
        let note = pieces.anchors[0].note.clone();
        pieces.keys[0].proof = pieces.log.prove(300, &note);
    };
    assert_eq!(refused(later), PlanError::Keys);
    let elsewhere = |pieces: &mut Pieces<'_>| {
        let unknown = pieces.log.fill(800);
        pieces.keys[0].proof = pieces.log.prove(799, &unknown);
    };
    assert_eq!(refused(elsewhere), PlanError::Keys);
}

#[test]
fn what_a_reader_would_refuse_is_not_handed_over() {
    let with = |bytes: usize| {
        let certificates = Some("x".repeat(bytes));
        let sample =
            Sample { stamps: vec![StampFiles { token: Vec::new(), certificates }], ..Sample::default() };
        Pieces::of(&sample).plan().map(|_| ())
    };
    assert_eq!(with(1 << 20), Ok(()));
    for beyond in [1, 2] {
        let path = "checkpoints/256.token-1.pem".to_owned();
        assert_eq!(with((1 << 20) + beyond), Err(PlanError::TooLarge(path)));
    }
}

/// Why a good plan is not finished with something else than its own disclosure.
fn unfinished(
    change: impl Fn(&mut Pieces<'_>, &Plan, &mut Record, &mut TlogProof, &mut ConsistencyProof),
) -> PlanError {
    let sample = Sample::default();
    let mut pieces = Pieces::of(&sample);
    let plan = pieces.plan().unwrap();
    let (mut record, mut proof, mut consistency) = pieces.disclose(&plan);
    assert!(plan.clone().finish(&record, proof.clone(), &consistency).is_ok());
    change(&mut pieces, &plan, &mut record, &mut proof, &mut consistency);
    plan.finish(&record, proof, &consistency).unwrap_err()
}

#[test]
fn only_its_own_disclosure_finishes_a_plan() {
    let open = ["change", "files", "opened", "purpose"];
    let saying = |change: &'static str, opened: &'static [&str], without: &'static str| {
        unfinished(move |pieces, plan, record, _, _| {
            let mut files = plan.files();
            files.remove(without);
            let fields = vec![
                ("change", json!(change)),
                ("files", json!(files)),
                ("opened", json!(opened)),
                ("purpose", json!("Publication")),
            ];
            *record = pieces.log.issue(fields).choose(&open);
        })
    };
    let all: &[&str] = &["change", "files", "opened", "purpose"];
    assert_eq!(saying("disclosure/2", all, ""), PlanError::Disclosure);
    assert_eq!(saying("disclosure/1", all, "README.txt"), PlanError::Disclosure);
    assert_eq!(saying("disclosure/1", &["change", "files", "opened"], ""), PlanError::Disclosure);
    assert_eq!(
        unfinished(|_, _, record, _, _| *record = record.choose(&["change", "files", "opened"])),
        PlanError::Disclosure
    );

    let cosigned = unfinished(|_, _, _, proof, _| {
        let cosignature = sample::cosigner().cosign(&proof.checkpoint, 7).unwrap();
        proof.checkpoint = proof.checkpoint.clone().with_signature(cosignature).unwrap();
    });
    assert_eq!(cosigned, PlanError::Consistency);
    let from_another = unfinished(|pieces, _, _, _, consistency| {
        *consistency = pieces.log.join(512, consistency.new_size);
    });
    assert_eq!(from_another, PlanError::Consistency);
    let to_another = unfinished(|_, _, _, _, consistency| consistency.new_size += 1);
    assert_eq!(to_another, PlanError::Consistency);
}
