//! What a check found, and what is still sound.

use vidimus_archive::{Checked, Problem};

use super::check_sentences::{remedy, sentence};
use super::fold::HANG;
use super::{Lang, numbers, safe, say};

pub fn records_done(lang: Lang, done: u64, all: u64) -> String {
    let (done, all) = (numbers::count(lang, done), numbers::count(lang, all));
    say!(lang, "record {done} of {all}", "запис {done} з {all}", "запись {done} из {all}")
}

/// What is wrong with what, and what to do. Text of others may be in it: escape it before showing.
pub fn named(lang: Lang, problem: &Problem) -> [String; 3] {
    [problem.reference.clone(), sentence(lang, &problem.problem), remedy(lang, problem.what_to_do).to_owned()]
}

pub fn checked(lang: Lang, checked: &Checked) -> String {
    let mut lines = Vec::new();
    for problem in &checked.problems {
        let [about, problem, what] = named(lang, problem);
        let (about, problem) = (safe::text(&about), safe::text(&problem));
        lines.push(format!("{about}: {problem}\n    {HANG}{what}"));
    }
    if !checked.problems.is_empty() {
        let count = numbers::count(lang, checked.problems.len() as u64);
        lines.push(say!(lang, "Problems: {count}", "Проблем: {count}", "Проблем: {count}"));
        lines.push(String::new());
    }
    let [records, entries, objects] =
        [checked.checked.records, checked.checked.entries, checked.checked.objects]
            .map(|number| numbers::count(lang, number));
    let size = numbers::size(lang, checked.checked.bytes);
    lines.push(say!(
        lang,
        "Checked: {records} records, {entries} entries of the log, {objects} objects, {size} decrypted and hashed.",
        "Перевірено: записів {records}, рядків журналу {entries}, об'єктів {objects}, розшифровано й звірено {size}.",
        "Проверено: записей {records}, строк журнала {entries}, объектов {objects}, расшифровано и сверено {size}.",
    ));
    let pending = lang.pick("Under way: ", "Триває: ", "Идёт: ");
    lines.extend(checked.pending.iter().map(|text| pending.to_owned() + &safe::text(&sentence(lang, text))));
    let still = lang.pick("Sound: ", "Справне: ", "Цело: ");
    lines
        .extend(checked.still_sound.iter().map(|text| still.to_owned() + &safe::text(&sentence(lang, text))));
    let unknown = lang.pick("Not known: ", "Невідомо: ", "Неизвестно: ");
    lines.extend(checked.unknown.iter().map(|text| unknown.to_owned() + &safe::text(&sentence(lang, text))));
    let verdict = match (checked.sound, checked.full) {
        (true, true) => lang.pick("Everything is sound.", "Усе справне.", "Всё цело."),
        (true, false) => lang.pick(
            "Everything that was looked at is sound; --full also reads every object.",
            "Усе переглянуте справне; --full читає також кожен об'єкт.",
            "Всё просмотренное цело; --full читает также каждый объект.",
        ),
        (false, _) => lang.pick("NOT everything is sound.", "НЕ все справне.", "НЕ всё цело."),
    };
    lines.push(verdict.to_owned());
    lines.join("\n")
}
