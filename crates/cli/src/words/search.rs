//! What a search says: where a hit stands, what was passed over, and how much was examined.

use vidimus_archive::search::{ExaminedCounts, Fit, Hit, Ignored, KINDS, Kind, Place};

use super::numbers::count;
use super::{Lang, safe, say};

/// How questions are asked, beneath the help.
pub const HELP: &str = "\"in this order\"   begins*   nearly~   a OR b   -not   (brackets)   name:Osechkin   path:camera   kind:video   in:name|text|ocr|transcript|note   lang:uk|ru|en   camera:cam3   ref:A7   date:2024-03-01..2024-04";

/// Which item, and where in it.
pub fn head(lang: Lang, hit: &Hit) -> String {
    let kind = match hit.kind {
        Kind::Name => lang.pick("name", "назва", "имя"),
        Kind::Text => lang.pick("text", "текст", "текст"),
        Kind::Ocr => lang.pick("read from the picture", "прочитано із зображення", "прочитано с изображения"),
        Kind::Transcript => lang.pick("spoken", "сказано", "сказано"),
        Kind::Note => lang.pick("note", "примітка", "заметка"),
    };
    let word = match hit.place {
        Place::Whole | Place::Second(_) => "",
        Place::Page(_) => lang.pick("page ", "сторінка ", "страница "),
        Place::Line(_) => lang.pick("line ", "рядок ", "строка "),
    };
    let places: Vec<String> = std::iter::once(&hit.place).chain(&hit.others).filter_map(number).collect();
    let places = if places.is_empty() { String::new() } else { format!(", {word}{}", places.join(", ")) };
    let apart = match hit.fit {
        Fit::Apart => lang.pick(
            "; the words stand far apart",
            "; слова стоять далеко одне від одного",
            "; слова стоят далеко друг от друга",
        ),
        Fit::Spelled | Fit::Forms | Fit::Names => "",
    };
    let beside = match &hit.beside {
        None => String::new(),
        Some(file) => say!(lang, ", beside it in {file}", ", поруч у {file}", ", рядом в {file}"),
    };
    format!("{}  {kind}{places}{beside}{apart}", hit.about)
}

fn number(place: &Place) -> Option<String> {
    Some(match place {
        Place::Whole => return None,
        Place::Page(number) | Place::Line(number) => number.to_string(),
        Place::Second(second) => format!("{:02}:{:02}:{:02}", second / 3600, second / 60 % 60, second % 60),
    })
}

/// How many there are, and which of them are shown.
pub fn total(lang: Lang, total: u64, shown: u64, offset: u64) -> String {
    if total == 0 {
        return lang.pick("Nothing was found.", "Нічого не знайдено.", "Ничего не найдено.").to_owned();
    }
    let all = count(lang, total);
    if shown == total || (shown == 0 && offset == 0) {
        return lang.pick(format!("Found: {all}."), format!("Знайдено: {all}."), format!("Найдено: {all}."));
    }
    let (from, to) = (count(lang, offset.saturating_add(1)), count(lang, offset.saturating_add(shown)));
    if shown == 0 {
        return lang.pick(
            format!("Found: {all}, none of them behind the first {offset}."),
            format!("Знайдено: {all}, після перших {offset} немає жодного."),
            format!("Найдено: {all}, после первых {offset} нет ни одного."),
        );
    }
    lang.pick(
        format!("Found: {all}, shown: {from} to {to}."),
        format!("Знайдено: {all}, показано: {from}–{to}."),
        format!("Найдено: {all}, показано: {from}–{to}."),
    )
}

/// How to see what follows the hits that are shown, where anything does.
pub fn more(lang: Lang, total: u64, shown: u64, offset: u64) -> Option<String> {
    let end = offset.saturating_add(shown);
    (shown > 0 && end < total).then(|| {
        lang.pick(
            format!("More: --offset {end}"),
            format!("Далі: --offset {end}"),
            format!("Дальше: --offset {end}"),
        )
    })
}

/// How much could be searched by more than its name.
pub fn examined(lang: Lang, examined: ExaminedCounts) -> String {
    let (some, all) = (count(lang, examined.examined), count(lang, examined.of));
    lang.pick(
        format!("{some} of {all} examined; what is not is found by its name alone."),
        format!("Досліджено {some} з {all}; решту можна знайти лише за назвою."),
        format!("Исследовано {some} из {all}; остальное можно найти только по имени."),
    )
}

/// How much could not be searched because nothing can be written.
pub fn lacks(lang: Lang, lacks: u64) -> String {
    let lacks = count(lang, lacks);
    lang.pick(
        format!(
            "The index cannot be written here: what the newest {lacks} records say was not searched. Copy the archive to a disk that can be written, and search there."
        ),
        format!(
            "Покажчик тут не можна записати: у найновіших записах ({lacks}) не шукали. Скопіюйте архів на диск, на який можна писати, і шукайте там."
        ),
        format!(
            "Указатель здесь нельзя записать: в самых новых записях ({lacks}) не искали. Скопируйте архив на диск, на который можно писать, и ищите там."
        ),
    )
}

/// What of the question was passed over.
pub fn ignored(lang: Lang, ignored: &Ignored) -> String {
    let quoted = |untrusted: &str| safe::typed(&shortened(untrusted));
    match ignored {
        Ignored::Nothing => lang
            .pick(
                "The question holds no word to search for.",
                "У запиті немає слова, яке можна шукати.",
                "В запросе нет слова, которое можно искать.",
            )
            .to_owned(),
        Ignored::UnknownField(name) => {
            let name = quoted(name);
            lang.pick(
                format!("There is no field {name}: it was searched as a word."),
                format!("Поля {name} немає: шукали як слово."),
                format!("Поля {name} нет: искали как слово."),
            )
        }
        Ignored::BadValue(field, value) => {
            let which = match &*field.to_lowercase() {
                "kind" => {
                    let kinds = KINDS.join(", ");
                    say!(
                        lang,
                        " It can be: {kinds}.",
                        " Воно може бути: {kinds}.",
                        " Оно может быть: {kinds}."
                    )
                }
                _ => String::new(),
            };
            let (field, value) = (quoted(field), quoted(value));
            lang.pick(
                format!("The field {field} cannot be {value}: that was searched as words.{which}"),
                format!("Поле {field} не може бути {value}: шукали як слова.{which}"),
                format!("Поле {field} не может быть {value}: искали как слова.{which}"),
            )
        }
        Ignored::OpenQuote => lang
            .pick(
                "The second quotation mark was missing: the phrase went to the end.",
                "Бракувало другої лапки: вираз тривав до кінця.",
                "Не хватало второй кавычки: выражение шло до конца.",
            )
            .to_owned(),
        Ignored::OpenBracket => lang
            .pick(
                "A bracket without its second was passed over.",
                "Дужку без пари пропущено.",
                "Скобка без пары пропущена.",
            )
            .to_owned(),
        Ignored::Lonely(what) => {
            let what = quoted(what);
            lang.pick(
                format!("{what} had nothing to it and was passed over."),
                format!("{what} не мало до чого належати, тож пропущено."),
                format!("{what} ни к чему не относилось и пропущено."),
            )
        }
        Ignored::ShortPrefix(word) => {
            let word = quoted(word);
            lang.pick(
                format!("{word} is too short for the beginning of a word: it was searched as a word."),
                format!("{word} закоротке для початку слова: шукали як слово."),
                format!("{word} слишком коротко для начала слова: искали как слово."),
            )
        }
        Ignored::TooLong => lang
            .pick(
                "The question was too long: its end was passed over.",
                "Запит задовгий: його кінець пропущено.",
                "Запрос слишком длинный: его конец пропущен.",
            )
            .to_owned(),
        Ignored::TooMany => lang
            .pick(
                "There were too many words: the last ones were passed over.",
                "Слів забагато: останні пропущено.",
                "Слов слишком много: последние пропущены.",
            )
            .to_owned(),
        Ignored::TooDeep => lang
            .pick(
                "The brackets were too deep: the inner ones were passed over.",
                "Дужки надто глибокі: внутрішні пропущено.",
                "Скобки слишком глубокие: внутренние пропущены.",
            )
            .to_owned(),
        Ignored::Signs(word) => {
            let word = quoted(word);
            lang.pick(
                format!("{word} was searched as words: * and ~ count at the end of a word only, other signs nowhere."),
                format!("{word}: шукали як слова. * і ~ щось означають лише в кінці слова, інші знаки – ніде."),
                format!("{word}: искали как слова. * и ~ что-то значат лишь в конце слова, другие знаки – нигде."),
            )
        }
        Ignored::TooLongForMistakes(word) => {
            let word = quoted(word);
            lang.pick(
                format!("{word} is too long to be searched with mistakes: it was searched as it is spelled."),
                format!("{word}: надто довге, щоб шукати з помилками. Шукали так, як написано."),
                format!("{word}: слишком длинное, чтобы искать с ошибками. Искали так, как написано."),
            )
        }
        Ignored::TooVague(word) => {
            let word = quoted(word);
            lang.pick(
                format!("{word} could be too many words: only the most frequent were searched."),
                format!("{word} може бути надто багатьма словами: шукали лише найчастіші."),
                format!("{word} может быть слишком многими словами: искали только самые частые."),
            )
        }
    }
}

/// Letters of what was typed that are said back.
const SAID_BACK: usize = 40;

/// A word of a thousand letters says no more than its beginning.
fn shortened(untrusted: &str) -> String {
    let mut said: String = untrusted.chars().take(SAID_BACK).collect();
    if said.len() < untrusted.len() {
        said.push('…');
    }
    said
}
