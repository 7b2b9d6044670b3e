//! Questions as people type them, and as nobody would.

use proptest::prelude::*;

use super::*;

fn word(text: &str) -> Clause {
    Clause::Word(Word { text: text.into(), reach: Reach::Forms })
}

fn reaching(text: &str, reach: Reach) -> Clause {
    Clause::Word(Word { text: text.into(), reach })
}

fn understood(text: &str) -> Clause {
    let question = parse(text);
    assert_eq!(question.ignored, [], "{text}");
    question.clause.unwrap()
}

#[test]
fn words_phrases_choices_and_exclusions() {
    assert_eq!(understood("камера"), word("камера"));
    assert_eq!(understood("били током"), Clause::All(vec![word("били"), word("током")]));
    assert_eq!(understood("били AND током"), Clause::All(vec![word("били"), word("током")]));
    assert_eq!(understood("\"били током\""), Clause::Phrase(vec!["били".into(), "током".into()]));
    assert_eq!(understood("«били током»"), Clause::Phrase(vec!["били".into(), "током".into()]));
    assert_eq!(understood("\"камера\""), word("камера"));
    let not = |clause| Clause::Not(Box::new(clause));
    assert_eq!(understood("били -током"), Clause::All(vec![word("били"), not(word("током"))]));
    assert_eq!(understood("NOT (били OR током)"), not(Clause::Any(vec![word("били"), word("током")])));
    assert_eq!(understood("били !током"), Clause::All(vec![word("били"), not(word("током"))]));
    assert_eq!(
        understood("хто бив? Він! \\cam"),
        Clause::All(["хто", "бив", "Він", "cam"].map(word).to_vec())
    );
    let side_by_side = Clause::All(vec![word("b"), word("c")]);
    assert_eq!(understood("a OR b c"), Clause::Any(vec![word("a"), side_by_side.clone()]));
    assert_eq!(understood("ИК-900"), Clause::All(vec![word("ИК"), word("900")]));
}

#[test]
fn beginnings_and_spellings() {
    assert_eq!(understood("осеч*"), reaching("осеч", Reach::Prefix));
    assert_eq!(understood("Осечкин~"), reaching("Осечкин", Reach::Letters(2)));
    assert_eq!(understood("ток~"), reaching("ток", Reach::Letters(1)));
    assert_eq!(understood("ток~2"), reaching("ток", Reach::Letters(2)));
    assert_eq!(understood("name:осечкин"), reaching("осечкин", Reach::Name));
}

#[test]
fn fields_filter() {
    let only = |filter| Clause::Only(filter);
    assert_eq!(understood("in:ocr"), only(Filter::In(Kind::Ocr)));
    assert_eq!(understood("lang:uk"), only(Filter::Language(Language::Ukrainian)));
    assert_eq!(understood("ref:A7-312"), only(Filter::Reference("A7-312".parse().unwrap())));
    assert_eq!(understood("camera:\"Cam 3\""), only(Filter::Camera("cam 3".into())));
    assert_eq!(understood("kind:Video"), only(Filter::Form("video".into())));
    let days = Days::read("2024-03-01..2024-04").unwrap();
    assert_eq!(understood("date:2024-03-01..2024-04"), only(Filter::Days(days)));
    assert_eq!(understood("path:DCIM/100"), only(Filter::Path(vec!["DCIM".into(), "100".into()])));
    assert!(matches!(understood("-in:ocr"), Clause::Not(_)));
}

#[test]
fn what_is_not_understood_is_searched_and_said() {
    for (text, ignored, clause) in [
        (
            "сайт:камера",
            Ignored::UnknownField("сайт".into()),
            Some(Clause::All(vec![word("сайт"), word("камера")])),
        ),
        ("lang:fr", Ignored::BadValue("lang".into(), "fr".into()), Some(word("fr"))),
        ("date:вчера", Ignored::BadValue("date".into(), "вчера".into()), Some(word("вчера"))),
        ("ref:77", Ignored::BadValue("ref".into(), "77".into()), Some(word("77"))),
        ("\"били током", Ignored::OpenQuote, Some(Clause::Phrase(vec!["били".into(), "током".into()]))),
        ("(били", Ignored::OpenBracket, Some(word("били"))),
        ("били)", Ignored::OpenBracket, Some(word("били"))),
        ("били OR", Ignored::Lonely("OR".into()), Some(word("били"))),
        ("AND", Ignored::Lonely("AND".into()), None),
        ("NOT", Ignored::Lonely("NOT".into()), None),
        ("()", Ignored::Lonely("()".into()), None),
        ("name:", Ignored::Lonely("name:".into()), None),
        ("б*", Ignored::ShortPrefix("б".into()), Some(word("б"))),
        ("*токол", Ignored::Signs("*токол".into()), Some(word("токол"))),
        ("про*кол", Ignored::Signs("про*кол".into()), Some(Clause::All(vec![word("про"), word("кол")]))),
        ("про?кол", Ignored::Signs("про?кол".into()), Some(Clause::All(vec![word("про"), word("кол")]))),
        ("ток~9", Ignored::Signs("ток~9".into()), Some(Clause::All(vec![word("ток"), word("9")]))),
        ("ток^2", Ignored::Signs("ток^2".into()), Some(Clause::All(vec![word("ток"), word("2")]))),
        ("[а-я]+", Ignored::Signs("[а-я]+".into()), Some(Clause::All(vec![word("а"), word("я")]))),
        (
            "\"били током\"~5",
            Ignored::Signs("~5".into()),
            Some(Clause::Phrase(vec!["били".into(), "током".into()])),
        ),
    ] {
        let question = parse(text);
        assert_eq!(question.ignored, [ignored], "{text}");
        assert_eq!(question.clause, clause, "{text}");
    }
    assert_eq!(parse(""), Question { clause: None, ignored: vec![Ignored::Nothing] });
    assert_eq!(parse(" …!? "), Question { clause: None, ignored: vec![Ignored::Nothing] });
}

#[test]
fn limits_hold() {
    let long = parse(&"камера ".repeat(10_000));
    assert_eq!(long.ignored, [Ignored::TooMany, Ignored::TooLong]);
    assert!(matches!(&long.clause, Some(Clause::All(parts)) if parts.len() == MOST_CLAUSES));
    let deep = parse(&"(".repeat(3000));
    assert!(deep.ignored.contains(&Ignored::TooDeep) && deep.clause.is_none());
    assert!(parse(&"NOT ".repeat(1000)).clause.is_none());
    assert!(parse(&"-".repeat(4000)).clause.is_none());
    assert!(parse(&format!("\"{}\"", "а ".repeat(2000))).ignored.contains(&Ignored::TooMany));
}

fn size(clause: &Clause) -> (usize, usize) {
    match clause {
        Clause::All(parts) | Clause::Any(parts) => {
            assert!(parts.len() > 1);
            let sizes = parts.iter().map(size);
            sizes.fold((0, 0), |(n, deep), (m, deeper)| (n + m, deep.max(deeper + 1)))
        }
        Clause::Not(inner) => {
            let (n, deep) = size(inner);
            (n, deep + 1)
        }
        Clause::Phrase(words) => {
            assert!(words.len() > 1 && words.len() <= MOST_CLAUSES);
            (1, 0)
        }
        Clause::Word(_) | Clause::Only(_) => (1, 0),
    }
}

proptest! {
    #[test]
    fn nonsense_has_an_answer_within_the_limits(
        text in prop_oneof![
            any::<String>(),
            "[()\"«»*~: a-zа-я0-9-]{0,200}",
            prop::collection::vec(prop::sample::select(vec!["(", ")", "\"", "AND", "OR", "NOT", "-", "a", "б*", "в~", "in:", "in:ocr", "date:2024", "x:y", " "]), 0..200).prop_map(|parts| parts.join(" ")),
        ],
    ) {
        let question = parse(&text);
        if let Some(clause) = &question.clause {
            let (clauses, deep) = size(clause);
            prop_assert!(clauses <= MOST_CLAUSES);
            prop_assert!(deep <= 4 * (DEEPEST + 1));
        }
        prop_assert_eq!(parse(&text), question);
    }
}
