//! Words whose places are known: the line, page or second of the hit itself, and all others of its text.

use super::*;

/// A text with a word of its own in each of many places, each `gap` words apart.
fn told(story: &mut Story, about: &str, parts: &[(TextPlace, String)]) {
    let parts: Vec<(TextPlace, &str)> =
        parts.iter().map(|(place, text)| (place.clone(), text.as_str())).collect();
    story.text(about, DerivativeKind::Text, &parts);
}

/// A word that stands in one place only.
fn word(n: u32) -> String {
    (7_000_000 + n).to_string()
}

fn only(search: &Search<Shelf>, question: &str) -> Hit {
    let answer = ask(search, question);
    assert_eq!(answer.total, 1, "{question}: {answer:?}");
    answer.hits.into_iter().next().unwrap()
}

#[test]
fn a_hit_is_on_its_own_line() {
    let mut story = Story::new();
    // As examination cuts a text: pieces of forty lines, each with the number of its first.
    let line = |n: u32| format!("рядок {} кінець", word(n));
    let piece = |from: u32| (from..from + 40).map(line).collect::<Vec<_>>().join("\n");
    let pieces: Vec<_> =
        (0..40).map(|n| (TextPlace::Line(u64::from(n * 40 + 1)), piece(n * 40 + 1))).collect();
    told(&mut story, "A1-1", &pieces);
    // One line so long that it is several pieces, and one behind it.
    let long = "слово ".repeat(1200);
    let same = TextPlace::Line(7);
    let parts =
        [(same.clone(), long.clone()), (same, format!("{long} хвіст")), (TextPlace::Line(8), "далі".into())];
    told(&mut story, "A1-2", &parts);
    // And one that is longer than what is searched at once.
    let huge = format!("{}\nостанній", "пусте\n".repeat(9000));
    told(&mut story, "A1-3", &[(TextPlace::Line(11), huge)]);
    let search = story.folded();
    for n in [1, 2, 40, 41, 79, 80, 81, 799, 1600] {
        assert_eq!(only(&search, &word(n)).place, Place::Line(n), "{n}");
    }
    assert_eq!(only(&search, "хвіст").place, Place::Line(7));
    assert_eq!(only(&search, "далі").place, Place::Line(8));
    assert_eq!(only(&search, "останній").place, Place::Line(11 + 9001));
}

#[test]
fn a_hit_is_on_its_own_page_and_at_its_own_second() {
    let mut story = Story::new();
    let pages: Vec<_> = (1..=300)
        .map(|n| {
            (
                TextPlace::Page(n),
                format!("Сторінка з печаткою. {} {}", "Текст рядка. ".repeat(n as usize % 60), word(n)),
            )
        })
        .collect();
    told(&mut story, "A1-1", &pages);
    let cues: Vec<_> = (0..2000_u64)
        .map(|n| {
            (
                TextPlace::Time { from: n * 2500 + 400, to: n * 2500 + 2400 },
                format!("репліка {}", word(n as u32 + 1000)),
            )
        })
        .collect();
    told(&mut story, "A1-2", &cues);
    let search = story.folded();
    for n in [1, 2, 59, 60, 150, 299, 300] {
        assert_eq!(only(&search, &word(n)).place, Place::Page(n), "{n}");
    }
    for n in [0_u32, 1, 399, 400, 1999] {
        let second = (n * 2500 + 400) / 1000;
        assert_eq!(only(&search, &word(n + 1000)).place, Place::Second(second), "{n}");
    }
}

#[test]
fn a_rare_word_is_found_among_many_frequent_ones() {
    let mut story = Story::new();
    let mut pages = vec![(TextPlace::Page(1), "камера ".repeat(900)), (TextPlace::Page(2), "нічого".into())];
    pages.push((TextPlace::Page(3), "у цій камері рідкісне слово".into()));
    told(&mut story, "A1-1", &pages);
    let search = story.folded();
    assert_eq!(only(&search, "камера рідкісне").place, Place::Page(3));
    assert_eq!(only(&search, "рідкісне").place, Place::Page(3));
}

#[test]
fn a_phrase_is_cited_where_it_stands_as_one() {
    let mut story = Story::new();
    let page = |n: u32, text: &str| (TextPlace::Page(n), text.to_owned());
    told(
        &mut story,
        "A1-1",
        &[
            page(1, "руками били, били не руками"),
            page(2, "тут били руками"),
            page(3, "протокол огля-\nду місця"),
            page(4, "били руками знову"),
        ],
    );
    let search = story.folded();
    let hit = only(&search, "\"били руками\"");
    assert_eq!((hit.place, &hit.others[..]), (Place::Page(2), &[Place::Page(4)][..]));
    let marked: Vec<&str> = hit.snippet.marks.iter().map(|mark| &hit.snippet.text[mark.clone()]).collect();
    assert_eq!(marked, ["били", "руками", "били", "руками"]);
    // A word that a line's end cuts is part of phrases on both its sides.
    for phrase in ["\"протокол огляду\"", "\"огляду місця\""] {
        assert_eq!(only(&search, phrase).place, Place::Page(3), "{phrase}");
    }
}

#[test]
fn other_places_of_the_words_are_told() {
    let mut story = Story::new();
    let page = |n: u32, text: &str| (TextPlace::Page(n), text.to_owned());
    told(
        &mut story,
        "A1-1",
        &[
            page(1, "Саратов"),
            page(2, "в саратове и саратов"),
            page(4, "саратову"),
            page(5, "саратов и лікар"),
            page(9, "лікар"),
        ],
    );
    let search = story.folded();
    let places = |question: &str| {
        let hit = only(&search, question);
        (hit.place, hit.others)
    };
    assert_eq!(places("Саратов"), (Place::Page(1), vec![Place::Page(2), Place::Page(4), Place::Page(5)]));
    assert_eq!(places("саратов лікар"), (Place::Page(5), vec![]), "where they stand nearest each other");
    assert_eq!(places("лікар in:text"), (Place::Page(5), vec![Place::Page(9)]));
}
