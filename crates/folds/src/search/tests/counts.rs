//! All that fits is counted, however little of it is shown.

use super::*;

#[test]
fn all_are_counted_whether_they_are_shown_or_not() {
    let mut story = Story::new();
    let paths = [
        "суд",
        "суду",
        "суд суду",
        "судом и суд",
        "рука",
        "руці",
        "руку руці",
        "у руки",
        "Осечкин",
        "Osechkin",
        "осечкина Осечкин",
        "суд Осечкина",
        "рука суду",
        "вид з вікна",
        "видами",
        "bus",
        "bus buses",
    ];
    for (number, path) in paths.iter().cycle().take(200).enumerate() {
        story.item(&format!("A1-{}", number + 1), path);
    }
    let search = story.folded();
    for question in [
        "суд",
        "суда",
        "рука",
        "рукою",
        "Осечкин",
        "осечкин",
        "Осечкина суд",
        "суд рука",
        "вид",
        "bus",
        "суд OR рука",
        "рука -суд",
    ] {
        let asked = |limit| {
            let wanted = Wanted { offset: 0, limit, without: &[], alone: &[], cameras: &[], beside: &[] };
            search.answer(&parse(question), &wanted).unwrap()
        };
        let all = asked(1000);
        assert!(!all.hits.is_empty(), "{question}");
        for limit in [0, 1, 20, 1000] {
            assert_eq!(asked(limit).total, all.hits.len() as u64, "{question}, {limit}");
        }
    }
}
