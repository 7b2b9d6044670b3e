//! Why ffmpeg did not read a file, or not all of it, in its own words turned to reasons.

use vidimus_model::{End, Reason};

use crate::work::{Ran, Work};

/// The words by which a reason is known; the first that is found counts, so the surest stand first.
const WORDS: [(&str, Reason); 26] = [
    ("not a suitable output format", Reason::ToolMissing),
    ("exceeds specified max pixel count", Reason::TooManyPixels),
    ("Picture size", Reason::TooManyPixels),
    ("picture size", Reason::TooManyPixels),
    ("Cannot allocate memory", Reason::TooMuchMemory),
    ("not in whitelist", Reason::NotSupported),
    ("not on whitelist", Reason::NotSupported),
    ("Decoder (codec", Reason::NotSupported),
    ("Could not find codec parameters", Reason::NotSupported),
    ("no decoder found", Reason::NotSupported),
    ("Unknown input format", Reason::NotSupported),
    ("is not implemented", Reason::NotSupported),
    ("encrypted", Reason::NeedsPassword),
    ("moov atom not found", Reason::EndsEarly),
    ("partial file", Reason::EndsEarly),
    ("runcat", Reason::EndsEarly),
    ("nd of file", Reason::EndsEarly),
    ("File ended prematurely", Reason::EndsEarly),
    ("nvalid data", Reason::Damaged),
    ("rror while decoding", Reason::Damaged),
    ("rror decoding", Reason::Damaged),
    ("concealing", Reason::Damaged),
    ("corrupt", Reason::Damaged),
    ("does not contain any stream", Reason::Damaged),
    ("rror", Reason::Damaged),
    ("nvalid", Reason::Damaged),
];

/// The reason that complaints give; none where they say nothing that tells one.
fn reason(untrusted: &str) -> Option<Reason> {
    WORDS.iter().find(|(words, _)| untrusted.contains(words)).map(|(_, reason)| *reason)
}

/// The complaints without what filters tell there on our behalf, and without what a library says of every run.
fn complaints(untrusted: &[u8]) -> String {
    let is_told = |line: &str| {
        ["frame:", "lavfi.", "n=", "Warning: using insecure memory"]
            .iter()
            .any(|begin| line.starts_with(begin))
    };
    let untrusted = String::from_utf8_lossy(untrusted);
    untrusted.lines().filter(|line| !is_told(line)).collect::<Vec<_>>().join("\n")
}

/// Whether it complained of nothing.
pub(super) fn are_none(ran: &Ran) -> bool {
    ran.outcome.as_ref().is_none_or(|outcome| complaints(&outcome.untrusted_complaints).trim().is_empty())
}

/// Judges a run by what came of it and by what it complained of: something that came of a damaged film is part of it.
pub(super) fn judge(work: &mut Work<'_>, ran: &Ran, gave: bool) {
    let Some(outcome) = &ran.outcome else { return };
    let words = complaints(&outcome.untrusted_complaints);
    let said = reason(&words);
    match (gave, ran.is_done(), said) {
        (true, true, None) => {}
        (true, _, said) => {
            work.judge(ran.tool, End::Partly, Some(said.unwrap_or(Reason::Unknown)), Some(&words))
        }
        // What stopped it from outside is known better there.
        (false, false, None) => {}
        (false, _, said) => {
            let stopped = work.findings.tools.get(ran.tool as usize).and_then(|run| run.reason);
            let stopped = stopped.filter(|reason| *reason != Reason::Unknown);
            work.judge(ran.tool, End::Failed, stopped.or(said).or(Some(Reason::Damaged)), Some(&words));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_ffmpeg_are_known() {
        for (said, expected) in [
            (
                "[mov @ 0x1] moov atom not found\nINPUT: Invalid data found when processing input",
                Some(Reason::EndsEarly),
            ),
            (
                "[h264 @ 0x1] Picture size 30000x30000 exceeds specified max pixel count 100",
                Some(Reason::TooManyPixels),
            ),
            ("[file @ 0x1] Protocol 'http' not on whitelist 'file'!", Some(Reason::NotSupported)),
            ("[mpeg4 @ 0x1] Error while decoding stream #0:0", Some(Reason::Damaged)),
            ("stream 0, offset 0x30: partial file", Some(Reason::EndsEarly)),
            ("", None),
        ] {
            assert_eq!(reason(said), expected, "{said}");
        }
    }
}
