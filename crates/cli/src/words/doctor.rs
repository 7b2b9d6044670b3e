//! What `vidimus doctor` says.

use vidimus_sandbox::{Level, Refused, Step};

use super::table::{Column, Table};
use super::{Lang, safe, say};
use crate::commands::doctor::{Found, SandboxFound};
use crate::doctor::{Danger, FoundTool, Kind, Purpose};

/// All of it, for lines of so many columns: the sandbox, the tools, what to install, the dangers.
pub fn found(lang: Lang, room: usize, found: &Found) -> String {
    let mut lines = sandbox(lang, &found.sandbox);
    lines.push(String::new());
    lines.extend(tools(lang, room, &found.tools));
    if !found.packages.is_empty() {
        lines.push(String::new());
        lines.push(
            lang.pick(
                "To install what is missing:",
                "Щоб установити відсутнє:",
                "Чтобы установить недостающее:",
            )
            .to_owned(),
        );
        lines.extend(command("    sudo apt-get install", room, &found.packages));
    }
    lines.push(String::new());
    if found.dangers.is_empty() {
        lines.push(
            lang.pick("No dangers were found.", "Небезпек не знайдено.", "Опасностей не найдено.").to_owned(),
        );
    }
    for one in &found.dangers {
        let [what, remedy] = danger(lang, one);
        lines.push(what);
        lines.push(format!("    {remedy}"));
    }
    lines.join("\n")
}

/// A command with many words, over several lines that a shell takes for one.
fn command(begin: &str, room: usize, words: &[&str]) -> Vec<String> {
    let mut lines = vec![begin.to_owned()];
    for word in words {
        let Some(line) = lines.last_mut() else { break };
        if line.len() + word.len() + 3 > room {
            line.push_str(" \\");
            lines.push(format!("        {word}"));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines
}

fn sandbox(lang: Lang, found: &SandboxFound) -> Vec<String> {
    let mut lines = vec![
        match found.level {
            Some(Level::Full) => lang.pick(
                "Files are opened in a full sandbox: a tool reads that one file and reaches nothing else.",
                "Файли відкриваються в повній пісочниці: програма читає лише цей файл і більше ні до чого не дістає.",
                "Файлы открываются в полной песочнице: программа читает только этот файл и больше ни до чего не дотянется.",
            ),
            Some(Level::NoNamespaces) => lang.pick(
                "Files are opened in a sandbox without namespaces: a tool that was taken over could also learn which paths exist.",
                "Файли відкриваються в пісочниці без просторів імен: захоплена програма могла б іще дізнатися, які шляхи існують.",
                "Файлы открываются в песочнице без пространств имён: захваченная программа могла бы ещё узнать, какие пути существуют.",
            ),
            None => lang.pick(
                "Nothing can be examined: no protection holds on this machine. Receiving and checking work.",
                "Нічого не можна дослідити: жоден захист на цьому комп'ютері не діє. Приймання й перевірка працюють.",
                "Ничего нельзя исследовать: никакая защита на этом компьютере не действует. Приём и проверка работают.",
            ),
        }
        .to_owned(),
    ];
    if found.level != Some(Level::Full) {
        lines.push(why(lang, found.refused));
    }
    if found.level.is_some() && !found.larger_than_memory {
        lines.push(
            lang.pick(
                "Files that are too large for memory cannot be examined here: that needs namespaces and /dev/fuse.",
                "Файли, завеликі для пам'яті, тут не дослідити: для цього потрібні простори імен і /dev/fuse.",
                "Файлы, слишком большие для памяти, здесь не исследовать: для этого нужны пространства имён и /dev/fuse.",
            )
            .to_owned(),
        );
    }
    if let Some(landlock) = found.landlock.filter(|version| *version < 4) {
        lines.push(say!(
            lang,
            "The kernel is old (Landlock {landlock}): a newer one refuses a tool more by itself.",
            "Ядро старе (Landlock {landlock}): новіше саме відмовляє програмі в більшому.",
            "Ядро старое (Landlock {landlock}): более новое само отказывает программе в большем.",
        ));
    }
    lines
}

/// What kept it from being more, and what to do.
fn why(lang: Lang, refused: Option<Refused>) -> String {
    let Some(refused) = refused else {
        return lang
            .pick(
                "The program could not start itself again. Reinstall it, or run it where programs may be executed.",
                "Програма не змогла запустити саму себе. Встановіть її знову або запускайте там, де програми можна виконувати.",
                "Программа не смогла запустить саму себя. Установите её заново или запускайте там, где программы можно выполнять.",
            )
            .to_owned();
    };
    match refused.step {
        Step::Landlock => lang.pick(
            "The kernel has no Landlock. Use Linux 5.13 or newer, with \"landlock\" among the security modules it starts.",
            "Ядро не має Landlock. Потрібен Linux 5.13 або новіший, з «landlock» серед увімкнених модулів безпеки.",
            "В ядре нет Landlock. Нужен Linux 5.13 или новее, с «landlock» среди включённых модулей безопасности.",
        ),
        Step::Cores => lang.pick(
            "A program collects what crashed programs had in memory, and the limit of 0 for core dumps does not keep tools from it. Set the hard limit to 1 (/etc/security/limits.conf), or switch collecting off: sudo sysctl kernel.core_pattern=core",
            "Одна з програм збирає вміст пам'яті програм, що впали, і обмеження 0 для core dump від цього не захищає. Встановіть жорстке обмеження 1 (/etc/security/limits.conf) або вимкніть збирання: sudo sysctl kernel.core_pattern=core",
            "Одна из программ собирает содержимое памяти упавших программ, и ограничение 0 для core dump от этого не защищает. Установите жёсткое ограничение 1 (/etc/security/limits.conf) или отключите сбор: sudo sysctl kernel.core_pattern=core",
        ),
        Step::User => lang.pick(
            "Started by root, it could not become an ordinary user. Run it as one.",
            "Запущена від root, вона не змогла стати звичайним користувачем. Запустіть її від звичайного.",
            "Запущенная от root, она не смогла стать обычным пользователем. Запустите её от обычного.",
        ),
        Step::Namespaces | Step::UserMap | Step::Root | Step::Processes => lang.pick(
            "The host forbids namespaces to ordinary users. Outside of a container: allow them (on Debian: sysctl kernel.unprivileged_userns_clone=1; on Ubuntu: an AppArmor profile with \"userns\").",
            "Система забороняє звичайним користувачам простори імен. Поза контейнером дозвольте їх (Debian: sysctl kernel.unprivileged_userns_clone=1; Ubuntu: профіль AppArmor з «userns»).",
            "Система запрещает обычным пользователям пространства имён. Вне контейнера разрешите их (Debian: sysctl kernel.unprivileged_userns_clone=1; Ubuntu: профиль AppArmor с «userns»).",
        ),
        _ => lang.pick(
            "One layer of the protection could not be put on. Update the kernel, and run this again.",
            "Один із шарів захисту не вдалося накласти. Оновіть ядро й запустіть це знову.",
            "Один из слоёв защиты не удалось наложить. Обновите ядро и запустите это снова.",
        ),
    }
    .to_owned()
}

fn tools(lang: Lang, room: usize, tools: &[FoundTool]) -> Vec<String> {
    let [name, version, purpose] = lang.pick(
        ["tool", "version", "for"],
        ["програма", "версія", "для чого"],
        ["программа", "версия", "для чего"],
    );
    let columns = [(Column::Text, name), (Column::Text, version), (Column::Text, purpose)];
    let rows: Vec<Vec<String>> = tools.iter().map(|tool| row(lang, tool)).collect();
    let table = Table::of(room, &columns, &rows);
    let mut lines = vec![table.heading()];
    lines.extend(rows.iter().map(|row| table.line(row)));
    if tools.iter().any(|tool| tool.purpose == Purpose::Speech && tool.path.is_none()) {
        lines.push(
            lang.pick(
                "What recognises speech is named in the archive's settings.json; docs/guide.md shows how.",
                "Програму, що розпізнає мовлення, називають у settings.json архіву; docs/guide.md показує як.",
                "Программу, которая распознаёт речь, называют в settings.json архива; docs/guide.md показывает как.",
            )
            .to_owned(),
        );
    }
    lines
}

fn row(lang: Lang, tool: &FoundTool) -> Vec<String> {
    let unknown = || lang.pick("unknown", "невідома", "неизвестна").to_owned();
    let version = match (&tool.path, &tool.version) {
        (None, _) => lang.pick("missing", "немає", "нет").to_owned(),
        (Some(_), Some(version)) => super::table::shorten(&safe::text(version), 20),
        (Some(_), None) => unknown(),
    };
    let mut purpose = self::purpose(lang, tool.purpose).to_owned();
    let lacks = [&tool.missing_languages[..], &tool.missing_parts].concat().join(", ");
    if tool.path.is_some() && !lacks.is_empty() {
        purpose += &say!(lang, "; lacks {lacks}", "; бракує {lacks}", "; не хватает {lacks}");
    }
    vec![tool.tool.to_owned(), version, purpose]
}

fn purpose(lang: Lang, purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Media => lang.pick("stills and sound of video", "кадри й звук відео", "кадры и звук видео"),
        Purpose::Ocr => lang.pick("text in pictures", "текст на зображеннях", "текст на изображениях"),
        Purpose::Pdf => lang.pick("PDF", "PDF", "PDF"),
        Purpose::OldOffice => {
            lang.pick("old office documents", "старі офісні документи", "старые офисные документы")
        }
        Purpose::Archives => {
            lang.pick("zip, 7z, rar and others", "zip, 7z, rar та інші", "zip, 7z, rar и другие")
        }
        Purpose::Mailboxes => {
            lang.pick("Outlook mailboxes", "поштові скриньки Outlook", "почтовые ящики Outlook")
        }
        Purpose::Speech => lang.pick("spoken words", "усне мовлення", "устная речь"),
    }
}

/// What it is, and what to do.
pub fn danger(lang: Lang, danger: &Danger) -> [String; 2] {
    let about = safe::text(&danger.about);
    let what = match (danger.danger, danger.known) {
        (Kind::Swap, true) => say!(
            lang,
            "DANGER: memory is swapped to {about}, which is not encrypted.",
            "НЕБЕЗПЕКА: пам'ять вивантажується на {about}, а він не зашифрований.",
            "ОПАСНОСТЬ: память выгружается на {about}, а он не зашифрован.",
        ),
        (Kind::Indexing, true) => say!(
            lang,
            "DANGER: {about} is running: it copies names and texts of files into an index of its own.",
            "НЕБЕЗПЕКА: працює {about}: програма копіює назви й тексти файлів до власного індексу.",
            "ОПАСНОСТЬ: работает {about}: программа копирует имена и тексты файлов в свой индекс.",
        ),
        (Kind::Writable, true) => say!(
            lang,
            "DANGER: {about} can be written to: looking at it may change what you were given.",
            "НЕБЕЗПЕКА: на {about} можна писати: сам перегляд може змінити те, що вам передали.",
            "ОПАСНОСТЬ: на {about} можно писать: сам просмотр может изменить то, что вам передали.",
        ),
        (Kind::CoreDumps, true) => say!(
            lang,
            "DANGER: when a program crashes, {about} keeps what it had in memory.",
            "НЕБЕЗПЕКА: коли якась програма падає, {about} зберігає те, що було в її пам'яті.",
            "ОПАСНОСТЬ: когда какая-нибудь программа падает, {about} сохраняет то, что было в её памяти.",
        ),
        (_, false) => say!(
            lang,
            "Not known, because it cannot be read: {about}.",
            "Невідомо, бо не вдалося прочитати: {about}.",
            "Неизвестно, потому что не удалось прочитать: {about}.",
        ),
    };
    [what, remedy(lang, danger).to_owned()]
}

fn remedy(lang: Lang, danger: &Danger) -> &'static str {
    match danger.danger {
        Kind::Swap => lang.pick(
            "Encrypt swap together with the disk, or switch it off: sudo swapoff -a",
            "Зашифруйте його разом із диском або вимкніть: sudo swapoff -a",
            "Зашифруйте его вместе с диском или отключите: sudo swapoff -a",
        ),
        Kind::Indexing => lang.pick(
            "Switch file indexing off in the desktop's settings, or exclude disks and the archive.",
            "Вимкніть індексування файлів у налаштуваннях стільниці або виключіть диски й архів.",
            "Отключите индексацию файлов в настройках рабочего стола или исключите диски и архив.",
        ),
        Kind::Writable if !danger.known => lang.pick(
            "Attach the disk, or name a folder that is there and that you may read: vidimus doctor PATH",
            "Під'єднайте диск або назвіть теку, яка є і яку ви можете читати: vidimus doctor ШЛЯХ",
            "Подключите диск или назовите папку, которая есть и которую вы можете читать: vidimus doctor ПУТЬ",
        ),
        Kind::Writable => lang.pick(
            "Use a write blocker, or mount it read-only: sudo mount -o remount,ro PATH",
            "Візьміть блокувальник запису або змонтуйте лише для читання: sudo mount -o remount,ro ШЛЯХ",
            "Возьмите блокиратор записи или смонтируйте только для чтения: sudo mount -o remount,ro ПУТЬ",
        ),
        Kind::CoreDumps => lang.pick(
            "Vidimus and its tools leave none; others may. Switch it off: sudo sysctl kernel.core_pattern=core",
            "Vidimus і його програми нічого не лишають, інші можуть. Вимкніть: sudo sysctl kernel.core_pattern=core",
            "Vidimus и его программы ничего не оставляют, другие могут. Отключите: sudo sysctl kernel.core_pattern=core",
        ),
    }
}
