//! Every change survives its record, and the frozen examples are still read.

use rand_core::SeedableRng as _;
use vidimus_proof::record::{MemberAct, Record, SigningKey};

use super::*;
use crate::*;

fn record(statement: &Statement) -> Record {
    let (archive, member) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let act = MemberAct { compartment: "main".into(), operation: statement.op.to_string(), base: 0 };
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
    Record::issue("archive.example/ik-900", statement.fields(), &act, &member, &archive, &mut rng)
}

fn item() -> Item {
    Item {
        about: "A1-1".parse().unwrap(),
        path: FoundPath::new(b"cam03/\xe2\xe8\xe4.avi".to_vec()),
        source: 0,
        sha256: "00".repeat(32),
        size: 5,
        file_system: FileSystemSays {
            mode: "100644".into(),
            modified: Some("2031-02-17T08:00:00.123456789Z".parse().unwrap()),
            ..Default::default()
        },
        object: ObjectPlace {
            name: "00".repeat(16),
            size: 200,
            header: "11".repeat(32),
            offset: Some(0),
            length: Some(5),
        },
        copy_of: None,
        reading: Reading::Whole,
        reading_sizes: None,
    }
}

fn statement(change: Change) -> Statement {
    Statement {
        at: "2031-02-17T08:00:00Z".parse().unwrap(),
        by: MemberId::from_bytes([1; 8]),
        op: OperationId::from_bytes([2; 16]),
        change,
    }
}

#[test]
fn an_item_survives_its_record() {
    let statement = statement(Change::Item(item()));
    assert_eq!(Statement::of(&record(&statement)).unwrap(), statement);
}

#[test]
fn an_item_has_few_enough_fields_for_one_step_of_digests() {
    assert!(statement(Change::Item(item())).fields().len() < vidimus_proof::record::DIGEST_STEP);
}

#[test]
fn the_list_of_known_changes_is_that_of_the_enum() {
    for name in KNOWN_CHANGES {
        let error = serde_json::from_value::<Change>(serde_json::json!({ "change": name })).unwrap_err();
        assert!(error.to_string().starts_with("missing field"), "{name}: {error}");
    }
}

#[test]
fn a_change_of_another_version_is_told_apart_from_a_malformed_one() {
    let (archive, member) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let act = MemberAct { compartment: "main".into(), operation: "00".repeat(16), base: 0 };
    let issue = |change: &str| {
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        Record::issue("o", [("change", Value::from(change))], &act, &member, &archive, &mut rng)
    };
    assert!(
        matches!(Statement::of(&issue("item/2")), Err(StatementError::Unknown(name)) if name == "item/2")
    );
    assert!(matches!(Statement::of(&issue("item/1")), Err(StatementError::Malformed { .. })));
}
