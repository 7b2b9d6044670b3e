//! Keys of names: the same for Осечкин, Osechkin, Osiechkin and Ossetschkin, however a passport, newspaper or card spelled them.
//!
//! A key keeps what transliterations agree on: consonants by the place where they are spoken, and vowels in four classes.
//! Where habits contradict each other (`ch` is ч in English, х in German and Polish, ш in French), a Latin spelling has a
//! key for each habit. Endings of the Russian and Ukrainian cases come off. Two names that differ only in what is lost here
//! share a key: a key finds, it does not identify.

mod cyrillic;
mod latin;

use std::collections::BTreeSet;

use super::folding::is_cyrillic;

/// Sounds of the shortest key: what is shorter is in every text.
const SHORTEST: usize = 3;

/// The keys of a word as it is spelled; none of what is too short, or in neither alphabet. Never more than six.
pub fn name_keys(word: &str) -> BTreeSet<String> {
    let mut folded = String::new();
    super::folding::fold(word, &mut folded);
    let read = if folded.chars().any(is_cyrillic) {
        cyrillic::readings(&folded)
    } else {
        latin::readings(&word.to_lowercase())
    };
    read.iter().map(|sounds| key(sounds)).filter(|key| key.len() >= SHORTEST).collect()
}

/// Sounds as letters: `A O U I` vowels (`I` every front one, and й), `X` ш ж щ, `C` ч, `S` с з, `G` г х, and `B V D K L M N P R T F`.
/// What a reading yields is levelled here, for both alphabets alike.
fn key(sounds: &str) -> String {
    let mut key: Vec<u8> = Vec::with_capacity(sounds.len());
    for sound in sounds.bytes() {
        let last = key.last().copied();
        match (last, sound) {
            // нн, сс, ий
            (Some(last), sound) if last == sound => {}
            // й, ь, я, ie: a front vowel beside another is heard or not
            (Some(b'I'), b'A' | b'U' | b'O') => *key.last_mut().expect("there is a last one") = sound,
            (Some(b'A' | b'U' | b'O'), b'I') => {}
            // щ as шч
            (Some(b'X'), b'C') => {}
            // Горбачев, Gorbatschow
            (Some(b'X' | b'C'), b'O') => key.push(b'I'),
            _ => key.push(sound),
        }
    }
    while key.len() > SHORTEST && key.last().is_some_and(|last| b"AOUI".contains(last)) {
        key.pop();
    }
    // Лубинец, Лубинца
    if let [.., b'I', b'T', b'S'] = key[..]
        && key.len() > 4
    {
        key.remove(key.len() - 3);
    }
    key.into_iter().map(char::from).collect()
}

#[cfg(test)]
mod tests;
