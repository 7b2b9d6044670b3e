//! The help of the command line in three languages.

use crate::options::Language;

/// What stands in the help, by the names of the arguments.
pub struct Help {
    /// What the program does.
    pub about: &'static str,
    /// What its exit codes say.
    pub exit_codes: &'static str,
    /// Before how it is called.
    pub usage: &'static str,
    /// For all that may be named, in how it is called.
    pub any: &'static str,
    /// Before what must be named.
    pub arguments: &'static str,
    /// Before what may be named.
    pub options: &'static str,
    /// The words of each argument.
    pub texts: [(&'static str, &'static str); 9],
}

/// The help in this language.
pub fn of(language: Language) -> &'static Help {
    match language {
        Language::En => &ENGLISH,
        Language::Uk => &UKRAINIAN,
        Language::Ru => &RUSSIAN,
    }
}

const ENGLISH: Help = Help {
    about: "Checks a package of files from an archive: that nothing in it was altered, and what it proves.",
    exit_codes: "Exit code 0: intact. 1: altered, or of another key than the one given, or not inside the receipt. 2: wrong usage, or the answer cannot be written.",
    usage: "Usage",
    any: "[OPTIONS]",
    arguments: "Arguments",
    options: "Options",
    texts: [
        ("bag", "The folder of the package"),
        ("archive_key", "The archive's key as you know it from elsewhere (C2SP vkey); may be repeated"),
        ("receipt", "A receipt that the archive published: were these files inside?"),
        ("tsa_ca", "Certificates (PEM) of a time-stamp authority that you trust; may be repeated"),
        ("policy", "Archives and cosigners that you trust (C2SP tlog-policy)"),
        ("json", "Print one JSON object"),
        ("lang", "Language of the answer (en, uk or ru); by default that of the system"),
        ("help", "Print this help"),
        ("version", "Print the version"),
    ],
};

const UKRAINIAN: Help = Help {
    about: "Перевіряє пакет файлів з архіву: чи нічого в ньому не змінено і що він доводить.",
    exit_codes: "Код виходу 0: цілий. 1: змінений, або з іншим ключем, ніж названо, або не з квитанції. 2: неправильний виклик, або відповідь не записати.",
    usage: "Виклик",
    any: "[ПАРАМЕТРИ]",
    arguments: "Аргументи",
    options: "Параметри",
    texts: [
        ("bag", "Тека пакета"),
        ("archive_key", "Ключ архіву, відомий вам з іншого джерела (C2SP vkey); можна повторити"),
        ("receipt", "Квитанція, яку опублікував архів: чи були ці файли в ній?"),
        ("tsa_ca", "Сертифікати (PEM) центру позначок часу, якому ви довіряєте; можна повторити"),
        ("policy", "Архіви й співпідписувачі, яким ви довіряєте (C2SP tlog-policy)"),
        ("json", "Вивести один об'єкт JSON"),
        ("lang", "Мова відповіді (en, uk чи ru); без цього — мова системи"),
        ("help", "Показати цю довідку"),
        ("version", "Показати версію"),
    ],
};

const RUSSIAN: Help = Help {
    about: "Проверяет пакет файлов из архива: ничего ли в нём не изменено и что он доказывает.",
    exit_codes: "Код выхода 0: цел. 1: изменён, или с другим ключом, чем назван, или не из квитанции. 2: неверный вызов, или ответ не записать.",
    usage: "Вызов",
    any: "[ПАРАМЕТРЫ]",
    arguments: "Аргументы",
    options: "Параметры",
    texts: [
        ("bag", "Папка пакета"),
        ("archive_key", "Ключ архива, известный вам из другого источника (C2SP vkey); можно повторить"),
        ("receipt", "Квитанция, которую опубликовал архив: были ли эти файлы в ней?"),
        ("tsa_ca", "Сертификаты (PEM) центра меток времени, которому вы доверяете; можно повторить"),
        ("policy", "Архивы и соподписанты, которым вы доверяете (C2SP tlog-policy)"),
        ("json", "Вывести один объект JSON"),
        ("lang", "Язык ответа (en, uk или ru); без этого — язык системы"),
        ("help", "Показать эту справку"),
        ("version", "Показать версию"),
    ],
};
