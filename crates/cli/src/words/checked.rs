//! What a check found, and what is still sound.

use std::collections::HashMap;

use vidimus_archive::{Checked, Problem};

use super::check_sentences::{kind_of, remedy, sentence};
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

/// More problems than this are told by their kinds, and of each kind only so many.
const MANY: usize = 40;
const OF_A_KIND: usize = 5;

/// All of it; of very many problems only the first of each kind, unless `all` of them are asked for.
pub fn checked(lang: Lang, checked: &Checked, all: bool) -> String {
    let mut lines = match checked.problems.len() {
        0 => Vec::new(),
        many if many > MANY && !all => by_kind(lang, &checked.problems),
        _ => {
            let mut lines: Vec<String> = checked.problems.iter().map(|problem| line(lang, problem)).collect();
            lines.push(how_many(lang, checked.problems.len()));
            lines
        }
    };
    if !lines.is_empty() {
        lines.push(String::new());
    }
    let records = numbers::counted(lang, checked.checked.records, ["record", "records"]);
    let entries = numbers::counted(lang, checked.checked.entries, ["entry", "entries"]);
    let objects = numbers::counted(lang, checked.checked.objects, ["object", "objects"]);
    let size = numbers::size(lang, checked.checked.bytes);
    lines.push(say!(
        lang,
        "Checked: {records}, {entries} of the log, {objects}, {size} decrypted and hashed.",
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
    let not_read = checked.checked.not_read;
    let says =
        numbers::form(lang, not_read, ["record under another key says", "", "records under other keys say"]);
    let not_read = numbers::count(lang, not_read);
    let verdict = match (checked.sound, checked.full) {
        (true, full) if checked.checked.not_read > 0 => {
            let more = if full {
                ""
            } else {
                lang.pick(
                    "; --full also reads every object",
                    "; --full читає також кожен об'єкт",
                    "; --full читает также каждый объект",
                )
            };
            lines.push(say!(
                lang,
                "What could be read is sound; what {not_read} {says} is not known{more}.",
                "Те, що вдалося прочитати, справне; що кажуть записи під іншими ключами ({not_read}), невідомо{more}.",
                "То, что удалось прочесть, цело; что говорят записи под другими ключами ({not_read}), неизвестно{more}.",
            ));
            return lines.join("\n");
        }
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

fn line(lang: Lang, problem: &Problem) -> String {
    let [about, problem, what] = named(lang, problem);
    let (about, problem) = (safe::text(&about), safe::text(&problem));
    format!("{about}: {problem}\n    {HANG}{what}")
}

fn how_many(lang: Lang, problems: usize) -> String {
    let count = numbers::count(lang, problems as u64);
    say!(lang, "Problems: {count}", "Проблем: {count}", "Проблем: {count}")
}

/// How many there are of each kind, then the first of each.
fn by_kind(lang: Lang, problems: &[Problem]) -> Vec<String> {
    let mut kinds: Vec<Vec<&Problem>> = Vec::new();
    let mut places = HashMap::new();
    for problem in problems {
        let place = *places.entry((problem.problem.template(), problem.what_to_do)).or_insert(kinds.len());
        if place == kinds.len() {
            kinds.push(Vec::new());
        }
        kinds[place].push(problem);
    }
    let mut lines = vec![how_many(lang, problems.len())];
    for kind in &kinds {
        let count = numbers::count(lang, kind.len() as u64);
        lines.push(format!("  {HANG}{count} × {}", kind_of(lang, &kind[0].problem)));
    }
    lines.push(String::new());
    for kind in &kinds {
        lines.extend(kind.iter().take(OF_A_KIND).map(|problem| line(lang, problem)));
        let more = kind.len().saturating_sub(OF_A_KIND);
        if more > 0 {
            let more = numbers::count(lang, more as u64);
            lines.push(say!(
                lang,
                "    and {more} more of this kind: vidimus check --all names each",
                "    і ще {more} таких: vidimus check --all назве кожну",
                "    и ещё {more} таких: vidimus check --all назовёт каждую",
            ));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_not_called_sound() {
        let mut all = Checked { sound: true, full: true, ..Checked::default() };
        assert!(checked(Lang::En, &all, false).ends_with("Everything is sound."));
        all.checked.not_read = 3;
        let ends = [
            (Lang::En, "What could be read is sound; what 3 records under other keys say is not known."),
            (
                Lang::Uk,
                "Те, що вдалося прочитати, справне; що кажуть записи під іншими ключами (3), невідомо.",
            ),
            (
                Lang::Ru,
                "То, что удалось прочесть, цело; что говорят записи под другими ключами (3), неизвестно.",
            ),
        ];
        for (lang, end) in ends {
            assert!(checked(lang, &all, false).ends_with(end), "{}", checked(lang, &all, false));
        }
        all.checked.not_read = 1;
        assert!(
            checked(Lang::En, &all, false).ends_with("what 1 record under another key says is not known.")
        );
        all.full = false;
        assert!(checked(Lang::En, &all, false).ends_with("is not known; --full also reads every object."));
        all.sound = false;
        assert!(checked(Lang::En, &all, false).ends_with("NOT everything is sound."));
    }
}
