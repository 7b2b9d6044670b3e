//! Every trouble has its two sentences in every language.

use std::io;
use std::path::PathBuf;

use super::{Lang, Trouble, trouble};
use crate::trouble::ApprovalTrouble;

#[test]
fn every_trouble_is_two_sentences_in_every_language() {
    let odd = "a\nb\u{202e}c";
    let file = || PathBuf::from(odd);
    let troubles = [
        Trouble::NoArchiveNamed,
        Trouble::NotAnArchive(file()),
        Trouble::NotEmpty(file()),
        Trouble::NoPlaceForPackage(file()),
        Trouble::PackageBusy(file()),
        Trouble::KeyholderKey(odd.to_owned()),
        Trouble::FileNotPrivate(file()),
        Trouble::NoTerminal { option: "--yes" },
        Trouble::WrongPassphrase { member: Some(odd.to_owned()) },
        Trouble::NeverSeen { now: odd.to_owned() },
        Trouble::NoCompartment(odd.to_owned()),
        Trouble::KeyholdersMissing,
        Trouble::Approval(ApprovalTrouble::Missing),
        Trouble::Approval(ApprovalTrouble::NotTheirs),
        Trouble::Approval(ApprovalTrouble::NothingAsked),
        Trouble::Approval(ApprovalTrouble::NotToSign(file())),
        Trouble::Approval(ApprovalTrouble::NoKeyholders),
        Trouble::Approval(ApprovalTrouble::NotACode),
        Trouble::Damaged { detail: odd.to_owned() },
        Trouble::at(&file(), io::ErrorKind::NotFound.into()),
        Trouble::at(&file(), io::Error::other(odd)),
        io::Error::from(io::ErrorKind::StorageFull).into(),
    ];
    for one in &troubles {
        let texts = [Lang::En, Lang::Uk, Lang::Ru].map(|lang| trouble(lang, one));
        for text in &texts {
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(!text.contains('\u{202e}'), "{text}");
        }
        assert!(texts[0] != texts[1] && texts[1] != texts[2], "{texts:?}");
    }
}
