//! Mailboxes, mails, messages of Outlook and captures of the web hand over what is in them. The first byte chooses.
#![no_main]

use libfuzzer_sys::fuzz_target;
use vidimus_examine::parsers;

fuzz_target!(|untrusted: &[u8]| {
    let Some((of, untrusted)) = untrusted.split_first() else { return };
    let found = parsers::contained(*of, untrusted);
    // The mails of a mailbox are the mailbox without its lines between them.
    if of % 4 == 0 {
        assert!(found.iter().map(Vec::len).sum::<usize>() <= untrusted.len());
    }
});
