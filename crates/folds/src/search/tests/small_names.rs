//! Names asked for in small letters, measured on real text: which are found, and what asking for other words brings up beside.

use std::path::PathBuf;

use super::*;

/// Sentences whose words linguists gave their kinds (Universal Dependencies).
const TREEBANKS: [&str; 2] = ["uk_parlamint-ud-dev.conllu", "ru_gsd-ud-dev.conllu"];

/// Hits on common words that are none, of all hits; and names found as if they began with a capital, of all.
#[test]
fn names_are_found_and_little_else() {
    let shared = std::env::var_os("VIDIMUS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let mut story = Story::new();
    let (mut names, mut others) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
    for treebank in TREEBANKS {
        let Ok(text) = fs::read_to_string(shared.join("samples/text/ud").join(treebank)) else {
            println!("skipped: {treebank} is not in the shared folder");
            return;
        };
        for sentence in text.split("\n\n") {
            let Some(said) = sentence.lines().find_map(|line| line.strip_prefix("# text = ")) else {
                continue;
            };
            story.item(&format!("A1-{}", story.entries.len() + 1), "x");
            let about = format!("A1-{}", story.entries.len());
            story.text(&about, DerivativeKind::Text, &[(TextPlace::Whole, said)]);
            for (at, line) in sentence.lines().filter(|line| !line.starts_with('#')).enumerate() {
                let columns: Vec<&str> = line.split('\t').collect();
                let (word, kind) = (columns[1], columns[3]);
                let is_large = word.starts_with(char::is_uppercase);
                let is_word = word.chars().all(char::is_alphabetic) && word.chars().count() > 3;
                if kind == "PROPN" && is_word && is_large && at > 0 {
                    names.insert(word.to_owned());
                } else if ["NOUN", "VERB", "ADJ", "ADV"].contains(&kind) && is_word && !is_large {
                    others.insert(word.to_owned());
                }
            }
        }
    }
    let search = story.folded();
    let all = |question: &str| {
        let wanted =
            Wanted { offset: 0, limit: MOST_HITS, without: &[], alone: &[], cameras: &[], beside: &[] };
        search.answer(&parse(question), &wanted).unwrap().hits
    };
    let (mut asked, mut touched, mut right, mut more) = (0, 0, 0, 0);
    for word in others.iter().step_by(3) {
        let hits = all(word);
        let by_name = hits.iter().filter(|hit| hit.fit == Fit::Names).count();
        (asked, right, more) = (asked + 1, right + hits.len() - by_name, more + by_name);
        touched += usize::from(by_name > 0);
    }
    let (mut found, mut wanted) = (0, 0);
    for name in names.iter().step_by(3) {
        let small: HashMap<_, _> = all(&name.to_lowercase()).into_iter().map(|hit| (hit.about, ())).collect();
        let large = all(name);
        (found, wanted) =
            (found + large.iter().filter(|hit| small.contains_key(&hit.about)).count(), wanted + large.len());
    }
    println!(
        "{asked} common words: {right} hits, {more} more by name, on {touched} words; names: {found} of {wanted} hits"
    );
    assert!(asked > 1000 && more * 200 < right, "{more} beside {right}");
    assert!(wanted > 200 && found * 10 > wanted * 9, "{found} of {wanted}");
}
