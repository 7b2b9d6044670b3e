//! Nonsense typed at every command and every option: it is refused in words, nothing hangs, and nothing is lost.

#[allow(dead_code, reason = "a part of it is used here")]
#[path = "../stories/support.rs"]
mod support;

mod demands;
mod grammar;
mod place;
mod table;
mod values;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Mutex;
use std::thread;

use grammar::Grammar;
use place::Place;
use table::{CONTRADICTIONS, GLOBALS, SCENES, Scene};
use values::{Kind, TEXTS};

const LANGUAGES: [&str; 3] = ["en", "uk", "ru"];

/// The words of a sensible call, with one of its slots filled as `fill` says.
fn typed(scene: &Scene, fill: Option<(&str, Vec<OsString>)>) -> Vec<OsString> {
    let mut words: Vec<OsString> = scene.command.split_whitespace().map(OsString::from).collect();
    for (slot, _, sensible) in scene.slots {
        match &fill {
            Some((filled, value)) if filled == slot => words.extend(value.clone()),
            _ if sensible.is_empty() => {}
            _ if slot.starts_with("--") => words.extend([slot, sensible].map(OsString::from)),
            _ => words.push(sensible.into()),
        }
    }
    match fill {
        Some((slot, value)) if !scene.slots.iter().any(|(known, ..)| *known == slot) => words.extend(value),
        _ => {}
    }
    words
}

/// An option and its value: as two words, or joined where the value could be taken for an option.
fn filled(slot: &str, value: &OsStr) -> Vec<OsString> {
    if !slot.starts_with("--") {
        return vec![value.to_owned()];
    }
    if value.as_bytes().starts_with(b"-") || value.len().is_multiple_of(2) {
        let mut joined = OsString::from(format!("{slot}="));
        joined.push(value);
        return vec![joined];
    }
    vec![slot.into(), value.to_owned()]
}

/// `make nonsense` tries every value in every slot.
fn everything() -> bool {
    std::env::var_os("VIDIMUS_NONSENSE").is_some()
}

/// All that is tried with one scene: the words, and which exit codes are right.
fn calls(scene: &Scene, number: usize) -> Vec<(Vec<OsString>, &'static [i32])> {
    let mut calls = Vec::new();
    for (at, (slot, kind, _)) in scene.slots.iter().enumerate() {
        if *kind == Kind::Flag {
            let twice = vec![OsString::from(slot), OsString::from(slot)];
            calls.push((typed(scene, Some((slot, twice))), kind.codes(OsStr::new(""))));
            calls.push((typed(scene, Some((slot, vec![format!("{slot}=yes").into()]))), &[2]));
            continue;
        }
        // Of the texts every third, another one in the next slot; all where time is no matter.
        for (nth, value) in kind.values().into_iter().enumerate() {
            if everything() || nth >= TEXTS || (nth + number + at).is_multiple_of(3) {
                calls.push((typed(scene, Some((slot, filled(slot, &value)))), kind.codes(&value)));
            }
        }
        if slot.starts_with("--") {
            calls.push((typed(scene, Some((slot, vec![OsString::from(slot)]))), &[2]));
        }
    }
    // Options of every command: a few values with each, all of them in the end.
    for (slot, kind, _) in GLOBALS
        .iter()
        .filter(|(slot, kind, _)| *kind != Kind::Flag && !scene.slots.iter().any(|(known, ..)| known == slot))
    {
        let values = kind.values();
        let few = if everything() { values.len() } else { 2 };
        for value in (0..few).map(|nth| &values[(number * few + nth) % values.len()]) {
            let codes = if scene.needs_archive { kind.codes(value) } else { &[0, 1, 2, 3] };
            calls.push((typed(scene, Some((slot, filled(slot, value)))), codes));
        }
        let twice = [filled(slot, OsStr::new("x")), filled(slot, OsStr::new("x"))].concat();
        calls.push((typed(scene, Some((slot, twice))), &[2]));
    }
    let asks = scene.slots.iter().any(|(_, kind, _)| *kind == Kind::Question);
    // A question leaves out what stands behind one hyphen.
    let one_hyphen: &[i32] = if asks { &[0, 1] } else { &[2] };
    let unknown: [(&str, &[i32]); 4] =
        [("--no-such-option", &[2]), ("--no\u{1b}[2J", &[2]), ("-\u{202e}", one_hyphen), ("-9", one_hyphen)];
    calls.extend(unknown.map(|(word, codes)| (typed(scene, Some(("", vec![word.into()]))), codes)));
    calls
}

#[test]
fn nonsense_is_refused_in_words_and_nothing_is_lost() {
    let grammar = Grammar::of_the_help();
    let mut unnamed = grammar.slots();
    for scene in SCENES {
        for (slot, kind, _) in scene.slots {
            assert!(grammar.knows(scene.command, slot), "{} has no {slot} (any more)", scene.command);
            assert_eq!(*kind == Kind::Flag, grammar.is_flag(scene.command, slot), "{} {slot}", scene.command);
            unnamed.remove(&(scene.command.to_owned(), (*slot).to_owned()));
        }
        unnamed.remove(&(scene.command.to_owned(), String::new()));
    }
    assert_eq!(unnamed, BTreeSet::new(), "these commands and options have no nonsense in the table");

    let model = Place::furnished();
    let left = Mutex::new((0..SCENES.len()).collect::<Vec<_>>());
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                loop {
                    let Some(number) = left.lock().unwrap().pop() else { return };
                    let found = play(&model.copy(), &SCENES[number], number);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} answers are not as they should be:\n{}", wrong.len(), wrong.join("\n"));
}

/// What was not as it should be.
fn play(place: &Place, scene: &Scene, number: usize) -> Vec<String> {
    let mut wrong = Vec::new();
    let before = place.references();
    for (nth, (words, codes)) in calls(scene, number).into_iter().enumerate() {
        place.clear();
        let lang = LANGUAGES[(number + nth) % 3];
        wrong.extend(demands::unmet(&place.runs(&words, lang), &words, codes));
    }
    place.clear();
    let after = place.references();
    if scene.command != "erase" && !before.is_subset(&after) {
        wrong.push(format!("{}: of {before:?} there is {after:?}", scene.command));
    }
    wrong.extend(
        place.damaged().map(|said| format!("{}: then the archive is not sound: {said}", scene.command)),
    );
    wrong
}

#[test]
fn what_contradicts_itself_is_refused() {
    let place = Place::furnished();
    let mut wrong = Vec::new();
    for (number, (line, codes)) in CONTRADICTIONS.iter().enumerate() {
        place.clear();
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        wrong.extend(demands::unmet(&place.runs(&words, LANGUAGES[number % 3]), &words, codes));
    }
    // Each command outside any archive, where there is none, and where there is only a folder.
    for scene in SCENES.iter().filter(|scene| scene.needs_archive) {
        for (number, folder) in ["nowhere", "folder", "file", "fifo"].iter().enumerate() {
            place.clear();
            let words = typed(scene, Some(("--archive", filled("--archive", OsStr::new(folder)))));
            wrong.extend(demands::unmet(&place.runs(&words, LANGUAGES[number % 3]), &words, &[2]));
        }
    }
    wrong.extend(place.damaged());
    assert!(wrong.is_empty(), "{} answers are not as they should be:\n{}", wrong.len(), wrong.join("\n"));
}
