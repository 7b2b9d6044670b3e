//! `receipt.txt`: the note between its two lines, the words around it, and the note as a QR code in half blocks.

use std::fmt::Write as _;

use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::receipt::{BEGIN, END};

use super::Beside;
use super::qr::Qr;
use super::words::{self, Words};

/// Columns of a line of words; the QR code is about as wide.
const COLUMNS: usize = 78;

/// The text of a receipt with these time stamps beside it.
pub fn text(signed: &SignedCheckpoint, stamps: &[Beside]) -> String {
    let note = signed.to_string();
    let title = words::ALL.map(|words| words.title).join(" · ");
    let mut text = format!("{title}\n\n{BEGIN}\n{note}{END}\n");
    for words in &words::ALL {
        say(&mut text, words, stamps).expect("writing to a String does not fail");
    }
    if let Some(qr) = Qr::of(note.as_bytes()) {
        text.push('\n');
        text.push_str(&qr.half_blocks());
    }
    text
}

fn say(text: &mut String, words: &Words, stamps: &[Beside]) -> std::fmt::Result {
    writeln!(text, "\n{}\n", words.name)?;
    wrap(text, &format!("{} {}", words.what, words.lines));
    text.push('\n');
    wrap(text, words.check);
    writeln!(text, "\n    {}\n", words::VERIFY)?;
    wrap(text, words.file);
    text.push('\n');
    if stamps.is_empty() {
        wrap(text, &format!("{} {}", words.not_stamped, words.dated_by));
        return Ok(());
    }
    wrap(text, words.stamped);
    text.push('\n');
    for Beside { file, counted } in stamps {
        writeln!(text, "    {file}: {}", words.stamp(counted.as_ref()))?;
    }
    writeln!(text, "    {}", words::openssl(&stamps[0].file))?;
    if stamps.iter().all(|stamp| stamp.counted.is_none()) {
        text.push('\n');
        wrap(text, words.dated_by);
    }
    Ok(())
}

fn wrap(text: &mut String, words: &str) {
    let mut column = 0;
    for word in words.split_whitespace() {
        let length = word.chars().count();
        if column > 0 {
            let fits = column + 1 + length <= COLUMNS;
            text.push(if fits { ' ' } else { '\n' });
            column = if fits { column + 1 } else { 0 };
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::Counted;
    use super::super::tests::fixed;
    use super::*;
    use vidimus_proof::receipt::read;

    #[test]
    fn the_note_comes_out_as_it_went_in() {
        let signed = fixed("архів.example/ik-900");
        assert_eq!(read(text(&signed, &[]).as_bytes()), Ok(signed));
    }

    #[test]
    fn only_a_counted_time_stamp_replaces_the_place_of_publication() {
        let signed = fixed("archive.example/ik-900");
        let unknown = Beside { file: "token-1.tsr".into(), counted: None };
        let counted =
            Counted { at: "2026-03-01T12:00:00Z".parse().unwrap(), untrusted_authority: "CN=T".into() };
        let known = Beside { file: "token-2.tsr".into(), counted: Some(counted) };
        let says = |stamps: &[Beside], what: &str| text(&signed, stamps).replace('\n', " ").contains(what);
        let published = words::ALL[0].dated_by;
        assert!(says(&[], words::ALL[1].not_stamped) && says(&[], published));
        assert!(says(std::slice::from_ref(&unknown), "token-1.tsr: authority not pinned here"));
        assert!(says(std::slice::from_ref(&unknown), published));
        assert!(says(&[unknown, known.clone()], "token-2.tsr: no later than 2026-03-01T12:00:00Z, CN=T"));
        assert!(!says(&[known], published));
    }
}
