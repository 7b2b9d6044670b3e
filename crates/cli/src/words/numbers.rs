//! Counts and sizes as people write them.

use super::Lang;

/// 40,131 in English; 40 131 otherwise, with a space that does not break.
pub fn count(lang: Lang, number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(lang.pick(',', '\u{a0}', '\u{a0}'));
        }
        text.push(digit);
    }
    text
}

/// Three digits and a unit of powers of ten, as disks are sold: 198 GB, 1.5 MB.
pub fn size(lang: Lang, bytes: u64) -> String {
    let units = lang.pick(
        ["B", "kB", "MB", "GB", "TB", "PB", "EB"],
        ["Б", "кБ", "МБ", "ГБ", "ТБ", "ПБ", "ЕБ"],
        ["Б", "кБ", "МБ", "ГБ", "ТБ", "ПБ", "ЭБ"],
    );
    let (mut value, mut unit) = (bytes as f64, 0);
    // 999.5 would be written as 1000 of the smaller unit.
    while value >= 999.5 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    let text = if unit == 0 || value >= 99.95 { format!("{value:.0}") } else { format!("{value:.1}") };
    format!("{} {}", text.replace('.', lang.pick(".", ",", ",")), units[unit])
}

/// The form of a noun that goes with a number: for 1, for 2 to 4, for the others; by how the number ends, as Ukrainian and
/// Russian count. English has two: the second is not asked for.
pub fn form<T>(lang: Lang, number: u64, [one, few, many]: [T; 3]) -> T {
    match (lang, number % 100, number % 10) {
        (Lang::En, ..) => {
            if number == 1 {
                one
            } else {
                many
            }
        }
        (_, 11..=14, _) => many,
        (_, _, 1) => one,
        (_, _, 2..=4) => few,
        _ => many,
    }
}

/// "1 record", "40,131 records": in English the noun goes with the number. The other languages say "records: 40 131", which needs
/// no declension, and take the number alone from here.
pub fn counted(lang: Lang, number: u64, [one, many]: [&str; 2]) -> String {
    let count = count(lang, number);
    match lang {
        Lang::En => format!("{count} {}", form(lang, number, [one, many, many])),
        Lang::Uk | Lang::Ru => count,
    }
}

/// "1 byte", "22 323 байта".
pub fn bytes(lang: Lang, number: u64) -> String {
    let forms = lang.pick(["byte", "", "bytes"], ["байт", "байти", "байтів"], ["байт", "байта", "байтов"]);
    format!("{} {}", count(lang, number), form(lang, number, forms))
}

/// "1 file", "40,131 files"; the other languages say "files: 40 131", which needs no declension.
pub fn files(lang: Lang, number: u64) -> String {
    let count = count(lang, number);
    match lang {
        Lang::En if number == 1 => "1 file".to_owned(),
        Lang::En => format!("{count} files"),
        Lang::Uk => format!("файлів: {count}"),
        Lang::Ru => format!("файлов: {count}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Lang, bytes, count, counted, files, size};

    #[test]
    fn numbers_are_grouped() {
        assert_eq!([0, 999, 1000, 40_131].map(|n| count(Lang::En, n)), ["0", "999", "1,000", "40,131"]);
        assert_eq!(count(Lang::Uk, 1_234_567), "1\u{a0}234\u{a0}567");
    }

    #[test]
    fn sizes_have_three_digits() {
        let sizes = [0, 999, 1000, 99_949, 999_499, 999_500, 198_000_000_000];
        let shown = ["0 B", "999 B", "1.0 kB", "99.9 kB", "999 kB", "1.0 MB", "198 GB"];
        assert_eq!(sizes.map(|n| size(Lang::En, n)), shown);
        assert_eq!(size(Lang::Ru, 1500), "1,5 кБ");
    }

    #[test]
    fn a_noun_goes_with_the_end_of_its_number() {
        for (number, en, uk, ru) in [
            (0, "bytes", "байтів", "байтов"),
            (1, "byte", "байт", "байт"),
            (2, "bytes", "байти", "байта"),
            (4, "bytes", "байти", "байта"),
            (5, "bytes", "байтів", "байтов"),
            (11, "bytes", "байтів", "байтов"),
            (12, "bytes", "байтів", "байтов"),
            (14, "bytes", "байтів", "байтов"),
            (20, "bytes", "байтів", "байтов"),
            (21, "bytes", "байт", "байт"),
            (101, "bytes", "байт", "байт"),
            (111, "bytes", "байтів", "байтов"),
            (22_323, "bytes", "байти", "байта"),
        ] {
            for (lang, noun) in [(Lang::En, en), (Lang::Uk, uk), (Lang::Ru, ru)] {
                assert_eq!(bytes(lang, number), format!("{} {noun}", count(lang, number)));
            }
        }
    }

    #[test]
    fn one_file_is_not_files() {
        let records = |lang, n| counted(lang, n, ["record", "records"]);
        assert_eq!([records(Lang::En, 1), records(Lang::En, 2)], ["1 record", "2 records"]);
        assert_eq!([records(Lang::Uk, 1), records(Lang::Ru, 2)], ["1", "2"]);
        assert_eq!([1, 2].map(|n| files(Lang::En, n)), ["1 file", "2 files"]);
    }
}
