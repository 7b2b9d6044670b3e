//! Commitments give what the frozen vectors say, which another program made.

use serde_json::Value;
use vidimus_proof::commitment::{Committing, Part, Seed};

#[test]
fn salts_leaves_and_the_root_are_those_of_the_vectors() {
    let text = include_str!("../../../tests/vectors/commitments-v1/commitments.json");
    let vectors: Value = serde_json::from_str(text).unwrap();
    let bytes = |value: &Value| hex::decode(value.as_str().unwrap()).unwrap();
    let seed = Seed::new(&bytes(&vectors["seed"]).try_into().unwrap());
    let mut committing = Committing::new(seed.clone());
    let parts = vectors["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 4);
    for one in parts {
        let long = |name: &str| one["identity"][name].as_u64().unwrap();
        let short = |name: &str| u32::try_from(long(name)).unwrap();
        let part = match one["over"].as_str().unwrap() {
            "packets" => Part::Packet {
                track: short("track"),
                index: long("index"),
                time: one["identity"]["time"].as_i64().unwrap(),
                length: long("length"),
            },
            "tiles" => Part::Tile {
                page: short("page"),
                column: short("column"),
                row: short("row"),
                width: short("width"),
                height: short("height"),
            },
            "spans" => Part::Span { part: short("part"), from: long("from"), length: long("length") },
            other => panic!("{other}"),
        };
        assert_eq!(seed.salt(&part)[..], bytes(&one["salt"]));
        assert_eq!(committing.part(&part, &bytes(&one["bytes"]))[..], bytes(&one["leaf"]));
    }
    let (root, leaves) = committing.finish();
    assert_eq!((root.to_vec(), leaves), (bytes(&vectors["root"]), 4));
}
