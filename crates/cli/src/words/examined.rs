//! What is said of examination: what was found, what failed and why, which cameras there are.

use std::path::Path;

use vidimus_archive::examine::{Examined, ExaminedCounts};
use vidimus_archive::query::{CameraOf, NoteLine, OverlapLine, TimeLine};
use vidimus_model::{Camera, ClaimSource, Group, Reason, Ref, Stage};

use super::tells::references;
use super::{Lang, numbers, safe, say};
use crate::trouble::ExaminationTrouble;

pub fn counts(lang: Lang, counts: ExaminedCounts) -> String {
    let (examined, of) = (numbers::count(lang, counts.examined), numbers::count(lang, counts.of));
    say!(
        lang,
        "Examined: {examined} of {of}.",
        "Досліджено: {examined} з {of}.",
        "Исследовано: {examined} из {of}."
    )
}

pub fn done(lang: Lang, run: &Examined, now: ExaminedCounts) -> String {
    let items = numbers::count(lang, run.items);
    let mut lines = vec![say!(
        lang,
        "Looked at in this run, copies once: {items}.",
        "Розглянуто цього разу, копії по одному разу: {items}.",
        "Рассмотрено на этот раз, копии один раз: {items}.",
    )];
    if run.contained > 0 {
        let contained = numbers::count(lang, run.contained);
        lines.push(say!(
            lang,
            "Found in archives and mails, as items of their own: {contained}.",
            "Знайдено в архівах і листах, як окремі одиниці: {contained}.",
            "Найдено в архивах и письмах, как отдельные единицы: {contained}.",
        ));
    }
    lines.push(counts(lang, now));
    if run.failed > 0 {
        let failed = numbers::count(lang, run.failed);
        lines.push(say!(
            lang,
            "Not examined, or not whole: {failed}. Why: vidimus failures",
            "Не досліджено або не повністю: {failed}. Чому: vidimus failures",
            "Не исследовано или не полностью: {failed}. Почему: vidimus failures",
        ));
    }
    if run.stopped {
        lines.push(
            lang.pick(
                "It was stopped. The same command goes on.",
                "Роботу зупинено. Та сама команда продовжить.",
                "Работа остановлена. Та же команда продолжит.",
            )
            .to_owned(),
        );
    }
    lines.join("\n")
}

pub fn no_failures(lang: Lang, now: ExaminedCounts) -> String {
    let nothing = lang.pick(
        "Nothing that was examined failed.",
        "З дослідженого все вдалося.",
        "Из исследованного всё удалось.",
    );
    format!("{nothing}\n{}", counts(lang, now))
}

pub fn try_again(lang: Lang, failures: u64, now: ExaminedCounts) -> String {
    let count = numbers::count(lang, failures);
    let total = say!(
        lang,
        "In all: {count}. The files themselves are kept as they were received. Try again: vidimus examine --again failed",
        "Усього: {count}. Самі файли збережено такими, як їх прийнято. Спробувати ще раз: vidimus examine --again failed",
        "Всего: {count}. Сами файлы сохранены такими, как приняты. Попробовать ещё раз: vidimus examine --again failed",
    );
    format!("{total}\n{}", counts(lang, now))
}

pub fn stage(lang: Lang, stage: Stage) -> &'static str {
    match stage {
        Stage::First => lang.pick("kind and still", "вид і кадр", "вид и кадр"),
        Stage::Members => lang.pick("contents", "вміст", "содержимое"),
        Stage::Copies => lang.pick("prints for copies", "відбитки для копій", "отпечатки для копий"),
        Stage::Text => lang.pick("text", "текст", "текст"),
        Stage::Ocr => lang.pick("text in pictures", "текст на зображенні", "текст на изображении"),
        Stage::Stills => lang.pick("stills", "кадри", "кадры"),
        Stage::Speech => lang.pick("speech", "мовлення", "речь"),
        Stage::Commit => lang.pick("commitment", "зобов'язання", "обязательство"),
        Stage::Proxy => lang.pick("small film", "мале відео", "малое видео"),
    }
}

pub fn reason(lang: Lang, reason: Reason) -> &'static str {
    match reason {
        Reason::Damaged => lang.pick(
            "it is damaged, or not what its name says",
            "пошкоджено або це не те, що каже назва",
            "повреждено или это не то, что говорит название",
        ),
        Reason::EndsEarly => lang.pick("it ends too early", "обірвано завчасно", "обрывается раньше времени"),
        Reason::NeedsPassword => lang.pick(
            "it is closed by a password (--password-file)",
            "закрито паролем (--password-file)",
            "закрыто паролем (--password-file)",
        ),
        Reason::WrongPassword => lang.pick(
            "no given password opens it",
            "жоден із наданих паролів не підходить",
            "ни один из данных паролей не подходит",
        ),
        Reason::NotSupported => lang.pick(
            "no tool here reads this kind",
            "тут немає інструмента для цього виду",
            "здесь нет инструмента для этого вида",
        ),
        Reason::ToolMissing => lang.pick(
            "the tool is not installed (vidimus doctor)",
            "інструмент не встановлено (vidimus doctor)",
            "инструмент не установлен (vidimus doctor)",
        ),
        Reason::TooManyBytes => lang.pick(
            "it unpacks to more than is allowed",
            "розпаковується у більше, ніж дозволено",
            "распаковывается в больше, чем разрешено",
        ),
        Reason::TooManyParts => lang.pick(
            "it has more parts than are taken",
            "частин більше, ніж береться",
            "частей больше, чем берётся",
        ),
        Reason::TooDeep => lang.pick(
            "containers in containers, too deep",
            "архіви в архівах, надто глибоко",
            "архивы в архивах, слишком глубоко",
        ),
        Reason::TooManyPixels => lang.pick(
            "the picture is too large to be decoded",
            "зображення завелике, щоб його розкрити",
            "изображение слишком велико, чтобы его раскрыть",
        ),
        Reason::TooSlow => {
            lang.pick("it took too long", "тривало надто довго", "заняло слишком много времени")
        }
        Reason::TooMuchMemory => {
            lang.pick("it needed too much memory", "забракло пам'яті", "не хватило памяти")
        }
        Reason::Crashed => {
            lang.pick("the tool crashed on it", "інструмент на ньому впав", "инструмент на нём упал")
        }
        Reason::DiedThrice => lang.pick(
            "examining it was cut off three times",
            "дослідження тричі обривалося",
            "исследование трижды обрывалось",
        ),
        Reason::NoSandbox => lang.pick(
            "no sandbox holds here, so it was not opened (vidimus doctor)",
            "пісочниця не тримає, тож не відкрито (vidimus doctor)",
            "песочница не держит, поэтому не открыто (vidimus doctor)",
        ),
        Reason::NeedsNamespaces => lang.pick(
            "this machine forbids what it needs (vidimus doctor)",
            "цей комп'ютер не дозволяє потрібного (vidimus doctor)",
            "этот компьютер не разрешает нужного (vidimus doctor)",
        ),
        Reason::Unreadable => lang.pick(
            "its sealed bytes cannot be read (vidimus check --full)",
            "опечатані байти не читаються (vidimus check --full)",
            "опечатанные байты не читаются (vidimus check --full)",
        ),
        Reason::Unknown => lang.pick(
            "the tool failed and does not say why",
            "інструмент не впорався і не каже чому",
            "инструмент не справился и не говорит почему",
        ),
    }
}

pub fn group(lang: Lang, group: Group) -> &'static str {
    match group {
        Group::Video => lang.pick("video", "відео", "видео"),
        Group::Audio => lang.pick("sound", "звук", "звук"),
        Group::Picture => lang.pick("picture", "зображення", "изображение"),
        Group::Document => lang.pick("document", "документ", "документ"),
        Group::Table => lang.pick("table", "таблиця", "таблица"),
        Group::Mail => lang.pick("mail", "пошта", "почта"),
        Group::Container => lang.pick("container", "архів файлів", "архив файлов"),
        Group::Web => lang.pick("web capture", "знімок сайту", "снимок сайта"),
        Group::Subtitles => lang.pick("subtitles", "субтитри", "субтитры"),
        Group::Other => lang.pick("other", "інше", "другое"),
        Group::Empty => lang.pick("empty", "порожній", "пустой"),
        Group::Unknown => lang.pick("unknown", "невідомо", "неизвестно"),
    }
}

pub fn source(lang: Lang, source: ClaimSource) -> &'static str {
    match source {
        ClaimSource::Path => lang.pick("its name", "назва", "название"),
        ClaimSource::Metadata => lang.pick("its metadata", "метадані", "метаданные"),
        ClaimSource::FileSystem => lang.pick("the file system", "файлова система", "файловая система"),
        ClaimSource::BurntIn => lang.pick("burnt into the picture", "у кадрі", "в кадре"),
        ClaimSource::Text => lang.pick("its text", "текст", "текст"),
    }
}

/// How far the clock was off, in a few signs.
pub fn clock(lang: Lang, camera: Option<&Camera>) -> String {
    let corrections = camera.map(|camera| camera.clock.as_slice()).unwrap_or_default();
    match corrections {
        [] => String::new(),
        [one] if one.from.is_none() && one.until.is_none() => seconds(lang, one.add),
        several => several.iter().map(|one| seconds(lang, one.add)).collect::<Vec<_>>().join("; "),
    }
}

/// `+31 d`, `-1 h 30 min`.
fn seconds(lang: Lang, add: i64) -> String {
    let units = lang.pick(["d", "h", "min", "s"], ["д", "год", "хв", "с"], ["д", "ч", "мин", "с"]);
    let (mut rest, mut text) = (add.unsigned_abs(), String::from(if add < 0 { "-" } else { "+" }));
    for (unit, seconds) in units.into_iter().zip([86_400, 3600, 60, 1]) {
        let count = rest / seconds;
        rest %= seconds;
        if count > 0 || (seconds == 1 && text.len() == 1) {
            let blank = if text.len() == 1 { "" } else { " " };
            text += &format!("{blank}{count} {unit}");
        }
    }
    text
}

pub fn written(lang: Lang, file: &Path) -> String {
    let file = safe::path(file);
    say!(
        lang,
        "Written to {file}, where nothing seals it. Delete the file when it is no longer needed.",
        "Записано у {file}, де його ніщо не опечатує. Видаліть файл, коли він більше не потрібен.",
        "Записано в {file}, где его ничто не опечатывает. Удалите файл, когда он больше не нужен.",
    )
}

pub fn camera_said(lang: Lang, camera: &str) -> String {
    let camera = safe::text(camera);
    say!(
        lang,
        "Recorded of the camera {camera}. See it: vidimus cameras",
        "Записано про камеру {camera}. Подивитися: vidimus cameras",
        "Записано о камере {camera}. Посмотреть: vidimus cameras",
    )
}

/// That no item is known to be of a camera, and which cameras there are.
pub fn camera_is_new(lang: Lang, accession: &Ref, label: &str, others: &[String]) -> String {
    let label = safe::text(label);
    let mut text = say!(
        lang,
        "New label: {label}. No item of {accession} claims that camera.",
        "Нова позначка: {label}. Жодна одиниця з {accession} не вказує цієї камери.",
        "Новая метка: {label}. Ни одна единица из {accession} не указывает этой камеры.",
    );
    if !others.is_empty() {
        let others = others.iter().map(|other| safe::text(other)).collect::<Vec<_>>().join(", ");
        text += &say!(lang, " Others there: {others}.", " Інші там: {others}.", " Другие там: {others}.");
    }
    text
}

/// What a correction makes of the beginning of one item.
pub fn corrected(lang: Lang, item: &Ref, line: &TimeLine) -> String {
    let shown = |time: &jiff::civil::DateTime| time.to_string().replace('T', " ");
    let (claimed, time) = (shown(&line.claim.time), shown(&line.corrected.unwrap_or(line.claim.time)));
    say!(
        lang,
        "For example {item}: its clock showed {claimed}, it was {time}. A slip is taken back with --clock-none.",
        "Наприклад, {item}: її годинник показував {claimed}, а було {time}. Помилку скасовує --clock-none.",
        "Например, {item}: её часы показывали {claimed}, а было {time}. Ошибку отменяет --clock-none.",
    )
}

/// Lines that say what speaks against a camera's clock; JSON has all of it.
pub fn speaks_against(lang: Lang, camera: &CameraOf) -> Vec<String> {
    let named = format!("{}/{}", camera.accession, safe::text(&camera.label));
    let note = |note: &NoteLine| {
        let (item, said) = (&note.reference, safe::text(&note.untrusted_sentence));
        say!(
            lang,
            "{named}: read {item} before you correct the clock: {said}",
            "{named}: прочитайте {item}, перш ніж виправляти годинник: {said}",
            "{named}: прочтите {item}, прежде чем исправлять часы: {said}",
        )
    };
    let overlap = |(items, seconds): (Vec<Ref>, i64)| {
        let (items, seconds) = (references(&items), numbers::count(lang, seconds.unsigned_abs()));
        say!(
            lang,
            "{named}: {items} lie over each other, for up to {seconds} s: the same recording more than once, or the clock was set in between",
            "{named}: {items} перекриваються, до {seconds} с: той самий запис кілька разів, або годинник між ними переставили",
            "{named}: {items} перекрываются, до {seconds} с: одна запись несколько раз, или часы между ними переставили",
        )
    };
    let notes = camera.notes.iter().take(AGAINST).map(note);
    let heaps = heaps(camera.overlaps.as_deref().unwrap_or_default());
    notes.chain(heaps.into_iter().take(AGAINST).map(overlap)).collect()
}

/// What lies over each other, also by way of a third, and the longest of these overlaps.
fn heaps(overlaps: &[OverlapLine]) -> Vec<(Vec<Ref>, i64)> {
    let mut heaps: Vec<(Vec<Ref>, i64)> = Vec::new();
    for over in overlaps {
        let touches = |heap: &(Vec<Ref>, i64)| heap.0.contains(&over.one) || heap.0.contains(&over.other);
        let (touched, mut others): (Vec<_>, Vec<_>) = heaps.into_iter().partition(touches);
        let mut items: Vec<Ref> = touched.iter().flat_map(|(items, _)| items.clone()).collect();
        items.extend([over.one.clone(), over.other.clone()]);
        items.sort_unstable();
        items.dedup();
        others.push((items, touched.iter().map(|(_, seconds)| *seconds).fold(over.seconds, i64::max)));
        heaps = others;
    }
    heaps.sort_unstable();
    heaps
}

/// Lines of each kind for one camera.
const AGAINST: usize = 5;

pub fn camera_given(lang: Lang, items: &[Ref], camera: Option<&str>) -> String {
    let items = references(items);
    match camera {
        Some(camera) => {
            let camera = safe::text(camera);
            say!(
                lang,
                "Given to the camera {camera}: {items}.",
                "Віднесено до камери {camera}: {items}.",
                "Отнесено к камере {camera}: {items}.",
            )
        }
        None => say!(
            lang,
            "What they claim of their camera holds again: {items}.",
            "Знову діє те, що вони самі вказують про камеру: {items}.",
            "Снова действует то, что они сами указывают о камере: {items}.",
        ),
    }
}

pub fn trouble(lang: Lang, trouble: &ExaminationTrouble) -> String {
    match trouble {
        ExaminationTrouble::NoSandbox => say!(
            lang,
            "No sandbox holds on this machine, so no file was opened.\nWhat is missing is said by: vidimus doctor",
            "На цьому комп'ютері не тримає жодна пісочниця, тож жодного файлу не відкрито.\nЧого бракує, каже: vidimus doctor",
            "На этом компьютере не держит ни одна песочница, поэтому ни один файл не открыт.\nЧего не хватает, говорит: vidimus doctor",
        ),
        ExaminationTrouble::NoSpeech => say!(
            lang,
            "No program that recognises speech is set up.\nName one in the archive's settings.json, as docs/guide.md shows.",
            "Програму, що розпізнає мовлення, не налаштовано.\nНазвіть її у settings.json архіву, як показує docs/guide.md.",
            "Программа, распознающая речь, не настроена.\nНазовите её в settings.json архива, как показывает docs/guide.md.",
        ),
        ExaminationTrouble::NotACamera(typed) => {
            let typed = safe::typed(typed);
            say!(
                lang,
                "{typed} names no camera.\nWrite accession and label, such as A7/cam3; vidimus cameras lists them.",
                "{typed} не називає камери.\nНапишіть надходження і позначку, наприклад A7/cam3; перелік дає vidimus cameras.",
                "{typed} не называет камеры.\nНапишите поступление и метку, например A7/cam3; перечень даёт vidimus cameras.",
            )
        }
        ExaminationTrouble::NothingSaid => say!(
            lang,
            "Nothing is said of the camera.\nAdd --name, --place, --clock-add or --clock-none.",
            "Про камеру нічого не сказано.\nДодайте --name, --place, --clock-add або --clock-none.",
            "О камере ничего не сказано.\nДобавьте --name, --place, --clock-add или --clock-none.",
        ),
        ExaminationTrouble::Backwards => say!(
            lang,
            "The span ends before it begins.\nExchange --from and --until.",
            "Проміжок закінчується раніше, ніж починається.\nПоміняйте місцями --from і --until.",
            "Промежуток кончается раньше, чем начинается.\nПоменяйте местами --from и --until.",
        ),
        ExaminationTrouble::TooFar => say!(
            lang,
            "No clock is off by more than a hundred years.\nCompare what is to be added with the clock: -1h, +31d, 7s; a number alone is seconds.",
            "Жоден годинник не відстає й не поспішає на понад сто років.\nЗвірте поправку з годинником: -1h, +31d, 7s; саме число - це секунди.",
            "Никакие часы не отстают и не спешат больше чем на сто лет.\nСверьте поправку с часами: -1h, +31d, 7s; одно число - это секунды.",
        ),
        ExaminationTrouble::Overlaps => say!(
            lang,
            "Another correction holds for a part of that span.\nSee it with vidimus cameras --json, or take all back first with --clock-none.",
            "Для частини цього проміжку діє інша поправка.\nПодивіться її: vidimus cameras --json, або спершу скасуйте всі: --clock-none.",
            "Для части этого промежутка действует другая поправка.\nПосмотрите её: vidimus cameras --json, или сначала отмените все: --clock-none.",
        ),
        ExaminationTrouble::NotMade(reference) => say!(
            lang,
            "Nothing of the kind was made of {reference}.\nExamine it first: vidimus examine {reference}",
            "З {reference} нічого такого не зроблено.\nСпершу дослідіть: vidimus examine {reference}",
            "Из {reference} ничего такого не сделано.\nСначала исследуйте: vidimus examine {reference}",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_of_one_recording_are_told_in_one_line() {
        let reference = |text: &str| text.parse::<Ref>().unwrap();
        let over =
            |one, other, seconds| OverlapLine { one: reference(one), other: reference(other), seconds };
        let found = heaps(&[over("A1-2", "A1-3", 5), over("A1-9", "A1-10", 7), over("A1-7", "A1-3", 6)]);
        let refs = |all: &[&str]| all.iter().map(|one| reference(one)).collect::<Vec<_>>();
        assert_eq!(found, [(refs(&["A1-2", "A1-3", "A1-7"]), 6), (refs(&["A1-9", "A1-10"]), 7)]);
    }

    #[test]
    fn spans_are_told_as_people_say_them() {
        for (add, said) in
            [(-3600, "-1 h"), (2_678_400, "+31 d"), (7, "+7 s"), (0, "+0 s"), (-5405, "-1 h 30 min 5 s")]
        {
            assert_eq!(seconds(Lang::En, add), said);
        }
    }

    #[test]
    fn every_reason_has_words_that_fit_a_table() {
        let reasons = [
            Reason::Damaged,
            Reason::EndsEarly,
            Reason::NeedsPassword,
            Reason::WrongPassword,
            Reason::NotSupported,
            Reason::ToolMissing,
            Reason::TooManyBytes,
            Reason::TooManyParts,
            Reason::TooDeep,
            Reason::TooManyPixels,
            Reason::TooSlow,
            Reason::TooMuchMemory,
            Reason::Crashed,
            Reason::DiedThrice,
            Reason::NoSandbox,
            Reason::NeedsNamespaces,
            Reason::Unreadable,
            Reason::Unknown,
        ];
        for lang in [Lang::En, Lang::Uk, Lang::Ru] {
            let said: std::collections::BTreeSet<&str> = reasons.map(|one| reason(lang, one)).into();
            assert_eq!(said.len(), reasons.len(), "each is told apart");
            assert!(said.iter().all(|text| text.chars().count() <= 62));
        }
    }
}
