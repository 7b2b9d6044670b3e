//! Keys, names and epochs of logs, and a key that is said to follow another: what is accepted is written again as it was, and no
//! succession holds that the frozen keys did not sign.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_proof::epoch;
use vidimus_proof::keychain::{self, Succession};
use vidimus_proof::note::{KeyName, VerifierKey};

fuzz_target!(|untrusted: &[u8]| {
    let Ok(text) = std::str::from_utf8(untrusted) else { return };
    if let Ok(name) = text.parse::<KeyName>() {
        assert_eq!(name.as_str(), text);
        let number = epoch::number("archive.example", text);
        assert!(number.is_none_or(|number| epoch::origin("archive.example", number) == text));
        assert!(epoch::may_follow(text, text));
    }
    if let Ok(key) = text.parse::<VerifierKey>() {
        assert_eq!(key.to_string(), text);
        assert!(epoch::same_log(&key, &key));
        if let Some(public) = keychain::public_key(&key) {
            assert_eq!(keychain::named(key.name(), public), key);
        }
    }
    // Four lines: the origin, the old key, the new one, what the new one says of it.
    let mut lines = text.lines();
    let mut line = || lines.next().unwrap_or_default();
    let (origin, from, to, by_new) = (line(), line(), line(), line());
    if let Ok(change) = Succession::read(origin, from, to, by_new) {
        assert!(change.from != change.to);
        // Said of one pair of keys and one log only.
        assert!(Succession::read(origin, to, from, by_new).is_err());
        assert!(Succession::read("another.example", from, to, by_new).is_err());
    }
});
