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

/// Whoever seals a record anew may leave out a field: nothing tells it from a decoy.
#[test]
fn no_field_of_any_change_can_be_left_out() {
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors");
    let mut left_out = 0;
    for folder in std::fs::read_dir(vectors).unwrap().map(|entry| entry.unwrap().path()) {
        if !folder.file_name().unwrap().to_str().unwrap().starts_with("changes-v1") {
            continue;
        }
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_none_or(|extension| extension != "sd-jwt") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let parts: Vec<&str> = text.split_inclusive('~').collect();
            assert!(Statement::of(&Record::parse(&text).unwrap()).is_ok(), "{path:?}");
            for at in 1..parts.len() {
                let fewer = [&parts[..at], &parts[at + 1..]].concat().concat();
                let record = Record::parse(&fewer).unwrap();
                let all = Record::parse(&text).unwrap();
                let name = all.disclosures()[at - 1].name();
                let error = Statement::of(&record).err();
                left_out += 1;
                match name {
                    // It is checked by who reads records, with the member's key.
                    "by_sig" => assert!(error.is_none(), "{path:?}"),
                    "change" => {
                        assert!(matches!(error, Some(StatementError::NoChange)), "{path:?}: {error:?}")
                    }
                    // Then it is read as one of before this was said, which excuses no closed record.
                    "entries"
                        if ["moved/moved-out.sd-jwt", "moved-in/moved-in.sd-jwt"]
                            .iter()
                            .any(|file| path.ends_with(format!("changes-v1-{file}"))) =>
                    {
                        assert!(error.is_none(), "{path:?}: {error:?}")
                    }
                    _ => assert!(
                        matches!(error, Some(StatementError::Malformed { .. })),
                        "{path:?} without {name}: {error:?}"
                    ),
                }
            }
        }
    }
    assert!(left_out > 300, "{left_out}");
}

#[test]
fn a_change_of_another_version_is_told_apart_by_what_every_record_has() {
    let (archive, member) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let all = statement(Change::Item(item())).fields();
    let of = |change: &str, without: &str| {
        let act = MemberAct { compartment: "main".into(), operation: "00".repeat(16), base: 0 };
        let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(1);
        let common = ["at", "day", "by", "op"].into_iter().filter(|name| *name != without);
        let fields = common.map(|name| (name, all[name].clone())).chain([("change", Value::from(change))]);
        Statement::of(&Record::issue("o", fields, &act, &member, &archive, &mut rng))
    };
    assert!(matches!(of("item/2", ""), Err(StatementError::Unknown(name)) if name == "item/2"));
    assert!(matches!(of("item/1", ""), Err(StatementError::Malformed { .. })));
    for without in ["at", "day", "by", "op"] {
        assert!(matches!(of("item/2", without), Err(StatementError::Malformed { .. })), "{without}");
    }
}
