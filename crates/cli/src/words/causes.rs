//! What is wrong with a set of keyholders, a typed code or a file, in two sentences.

use std::io;
use std::path::Path;

use vidimus_archive::anchor::SettingsError;
use vidimus_archive::{Cause, NotAFile};
use vidimus_seal::RecoveryCodeError;
use vidimus_seal::keyholders::{KeyholderSetError, MAX_KEYHOLDERS};

use super::{Lang, safe, say};

pub fn keyholder_set(lang: Lang, error: &KeyholderSetError) -> String {
    match error {
        KeyholderSetError::Count { found } => say!(
            lang,
            "{found} keyholders are named.\nName 1 to {MAX_KEYHOLDERS}, each with its own --keyholder.",
            "Названо хранителів: {found}.\nНазвіть від 1 до {MAX_KEYHOLDERS}, кожного своїм --keyholder.",
            "Названо хранителей: {found}.\nНазовите от 1 до {MAX_KEYHOLDERS}, каждого своим --keyholder.",
        ),
        KeyholderSetError::Threshold { threshold, keyholders } => say!(
            lang,
            "{threshold} of {keyholders} keyholders cannot come together.\nTake a --threshold from 1 to {keyholders}.",
            "{threshold} з {keyholders} хранителів не можуть зібратися.\nВізьміть --threshold від 1 до {keyholders}.",
            "{threshold} из {keyholders} хранителей не могут собраться.\nВозьмите --threshold от 1 до {keyholders}.",
        ),
        KeyholderSetError::Duplicate { recipient } => say!(
            lang,
            "The key {recipient} is named twice, so one person would count as two.\nName each keyholder once.",
            "Ключ {recipient} названо двічі, і одна людина рахувалася б за двох.\nНазвіть кожного хранителя один раз.",
            "Ключ {recipient} назван дважды, и один человек считался бы за двоих.\nНазовите каждого хранителя один раз.",
        ),
    }
}

/// One of the archive's own files is none, or too large by far.
pub fn not_a_file(lang: Lang, path: &Path) -> String {
    let path = safe::path(path);
    say!(
        lang,
        "{path} is not the file or folder that belongs there, or is far too large.\nFind out who put it there; take it away, or bring the right one back from a backup.",
        "{path}: це не той файл чи тека, що мають тут бути, або файл надто великий.\nЗ'ясуйте, хто його туди поклав; приберіть його або поверніть справжній із резервної копії.",
        "{path}: это не тот файл или папка, которые должны здесь быть, или файл слишком велик.\nВыясните, кто его туда положил; уберите его или верните настоящий из резервной копии.",
    )
}

pub fn recovery_code(lang: Lang, error: &RecoveryCodeError) -> String {
    match error {
        RecoveryCodeError::Character { group } | RecoveryCodeError::Group { group } => say!(
            lang,
            "Group {group} of the code is mistyped.\nCompare it with the sheet and type the code again.",
            "Група {group} коду введена з помилкою.\nПорівняйте з аркушем і введіть код ще раз.",
            "Группа {group} кода введена с ошибкой.\nСравните с листом и введите код ещё раз.",
        ),
        RecoveryCodeError::Length { found } => say!(
            lang,
            "The code has {found} characters instead of 40.\nType all ten groups of four.",
            "У коді {found} знаків замість 40.\nВведіть усі десять груп по чотири.",
            "В коде {found} знаков вместо 40.\nВведите все десять групп по четыре.",
        ),
        RecoveryCodeError::Several => say!(
            lang,
            "Several groups of the code are mistyped, or two are exchanged.\nCompare it with the sheet and type the code again.",
            "Кілька груп коду введено з помилкою, або дві переставлено.\nПорівняйте з аркушем і введіть код ще раз.",
            "Несколько групп кода введено с ошибкой, или две переставлены.\nСравните с листом и введите код ещё раз.",
        ),
    }
}

pub fn system(lang: Lang, path: Option<&Path>, error: &io::Error) -> String {
    let it = path.map_or_else(|| lang.pick("A file", "Файл", "Файл").to_owned(), safe::path);
    match error.kind() {
        io::ErrorKind::NotFound => say!(
            lang,
            "{it} does not exist.\nCheck how the name is written.",
            "{it} не існує.\nПеревірте, як написано назву.",
            "{it} не существует.\nПроверьте, как написано название.",
        ),
        io::ErrorKind::PermissionDenied => say!(
            lang,
            "{it} may not be opened or changed by this user.\nAsk its owner, or run the command as the user to whom it belongs.",
            "{it}: цей користувач не може це відкрити чи змінити.\nПопросіть власника або запустіть команду від його імені.",
            "{it}: этот пользователь не может это открыть или изменить.\nПопросите владельца или запустите команду от его имени.",
        ),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => say!(
            lang,
            "There is no room left on the disk.\nMake room and run the same command again; it goes on where it stopped.",
            "На диску не лишилося місця.\nЗвільніть місце й запустіть ту саму команду ще раз; вона продовжить з того ж місця.",
            "На диске не осталось места.\nОсвободите место и запустите ту же команду ещё раз; она продолжит с того же места.",
        ),
        io::ErrorKind::Interrupted => say!(
            lang,
            "The question was not answered, and nothing was changed.\nRun the command again when you are ready.",
            "На запитання не відповіли, і нічого не змінено.\nЗапустіть команду ще раз, коли будете готові.",
            "На вопрос не ответили, и ничего не изменено.\nЗапустите команду ещё раз, когда будете готовы.",
        ),
        io::ErrorKind::IsADirectory => say!(
            lang,
            "{it} is a folder.\nName a file.",
            "{it} є текою.\nНазвіть файл.",
            "{it} - это папка.\nНазовите файл.",
        ),
        io::ErrorKind::NotADirectory => say!(
            lang,
            "{it} is not a folder.\nName a folder.",
            "{it} не є текою.\nНазвіть теку.",
            "{it} - это не папка.\nНазовите папку.",
        ),
        io::ErrorKind::ReadOnlyFilesystem => say!(
            lang,
            "{it} lies on a disk that can only be read.\nMount it so that it can be written, or name another place.",
            "{it}: диск відкрито лише для читання.\nПідключіть його так, щоб можна було писати, або назвіть інше місце.",
            "{it}: диск открыт только для чтения.\nПодключите его так, чтобы можно было писать, или назовите другое место.",
        ),
        io::ErrorKind::InvalidFilename => say!(
            lang,
            "The name {it} is longer than names can be, or has signs that no name can have.\nName another one.",
            "Назва {it} задовга або має знаки, яких назва мати не може.\nНазвіть іншу.",
            "Название {it} слишком длинное или содержит знаки, которых в названии быть не может.\nНазовите другое.",
        ),
        io::ErrorKind::FileTooLarge => say!(
            lang,
            "{it} is larger than what belongs here.\nCheck that it is the right file.",
            "{it}: файл більший за те, що тут може бути.\nПеревірте, чи це той файл.",
            "{it}: файл больше того, что здесь может быть.\nПроверьте, тот ли это файл.",
        ),
        io::ErrorKind::InvalidData => say!(
            lang,
            "{it} does not hold what belongs here.\nCheck that it is the right file.",
            "{it}: у файлі не те, що тут має бути.\nПеревірте, чи це той файл.",
            "{it}: в файле не то, что здесь должно быть.\nПроверьте, тот ли это файл.",
        ),
        io::ErrorKind::AlreadyExists => say!(
            lang,
            "{it} is there already.\nName one that does not exist yet; nothing is overwritten.",
            "{it} вже існує.\nНазвіть те, чого ще немає; нічого не перезаписується.",
            "{it} уже существует.\nНазовите то, чего ещё нет; ничего не перезаписывается.",
        ),
        _ => {
            let text = say!(
                lang,
                "{it} cannot be read or written: the disk or the system refuses.\nIf the disk is sound, run the command again.",
                "{it}: не вдається прочитати чи записати, бо відмовляє диск або система.\nЯкщо диск справний, запустіть команду ще раз.",
                "{it}: не удаётся прочитать или записать, потому что отказывает диск или система.\nЕсли диск исправен, запустите команду ещё раз.",
            );
            detailed(lang, text, &error.to_string())
        }
    }
}

/// Two sentences with a third line, marked as such, for whoever mends it: what the lower layers say, in English.
pub fn detailed(lang: Lang, text: String, detail: &str) -> String {
    let detail = safe::text(detail);
    let heading = lang.pick("Technical detail", "Технічна подробиця", "Техническая подробность");
    format!("{text}\n{heading}: {detail}")
}

/// What stopped the archive itself.
pub fn inside(lang: Lang, cause: Cause) -> String {
    let [en, uk, ru] = match cause {
        Cause::System(io::ErrorKind::NotFound) => [
            "A file of the archive is missing.\nRun vidimus check to see which, and bring it back from a backup.",
            "Бракує файлу архіву.\nЗапустіть vidimus check, щоб побачити, якого, і поверніть його з резервної копії.",
            "Недостаёт файла архива.\nЗапустите vidimus check, чтобы увидеть, какого, и верните его из резервной копии.",
        ],
        Cause::System(kind) => return lines(&system(lang, None, &kind.into()), 2),
        Cause::TooManyFiles => [
            "Too many files are open at once.\nClose other programs, or have this machine allow more, and run the command again.",
            "Відкрито забагато файлів водночас.\nЗакрийте інші програми або підніміть обмеження на цьому комп'ютері й запустіть команду ще раз.",
            "Открыто слишком много файлов сразу.\nЗакройте другие программы или поднимите ограничение на этом компьютере и запустите команду ещё раз.",
        ],
        Cause::Disk => [
            "The disk failed while it was read or written.\nBefore anything else copy what can still be read to another disk: vidimus backup DIR",
            "Диск відмовив під час читання чи запису.\nПерш за все скопіюйте на інший диск те, що ще читається: vidimus backup ТЕКА",
            "Диск отказал при чтении или записи.\nПрежде всего скопируйте на другой диск то, что ещё читается: vidimus backup ПАПКА",
        ],
        Cause::NotAFile => [
            "Something that is not a regular file, or is far too large, stands in the place of one of the archive's files.\nFind out who put it there, and bring the file back from a backup.",
            "На місці одного з файлів архіву стоїть те, що не є звичайним файлом або є надто великим.\nЗ'ясуйте, хто його туди поклав, і поверніть файл із резервної копії.",
            "На месте одного из файлов архива стоит то, что не является обычным файлом или слишком велико.\nВыясните, кто его туда положил, и верните файл из резервной копии.",
        ],
        Cause::Foreign => [
            "A link in the place of a folder, or a journal beside the ledger, was found: through it files outside this folder would be changed or destroyed.\nFind out who put it there, move it out of the folder, and run the command again.",
            "Знайдено посилання замість теки або журнал біля книги записів: через них було б змінено чи знищено файли поза цією текою.\nЗ'ясуйте, хто це поклав, приберіть його з теки й запустіть команду ще раз.",
            "Найдена ссылка вместо папки или журнал рядом с книгой записей: через них были бы изменены или уничтожены файлы вне этой папки.\nВыясните, кто это положил, уберите его из папки и запустите команду ещё раз.",
        ],
        Cause::Busy => [
            "Another program is writing to the archive.\nWait until it is done, and run the command again.",
            "До архіву саме записує інша програма.\nЗачекайте, доки вона закінчить, і запустіть команду ще раз.",
            "В архив сейчас пишет другая программа.\nПодождите, пока она закончит, и запустите команду ещё раз.",
        ],
        Cause::Newer => [
            "A newer version of vidimus wrote this.\nInstall that version, and run the command again.",
            "Це записала новіша версія vidimus.\nВстановіть цю версію й запустіть команду ще раз.",
            "Это записала более новая версия vidimus.\nУстановите эту версию и запустите команду ещё раз.",
        ],
        Cause::Ledger => [
            "The ledger of the archive is damaged.\nRun vidimus check to see where, and bring it back from a backup.",
            "Книгу записів архіву пошкоджено.\nЗапустіть vidimus check, щоб побачити, де саме, і поверніть її з резервної копії.",
            "Книга записей архива повреждена.\nЗапустите vidimus check, чтобы увидеть, где именно, и верните её из резервной копии.",
        ],
        Cause::Record => [
            "A record of the archive is damaged.\nRun vidimus check to see which, and bring it back from a backup.",
            "Запис архіву пошкоджено.\nЗапустіть vidimus check, щоб побачити, який саме, і поверніть його з резервної копії.",
            "Запись архива повреждена.\nЗапустите vidimus check, чтобы увидеть, какая именно, и верните её из резервной копии.",
        ],
        Cause::Object => [
            "A sealed file of the archive is damaged or missing.\nRun vidimus check --full to see which, and bring it back from a backup.",
            "Запечатаний файл архіву пошкоджено або його бракує.\nЗапустіть vidimus check --full, щоб побачити, який саме, і поверніть його з резервної копії.",
            "Запечатанный файл архива повреждён или отсутствует.\nЗапустите vidimus check --full, чтобы увидеть, какой именно, и верните его из резервной копии.",
        ],
        Cause::Keys => [
            "A file of the key store is damaged or missing.\nRun vidimus check to see which, and copy it from the newest backup's keys folder.",
            "Файл сховища ключів пошкоджено або його бракує.\nЗапустіть vidimus check, щоб побачити, який саме, і скопіюйте його з теки keys найновішої копії.",
            "Файл хранилища ключей повреждён или отсутствует.\nЗапустите vidimus check, чтобы увидеть, какой именно, и скопируйте его из папки keys новейшей копии.",
        ],
        Cause::Catalogue => [
            "A catalogue of the archive is damaged; nothing is lost.\nMake it again with: vidimus rebuild",
            "Каталог архіву пошкоджено; нічого не втрачено.\nСтворіть його знову: vidimus rebuild",
            "Каталог архива повреждён; ничего не потеряно.\nСоздайте его заново: vidimus rebuild",
        ],
        Cause::Log => [
            "The published log or a receipt does not fit the ledger.\nRun vidimus check to see what is wrong.",
            "Опублікований журнал або квитанція не узгоджується з книгою записів.\nЗапустіть vidimus check, щоб побачити, що саме не так.",
            "Опубликованный журнал или квитанция не согласуется с книгой записей.\nЗапустите vidimus check, чтобы увидеть, что именно не так.",
        ],
        Cause::Settings => [
            "The archive's settings.json cannot be used.\nMend it as docs/format/receipt.md shows.",
            "Файл settings.json архіву непридатний.\nВиправте його, як показує docs/format/receipt.md.",
            "Файл settings.json архива непригоден.\nИсправьте его, как показывает docs/format/receipt.md.",
        ],
        Cause::Names => [
            "What is on record of keyholders, or of a member's keys, is not sound.\nRun vidimus check to see what is wrong, before anything is sealed to them.",
            "Записане про хранителів або про ключі учасника непридатне.\nЗапустіть vidimus check, щоб побачити, що не так, перш ніж щось для них опечатувати.",
            "Записанное о хранителях или о ключах участника непригодно.\nЗапустите vidimus check, чтобы увидеть, что не так, прежде чем что-то для них опечатывать.",
        ],
        Cause::Backup => [
            "The backup is damaged, or is not of this archive.\nName another folder, and keep this one as it is.",
            "Резервну копію пошкоджено, або вона не з цього архіву.\nНазвіть іншу теку, а цю лишіть як є.",
            "Резервная копия повреждена, или она не из этого архива.\nНазовите другую папку, а эту оставьте как есть.",
        ],
        Cause::IsBackup => [
            "This folder is a backup by its backup.json, and nothing is recorded in one.\nName the archive itself, or bring one back: vidimus restore BACKUP NEW-FOLDER. If this is the archive, vidimus check says what to do.",
            "За файлом backup.json ця тека - резервна копія, і в ній нічого не записують.\nНазвіть сам архів або відновіть його: vidimus restore КОПІЯ НОВА-ТЕКА. Якщо це і є архів, що робити, скаже vidimus check.",
            "По файлу backup.json эта папка - резервная копия, и в ней ничего не записывают.\nНазовите сам архив или восстановите его: vidimus restore КОПИЯ НОВАЯ-ПАПКА. Если это и есть архив, что делать, скажет vidimus check.",
        ],
        Cause::WentBack => [
            "The archive, or the backup, is behind what was seen before, so nothing is recorded.\nFind the newer copy, or see docs/guide.md: yesterday's copy was restored.",
            "Архів або копія позаду того, що бачили раніше, тому нічого не записується.\nЗнайдіть новішу копію або дивіться docs/guide.md: відновлено вчорашню копію.",
            "Архив или копия позади того, что видели раньше, поэтому ничего не записывается.\nНайдите более новую копию или смотрите docs/guide.md: восстановлена вчерашняя копия.",
        ],
        Cause::Meanwhile => [
            "Somebody changed the same thing meanwhile, and nothing was done.\nLook at it again, and repeat the command.",
            "Хтось тим часом змінив те саме, і нічого не зроблено.\nПогляньте ще раз і повторіть команду.",
            "Кто-то тем временем изменил то же самое, и ничего не сделано.\nПосмотрите ещё раз и повторите команду.",
        ],
        Cause::NotHeld => [
            "You do not hold the compartment that this needs.\nAsk one of its members; vidimus compartment list shows yours.",
            "Ви не маєте доступу до потрібного відсіку.\nПопросіть когось із його учасників; ваші показує vidimus compartment list.",
            "У вас нет доступа к нужному отсеку.\nПопросите кого-то из его участников; ваши показывает vidimus compartment list.",
        ],
        Cause::NotAMember => [
            "Your keys cannot record anything here.\nAsk another member whether you are still one.",
            "Ваші ключі не можуть тут нічого записати.\nЗапитайте іншого учасника, чи ви ще учасник.",
            "Ваши ключи не могут здесь ничего записать.\nСпросите другого участника, участник ли вы ещё.",
        ],
        Cause::Nothing => [
            "What was named is not there.\nLook for it with: vidimus list",
            "Того, що названо, тут немає.\nПошукайте: vidimus list",
            "Того, что названо, здесь нет.\nПоищите: vidimus list",
        ],
        Cause::TooLarge => [
            "A number is larger than a record can hold, and nothing was recorded.\nGive a smaller one.",
            "Число більше, ніж може містити запис, і нічого не записано.\nВкажіть менше.",
            "Число больше, чем может содержать запись, и ничего не записано.\nУкажите меньшее.",
        ],
        Cause::Unsigned => [
            "Something was destroyed or changed in the archive that no member signed for, so nothing was taken from the backup.\nSee what it is with: vidimus check",
            "В архіві щось знищено чи змінено, а підпису жодного учасника на це немає, тому з копії нічого не вилучено.\nПодивіться, що саме: vidimus check",
            "В архиве что-то уничтожено или изменено, а подписи ни одного участника на это нет, поэтому из копии ничего не удалено.\nПосмотрите, что именно: vidimus check",
        ],
        Cause::TooMany => [
            "That is more than there can be at once.\nName fewer, in several commands.",
            "Це більше, ніж може бути за один раз.\nНазвіть менше, кількома командами.",
            "Это больше, чем может быть за один раз.\nНазовите меньше, несколькими командами.",
        ],
    };
    lang.pick(en, uk, ru).to_owned()
}

fn lines(text: &str, count: usize) -> String {
    text.lines().take(count).collect::<Vec<_>>().join("\n")
}

/// What is wrong with the settings.
pub fn settings(lang: Lang, error: &SettingsError) -> String {
    let what = match error {
        SettingsError::Io(error) if NotAFile::within(error).is_some() => lang
            .pick(
                "it is no regular file, or larger than 1 MiB",
                "це не звичайний файл, або він більший за 1 МіБ",
                "это не обычный файл, или он больше 1 МиБ",
            )
            .to_owned(),
        SettingsError::Io(_) => {
            lang.pick("it cannot be read", "його не прочитати", "его не прочитать").to_owned()
        }
        SettingsError::Malformed(_) => lang
            .pick(
                "it is not the JSON that belongs there",
                "це не той JSON, що там має бути",
                "это не тот JSON, который там должен быть",
            )
            .to_owned(),
        SettingsError::Name(name) => {
            let name = safe::text(name);
            say!(
                lang,
                "each authority needs a name of its own, not \"{name}\"",
                "кожна служба потребує власної назви, не \"{name}\"",
                "каждой службе нужно собственное название, не \"{name}\"",
            )
        }
        SettingsError::Url { authority, url } => {
            let (authority, url) = (safe::text(authority), safe::text(url));
            say!(
                lang,
                "the address of {authority} is none for http or https: {url}",
                "адреса {authority} не є адресою http чи https: {url}",
                "адрес {authority} не является адресом http или https: {url}",
            )
        }
        SettingsError::CaFile { authority, path, .. } => {
            let (authority, path) = (safe::text(authority), safe::text(path));
            say!(
                lang,
                "the certificates of {authority} in {path} cannot be read",
                "сертифікати {authority} у {path} не прочитати",
                "сертификаты {authority} в {path} не прочитать",
            )
        }
        SettingsError::Ca { authority, .. } => {
            let authority = safe::text(authority);
            say!(
                lang,
                "the certificates of {authority} are none",
                "сертифікати {authority} не є сертифікатами",
                "сертификаты {authority} не являются сертификатами",
            )
        }
        SettingsError::Speech(_) => lang
            .pick(
                "what it says of speech is no command that can be run",
                "те, що в ньому сказано про мовлення, не є командою, яку можна запустити",
                "то, что в нём сказано о речи, не является командой, которую можно запустить",
            )
            .to_owned(),
        SettingsError::Policy { authority, policy } => {
            let (authority, policy) = (safe::text(authority), safe::text(policy));
            say!(
                lang,
                "the policy of {authority} is no object identifier: {policy}",
                "політика {authority} не є ідентифікатором об'єкта: {policy}",
                "политика {authority} не идентификатор объекта: {policy}",
            )
        }
    };
    let text = say!(
        lang,
        "The archive's settings.json cannot be used: {what}.\nMend it as docs/format/receipt.md shows.",
        "Файл settings.json архіву непридатний: {what}.\nВиправте його, як показує docs/format/receipt.md.",
        "Файл settings.json архива непригоден: {what}.\nИсправьте его, как показывает docs/format/receipt.md.",
    );
    detailed(lang, text, &error.to_string())
}
