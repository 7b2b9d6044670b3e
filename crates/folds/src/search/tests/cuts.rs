//! Phrases that the cut of a long text goes through.

use super::*;

/// Two pages that no document holds together, each with words at both its ends.
fn book() -> Story {
    let mut story = Story::new();
    let page = |first: &str, last: &str| format!("{first} {} {last}", "порожній рядок ".repeat(1000));
    let pages = [
        page("початок книги", "свідчить що лікар закрив"),
        page("двері карцеру", "закрив двері карцеру вночі"),
    ];
    let pages: Vec<_> = (1..).map(TextPlace::Page).zip(pages.iter().map(String::as_str)).collect();
    story.text("A1-1", DerivativeKind::Text, &pages);
    story
}

#[test]
fn a_phrase_that_a_cut_goes_through_is_found_once() {
    let story = book();
    let search = story.folded();
    for (question, total) in [
        ("\"лікар закрив двері\"", 1),
        ("\"що лікар закрив двері карцеру\"", 1),
        // Before the cut, behind it, and both through it and behind it.
        ("\"лікар закрив\"", 1),
        ("\"двері карцеру вночі\"", 1),
        ("\"двері карцеру\"", 1),
        ("\"закрив двері\"", 1),
        ("\"закрив двері\" -початок", 0),
        ("\"лікар закрив двері\" початок", 1),
        ("початок -\"лікар закрив двері\"", 0),
        ("\"закрив лікар двері\"", 0),
        ("\"лікар двері\"", 0),
        ("\"закрив рядок двері\"", 0),
        ("\"двері лікар\"", 0),
    ] {
        let answer = ask(&search, question);
        assert_eq!(answer.total, total, "{question}: {answer:?}");
    }
}

#[test]
fn a_phrase_that_a_cut_goes_through_is_cited_from_where_it_begins() {
    let story = book();
    let search = story.folded();
    let answer = ask(&search, "\"лікар закрив двері\"");
    let [hit] = &answer.hits[..] else { panic!("{answer:?}") };
    let marked: Vec<&str> = hit.snippet.marks.iter().map(|mark| &hit.snippet.text[mark.clone()]).collect();
    assert_eq!((hit.place, marked), (Place::Page(1), vec!["лікар", "закрив", "двері"]));
    assert!(hit.snippet.text.contains("свідчить що лікар закрив двері карцеру"), "{:?}", hit.snippet);
    // What stands beside a cut as well is cited from behind it, with the page there.
    let answer = ask(&search, "\"двері карцеру вночі\"");
    assert_eq!((answer.hits[0].place, answer.hits[0].others.len()), (Place::Page(2), 0));
    assert_eq!(ask(&search, "\"двері карцеру\"").hits[0].place, Place::Page(2));
}
