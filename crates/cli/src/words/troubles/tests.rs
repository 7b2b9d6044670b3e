//! Every trouble has its two sentences, whole in every language; what lower layers say stands apart on a line of its own.

use std::io;
use std::path::PathBuf;

use clap::CommandFactory as _;
use vidimus_archive::anchor::SettingsError;
use vidimus_archive::{Cause, WentBack};
use vidimus_seal::RecoveryCodeError;
use vidimus_seal::keyholders::KeyholderSetError;

use super::{Lang, Trouble, trouble};
use crate::trouble::{ApprovalTrouble, ExaminationTrouble, OpeningTrouble};

/// What others could put into a name.
const ODD: &str = "a\nb\u{202e}c\u{1b}[2J";
/// Latin words that stand in sentences of other languages: names of things that are typed, read or looked up.
const KNOWN: &[&str] = &[
    "recovery", "chmod", "vidimus", "age", "age1", "keygen", "UTF", "QR", "JSON", "http", "https", "JOHN",
    "AGE", "SECRET", "KEY", "DIR", "ID", "FILE", "openssl", "keys", "json", "settings", "db", "ledger",
];

#[test]
fn every_trouble_is_two_whole_sentences_in_every_language() {
    let mut english = Vec::new();
    for one in &all() {
        let texts = [Lang::En, Lang::Uk, Lang::Ru].map(|lang| trouble(lang, one));
        for (text, lang) in texts.iter().zip([Lang::En, Lang::Uk, Lang::Ru]) {
            let lines: Vec<_> = text.lines().collect();
            let heading =
                lang.pick("Technical detail: ", "Технічна подробиця: ", "Техническая подробность: ");
            let sentences = match lines.last() {
                Some(last) if last.starts_with(heading) => &lines[..lines.len() - 1],
                _ => &lines[..],
            };
            assert_eq!(sentences.len(), 2, "{one:?}: {text}");
            assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text}");
            if lang != Lang::En {
                let words = foreign(&sentences.join(" ")).into_iter().map(str::to_owned).collect::<Vec<_>>();
                english.extend((!words.is_empty()).then(|| format!("{words:?} in {text}")));
            }
        }
        assert!(texts[0] != texts[1] && texts[1] != texts[2], "{texts:?}");
    }
    assert!(english.is_empty(), "{}", english.join("\n"));
}

/// Latin words that are not part of something typed: a command to the end of its clause, an option, a path, a placeholder.
fn foreign(text: &str) -> Vec<&str> {
    let odd = "a\\u{a}b\\u{202e}c\\u{1b}[2J";
    let mut words = Vec::new();
    for clause in text.split(odd).flat_map(|part| part.split(": vidimus")) {
        let typed = |word: &&str| {
            !(word.starts_with('-') || word.contains(['/', '.', '_', '+', '\\']) || word.contains("A1"))
        };
        for word in clause.split_whitespace().filter(typed) {
            words.extend(word.split(|c: char| !c.is_ascii_alphanumeric()));
        }
    }
    let commands = {
        let mut command = crate::arguments::Arguments::command();
        command.build();
        let below = command
            .get_subcommands()
            .flat_map(|one| one.get_subcommands().map(|two| two.get_name().to_owned()));
        let names = command.get_subcommands().map(|one| one.get_name().to_owned());
        names.chain(below).collect::<Vec<_>>()
    };
    let said = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_alphabetic());
    words.retain(|word| said(word) && !KNOWN.contains(word) && !commands.iter().any(|one| one == word));
    words
}

/// One of each kind.
fn all() -> Vec<Trouble> {
    let (file, text, reference) = (|| PathBuf::from(ODD), || ODD.to_owned(), || "A1-2".parse().unwrap());
    let detail = || "the ledger is damaged".to_owned();
    let settings = vec![
        SettingsError::Io(io::ErrorKind::NotFound.into()),
        SettingsError::Malformed(serde_json::from_str::<u8>("x").unwrap_err()),
        SettingsError::Name(text()),
        SettingsError::Speech("memory_gib is 0"),
        SettingsError::Url { authority: text(), url: text() },
        SettingsError::CaFile { authority: text(), path: text(), reason: io::ErrorKind::NotFound.into() },
        SettingsError::Policy { authority: text(), policy: text() },
    ];
    let mut all = vec![
        Trouble::NoArchiveNamed,
        Trouble::NotAnArchive(file()),
        Trouble::Untold,
        Trouble::NotEmpty(file()),
        Trouble::BeginningUnderWay(file()),
        Trouble::BegunOnly(file()),
        Trouble::NotAFile(file()),
        Trouble::Origin,
        Trouble::NoMemberNamed,
        Trouble::MemberName,
        Trouble::KeyholderKey(text()),
        Trouble::KeyholderSet(KeyholderSetError::Count { found: 9 }),
        Trouble::KeyholderSet(KeyholderSetError::Threshold { threshold: 3, keyholders: 2 }),
        Trouble::FileNotPrivate(file()),
        Trouble::PassphraseUnreadable(file()),
        Trouble::PassphraseWeak,
        Trouble::PassphraseDiffers,
        Trouble::NoTerminal { option: "--yes" },
        Trouble::SheetNotConfirmed,
        Trouble::Exists(file()),
        Trouble::RecoveryCode(RecoveryCodeError::Several),
        Trouble::RecoveryCode(RecoveryCodeError::Length { found: 3 }),
        Trouble::RecoveryCode(RecoveryCodeError::Group { group: 3 }),
        Trouble::NotAMember,
        Trouble::WrongRecoveryCode,
        Trouble::WrongPassphrase { member: Some(text()) },
        Trouble::WrongPassphrase { member: None },
        Trouble::NeverSeen { now: text() },
        Trouble::WentBack(WentBack { seen: Some(text()), now: text(), newer_keys: None }),
        Trouble::TwoStandardInputs,
        Trouble::NotAReference(text()),
        Trouble::NotAReference(String::new()),
        Trouble::Unknown(reference()),
        Trouble::NotReleased(reference()),
        Trouble::MovesWhole(reference()),
        Trouble::NoAuthority,
        Trouble::NotAReceipt(file()),
        Trouble::OtherArchive(file()),
        Trouble::NotBack,
        Trouble::BackupInside,
        Trouble::NoPlaceForPackage(file()),
        Trouble::PackageBusy(file()),
        Trouble::NotABackup(file()),
        Trouble::NotReceived(reference()),
        Trouble::BeingReceived(reference()),
        Trouble::NoReason { option: "--reason" },
        Trouble::NoSuchProposal(text()),
        Trouble::NotYours,
        Trouble::OwnFolder(file()),
        Trouble::NobodyCanAgree,
        Trouble::ProposerGone,
        Trouble::NoSuchMember(text()),
        Trouble::LastMember,
        Trouble::NameTaken(text()),
        Trouble::CompartmentName,
        Trouble::CompartmentLetter('Z'),
        Trouble::NotConfirmed { again: "A1-2".to_owned() },
        Trouble::LeavingNotConfirmed { again: text() },
        Trouble::NoRecipient,
        Trouble::UnknownField { field: text(), known: &["path_encoding"] },
        Trouble::NotAnItem(reference()),
        Trouble::Examination(ExaminationTrouble::NoSandbox),
        Trouble::Examination(ExaminationTrouble::NoSpeech),
        Trouble::Examination(ExaminationTrouble::NotACamera(text())),
        Trouble::Examination(ExaminationTrouble::NothingSaid),
        Trouble::Examination(ExaminationTrouble::Backwards),
        Trouble::Examination(ExaminationTrouble::TooFar),
        Trouble::Examination(ExaminationTrouble::Overlaps),
        Trouble::Examination(ExaminationTrouble::NotMade(reference())),
        Trouble::NotAnAccession(reference()),
        Trouble::Withdrawn(reference()),
        Trouble::Gone(reference()),
        Trouble::NotErased(reference()),
        Trouble::SeveralCompartments { first: reference(), other: reference() },
        Trouble::Declined,
        Trouble::NotHeld,
        Trouble::NoCompartment(text()),
        Trouble::TwoCompartments(text()),
        Trouble::NoGiver(file()),
        Trouble::NoKeyInFile(file()),
        Trouble::KeyholdersMissing,
        Trouble::Approval(ApprovalTrouble::Missing),
        Trouble::Approval(ApprovalTrouble::NotTheirs),
        Trouble::Approval(ApprovalTrouble::NothingAsked),
        Trouble::Approval(ApprovalTrouble::NotToSign(file())),
        Trouble::Approval(ApprovalTrouble::NoKeyholders),
        Trouble::Approval(ApprovalTrouble::NotACode),
        Trouble::Opening(OpeningTrouble::NotAStatement(file())),
        Trouble::Opening(OpeningTrouble::NotSigned(file())),
        Trouble::Opening(OpeningTrouble::OtherThing(file())),
        Trouble::Opening(OpeningTrouble::BadSignature(file())),
        Trouble::Opening(OpeningTrouble::NotAsked(file())),
        Trouble::Opening(OpeningTrouble::NoKey),
        Trouble::Opening(OpeningTrouble::OnlyATest),
        Trouble::KeyholdersNeeded { threshold: 2 },
        Trouble::NoGiverNamed(reference()),
        Trouble::GiverDamaged,
    ];
    all.extend(settings.into_iter().map(Trouble::Settings));
    for cause in CAUSES {
        all.push(Trouble::Inside { cause, detail: detail() });
        all.push(Trouble::NotFinished { cause, detail: detail() });
    }
    for kind in KINDS {
        all.push(Trouble::at(&file(), kind.into()));
        all.push(io::Error::from(kind).into());
        all.push(Trouble::Inside { cause: Cause::System(kind), detail: detail() });
    }
    all.push(Trouble::at(&file(), io::Error::other(ODD)));
    all
}

const CAUSES: [Cause; 23] = [
    Cause::TooManyFiles,
    Cause::Disk,
    Cause::NotAFile,
    Cause::Foreign,
    Cause::Busy,
    Cause::Newer,
    Cause::Ledger,
    Cause::Record,
    Cause::Object,
    Cause::Keys,
    Cause::Catalogue,
    Cause::Log,
    Cause::Settings,
    Cause::Names,
    Cause::Backup,
    Cause::IsBackup,
    Cause::WentBack,
    Cause::Meanwhile,
    Cause::NotHeld,
    Cause::Nothing,
    Cause::TooMany,
    Cause::TooLarge,
    Cause::Unsigned,
];

const KINDS: [io::ErrorKind; 15] = [
    io::ErrorKind::NotFound,
    io::ErrorKind::PermissionDenied,
    io::ErrorKind::StorageFull,
    io::ErrorKind::QuotaExceeded,
    io::ErrorKind::Interrupted,
    io::ErrorKind::IsADirectory,
    io::ErrorKind::NotADirectory,
    io::ErrorKind::ReadOnlyFilesystem,
    io::ErrorKind::InvalidFilename,
    io::ErrorKind::FileTooLarge,
    io::ErrorKind::InvalidData,
    io::ErrorKind::AlreadyExists,
    io::ErrorKind::ResourceBusy,
    io::ErrorKind::UnexpectedEof,
    io::ErrorKind::Other,
];

#[test]
fn every_kind_of_trouble_is_among_those_that_are_tested() {
    let kinds: std::collections::HashSet<_> = all().iter().map(std::mem::discriminant).collect();
    // Derived from the declaration, so that a new one is not forgotten.
    let source = include_str!("../../trouble.rs");
    let declared = source.split("pub enum Trouble {").nth(1).unwrap().split("\n}\n").next().unwrap();
    let names =
        declared.lines().filter(|line| line.starts_with("    ") && line.as_bytes()[4].is_ascii_uppercase());
    assert_eq!(kinds.len(), names.count());
}
