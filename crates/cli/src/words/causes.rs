//! What is wrong with a set of keyholders, a typed code or a file, in two sentences.

use std::io;
use std::path::Path;

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
        _ => {
            let error = safe::text(&error.to_string());
            say!(
                lang,
                "{it} cannot be read or written: {error}.\nIf the disk is sound, run the command again.",
                "{it}: не вдається прочитати чи записати: {error}.\nЯкщо диск справний, запустіть команду ще раз.",
                "{it}: не удаётся прочитать или записать: {error}.\nЕсли диск исправен, запустите команду ещё раз.",
            )
        }
    }
}
