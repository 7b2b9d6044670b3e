//! What is said on bad days: a backup, a lost passphrase, an archive that went back.

use std::path::{Path, PathBuf};

use vidimus_archive::{BackedUp, BackupProgress, CheckpointSummary, Restored, WentBack};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::epoch;

use super::{Lang, numbers, safe, say};
use crate::context::short_checkpoint;

pub fn rebuilt(lang: Lang) -> &'static str {
    lang.pick(
        "The log's tiles, the catalogues and the files of the receipts are made again from the ledger.",
        "Плитки журналу, каталоги та файли квитанцій створено знову з книги записів.",
        "Плитки журнала, каталоги и файлы квитанций созданы заново из книги записей.",
    )
}

pub fn passphrase_changed(lang: Lang) -> &'static str {
    lang.pick(
        "The new passphrase holds from now on. Backups made before still open with the old one until each is refreshed (vidimus backup DIR) or destroyed.",
        "Відтепер діє нова парольна фраза. Давніші резервні копії ще відкриваються старою, доки кожну не оновлено (vidimus backup ТЕКА) або не знищено.",
        "Отныне действует новая парольная фраза. Более ранние резервные копии ещё открываются старой, пока каждую не обновили (vidimus backup ПАПКА) или не уничтожили.",
    )
}

/// Why nothing is recorded, and what to do.
pub fn went_back(lang: Lang, back: &WentBack) -> String {
    if let Some(why) = older_than_its_keys(lang, back) {
        let what = say!(
            lang,
            "Put the newer ledger.db back, or bring ledger and keys back from one backup: vidimus restore",
            "Поверніть новіший ledger.db або візьміть книгу записів і ключі з однієї резервної копії: vidimus restore",
            "Верните более новый ledger.db или возьмите книгу записей и ключи из одной резервной копии: vidimus restore",
        );
        return format!("{why}\n{what}");
    }
    if let Some(changed) = another_mark(lang, back) {
        return changed;
    }
    let (seen, now) = places(back);
    say!(
        lang,
        "This archive went back: this machine saw {seen}, and it is now {now}, so nothing is recorded.\nFind the newer folder, or go on from this one with: vidimus recover --accept-rollback REASON",
        "Цей архів повернувся назад: комп'ютер бачив {seen}, а тепер {now}, тому нічого не записується.\nЗнайдіть новішу теку або продовжуйте з цієї: vidimus recover --accept-rollback ПРИЧИНА",
        "Этот архив вернулся назад: компьютер видел {seen}, а теперь {now}, поэтому ничего не записывается.\nНайдите более новую папку или продолжайте с этой: vidimus recover --accept-rollback ПРИЧИНА",
    )
}

/// What is said beside an answer from an archive that went back.
pub fn went_back_warning(lang: Lang, back: &WentBack) -> String {
    if back.newer_keys.is_some() || another_mark(lang, back).is_some() {
        let warning = lang.pick("WARNING", "УВАГА", "ВНИМАНИЕ");
        return format!("{warning}: {}", went_back(lang, back));
    }
    let (seen, now) = places(back);
    say!(
        lang,
        "WARNING: this archive went back. This machine saw {seen}, and it is now {now}.\n\
         You can read, but nothing is recorded until: vidimus recover --accept-rollback REASON",
        "УВАГА: цей архів повернувся назад. Комп'ютер бачив {seen}, а тепер {now}.\n\
         Читати можна, але нічого не записується до: vidimus recover --accept-rollback ПРИЧИНА",
        "ВНИМАНИЕ: этот архив вернулся назад. Компьютер видел {seen}, а теперь {now}.\n\
         Читать можно, но ничего не записывается до: vidimus recover --accept-rollback ПРИЧИНА",
    )
}

/// Keys are named by the eight digits that stand in them between two plus signs.
fn older_than_its_keys(lang: Lang, back: &WentBack) -> Option<String> {
    let keys = back.newer_keys.as_ref()?;
    let digits = |vkey: String| vkey.split('+').nth(1).unwrap_or_default().to_owned();
    let (named, held) = (digits(keys.named.to_string()), digits(keys.held.to_string()));
    let (seen, now) = places(back);
    Some(match &back.seen {
        Some(_) => say!(
            lang,
            "This ledger is older than the keys beside it, so it can be read and nothing is lost, but nothing is recorded: it ends at {now} with the key {named}, and the keys are of {seen} with the key {held}.",
            "Ця книга записів старша за ключі поруч, тож її можна читати і нічого не втрачено, але нічого не записується: вона закінчується на {now} з ключем {named}, а ключі належать до {seen} з ключем {held}.",
            "Эта книга записей старше ключей рядом с ней, так что её можно читать и ничего не потеряно, но ничего не записывается: она кончается на {now} с ключом {named}, а ключи относятся к {seen} с ключом {held}.",
        ),
        None => say!(
            lang,
            "The keys beside this ledger are not of its time, so it can be read and nothing is lost, but nothing is recorded: it ends at {now} with the key {named}, and the key store holds {held}, which it does not know.",
            "Ключі поруч із цією книгою записів не з її часу, тож її можна читати і нічого не втрачено, але нічого не записується: вона закінчується на {now} з ключем {named}, а сховище ключів містить {held}, якого вона не знає.",
            "Ключи рядом с этой книгой записей не из её времени, так что её можно читать и ничего не потеряно, но ничего не записывается: она кончается на {now} с ключом {named}, а в хранилище ключей лежит {held}, которого она не знает.",
        ),
    })
}

/// What is remembered is no checkpoint, or one of another archive: nothing went back, as far as it tells.
fn another_mark(lang: Lang, back: &WentBack) -> Option<String> {
    let origin = |note: &str| {
        Some(SignedCheckpoint::from_bytes(note.as_bytes()).ok()?.checkpoint().origin.to_string())
    };
    let now = origin(&back.now).unwrap_or_default();
    let seen = origin(back.seen.as_deref()?);
    if seen.is_some_and(|seen| epoch::may_follow(&seen, &now) || epoch::may_follow(&now, &seen)) {
        return None;
    }
    let (seen, now) = places(back);
    Some(say!(
        lang,
        "What this machine remembers ({seen}) is no checkpoint of this archive, which is at {now}: the mark was changed, so nothing is recorded.\nCompare the archive with its newest receipt (vidimus receipt compare), then go on with: vidimus recover --accept-rollback REASON",
        "Те, що пам'ятає цей комп'ютер ({seen}), не контрольна точка цього архіву, який зараз на {now}: позначку змінено, тому нічого не записується.\nЗвірте архів із його найновішою квитанцією (vidimus receipt compare), тоді продовжуйте так: vidimus recover --accept-rollback ПРИЧИНА",
        "То, что помнит этот компьютер ({seen}), не контрольная точка этого архива, который сейчас на {now}: отметка изменена, поэтому ничего не записывается.\nСверьте архив с его новейшей квитанцией (vidimus receipt compare), затем продолжайте так: vidimus recover --accept-rollback ПРИЧИНА",
    ))
}

fn places(back: &WentBack) -> (String, String) {
    (short_checkpoint(back.seen.as_deref().unwrap_or_default()), short_checkpoint(&back.now))
}

pub fn type_the_code(lang: Lang) -> &'static str {
    lang.pick(
        "The ten groups of the recovery sheet: ",
        "Десять груп з аркуша відновлення: ",
        "Десять групп с листа восстановления: ",
    )
}

pub fn new_epoch(lang: Lang, checkpoint: &CheckpointSummary) -> String {
    let (origin, size) = (&checkpoint.origin, checkpoint.size);
    say!(
        lang,
        "The archive goes on as {origin}, size {size}; the lost checkpoint is on record.\n\
         Publish a new receipt, and tell those who have proofs of what is lost: vidimus anchor, vidimus receipt list",
        "Архів продовжується як {origin}, розмір {size}; втрачену контрольну точку записано.\n\
         Опублікуйте нову квитанцію й повідомте тих, хто має докази втраченого: vidimus anchor, vidimus receipt list",
        "Архив продолжается как {origin}, размер {size}; потерянная контрольная точка записана.\n\
         Опубликуйте новую квитанцию и сообщите тем, у кого есть доказательства потерянного: vidimus anchor, vidimus receipt list",
    )
}

/// What a person must know who changed the key after the copy was made that goes on now.
pub fn earlier_key_signs(lang: Lang, later: Option<&str>) -> String {
    match later {
        Some(later) => say!(
            lang,
            "WARNING: what this machine saw is signed with the key {later}, which this copy does not know: an earlier key signs again.\n\
             If the key was changed because somebody else may have it, change it again before anything else: vidimus key change --reason REASON",
            "УВАГА: те, що бачив цей комп'ютер, підписано ключем {later}, якого ця копія не знає: знову підписує давніший ключ.\n\
             Якщо ключ змінили, бо його може мати хтось інший, змініть його знову, перш ніж робити щось іще: vidimus key change --reason ПРИЧИНА",
            "ВНИМАНИЕ: то, что видел этот компьютер, подписано ключом {later}, которого эта копия не знает: снова подписывает прежний ключ.\n\
             Если ключ сменили, потому что он может быть у кого-то ещё, смените его снова прежде всего остального: vidimus key change --reason ПРИЧИНА",
        ),
        None => say!(
            lang,
            "If the archive's key was changed after this copy was made, the earlier key signs again: change it again with vidimus key change --reason REASON",
            "Якщо ключ архіву змінили після того, як зроблено цю копію, знову підписує давніший ключ: змініть його знову: vidimus key change --reason ПРИЧИНА",
            "Если ключ архива сменили после того, как сделана эта копия, снова подписывает прежний ключ: смените его снова: vidimus key change --reason ПРИЧИНА",
        ),
    }
}

pub fn copied(lang: Lang, at: &BackupProgress) -> String {
    let (done, all) = (numbers::count(lang, at.objects), numbers::count(lang, at.objects_total));
    say!(lang, "object {done} of {all}", "об'єкт {done} з {all}", "объект {done} из {all}")
}

pub fn backed_up(lang: Lang, done: &BackedUp, folder: &Path) -> String {
    let folder = safe::path(folder);
    let [copied, removed] = [done.copied, done.removed].map(|number| numbers::count(lang, number));
    let records = numbers::counted(lang, done.size, ["record", "records"]);
    let objects = numbers::counted(lang, done.objects, ["object", "objects"]);
    let size = numbers::size(lang, done.bytes);
    let mut lines = vec![say!(
        lang,
        "The backup in {folder} is up to date: {records}, {objects}; {copied} copied ({size}), {removed} removed.",
        "Резервна копія у {folder} свіжа: записів {records}, об'єктів {objects}; скопійовано {copied} ({size}), вилучено {removed}.",
        "Резервная копия в {folder} свежая: записей {records}, объектов {objects}; скопировано {copied} ({size}), убрано {removed}.",
    )];
    let kept = lang.pick(
        "Damaged, unreadable or missing in the archive, or perhaps erased by somebody whose keys you lack; what the backup has of it stays:",
        "Пошкоджене, нечитне чи відсутнє в архіві або, можливо, стерте кимось, чиїх ключів ви не маєте; те, що з цього є в копії, лишається:",
        "Повреждено, не читается или отсутствует в архиве либо, возможно, стёрто кем-то, чьих ключей у вас нет; что из этого есть в копии, остаётся:",
    );
    if !done.kept.is_empty() {
        lines.push(kept.to_owned());
        lines.extend(done.kept.iter().map(|what| format!("  {}", safe::text(what))));
    }
    lines.join("\n")
}

/// A passphrase or a sheet opens nothing, and key files are gone with which the archive was opened on this computer.
pub fn key_files_missing(lang: Lang, files: &[PathBuf]) -> String {
    let files = files.iter().map(|file| safe::path(file)).collect::<Vec<_>>().join(", ");
    say!(
        lang,
        "Nothing opens with this, and a key file with which this computer opened the archive is not there any more: {files}.\nType it again; if the file is yours and you were not removed, copy the file of this name from the newest backup's keys folder, for passphrase and sheet are still good.",
        "Цим нічого не відкрити, а файлу ключів, яким цей комп'ютер відкривав архів, уже немає: {files}.\nВведіть ще раз; якщо файл ваш і вас не вилучено, скопіюйте файл із цією назвою з теки keys найновішої резервної копії: пароль і аркуш досі чинні.",
        "Этим ничего не открыть, а файла ключей, которым этот компьютер открывал архив, больше нет: {files}.\nВведите ещё раз; если файл ваш и вас не удаляли, скопируйте файл с этим именем из папки keys новейшей резервной копии: пароль и лист по-прежнему годны.",
    )
}

/// What a back-up is worth that dies with the archive.
pub fn on_one_disk(lang: Lang, folder: &Path) -> String {
    let folder = safe::path(folder);
    say!(
        lang,
        "WARNING: the backup in {folder} lies on the same disk as the archive: if that disk dies, both are lost.\nIf another disk belongs there, attach and mount it, and make the backup again.",
        "УВАГА: копія у {folder} лежить на тому самому диску, що й архів: якщо диск відмовить, пропаде все.\nЯкщо там має бути інший диск, під'єднайте й змонтуйте його та зробіть копію знову.",
        "ВНИМАНИЕ: копия в {folder} лежит на том же диске, что и архив: если диск откажет, пропадёт всё.\nЕсли там должен быть другой диск, подключите и смонтируйте его и сделайте копию снова.",
    )
}

/// What a killed `init` left, asked for by another command.
pub fn begun_only(lang: Lang, folder: &Path) -> String {
    let folder = safe::path(folder);
    say!(
        lang,
        "The making of an archive in {folder} was interrupted, and nothing is recorded there yet.\nRun the same vidimus init again: it makes the archive anew.",
        "Створення архіву в {folder} перервано, і там ще нічого не записано.\nЗапустіть той самий vidimus init ще раз: він створить архів заново.",
        "Создание архива в {folder} прервано, и там ещё ничего не записано.\nЗапустите тот же vidimus init ещё раз: он создаст архив заново.",
    )
}

pub fn restored(lang: Lang, restored: &Restored, folder: &Path) -> String {
    let folder = safe::path(folder);
    let (origin, size) = (&restored.checkpoint.origin, restored.checkpoint.size);
    let mut lines = vec![say!(
        lang,
        "The archive {origin}, size {size}, is in {folder} again.",
        "Архів {origin}, розмір {size}, знову у {folder}.",
        "Архив {origin}, размер {size}, снова в {folder}.",
    )];
    if let Some(at) = restored.backed_up_at.as_deref().map(safe::text) {
        lines.push(say!(
            lang,
            "The backup was last complete at {at}.",
            "Копія востаннє була повною {at}.",
            "Копия в последний раз была полной {at}.",
        ));
    }
    if !restored.unreadable.is_empty() {
        lines.push(
            lang.pick(
                "Cannot be read in the backup, and did not come back:",
                "Не читається в резервній копії й не повернулося:",
                "Не читается в резервной копии и не вернулось:",
            )
            .to_owned(),
        );
        lines.extend(restored.unreadable.iter().map(|what| format!("  {}", safe::text(what))));
    }
    if restored.interrupted {
        lines.push(say!(
            lang,
            "The backup was interrupted; see what it lacks: vidimus --archive {folder} check --full",
            "Копіювання переривали; чого бракує, покаже: vidimus --archive {folder} check --full",
            "Копирование прерывали; чего не хватает, покажет: vidimus --archive {folder} check --full",
        ));
    } else {
        lines.push(say!(
            lang,
            "Whether the backup had everything, the check says: vidimus --archive {folder} check --full",
            "Чи було в копії все, скаже перевірка: vidimus --archive {folder} check --full",
            "Было ли в копии всё, скажет проверка: vidimus --archive {folder} check --full",
        ));
    }
    if let Some(lost) = &restored.lost {
        let size = lost.size;
        lines.push(say!(
            lang,
            "This machine has seen size {size}: what came after the backup is lost unless another copy has it.\n\
             If none has: vidimus --archive {folder} recover --accept-rollback REASON",
            "Цей комп'ютер бачив розмір {size}: новіше за копію втрачено, якщо немає іншої.\n\
             Якщо немає: vidimus --archive {folder} recover --accept-rollback ПРИЧИНА",
            "Этот компьютер видел размер {size}: то, что новее копии, потеряно, если нет другой.\n\
             Если нет: vidimus --archive {folder} recover --accept-rollback ПРИЧИНА",
        ));
    }
    lines.join("\n")
}
