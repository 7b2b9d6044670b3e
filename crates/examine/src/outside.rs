//! Takes in what our own reader wrote, as what a stranger wrote: bounded, and parsed again.

use vidimus_model::{DerivativeKind, End, Reason, Text, TextPart};

use crate::findings::Made;
use crate::reader::answer::{self, Answer, Tag};
use crate::work::{Ran, Work, cut};

/// Claims of one item.
const CLAIMS: usize = 200;
/// Names in a record, in letters.
const NAME: usize = 100;
/// Derivatives of one answer.
const MADE: usize = 16;

/// Takes the reader's answer in; none where it gave none that can be read.
pub(crate) fn take(work: &mut Work<'_>, ran: &Ran) -> Option<Answer> {
    let mut untrusted = ran.untrusted_output();
    let mut found = None;
    let mut left = MADE;
    while let Ok(Some((tag, bytes))) = answer::next(&mut untrusted) {
        left = left.saturating_sub(1);
        match tag {
            Tag::Answer => found = serde_json::from_slice::<Answer>(&bytes).ok().or(found),
            _ if left == 0 => break,
            Tag::Picture => {
                if let Some((kind, look, jpeg)) = answer::picture(&bytes) {
                    let (look, bytes) = (Some(look), jpeg.to_vec());
                    work.findings.made.push(Made {
                        kind,
                        look,
                        media_type: "image/jpeg",
                        bytes,
                        tool: ran.tool,
                    });
                }
            }
            Tag::Text => {
                if let Some((kind, text)) = answer::text(&bytes) {
                    put_text(work, kind, text, ran.tool);
                }
            }
            Tag::Begin | Tag::Piece | Tag::End | Tag::Canvas | Tag::Chunks => break,
        }
    }
    let Some(answer) = found else {
        if ran.is_done() {
            work.judge(ran.tool, End::Failed, Some(Reason::Crashed), None);
        }
        return None;
    };
    note(work, ran.tool, &answer, ran.is_done());
    Some(answer)
}

/// Writes down what an answer says. One of a reader that did not come to its end is not the last word on how it ended.
pub(crate) fn note(work: &mut Work<'_>, tool: u32, answer: &Answer, whole: bool) {
    if let (Some(end), true) = (answer.end, whole) {
        work.judge(tool, end, answer.reason, answer.said.as_deref());
    }
    for (name, value) in &answer.facts {
        work.fact(tool, &cut(name, NAME), value);
    }
    for claim in answer.times.iter().take(CLAIMS) {
        let mut claim = claim.clone();
        (claim.field, claim.untrusted_text) = (cut(&claim.field, NAME), cut(&claim.untrusted_text, NAME));
        work.findings.times.push(claim);
    }
}

/// Keeps a text, with everything in it bounded.
pub(crate) fn put_text(work: &mut Work<'_>, kind: DerivativeKind, text: Text, tool: u32) {
    let mut left = work.options.limits.text_bytes;
    let fits = |part: &TextPart| {
        left = left.saturating_sub(part.text.len() as u64);
        left > 0
    };
    let mut text = text;
    text.language = text.language.map(|language| cut(&language, 3));
    text.charset = text.charset.map(|charset| cut(&charset, 40));
    text.parts = text.parts.into_iter().take_while(fits).collect();
    if text.parts.is_empty() {
        return;
    }
    if let Ok(bytes) = serde_json::to_vec(&text) {
        let media_type = "application/vnd.vidimus.text+json";
        work.findings.made.push(Made { kind, look: None, media_type, bytes, tool });
    }
}
