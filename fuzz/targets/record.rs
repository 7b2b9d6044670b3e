//! A record that is accepted is written again byte for byte.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_model::Statement;
use vidimus_proof::record::Record;

fuzz_target!(|untrusted: &[u8]| {
    let Ok(text) = std::str::from_utf8(untrusted) else { return };
    if let Ok(record) = Record::parse(text) {
        assert_eq!(record.to_sd_jwt(), text);
        let _ = record.member_signature();
        let _ = Statement::of(&record);
        assert_eq!(record.choose(&[]).entry(), record.entry());
    }
});
