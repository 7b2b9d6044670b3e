//! The internal receipt: what was taken in, in what numbers, and how to check it.

use std::path::Path;

use vidimus_archive::receive::{PassedOver, Received, SealedTo};

use super::{Lang, numbers, reasons, safe, say};

/// How many of the things that were not taken are listed; the rest is counted.
const LISTED: usize = 20;

/// The whole receipt.
pub fn internal(lang: Lang, received: &Received, archive: &Path) -> String {
    let mut lines = Vec::new();
    let accession = &received.accession;
    if received.resumed {
        lines.push(say!(
            lang,
            "Accession {accession}, gone on with where it was interrupted",
            "Надходження {accession}, продовжено з місця, де його перервали",
            "Поступление {accession}, продолжено с места, где его прервали",
        ));
    } else {
        lines.push(say!(lang, "Accession {accession}", "Надходження {accession}", "Поступление {accession}"));
    }
    lines.push(String::new());
    lines.extend(counts(lang, received));
    lines.push(String::new());
    lines.push(medium(lang, received));
    lines.extend(giver(lang, received.sealed_to));
    lines.extend(not_taken(lang, received));
    lines.push(String::new());
    lines.extend(checkpoint(lang, received, archive));
    lines.join("\n")
}

/// Numbers below each other, so that anyone can add them up.
fn counts(lang: Lang, received: &Received) -> Vec<String> {
    let names = lang.pick(
        ["found", "taken", "copies", "not taken", "bytes"],
        ["знайдено", "прийнято", "копії", "не прийнято", "байтів"],
        ["найдено", "принято", "копии", "не принято", "байтов"],
    );
    let not_taken = received.not_taken.len() as u64;
    let numbers = [received.found, received.taken, received.copies, not_taken, received.bytes];
    let texts = numbers.map(|number| numbers::count(lang, number));
    let width = texts.iter().map(|text| text.chars().count()).max().unwrap_or_default();
    names.iter().zip(&texts).map(|(name, text)| format!("  {name:<12} {text:>width$}")).collect()
}

fn medium(lang: Lang, received: &Received) -> String {
    let unknown = lang.pick("unknown", "невідомо", "неизвестно");
    let kind = received.medium.file_system.as_deref().unwrap_or(unknown);
    let label =
        received.medium.label.as_deref().map(|label| format!(", {}", safe::text(label))).unwrap_or_default();
    let size =
        received.medium.size.map(|size| format!(", {}", numbers::size(lang, size))).unwrap_or_default();
    say!(lang, "Medium: {kind}{label}{size}", "Носій: {kind}{label}{size}", "Носитель: {kind}{label}{size}")
}

fn giver(lang: Lang, sealed_to: Option<SealedTo>) -> Option<String> {
    match sealed_to? {
        SealedTo::Nobody => None,
        SealedTo::Registrar => Some(say!(
            lang,
            "The giver is sealed to your own key alone, because no keyholders are named.",
            "Особу того, хто передав, опечатано лише вашим ключем, бо хранителів не названо.",
            "Личность передавшего опечатана только вашим ключом, потому что хранители не названы.",
        )),
        SealedTo::Keyholders { threshold, of } => Some(say!(
            lang,
            "The giver is sealed: {threshold} of {of} keyholders open it together.",
            "Особу того, хто передав, опечатано: її відкривають разом {threshold} з {of} хранителів.",
            "Личность передавшего опечатана: её открывают вместе {threshold} из {of} хранителей.",
        )),
    }
}

fn not_taken(lang: Lang, received: &Received) -> Vec<String> {
    if received.not_taken.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::new(), lang.pick("Not taken:", "Не прийнято:", "Не принято:").to_owned()];
    for PassedOver { path, reason, .. } in received.not_taken.iter().take(LISTED) {
        lines.push(format!("  {path}: {}", reasons::not_taken(lang, reason)));
    }
    if received.not_taken.len() > LISTED {
        let more = numbers::count(lang, (received.not_taken.len() - LISTED) as u64);
        let accession = &received.accession;
        lines.push(say!(
            lang,
            "  and {more} more; vidimus show {accession} --json lists them all",
            "  і ще {more}; усі покаже vidimus show {accession} --json",
            "  и ещё {more}; все покажет vidimus show {accession} --json",
        ));
    }
    lines
}

fn checkpoint(lang: Lang, received: &Received, archive: &Path) -> Vec<String> {
    let checkpoint = &received.checkpoint;
    let (origin, size, root) = (&checkpoint.origin, checkpoint.size, &checkpoint.root);
    let (folder, archive, accession) =
        (safe::path(&received.receipt), safe::path(archive), &received.accession);
    vec![
        say!(
            lang,
            "Checkpoint: {origin}, size {size},\n  root {root}",
            "Контрольна точка: {origin}, розмір {size},\n  корінь {root}",
            "Контрольная точка: {origin}, размер {size},\n  корень {root}",
        ),
        say!(
            lang,
            "Public receipt: {folder}\n  Publish it today: post it, print it, give it to a notary. It names nobody and nothing.",
            "Публічна квитанція: {folder}\n  Опублікуйте її сьогодні: викладіть, надрукуйте, віддайте нотаріусу. Вона нікого й нічого не називає.",
            "Публичная квитанция: {folder}\n  Опубликуйте её сегодня: выложите, напечатайте, отдайте нотариусу. Она никого и ничего не называет.",
        ),
        say!(
            lang,
            "To check: vidimus --archive {archive} check --full\n{accession} is yours alone until: vidimus --archive {archive} release {accession}",
            "Перевірити: vidimus --archive {archive} check --full\n{accession} лише ваше до: vidimus --archive {archive} release {accession}",
            "Проверить: vidimus --archive {archive} check --full\n{accession} только ваше до: vidimus --archive {archive} release {accession}",
        ),
    ]
}
