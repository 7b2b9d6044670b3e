//! A change that any JSON spells is written again as what was understood.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_model::Change;

fuzz_target!(|untrusted: &[u8]| {
    let Ok(change) = serde_json::from_slice::<Change>(untrusted) else { return };
    let written = serde_json::to_vec(&change).expect("a change is JSON");
    let again: Change = serde_json::from_slice(&written).expect("what we write, we read");
    assert_eq!(again, change);
});
