//! File names that break careless programs; the content says what is awkward about each.

use super::encodings::cp1251;

/// Names as bytes, each with the text of its file.
pub fn all() -> Vec<(Vec<u8>, &'static str)> {
    let plain = [
        ("line\nbreak.txt", "A line break in the name.\n"),
        ("-rf.txt", "A leading dash.\n"),
        ("ends with a space ", "A trailing space.\n"),
        ("rota\u{202e}gpj.exe", "A right-to-left override: it looks like rotaexe.jpg.\n"),
        ("Список й.txt", "й as one character (NFC).\n"),
        ("Список и\u{306}.txt", "й as и and a combining breve (NFD): it looks like its neighbour.\n"),
        ("it's \"quoted\".txt", "Both kinds of quotes.\n"),
        ("📹 двор.txt", "A character outside the basic plane.\n"),
        ("back\\slash.txt", "A backslash, which is no separator here.\n"),
        ("%2e%2e%2fescape.txt", "Percent signs that are only percent signs.\n"),
        ("$(touch made) ; echo *.txt", "What a careless shell would run.\n"),
        ("tab\tand bell\u{7}.txt", "Control characters.\n"),
        ("CON", "A device on other systems.\n"),
        (".hidden", "A leading dot.\n"),
        ("<b>&amp;.html", "Marks that a careless page would obey.\n"),
    ];
    let mut names: Vec<(Vec<u8>, &str)> =
        plain.into_iter().map(|(name, text)| (name.as_bytes().to_vec(), text)).collect();
    names.push((cp1251("Приказ № 1.txt"), "Bytes of cp1251 that are no UTF-8.\n"));
    names.push((b"half\xd0.txt".to_vec(), "Half of a character.\n"));
    let mut long = vec![b'n'; 196];
    long.extend_from_slice(b".txt");
    names.push((long, "Two hundred bytes long.\n"));
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_one_that_linux_takes() {
        for (name, _) in all() {
            assert!((1..=255).contains(&name.len()));
            assert!(!name.contains(&b'/') && !name.contains(&0));
        }
        assert!(all().iter().any(|(name, _)| name.len() == 200));
    }
}
