//! How many forms the stemmer brings together and how many words it confuses, on real text and on a dictionary; no stemmer and
//! the Russian one beside it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use frostem::{Algorithm, Stemmer};

/// Sentences of the Ukrainian parliament, each word with the lemma that a linguist gave it (Universal Dependencies).
const TREEBANK: &str = "samples/text/ud/uk_parlamint-ud-dev.conllu";
const DICTIONARY: &str = "/usr/share/hunspell/uk_UA";
/// Lemmas of the dictionary that are tried, spread evenly over all.
const LEMMAS: usize = 6000;

type Stem<'a> = &'a dyn Fn(&str) -> String;

/// Asks for every form of every lemma that stands in the text in more than one: precision and recall over sentences, averaged.
#[test]
fn on_real_text() {
    let shared = std::env::var_os("VIDIMUS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let Ok(treebank) = fs::read_to_string(shared.join(TREEBANK)) else {
        println!("skipped: {TREEBANK} is not in the shared folder");
        return;
    };
    let sentences = sentences(&treebank);
    assert!(sentences.len() > 300);
    let russian = Stemmer::new(Algorithm::Russian);
    let none = on_sentences(&sentences, "none", &str::to_owned);
    let theirs = on_sentences(&sentences, "Russian", &|word| russian.stem(word).to_string());
    let ours = on_sentences(&sentences, "ours", &super::stem);
    assert!(ours.recall > 0.93 && ours.precision > 0.92, "{ours:?}");
    assert!(ours.recall > none.recall + 0.5 && ours.recall > theirs.recall + 0.1);
}

/// Every form of a lemma against the lemma, and how many lemmas share their stem with another.
#[test]
fn on_a_dictionary() {
    let Some(lemmas) = dictionary() else {
        println!("skipped: no Ukrainian spelling dictionary (hunspell-uk)");
        return;
    };
    let russian = Stemmer::new(Algorithm::Russian);
    on_lemmas(&lemmas, "none", &str::to_owned);
    let (theirs, _) = on_lemmas(&lemmas, "Russian", &|word| russian.stem(word).to_string());
    let (ours, confused) = on_lemmas(&lemmas, "ours", &super::stem);
    assert!(ours > 0.89 && ours > theirs + 0.1 && confused < 0.06, "{ours} {theirs} {confused}");
}

#[derive(Debug)]
struct Measured {
    precision: f64,
    recall: f64,
}

fn on_sentences(sentences: &[Vec<(String, String)>], name: &str, stem: Stem) -> Measured {
    let (mut by_lemma, mut by_stem, mut forms) = (
        HashMap::<&str, HashSet<usize>>::new(),
        HashMap::<String, HashSet<usize>>::new(),
        BTreeMap::<&str, BTreeSet<&str>>::new(),
    );
    for (number, sentence) in sentences.iter().enumerate() {
        for (form, lemma) in sentence {
            by_lemma.entry(lemma).or_default().insert(number);
            by_stem.entry(stem(form)).or_default().insert(number);
            forms.entry(lemma).or_default().insert(form);
        }
    }
    let (mut precision, mut recall, mut asked) = (0.0, 0.0, 0_u32);
    for (lemma, forms) in forms.into_iter().filter(|(_, forms)| forms.len() > 1) {
        for form in forms {
            let (wanted, got) = (&by_lemma[lemma], &by_stem[&stem(form)]);
            let both = got.intersection(wanted).count() as f64;
            precision += both / got.len() as f64;
            recall += both / wanted.len() as f64;
            asked += 1;
        }
    }
    let measured = Measured { precision: precision / f64::from(asked), recall: recall / f64::from(asked) };
    println!(
        "{name:<8} {asked} questions: precision {:.3}, recall {:.3}",
        measured.precision, measured.recall
    );
    measured
}

/// The share of forms that meet their lemma, and of lemmas that meet another lemma.
fn on_lemmas(lemmas: &[(String, BTreeSet<String>)], name: &str, stem: Stem) -> (f64, f64) {
    let (mut met, mut all) = (0_u32, 0_u32);
    let mut by_stem: HashMap<String, u32> = HashMap::new();
    for (lemma, forms) in lemmas {
        let own = stem(lemma);
        for form in forms {
            all += 1;
            met += u32::from(stem(form) == own);
        }
        *by_stem.entry(own).or_default() += 1;
    }
    let confused = by_stem.values().filter(|n| **n > 1).sum::<u32>();
    let (met, confused) = (f64::from(met) / f64::from(all), f64::from(confused) / lemmas.len() as f64);
    println!(
        "{name:<8} {} lemmas, {all} forms: {met:.3} meet their lemma, {confused:.3} of lemmas meet another",
        lemmas.len()
    );
    (met, confused)
}

/// Words that carry meaning, folded, with their lemmas.
fn sentences(treebank: &str) -> Vec<Vec<(String, String)>> {
    const NAMES_OF_THINGS: [&str; 5] = ["NOUN", "VERB", "ADJ", "ADV", "PROPN"];
    let words = |sentence: &str| -> Vec<(String, String)> {
        let columns = sentence.lines().map(|line| line.split('\t').collect::<Vec<_>>());
        columns
            .filter(|columns| columns.len() > 3 && NAMES_OF_THINGS.contains(&columns[3]))
            .map(|columns| (super::super::folded(columns[1]), super::super::folded(columns[2])))
            .collect()
    };
    treebank.split("\n\n").map(words).collect()
}

/// Lemmas with all their forms, by the suffix rules of the dictionary; words in small letters that have forms.
fn dictionary() -> Option<Vec<(String, BTreeSet<String>)>> {
    let rules = rules(&fs::read_to_string(format!("{DICTIONARY}.aff")).ok()?);
    let words = fs::read_to_string(format!("{DICTIONARY}.dic")).ok()?;
    let usable: Vec<(&str, &str)> = words
        .lines()
        .filter_map(|line| line.split([' ', '\t']).next()?.split_once('/'))
        .filter(|(word, _)| word.chars().all(|c| c.is_lowercase() || c == '\''))
        .collect();
    let step = (usable.len() / LEMMAS).max(1);
    let lemmas = usable.into_iter().step_by(step).map(|(word, flags)| {
        let fitting = flags.chars().filter_map(|flag| rules.get(&flag)).flatten();
        let forms: BTreeSet<String> = fitting
            .filter(|rule| word.ends_with(rule.strip.as_str()) && rule.fits(word))
            .map(|rule| super::super::folded(&(word[..word.len() - rule.strip.len()].to_owned() + &rule.add)))
            .collect();
        (super::super::folded(word), forms)
    });
    Some(lemmas.filter(|(_, forms)| forms.len() > 3).collect())
}

struct Rule {
    strip: String,
    add: String,
    /// Sets of letters that must stand at the end of the word, the last one last; none of them where `true`.
    ending: Vec<(bool, Vec<char>)>,
}

impl Rule {
    fn fits(&self, word: &str) -> bool {
        let mut letters = word.chars().rev();
        self.ending
            .iter()
            .rev()
            .all(|(not, set)| letters.next().is_some_and(|letter| set.contains(&letter) != *not))
    }
}

/// Suffix rules of a hunspell dictionary, by their flag: `SFX flag strip add condition`.
fn rules(affixes: &str) -> HashMap<char, Vec<Rule>> {
    let mut rules: HashMap<char, Vec<Rule>> = HashMap::new();
    let some = |text: &str| if text == "0" { String::new() } else { text.to_owned() };
    for line in affixes.lines() {
        let parts: Vec<&str> = line.split_whitespace().collect();
        if let ["SFX", flag, strip, add, condition, ..] = parts[..] {
            let flag = flag.chars().next().expect("a part is not empty");
            let add = add.split('/').next().unwrap_or_default();
            let rule = Rule { strip: some(strip), add: some(add), ending: ending(condition) };
            rules.entry(flag).or_default().push(rule);
        }
    }
    rules
}

fn ending(condition: &str) -> Vec<(bool, Vec<char>)> {
    let mut sets = Vec::new();
    let mut rest = condition.chars();
    while let Some(c) = rest.next() {
        sets.push(match c {
            '[' => {
                let set: Vec<char> = rest.by_ref().take_while(|c| *c != ']').collect();
                if set.first() == Some(&'^') { (true, set[1..].to_vec()) } else { (false, set) }
            }
            '.' => (true, Vec::new()),
            letter => (false, vec![letter]),
        });
    }
    sets
}
