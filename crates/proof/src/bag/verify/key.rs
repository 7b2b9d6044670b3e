//! Step 2: whose bag it is, and whether the verifier was told to trust that key.

use super::contents::Contents;
use crate::bag::layout::KEY;
use crate::bag::problem::Problems;
use crate::bag::{BagKey, Fault, Trust};
use crate::epoch;
use crate::note::{Algorithm, VerifierKey};
use crate::record::PublicKey;

/// The key, as notes and as records name it.
pub(super) fn read(
    contents: &Contents<'_>,
    trust: &Trust,
    problems: &mut Problems,
) -> Option<(BagKey, PublicKey)> {
    let text = contents.read_text(KEY, Fault::Key, problems)?;
    let (vkey, public_key) = problems.keep(KEY, parse(&text).ok_or(Fault::Key))?;
    let logs = trust.policy.iter().flat_map(|policy| policy.logs()).map(|log| &log.key);
    let mut expected = trust.archive_keys.iter().chain(logs).peekable();
    let any = expected.peek().is_some();
    let pinned = expected.any(|key| epoch::same_log(key, &vkey));
    if any && !pinned {
        problems.add(KEY, Fault::OtherKey);
    }
    Some((BagKey { vkey, pinned }, public_key))
}

fn parse(untrusted_text: &str) -> Option<(VerifierKey, PublicKey)> {
    let vkey: VerifierKey = untrusted_text.strip_suffix('\n')?.parse().ok()?;
    let one_form = format!("{vkey}\n") == untrusted_text && vkey.algorithm() == Algorithm::Ed25519;
    let public_key = PublicKey::from_bytes(vkey.public_key()).ok()?;
    one_form.then_some((vkey, public_key))
}
