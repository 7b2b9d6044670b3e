//! What is said when something that was taken in, or who may do what, has changed.

use std::path::Path;

use vidimus_archive::query::Twin;
use vidimus_model::{ProposalId, Ref};

use super::tells::references;
use super::{Lang, numbers, safe, say};

pub fn released(lang: Lang, accession: &Ref) -> String {
    say!(
        lang,
        "{accession} can now be read by everyone who holds its compartment.",
        "{accession} тепер може читати кожен, хто має доступ до його відсіку.",
        "{accession} теперь может читать каждый, у кого есть доступ к его отсеку.",
    )
}

pub fn released_already(lang: Lang, accession: &Ref) -> String {
    say!(
        lang,
        "Nothing was to be done: everyone who holds its compartment can read {accession} already.",
        "Робити нічого не довелося: {accession} уже може читати кожен, хто має доступ до його відсіку.",
        "Делать ничего не пришлось: {accession} уже может читать каждый, у кого есть доступ к его отсеку.",
    )
}

pub fn withdrawn_already(lang: Lang, about: &[Ref]) -> String {
    let about = references(about);
    say!(
        lang,
        "Nothing was to be done: already withdrawn: {about}. The reason typed now is not recorded.",
        "Робити нічого не довелося: вже відкликано: {about}. Щойно введену причину не записано.",
        "Делать ничего не пришлось: уже отозвано: {about}. Введённая сейчас причина не записана.",
    )
}

pub fn reinstated_already(lang: Lang, about: &[Ref]) -> String {
    let about = references(about);
    say!(
        lang,
        "Nothing was to be done: not withdrawn: {about}. The reason typed now is not recorded.",
        "Робити нічого не довелося: не відкликано: {about}. Щойно введену причину не записано.",
        "Делать ничего не пришлось: не отозвано: {about}. Введённая сейчас причина не записана.",
    )
}

pub fn moved_already(lang: Lang, about: &[Ref], into: &str) -> String {
    let (about, into) = (references(about), safe::text(into));
    say!(
        lang,
        "Nothing was to be done: already in {into}: {about}.",
        "Робити нічого не довелося: вже у {into}: {about}.",
        "Делать ничего не пришлось: уже в {into}: {about}.",
    )
}

pub fn withdrawn(lang: Lang, about: &[Ref]) -> String {
    let about = references(about);
    say!(
        lang,
        "Withdrawn: {about}. Nothing is destroyed; vidimus reinstate brings it back.",
        "Відкликано: {about}. Нічого не знищено; vidimus reinstate поверне це.",
        "Отозвано: {about}. Ничего не уничтожено; vidimus reinstate вернёт это.",
    )
}

pub fn reinstated(lang: Lang, about: &[Ref]) -> String {
    let about = references(about);
    say!(lang, "Brought back: {about}.", "Повернено: {about}.", "Возвращено: {about}.")
}

pub fn erased(lang: Lang, about: &[Ref]) -> String {
    let about = references(about);
    say!(
        lang,
        "Erased: {about}. Backups made before still hold it until each is refreshed (vidimus backup DIR) or destroyed.",
        "Знищено: {about}. Давніші резервні копії ще містять це, доки кожну не оновлено (vidimus backup ТЕКА) або не знищено.",
        "Уничтожено: {about}. Более ранние резервные копии ещё содержат это, пока каждую не обновили (vidimus backup ПАПКА) или не уничтожили.",
    )
}

pub fn moved(lang: Lang, about: &[Ref], into: &str) -> String {
    let (about, into) = (references(about), safe::text(into));
    say!(
        lang,
        "Moved into {into}: {about}. Backups made before still hold the wider copy until each is refreshed (vidimus backup DIR) or destroyed.",
        "Переміщено до {into}: {about}. Давніші резервні копії ще містять ширшу копію, доки кожну не оновлено (vidimus backup ТЕКА) або не знищено.",
        "Перемещено в {into}: {about}. Более ранние резервные копии ещё содержат более широкую копию, пока каждую не обновили (vidimus backup ПАПКА) или не уничтожили.",
    )
}

/// How many copies are named one by one.
const NAMED: usize = 10;

/// The same bytes that stay elsewhere: their number and the first of them.
pub fn copies_stay(lang: Lang, twins: &[Twin]) -> String {
    let (count, first) = (numbers::count(lang, twins.len() as u64), some(lang, twins));
    say!(
        lang,
        "The same bytes stay where they are in other items ({count}): {first}.\nName these too, if they are meant.",
        "Ті самі байти лишаються в інших одиницях ({count}): {first}.\nНазвіть і їх, якщо йдеться й про них.",
        "Те же байты остаются в других единицах ({count}): {first}.\nНазовите и их, если речь и о них.",
    )
}

/// The same, and whether to go on without them.
pub fn copies_ask(lang: Lang, twins: &[Twin]) -> String {
    let question =
        lang.pick("Go on without them? [y/N] ", "Продовжити без них? [т/Н] ", "Продолжить без них? [д/Н] ");
    copies_stay(lang, twins) + "\n" + question
}

fn some(lang: Lang, twins: &[Twin]) -> String {
    let named: Vec<_> = twins.iter().take(NAMED).map(|twin| twin.reference.to_string()).collect();
    let named = named.join(", ");
    if twins.len() <= NAMED {
        return named;
    }
    let more = numbers::count(lang, (twins.len() - NAMED) as u64);
    say!(lang, "{named} and {more} more", "{named} і ще {more}", "{named} и ещё {more}")
}

pub fn proposed(lang: Lang, id: ProposalId) -> String {
    say!(
        lang,
        "Proposed. Another member agrees with: vidimus agree {id}",
        "Запропоновано. Інший учасник погоджується так: vidimus agree {id}",
        "Предложено. Другой участник соглашается так: vidimus agree {id}",
    )
}

pub fn agreed(lang: Lang, what: &str) -> String {
    say!(lang, "Agreed, and done: {what}.", "Погоджено й зроблено: {what}.", "Согласовано и сделано: {what}.")
}

pub fn agreed_later(lang: Lang) -> &'static str {
    lang.pick(
        "Agreed. Only the proposer can open what is to be erased; their next command does it.",
        "Погоджено. Лише той, хто запропонував, може це відкрити; його наступна команда це зробить.",
        "Согласовано. Только предложивший может это открыть; его следующая команда это сделает.",
    )
}

pub fn member_added(lang: Lang, name: &str) -> String {
    let name = safe::text(name);
    say!(
        lang,
        "{name} is a member now.",
        "{name} тепер має доступ як учасник.",
        "{name} теперь имеет доступ как участник.",
    )
}

pub fn member_removed(lang: Lang, name: &str) -> String {
    let name = safe::text(name);
    say!(
        lang,
        "{name} is no longer a member, and new keys were made. What {name} could read may have been copied.\n\
         The archive signs with a new key: publish the newest receipt (vidimus receipt list).",
        "{name} більше не учасник; створено нові ключі. Доступне для {name} раніше могло бути скопійоване.\n\
         Архів підписує новим ключем: опублікуйте найновішу квитанцію (vidimus receipt list).",
        "{name} больше не участник; созданы новые ключи. Доступное для {name} раньше могло быть скопировано.\n\
         Архив подписывает новым ключом: опубликуйте новейшую квитанцию (vidimus receipt list).",
    )
}

pub fn key_changed(lang: Lang, vkey: &str, receipt: &Path) -> String {
    let receipt = safe::path(receipt);
    say!(
        lang,
        "The archive signs with a new key from now on: {vkey}\n\
         Publish this receipt today, so that nobody who has the old key can name another: {receipt}\n\
         Packages made from now on show how the old key was followed by this one.",
        "Відтепер архів підписує новим ключем: {vkey}\n\
         Опублікуйте цю квитанцію сьогодні, щоб ніхто, хто має старий ключ, не міг назвати інший: {receipt}\n\
         Пакети, зроблені відтепер, показують, як на місце старого ключа прийшов цей.",
        "Отныне архив подписывает новым ключом: {vkey}\n\
         Опубликуйте эту квитанцию сегодня, чтобы никто, у кого есть старый ключ, не мог назвать другой: {receipt}\n\
         Пакеты, сделанные отныне, показывают, как на место старого ключа пришёл этот.",
    )
}

pub fn compartment_made(lang: Lang, name: &str, letter: Option<char>) -> String {
    let (name, letter) = (safe::text(name), letter.map(String::from).unwrap_or_default());
    say!(
        lang,
        "The compartment {name} is made; its references begin with {letter}:",
        "Відсік {name} створено; його посилання починаються з {letter}:",
        "Отсек {name} создан; его ссылки начинаются с {letter}:",
    )
}

pub fn compartment_shared(lang: Lang, compartment: &str, member: &str) -> String {
    let (compartment, member) = (safe::text(compartment), safe::text(member));
    say!(
        lang,
        "{member} now reads {compartment}, from its beginning.",
        "{member} тепер читає {compartment}, від початку.",
        "{member} теперь читает {compartment}, с самого начала.",
    )
}

pub fn compartment_shared_already(lang: Lang, compartment: &str, member: &str) -> String {
    let (compartment, member) = (safe::text(compartment), safe::text(member));
    say!(
        lang,
        "Nothing was to be done: {member} reads {compartment} already.",
        "Робити нічого не довелося: {member} уже читає {compartment}.",
        "Делать ничего не пришлось: {member} уже читает {compartment}.",
    )
}

pub fn keyholders_set(lang: Lang, fingerprint: &str) -> String {
    say!(
        lang,
        "The keyholders are named; compare this fingerprint with each of them: {fingerprint}\n\
         Givers that were sealed before stay sealed to those who held then.",
        "Хранителів названо; звірте цей відбиток з кожним із них: {fingerprint}\n\
         Опечатане раніше лишається опечатаним для тодішніх хранителів.",
        "Хранители названы; сверьте этот отпечаток с каждым из них: {fingerprint}\n\
         Опечатанное раньше остаётся опечатанным для тогдашних хранителей.",
    )
}

pub fn share_later(lang: Lang) -> &'static str {
    lang.pick(
        "The other compartments are shared after another member agreed: vidimus compartment share",
        "Інші відсіки відкриєте після згоди іншого учасника: vidimus compartment share",
        "Другие отсеки откроете после согласия другого участника: vidimus compartment share",
    )
}
