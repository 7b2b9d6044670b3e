//! What commands say when they are done.

use std::path::{Path, PathBuf};

use vidimus_archive::Entered;
use vidimus_archive::anchor::Anchored;
use vidimus_archive::disclose::Disclosed;
use vidimus_archive::{State, Work};
use vidimus_model::{Action, MemberId, Ref};

use super::{Lang, numbers, safe, say, stamps};

pub fn archive_made(lang: Lang, folder: &Path, origin: &str, vkey: &str) -> String {
    let folder = safe::path(folder);
    say!(
        lang,
        "The archive {origin} is in {folder}.\n\
         Its public key, which others pin: {vkey}\n\
         Next: vidimus --archive {folder} receive PATH",
        "Архів {origin} лежить у {folder}.\n\
         Його відкритий ключ, який інші запам'ятовують: {vkey}\n\
         Далі: vidimus --archive {folder} receive ШЛЯХ",
        "Архив {origin} лежит в {folder}.\n\
         Его открытый ключ, который другие запоминают: {vkey}\n\
         Дальше: vidimus --archive {folder} receive ПУТЬ",
    )
}

pub fn no_keyholders(lang: Lang) -> &'static str {
    lang.pick(
        "No keyholders are named: until they are, who gave something is sealed to its registrar alone.",
        "Хранителів ключа не названо: доти особу того, хто передав, опечатано лише для реєстратора.",
        "Хранители ключа не названы: до тех пор личность передавшего опечатана только для регистратора.",
    )
}

pub fn sheet_written(lang: Lang, file: &Path) -> String {
    let file = safe::path(file);
    say!(
        lang,
        "The recovery sheet is in {file}. Print it, keep the paper away from the archive, and delete the file.",
        "Аркуш відновлення у {file}. Надрукуйте, зберігайте папір окремо від архіву, а файл видаліть.",
        "Лист восстановления в {file}. Напечатайте, храните бумагу отдельно от архива, а файл удалите.",
    )
}

pub fn standing(lang: Lang, removed: bool) -> &'static str {
    if removed {
        lang.pick("removed", "усунуто", "удалён")
    } else {
        lang.pick("member", "учасник", "участник")
    }
}

pub fn keyholders(lang: Lang, threshold: u8, of: usize, fingerprint: &str) -> String {
    say!(
        lang,
        "{threshold} of {of} keyholders open a giver together. Fingerprint of the set: {fingerprint}",
        "Особу того, хто передав, відкривають разом {threshold} з {of} хранителів. Відбиток: {fingerprint}",
        "Личность передавшего открывают вместе {threshold} из {of} хранителей. Отпечаток: {fingerprint}",
    )
}

pub fn nothing_waits(lang: Lang) -> &'static str {
    lang.pick("Nothing waits for agreement.", "Ніщо не чекає на згоду.", "Ничто не ждёт согласия.")
}

pub fn action(lang: Lang, action: &Action, name: impl Fn(MemberId) -> String) -> String {
    match action {
        Action::Erase { about } => {
            let about = references(about);
            say!(lang, "erase {about}", "знищити {about}", "уничтожить {about}")
        }
        Action::AddMember(member) => {
            let name = safe::text(&member.name);
            say!(lang, "add member {name}", "додати учасника {name}", "добавить участника {name}")
        }
        Action::RemoveMember { member } => {
            let name = safe::text(&name(*member));
            say!(lang, "remove member {name}", "усунути учасника {name}", "удалить участника {name}")
        }
        Action::SetKeyholders(set) => {
            let (threshold, of, fingerprint) = (set.threshold, set.recipients.len(), &set.fingerprint);
            say!(
                lang,
                "keyholders {threshold} of {of}, {fingerprint}",
                "хранителі {threshold} з {of}, {fingerprint}",
                "хранители {threshold} из {of}, {fingerprint}",
            )
        }
    }
}

/// Nobody said who the first member of a new archive is.
pub fn no_member_named(lang: Lang) -> String {
    say!(
        lang,
        "A new archive needs the name of its first member, and none was given.\nGive it with --member NAME: 1 to 100 characters; it need not be a real name.",
        "Новому архіву потрібне ім'я першого учасника, а його не названо.\nНазвіть його: --member ІМ'Я, від 1 до 100 знаків; справжнє ім'я не потрібне.",
        "Новому архиву нужно имя первого участника, а его не назвали.\nНазовите его: --member ИМЯ, от 1 до 100 знаков; настоящее имя не нужно.",
    )
}

/// `A7-1, A7-2, A7-3 …`: the first few, because a table and a line have an end.
pub fn references(references: &[Ref]) -> String {
    let first: Vec<_> = references.iter().take(3).map(ToString::to_string).collect();
    let more = if references.len() > first.len() { " …" } else { "" };
    first.join(", ") + more
}

pub fn state(lang: Lang, state: State) -> &'static str {
    match state {
        State::Private => lang.pick("private", "особисте", "личное"),
        State::Released => lang.pick("released", "відкрито", "открыто"),
        State::Withdrawn => lang.pick("withdrawn", "відкликано", "отозвано"),
        State::Erased => lang.pick("erased", "знищено", "уничтожено"),
        State::MovedOut => lang.pick("moved", "переміщено", "перемещено"),
    }
}

pub fn items(lang: Lang, number: u64) -> String {
    let count = numbers::count(lang, number);
    match lang {
        Lang::En if number == 1 => "1 item".to_owned(),
        Lang::En => format!("{count} items"),
        Lang::Uk => format!("одиниць зберігання: {count}"),
        Lang::Ru => format!("единиц хранения: {count}"),
    }
}

pub fn bytes(lang: Lang, size: u64) -> String {
    format!("{} ({})", numbers::bytes(lang, size), numbers::size(lang, size))
}

pub fn anchored(lang: Lang, anchored: &Anchored) -> String {
    let mut lines = Vec::new();
    for token in &anchored.tokens {
        let (authority, at, size) = (safe::text(&token.authority), token.at, token.receipt);
        lines.push(say!(
            lang,
            "{authority} says: the receipt of size {size} existed no later than {at}.",
            "{authority} засвідчує: квитанція розміру {size} існувала не пізніше ніж {at}.",
            "{authority} удостоверяет: квитанция размера {size} существовала не позднее чем {at}.",
        ));
    }
    for failed in &anchored.failed {
        let (authority, reason) = (safe::text(&failed.authority), stamps::not_stamped(lang, &failed.reason));
        lines.push(say!(
            lang,
            "{authority} sent no time stamp: {reason}. It is asked again by the next vidimus anchor.",
            "{authority} не надіслав позначки часу: {reason}. Наступний vidimus anchor запитає знову.",
            "{authority} не прислал метки времени: {reason}. Следующий vidimus anchor спросит снова.",
        ));
    }
    if lines.is_empty() {
        let done = lang.pick(
            "Every receipt has its time stamps already.",
            "Усі квитанції вже мають позначки часу.",
            "У всех квитанций уже есть метки времени.",
        );
        lines.push(done.to_owned());
    }
    lines.join("\n")
}

/// What is counted by a bar.
pub fn work(lang: Lang, work: Work) -> &'static str {
    match work {
        Work::Folding => lang.pick("reading records", "читаю записи", "читаю записи"),
        Work::Comparing => lang.pick("comparing", "порівнюю", "сравниваю"),
        Work::Looking => lang.pick("looking at objects", "переглядаю об'єкти", "просматриваю объекты"),
        Work::Destroying => lang.pick("destroying objects", "знищую об'єкти", "уничтожаю объекты"),
        Work::Waiting => lang.pick(
            "Another program is just beginning to receive: this one goes on when that one has begun.",
            "Інша програма саме починає приймання: ця продовжить, щойно та почне.",
            "Другая программа как раз начинает приём: эта продолжит, как только та начнёт.",
        ),
    }
}

pub fn files_done(lang: Lang, done: u64, all: u64) -> String {
    let (done, all) = (numbers::count(lang, done), numbers::files(lang, all));
    say!(lang, "{done} of {all}", "{done} / {all}", "{done} / {all}")
}

pub fn disclosed(lang: Lang, disclosed: &Disclosed) -> String {
    let mut lines = Vec::new();
    let bag = safe::path(&disclosed.bag);
    let count = numbers::files(lang, disclosed.files.len() as u64);
    lines.push(say!(
        lang,
        "The package is in {bag} ({count}).",
        "Пакет у {bag} ({count}).",
        "Пакет в {bag} ({count}).",
    ));
    for file in &disclosed.files {
        let (name, size) = (safe::text(&file.name), numbers::size(lang, file.size));
        lines.push(format!("  {}  data/{name}  {size}", file.reference));
    }
    let unpacked = disclosed.files.iter().filter(|file| file.unpacked_by.is_some()).count() as u64;
    if unpacked > 0 {
        let count = numbers::files(lang, unpacked);
        lines.push(say!(
            lang,
            "Of them unpacked from another item by a tool: {count}. The package says so, and proves what the tool made, not what was received.",
            "З них розпакував з іншої одиниці інструмент: {count}. Пакет каже про це і доводить те, що зробив інструмент, а не те, що прийнято.",
            "Из них распаковал из другой единицы инструмент: {count}. Пакет говорит об этом и доказывает то, что сделал инструмент, а не то, что принято.",
        ));
    }
    let (index, size) = (disclosed.record.index, disclosed.checkpoint.size);
    lines.push(say!(
        lang,
        "It is on record at {index} in the log of size {size}. Whoever gets it checks it with: vidimus-verify {bag}",
        "Це записано під номером {index} у журналі розміру {size}. Отримувач перевірить: vidimus-verify {bag}",
        "Это записано под номером {index} в журнале размера {size}. Получатель проверит: vidimus-verify {bag}",
    ));
    lines.join("\n")
}

pub fn for_the_next_keyholder(lang: Lang, file: &Path) -> String {
    let file = safe::path(file);
    say!(
        lang,
        "More keyholders are needed. Send {file} to the next one, who runs vidimus unseal on it.",
        "Потрібні ще хранителі. Надішліть {file} наступному, хай виконає для нього vidimus unseal.",
        "Нужны ещё хранители. Пошлите {file} следующему, пусть выполнит для него vidimus unseal.",
    )
}

pub fn shares_written(lang: Lang, files: &[(PathBuf, Vec<String>)]) -> String {
    let heading = lang.pick(
        "Any one of these files is opened by its keyholders, in this order, with vidimus unseal or age -d:",
        "Будь-який із цих файлів відкривають його хранителі, в цьому порядку, через vidimus unseal або age -d:",
        "Любой из этих файлов открывают его хранители, в этом порядке, через vidimus unseal или age -d:",
    );
    let mut lines = vec![heading.to_owned()];
    for (file, keys) in files {
        lines.push(safe::path(file));
        lines.extend(keys.iter().map(|key| format!("  {}", safe::text(key))));
    }
    lines.join("\n")
}

pub fn finished(lang: Lang) -> &'static str {
    lang.pick(
        "Something that was agreed to, or interrupted, is finished now.",
        "Погоджене або перерване тепер завершено.",
        "Согласованное или прерванное теперь завершено.",
    )
}

/// The key that others compare with the one in a package.
pub fn archive_key(lang: Lang, vkey: &str) -> String {
    let text = lang.pick("The archive's public key", "Відкритий ключ архіву", "Открытый ключ архива");
    format!("{text}: {vkey}")
}

/// Keys that signed before, the first one first.
pub fn earlier_keys(lang: Lang, vkeys: &[String]) -> String {
    let text = lang.pick(
        "Keys that signed before it, the first one first:",
        "Ключі, що підписували до нього, від першого:",
        "Ключи, которые подписывали до него, начиная с первого:",
    );
    let lines = vkeys.iter().map(|vkey| format!("\n  {vkey}"));
    lines.fold(text.to_owned(), |all, line| all + &line)
}

/// What a receipt says about the archive as it is.
pub fn receipt_compared(lang: Lang, entered: &Entered) -> &'static str {
    match entered {
        Entered::Held => lang.pick(
            "The archive holds everything that this receipt commits to.",
            "Архів містить усе, що засвідчує ця квитанція.",
            "Архив содержит всё, что удостоверяет эта квитанция.",
        ),
        Entered::GivenUp => lang.pick(
            "What this receipt commits to was lost, and it is on record that the archive went on without it.",
            "Те, що засвідчує ця квитанція, втрачено, і записано, що архів продовжується без цього.",
            "То, что удостоверяет эта квитанция, потеряно, и записано, что архив продолжается без этого.",
        ),
        Entered::WentBack(_) => "",
    }
}
