//! Short notes of invented people in Russian, Ukrainian and English, each in an encoding that is met on such disks.

use super::encodings::{cp1251, koi8_r, utf16};

/// The note that has a second name.
pub const LINKED: &str = "notes/read me first.txt";

/// Paths and bytes.
pub fn all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (LINKED, READ_ME.into()),
        ("notes/записка.txt", UKRAINIAN.into()),
        ("notes/опись.txt", cp1251(&RUSSIAN_LIST.replace('\n', "\r\n"))),
        ("notes/dejurstvo.txt", koi8_r(RUSSIAN_DUTY)),
        ("notes/Новый текстовый документ.txt", utf16(MIXED)),
        ("notes/journal.csv", cp1251(&JOURNAL.replace('\n', "\r\n"))),
    ]
}

const READ_ME: &str = "\
SAMPLE MATERIAL. ALL OF THIS IS INVENTED.

There is no colony IK-900 and no hospital OTB-901; nobody here exists; it is the year 2031.
The folder cam01 to cam07 is what a recorder exported. The clock of camera 03 is one hour ahead.
";

const UKRAINIAN: &str = "\
ЗРАЗОК. УСЕ ВИГАДАНО.

Передаю диск із реєстратора вигаданої колонії ИК-900.
Камера 03 поспішає на годину: це видно з годинника у черговій частині.
Файли з камери 05 пошкоджено, їх уже було скопійовано так.
";

const RUSSIAN_LIST: &str = "\
ОБРАЗЕЦ. ВСЁ ВЫМЫШЛЕНО.

Опись имущества вымышленной колонии «ИК-900», лист 1
№ 1 — регистратор, 8 каналов, 1 шт.
№ 2 — камера, 7 шт.
№ 3 — стол, 12 шт.
№ 4 — матрас, 40 шт., из них списано 9
";

const RUSSIAN_DUTY: &str = "\
ОБРАЗЕЦ. ВСЁ ВЫМЫШЛЕНО.

Дежурство в вымышленной больнице ОТБ-901, 17.02.2031
08:00 принял дежурный N 1
20:00 сдал дежурному N 2
Замечаний нет. Ключи сданы под подпись.
";

const MIXED: &str = "\
SAMPLE / ЗРАЗОК / ОБРАЗЕЦ\r
The same day in three hands: 17 February 2031, 17 лютого 2031, 17 февраля 2031.\r
Recorder export, ИК-900, cameras 01, 02, 03, 05, 07.\r
";

const JOURNAL: &str = "\
дата;время;камера;отметка
17.02.2031;08:45;03;образец: вход в дежурную часть
17.02.2031;09:10;01;образец: раздача обеда
17.02.2031;10:20;07;образец: двор пуст
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_has_a_byte_in_its_encoding() {
        for (path, bytes) in all() {
            assert!(!bytes.contains(&b'?'), "{path}");
        }
    }
}
