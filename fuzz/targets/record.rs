//! A record that is accepted is written again byte for byte; only the frozen ones are signed by their key, and none shows that another
//! key follows but those that both keys signed.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_model::Statement;
use vidimus_proof::keychain::Succession;
use vidimus_proof::record::Record;

fuzz_target!(|untrusted: &[u8]| {
    let Ok(text) = std::str::from_utf8(untrusted) else { return };
    let Ok(record) = Record::parse(text) else { return };
    assert_eq!(record.to_sd_jwt(), text);
    let _ = record.member_signature();
    let _ = Statement::of(&record);
    if let Ok(change) = Succession::of(&record) {
        assert!(record.verify(record.issuer(), &change.from).is_ok());
    }
    // Closing fields changes neither what is signed nor what stands in the log.
    let closed = record.choose(&[]);
    assert_eq!(closed.entry(), record.entry());
    assert_eq!(Record::parse(&closed.to_sd_jwt()).ok(), Some(closed));
});
