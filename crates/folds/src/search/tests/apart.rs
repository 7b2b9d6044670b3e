//! Words of a question that stand pages apart in one long text.

use super::*;

/// A long text whose pages say nothing, but for these.
fn long(story: &mut Story, about: &str, said: &[(u32, &str)]) {
    let pages: Vec<(TextPlace, String)> = (1..=120)
        .map(|n| {
            let words = said.iter().find(|(page, _)| *page == n).map_or("", |(_, words)| words);
            (TextPlace::Page(n), format!("{words} {}", "порожній рядок ".repeat(80)))
        })
        .collect();
    let pages: Vec<(TextPlace, &str)> =
        pages.iter().map(|(place, text)| (place.clone(), text.as_str())).collect();
    story.text(about, DerivativeKind::Text, &pages);
}

fn books() -> Story {
    let mut story = Story::new();
    long(&mut story, "A1-1", &[(2, "Осечкін свідчить"), (110, "карцер і лікар"), (111, "карцер")]);
    long(&mut story, "A1-2", &[(3, "карцер"), (60, "наглядач")]);
    story.text("A1-3", DerivativeKind::Text, &[(TextPlace::Page(1), "Осечкін бачив карцер")]);
    story
}

#[test]
fn words_that_stand_far_apart_meet() {
    let story = books();
    let search = story.folded();
    let answer = ask(&search, "Осечкін карцер");
    let fits: Vec<(String, Fit)> = answer.hits.iter().map(|hit| (hit.about.to_string(), hit.fit)).collect();
    assert_eq!(fits, [("A1-3".to_owned(), Fit::Spelled), ("A1-1".to_owned(), Fit::Apart)]);
    assert_eq!(answer.total, 2);
    for (question, expected) in [
        ("osechkin карцером наглядач", &[][..]),
        ("наглядачі карцери", &["A1-2"]),
        ("карцер (наглядач OR свідчить)", &["A1-1", "A1-2"]),
        ("свідчить \"карцер і лікар\"", &["A1-1"]),
        ("свідчить \"лікар і карцер\"", &[]),
        ("свідчить карц*", &["A1-1"]),
        ("свідчить карцур~", &["A1-1"]),
        ("osechkin лікар", &["A1-1"]),
        ("осечкін лікар ref:A1-1", &["A1-1"]),
        ("осечкін лікар ref:A1-2", &[]),
        ("осечкін лікар in:name", &[]),
    ] {
        assert_eq!(found(&search, question), expected, "{question}");
    }
}

#[test]
fn what_is_excluded_is_excluded_from_the_whole_text() {
    let story = books();
    let search = story.folded();
    assert_eq!(found(&search, "свідчить"), ["A1-1"]);
    assert_eq!(found(&search, "свідчить -лікар"), [""; 0]);
    assert_eq!(found(&search, "карцер -наглядач -свідчить"), ["A1-3"]);
    assert_eq!(found(&search, "наглядач карцер -лікар"), ["A1-2"]);
    assert_eq!(found(&search, "-порожній"), ["A1-3"]);
}

#[test]
fn what_stands_apart_is_paged_hidden_and_forgotten_like_the_rest() {
    let mut story = books();
    let mut search = story.folded();
    let part = |search: &Search<Shelf>, offset, limit, without: &[Ref]| {
        let wanted = Wanted { offset, limit, without, alone: &[], cameras: &[], beside: &[] };
        let answer = search.answer(&parse("Осечкін карцер"), &wanted).unwrap();
        (answer.total, refs(&answer).join(" "))
    };
    assert_eq!(part(&search, 0, 1, &[]), (2, "A1-3".into()));
    assert_eq!(part(&search, 1, 5, &[]), (2, "A1-1".into()));
    assert_eq!(part(&search, 2, 5, &[]), (2, String::new()));
    assert_eq!(part(&search, 0, 5, &["A1-1".parse().unwrap()]), (1, "A1-3".into()));
    story.say(erasure("A1-1", vec![0]));
    story.bring_up(&mut search);
    assert_eq!(part(&search, 0, 5, &[]), (1, "A1-3".into()));
}
