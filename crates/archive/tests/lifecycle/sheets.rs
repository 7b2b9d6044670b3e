//! Killed at any point, a command that hands out a sheet or changes a passphrase is finished when it is repeated: whoever is a
//! member has a sheet that opens their keys.

use std::path::Path;

use vidimus_seal::RecoveryCode;

use super::beginning::{KDF, beginning};
use super::house::{House, passphrase};
use crate::clock::SystemClock;
use crate::{
    AddMemberError, Archive, Before, InitError, Opening, Outcome, ProposeError, crash, recover, sheet,
};

/// What a person does who hands out sheets: writes the code down, having noted it.
fn write(archive: &Path, paper: &Path, code: &RecoveryCode) {
    sheet::begin(archive, code).unwrap();
    crash::step();
    std::fs::write(paper, code.groups().iter().map(|group| group.as_str()).collect::<Vec<_>>().join(" "))
        .unwrap();
    crash::step();
}

fn read(paper: &Path) -> Option<RecoveryCode> {
    std::fs::read_to_string(paper).ok()?.parse().ok()
}

#[test]
fn two_who_begin_in_one_folder_do_not_take_away_what_the_other_made() {
    let folder = tempfile::tempdir().unwrap();
    let (place, state) = (folder.path().join("archive"), folder.path().join("state"));
    let (olena, ihor) = (passphrase("Олена"), passphrase("Ігор"));
    let beginning = |member, passphrase| beginning(&state, member, passphrase);
    // While one types the sheet back, the other comes and goes.
    let (archive, _) = Archive::init_with_sheet(&place, beginning("Олена", &olena), |_| {
        assert_eq!(Before::of(&place)?, Before::UnderWay);
        let other = Archive::init(&place, beginning("Ігор", &ihor));
        assert!(matches!(other, Err(InitError::UnderWay(_))), "{:?}", other.map(drop));
        Ok::<_, InitError>(())
    })
    .unwrap();
    let mut archive = archive;
    assert!(archive.check(true, &mut |_| {}).problems.is_empty());
    // And what is recorded is not taken away by one that fails.
    drop(archive);
    assert!(matches!(Archive::init(&place, beginning("Ігор", &ihor)), Err(InitError::NotEmpty(_))));
    assert_eq!(Before::of(&place).unwrap(), Before::Archive);
}

#[test]
fn while_an_archive_begins() {
    for step in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let (archive, state) = (folder.path().join("archive"), folder.path().join("state"));
        let paper = folder.path().join("sheet");
        let begin = || {
            let passphrase = passphrase("Олена");
            Archive::init_with_sheet(&archive, beginning(&state, "Олена", &passphrase), |new| {
                write(&archive, &paper, new.code);
                Ok::<_, InitError>(())
            })
        };
        let ended = crash::killed_at(step, std::panic::AssertUnwindSafe(|| drop(begin().unwrap())));
        match Before::of(&archive).unwrap() {
            Before::Archive => {}
            Before::Nothing | Before::Remains => drop(begin().unwrap()),
            Before::Others | Before::UnderWay => panic!("at step {step} it is taken for somebody else's"),
        }
        let opening = Opening {
            state: &state,
            member: Some("Олена"),
            passphrase: &passphrase("Олена"),
            first_seen_here: true,
            clock: Box::new(SystemClock),
        };
        let mut opened = Archive::open(&archive, opening).unwrap();
        assert!(opened.opens_with_sheet(&read(&paper).unwrap()).unwrap(), "at step {step}");
        opened.publish_log().unwrap();
        let checked = opened.check(true, &mut |_| {});
        assert!(checked.problems.is_empty(), "at step {step}: {:#?}", checked.problems);
        opened.end_beginning().unwrap();
        assert_eq!(Before::of(&archive).unwrap(), Before::Others);
        if ended {
            assert!(step > 8, "a beginning takes steps");
            return;
        }
    }
}

#[test]
fn what_somebody_else_put_there_is_never_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let of = || Before::of(folder.path()).unwrap();
    assert_eq!(of(), Before::Nothing);
    std::fs::create_dir(folder.path().join("unfinished")).unwrap();
    assert_eq!(of(), Before::Remains);
    std::fs::write(folder.path().join("unfinished/init"), "").unwrap();
    assert_eq!(of(), Before::Remains);
    std::fs::write(folder.path().join("letter.txt"), "mine").unwrap();
    assert_eq!(of(), Before::Others);

    // An archive that was used, whose ledger is lost, with a note that outlived its beginning.
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    std::fs::write(house.archive().join("unfinished/init"), "").unwrap();
    assert_eq!(Before::of(&house.archive()).unwrap(), Before::Archive);
    std::fs::remove_file(house.layout().ledger()).unwrap();
    assert_eq!(Before::of(&house.archive()).unwrap(), Before::Others);
}

#[test]
fn while_a_member_is_added() {
    for house in [House::of_one(), House::of_two()] {
        house.receive("Олена", &[("a.txt", b"one".as_slice())]);
        let alone = house.open("Олена").register().present().count() == 1;
        for step in 0.. {
            let copy = house.copy();
            let paper = copy.archive().with_file_name("sheet");
            let add = || -> Result<Outcome, AddMemberError> {
                let mut olena = copy.open("Олена");
                let written = read(&paper).filter(|code| sheet::is_begun(&copy.archive(), code));
                if let Some(code) = &written
                    && let Some(outcome) = olena.admitted_before("Віра", &passphrase("Віра"), code, &[])?
                {
                    return Ok(outcome);
                }
                let new = olena.new_member("Віра", written.clone())?;
                if written.is_none() {
                    write(&copy.archive(), &paper, new.code());
                }
                olena.admit_new(&new, &passphrase("Віра"), &KDF, &[])
            };
            let ended = crash::killed_at(step, std::panic::AssertUnwindSafe(|| assert!(add().is_ok())));
            for _ in 0..2 {
                let outcome = add().unwrap();
                assert_eq!(outcome == Outcome::Done, alone, "at step {step}");
            }
            if let Outcome::Waiting(id) = add().unwrap() {
                copy.open("Богдан").agree(id).unwrap();
            }
            // One key file is theirs, and the passphrase opens that one.
            let vira = copy.open("Віра");
            assert!(vira.opens_with_sheet(&read(&paper).unwrap()).unwrap(), "at step {step}");
            assert_eq!(vira.register().present().filter(|member| member.name == "Віра").count(), 1);
            let files = std::fs::read_dir(copy.layout().members()).unwrap();
            let files =
                files.filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "json"));
            assert_eq!(files.count(), vira.register().present().count(), "at step {step}");
            drop(vira);
            copy.is_sound_for(&["Олена", "Віра"]);
            // Somebody else's sheet brings nobody in.
            let other = copy.open("Олена").new_code();
            let again = copy.open("Олена").admitted_before("Віра", &passphrase("Віра"), &other, &[]).unwrap();
            assert_eq!(again, None);
            if ended {
                assert!(step > 5, "an addition takes steps");
                break;
            }
        }
    }
}

#[test]
fn a_name_that_is_taken_is_refused_before_a_sheet_is_made() {
    let house = House::of_two();
    let taken = house.open("Олена").new_member("Богдан", None);
    assert!(matches!(taken, Err(AddMemberError::Propose(ProposeError::NameTaken(_)))));
}

#[test]
fn while_passphrase_or_sheet_change() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    // From the second change on the check knows which file is the newest.
    house.open("Олена").change_passphrase(&passphrase("Олена"), &passphrase("Олена"), &KDF).unwrap();
    let sheet = house.open("Олена").renew_recovery(&passphrase("Олена"), &KDF).unwrap();
    let code = house.open("Олена").new_code();
    type Change<'a> = &'a dyn Fn(&House);
    let by_passphrase: Change = &|house| {
        let now = house.try_open("Олена").is_ok();
        if now {
            house.open("Олена").change_passphrase(&passphrase("Олена"), "another one", &KDF).unwrap();
        } else {
            house.open_with("Олена", "another one").record_key_file().unwrap();
        }
    };
    let by_sheet: Change =
        &|house| house.open("Олена").renew_recovery_with(&passphrase("Олена"), &KDF, &code).unwrap();
    let with_the_sheet: Change = &|house| {
        recover(&house.archive(), Some("Олена"), &sheet, "another one", &KDF).unwrap();
        house.open_with("Олена", "another one").record_key_file().unwrap();
    };
    for (number, change) in [by_passphrase, by_sheet, with_the_sheet].into_iter().enumerate() {
        for step in 0.. {
            let copy = house.copy();
            let ended = crash::killed_at(step, std::panic::AssertUnwindSafe(|| change(&copy)));
            for finish in [false, true] {
                if finish {
                    change(&copy);
                }
                let checked = copy.open("Богдан").check(false, &mut |_| {});
                assert!(checked.problems.is_empty(), "{number} at {step}: {:#?}", checked.problems);
            }
            let newest = if number == 1 { passphrase("Олена") } else { "another one".into() };
            let mut olena = copy.open_with("Олена", &newest);
            assert!(olena.opens_with_sheet(if number == 1 { &code } else { &sheet }).unwrap());
            let records = olena.register().position;
            olena.finish_key_file().unwrap();
            olena.record_key_file().unwrap();
            assert_eq!(olena.register().position, records, "it is recorded once");
            if ended {
                assert!(step > 2, "a change takes steps");
                break;
            }
        }
    }
}

#[test]
fn an_interrupted_change_is_recorded_by_the_next_command_and_an_older_file_is_still_named() {
    let house = House::of_two();
    house.receive("Олена", &[("a.txt", b"one".as_slice())]);
    let mut olena = house.open("Олена");
    let file = house.layout().member(olena.keyring().member());
    let old = std::fs::read(&file).unwrap();
    olena.change_passphrase(&passphrase("Олена"), "second", &KDF).unwrap();
    let second = std::fs::read(&file).unwrap();
    drop(olena);
    let killed_after_the_file = |house: &House| {
        for step in 0..100 {
            let copy = house.copy();
            let mut olena = copy.open_with("Олена", "second");
            let change =
                std::panic::AssertUnwindSafe(|| olena.change_passphrase("second", "third", &KDF).unwrap());
            crash::killed_at(step, change);
            drop(olena);
            if copy.try_open_with("Олена", "third").is_ok() {
                return copy;
            }
        }
        unreachable!("the file changes at some step")
    };
    let copy = killed_after_the_file(&house);
    let file = copy.layout().member(copy.open_with("Олена", "third").keyring().member());
    copy.is_harmed_nowhere(&["Богдан"], 0);
    // The note is for the file that it names, and none else.
    let third = std::fs::read(&file).unwrap();
    for older in [&old, &second] {
        std::fs::write(&file, older).unwrap();
        let problems = copy.open("Богдан").check(false, &mut |_| {}).problems;
        let named = problems.iter().any(|one| one.problem.to_string().contains("not the newest key file"));
        assert_eq!(named, *older == old, "{problems:#?}");
    }
    std::fs::write(&file, third).unwrap();
    copy.open_with("Олена", "third").finish_key_file().unwrap();
    copy.is_sound_for(&["Богдан"]);
    assert!(
        !copy
            .layout()
            .unfinished()
            .join(format!("key-file-{}", file.file_stem().unwrap().to_str().unwrap()))
            .exists()
    );
}
