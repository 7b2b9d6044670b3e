//! What is said of copies: how two items are related, what shows it, and what remains to be watched.

use std::ops::Range;

use vidimus_archive::State;
use vidimus_archive::examine::ExaminedCounts;
use vidimus_archive::similar::{Because, Cluster, Kind, Reason, Remaining};
use vidimus_model::Ref;

use super::numbers::count;
use super::{Lang, say};

/// How two items are related.
pub fn kind(lang: Lang, kind: Kind) -> &'static str {
    match kind {
        Kind::Exact => lang.pick("the same file", "той самий файл", "тот же файл"),
        Kind::Reencoded => {
            lang.pick("the same, encoded again", "те саме, перекодоване", "то же, перекодированное")
        }
        Kind::Excerpt => lang.pick("excerpt", "уривок", "отрывок"),
        Kind::Overlap => lang.pick("share a part", "мають спільну частину", "имеют общую часть"),
        Kind::Still => lang.pick("still", "кадр", "кадр"),
        Kind::Damaged => lang.pick("damaged copy", "пошкоджена копія", "повреждённая копия"),
        Kind::Contained => lang.pick("lies in it", "лежить у ньому", "лежит в нём"),
        Kind::SameView => lang.pick("same view", "той самий вид", "тот же вид"),
    }
}

/// What is meant by a view that is the same.
pub fn same_view(lang: Lang) -> &'static str {
    lang.pick(
        "Same view: not shown to be the same recording.",
        "Той самий вид: що це той самий запис, не показано.",
        "Тот же вид: что это та же запись, не показано.",
    )
}

/// What shows it.
pub fn reasons(lang: Lang, reasons: &[Reason]) -> String {
    reasons.iter().map(|one| reason(lang, one)).collect::<Vec<_>>().join(", ")
}

fn reason(lang: Lang, reason: &Reason) -> String {
    let percent = |share: f32| format!("{:.0}", share * 100.0);
    match reason {
        Reason::Bytes => lang.pick("the same SHA-256", "той самий SHA-256", "тот же SHA-256").to_owned(),
        Reason::Chunks { of_a, of_b } => {
            let (a, b) = (percent(*of_a), percent(*of_b));
            say!(lang, "{a} % and {b} % of the bytes", "{a} % і {b} % байтів", "{a} % и {b} % байтов")
        }
        Reason::Moves { seconds } => {
            let seconds = count(lang, *seconds as u64);
            say!(
                lang,
                "moves alike for {seconds} s",
                "{seconds} с однакового руху",
                "{seconds} с одинакового движения"
            )
        }
        Reason::Sounds { seconds } => {
            let seconds = count(lang, *seconds as u64);
            say!(
                lang,
                "sounds alike for {seconds} s",
                "{seconds} с однакового звуку",
                "{seconds} с одинакового звука"
            )
        }
        Reason::Speed { times } => {
            let times = format!("{times:.2}");
            let comma = times.replace('.', ",");
            say!(lang, "{times} times as fast", "швидкість × {comma}", "скорость × {comma}")
        }
        Reason::Mirrored => lang.pick("mirrored", "віддзеркалено", "отражено").to_owned(),
        Reason::Cut { share } => {
            let share = percent(*share);
            say!(lang, "{share} % of the picture", "{share} % зображення", "{share} % изображения")
        }
        Reason::Picture => {
            lang.pick("the same picture", "те саме зображення", "то же изображение").to_owned()
        }
        Reason::Moment => lang
            .pick("what moves stands there then", "рухоме стоїть там тоді", "движущееся стоит там тогда")
            .to_owned(),
        Reason::Place { points } => {
            let points = count(lang, *points as u64);
            say!(lang, "points of the place: {points}", "точок місця: {points}", "точек места: {points}")
        }
    }
}

/// From when to when, or a moment.
pub fn times(range: &Range<f32>) -> String {
    let (from, to) = (time(range.start), time(range.end));
    if range.start < range.end { format!("{from}–{to}") } else { from }
}

/// Hours, minutes and seconds.
pub fn time(seconds: f32) -> String {
    let seconds = seconds.round() as u64;
    if seconds < 3600 {
        return format!("{}:{:02}", seconds / 60, seconds % 60);
    }
    format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// What speaks for an original, in one word.
pub fn because_word(because: &Because) -> &'static str {
    match because {
        Because::Undamaged => "undamaged",
        Because::Longest { .. } => "longest",
        Because::Largest { .. } => "largest",
        Because::Earliest => "earliest",
        Because::First => "first",
    }
}

/// A group of copies.
pub fn group(lang: Lang, group: &Cluster) -> String {
    let reason = |because: &Because| match because {
        Because::Undamaged => lang.pick("not damaged", "не пошкоджено", "не повреждено").to_owned(),
        Because::Longest { seconds } => {
            let time = time(*seconds);
            say!(lang, "the longest, {time}", "найдовше, {time}", "самое длинное, {time}")
        }
        Because::Largest { pixels } => {
            let pixels = count(lang, *pixels);
            say!(
                lang,
                "the most pixels, {pixels}",
                "найбільше пікселів, {pixels}",
                "больше всего пикселей, {pixels}"
            )
        }
        Because::Earliest => lang
            .pick(
                "claims the earliest beginning",
                "заявляє найраніший початок",
                "заявляет самое раннее начало",
            )
            .to_owned(),
        Because::First => lang.pick("received first", "отримано першим", "получено первым").to_owned(),
    };
    let original = &group.original;
    let others: Vec<String> =
        group.items.iter().filter(|one| *one != original).map(ToString::to_string).collect();
    let (others, because) =
        (others.join(", "), group.because.iter().map(reason).collect::<Vec<_>>().join(", "));
    let because = if because.is_empty() { String::new() } else { format!(" ({because})") };
    say!(
        lang,
        "Likely the original: {original}{because}. The same, whole or a part of it, in: {others}",
        "Імовірно оригінал: {original}{because}. Те саме, цілком чи частково, в: {others}",
        "Вероятно оригинал: {original}{because}. То же, целиком или частью, в: {others}"
    )
}

/// How much is left to be watched.
pub fn remains(lang: Lang, remaining: &[Remaining]) -> String {
    let all = time(remaining.iter().filter_map(|one| one.seconds).sum());
    let new = time(remaining.iter().filter(|one| one.seconds.is_some()).filter_map(|one| one.new).sum());
    let said = say!(
        lang,
        "Of {all} of films and recordings, {new} is nowhere else.",
        "Із {all} фільмів і записів {new} немає більше ніде.",
        "Из {all} фильмов и записей {new} больше нигде нет."
    );
    let unknown = remaining.iter().filter(|one| one.seconds.is_none()).count();
    if unknown == 0 {
        return said;
    }
    let unknown = count(lang, unknown as u64);
    said + &say!(
        lang,
        " Not counted: {unknown} of which nobody could tell how long they are.",
        " Не враховано: {unknown}, тривалість яких визначити не вдалося.",
        " Не учтено: {unknown}, длительность которых определить не удалось."
    )
}

/// Instead of a length that is not known.
pub fn no_time(lang: Lang) -> &'static str {
    lang.pick("not known", "невідомо", "неизвестно")
}

/// What is related could not be asked.
pub fn not_known(lang: Lang) -> &'static str {
    lang.pick(
        "What is related is not known: what is needed to compare cannot be read or written here. Copy the archive to a disk that can be written, and ask there.",
        "Що пов'язане, невідомо: потрібного для порівняння тут не можна ні прочитати, ні записати. Скопіюйте архів на диск, на який можна писати, і запитайте там.",
        "Что связано, неизвестно: нужное для сравнения здесь нельзя ни прочитать, ни записать. Скопируйте архив на диск, на который можно писать, и спросите там.",
    )
}

/// Nothing is related.
pub fn nothing(lang: Lang) -> &'static str {
    lang.pick(
        "Nothing was found that is related.",
        "Нічого пов'язаного не знайдено.",
        "Ничего связанного не найдено.",
    )
}

/// Why nothing is said of one that was asked about.
pub fn left_out(lang: Lang, reference: &Ref, state: State) -> String {
    match state {
        State::Erased => say!(
            lang,
            "{reference} was erased: there is nothing left to compare.",
            "{reference} знищено: порівнювати нічого.",
            "{reference} уничтожено: сравнивать нечего."
        ),
        State::MovedOut => say!(
            lang,
            "{reference} was moved to where you do not read: it is not compared here.",
            "{reference} переміщено туди, де ви не читаєте: тут його не порівняно.",
            "{reference} перемещено туда, где вы не читаете: здесь оно не сравнено."
        ),
        State::Private | State::Released | State::Withdrawn => say!(
            lang,
            "{reference} is withdrawn, and left out. Ask with --withdrawn to see what it is related to.",
            "{reference} відкликано, тому пропущено. Щоб побачити пов'язане з ним, додайте --withdrawn.",
            "{reference} отозвано, поэтому пропущено. Чтобы увидеть связанное с ним, добавьте --withdrawn."
        ),
    }
}

/// How much could be compared.
pub fn examined(lang: Lang, examined: ExaminedCounts) -> String {
    if examined.examined == examined.of {
        let all = count(lang, examined.of);
        return say!(lang, "Examined: all {all}.", "Досліджено: усі {all}.", "Исследовано: все {all}.");
    }
    let (some, all) = (count(lang, examined.examined), count(lang, examined.of));
    say!(
        lang,
        "{some} of {all} examined; what is not is compared byte for byte alone.",
        "Досліджено {some} з {all}; решту порівняно лише байт у байт.",
        "Исследовано {some} из {all}; остальное сравнено только байт в байт."
    )
}

/// How much was not looked at because nothing can be written.
pub fn lacks(lang: Lang, lacks: u64) -> String {
    let lacks = count(lang, lacks);
    say!(
        lang,
        "Nothing can be written here: what the newest {lacks} records say was not compared. Copy the archive to a disk that can be written, and ask there.",
        "Тут не можна писати: найновіші записи ({lacks}) не порівняно. Скопіюйте архів на диск, на який можна писати, і запитайте там.",
        "Здесь нельзя писать: самые новые записи ({lacks}) не сравнены. Скопируйте архив на диск, на который можно писать, и спросите там."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_clocks_do() {
        assert_eq!(times(&(4.4..65.0)), "0:04–1:05");
        assert_eq!(times(&(12.0..12.0)), "0:12");
        assert_eq!(time(3723.0), "1:02:03");
    }
}
