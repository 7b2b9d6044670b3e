//! What went wrong, in two sentences: what happened, and what to do.

use super::causes::{detailed, inside, keyholder_set, not_a_file, recovery_code, settings, system};
use super::{Lang, safe, say};
use super::{bad_days, examined, gone, keyholders, openings, tells};
use crate::context::short_checkpoint;
use crate::trouble::Trouble;

/// Two lines, one sentence each.
pub fn trouble(lang: Lang, trouble: &Trouble) -> String {
    match trouble {
        Trouble::Untold => say!(
            lang,
            "The answer cannot be written: there is no room where it should go, or it was closed.\nWhat the command did stands: look at it with vidimus log before you run it again.",
            "Відповідь не вдається записати: там, куди вона мала піти, немає місця, або його закрито.\nЗроблене командою лишається: перегляньте його через vidimus log, перш ніж запускати її ще раз.",
            "Ответ не удаётся записать: там, куда он должен был пойти, нет места, или оно закрыто.\nСделанное командой остаётся: посмотрите его через vidimus log, прежде чем запускать её ещё раз.",
        ),
        Trouble::NoArchiveNamed => say!(
            lang,
            "No archive is named.\nSay where it is with --archive DIR, or in the variable VIDIMUS_ARCHIVE.",
            "Архів не названо.\nВкажіть його: --archive ТЕКА або змінна VIDIMUS_ARCHIVE.",
            "Архив не назван.\nУкажите его: --archive ПАПКА или переменная VIDIMUS_ARCHIVE.",
        ),
        Trouble::NotAnArchive(folder) => {
            let folder = safe::path(folder);
            say!(
                lang,
                "There is no archive in {folder}.\nLook for the folder that holds ledger.db, or make a new archive with: vidimus init",
                "У {folder} немає архіву.\nЗнайдіть теку, де лежить ledger.db, або створіть новий архів: vidimus init",
                "В {folder} нет архива.\nНайдите папку, где лежит ledger.db, или создайте новый архив: vidimus init",
            )
        }
        Trouble::NotEmpty(folder) => {
            let folder = safe::path(folder);
            say!(
                lang,
                "The folder {folder} is not empty.\nName an empty folder, or one that does not exist yet.",
                "Тека {folder} не порожня.\nНазвіть порожню теку або таку, якої ще немає.",
                "Папка {folder} не пуста.\nНазовите пустую папку или такую, которой ещё нет.",
            )
        }
        Trouble::BeginningUnderWay(folder) => {
            let folder = safe::path(folder);
            say!(
                lang,
                "Another command is making an archive in {folder} at this moment.\nFinish there, or end it; then repeat this one if there is no archive yet.",
                "У {folder} саме зараз інша команда створює архів.\nЗавершіть її або зупиніть; якщо архіву ще немає, повторіть цю.",
                "В {folder} прямо сейчас другая команда создаёт архив.\nЗавершите её или остановите; если архива ещё нет, повторите эту.",
            )
        }
        Trouble::BegunOnly(folder) => bad_days::begun_only(lang, folder),
        Trouble::Origin => say!(
            lang,
            "This cannot be the name of an archive.\nTake a short name without spaces or plus signs, such as archive.example.org/2026.",
            "Архів не може мати такої назви.\nВізьміть коротку назву без пробілів і плюсів, наприклад archive.example.org/2026.",
            "У архива не может быть такого названия.\nВозьмите короткое название без пробелов и плюсов, например archive.example.org/2026.",
        ),
        Trouble::NoMemberNamed => tells::no_member_named(lang),
        Trouble::MemberName => say!(
            lang,
            "This cannot be the name of a member: it is empty, too long, or holds what is not seen.\nTake 1 to 100 characters, without line breaks or spaces at the ends; it need not be a real name.",
            "Учасник не може мати такого імені: воно порожнє, задовге або містить невидиме.\nВізьміть від 1 до 100 знаків, без переносів і пробілів на кінцях; справжнє ім'я не потрібне.",
            "У участника не может быть такого имени: оно пустое, слишком длинное или содержит невидимое.\nВозьмите от 1 до 100 знаков, без переносов и пробелов на концах; настоящее имя не нужно.",
        ),
        Trouble::KeyholderKey(key) => {
            let key = safe::typed(key);
            say!(
                lang,
                "{key} is not the public key of a keyholder.\nAsk the keyholder for the line that begins with age1; age-keygen prints it.",
                "{key} не є відкритим ключем хранителя.\nПопросіть у хранителя рядок, що починається з age1; його друкує age-keygen.",
                "{key} не открытый ключ хранителя.\nПопросите у хранителя строку, которая начинается с age1; её печатает age-keygen.",
            )
        }
        Trouble::KeyholderSet(error) => keyholder_set(lang, error),
        Trouble::FileNotPrivate(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "Others can read {file}, or it is not yours.\nMake it yours alone: chmod 600 {file}",
                "Файл {file} можуть читати інші, або він не ваш.\nЗробіть його лише вашим: chmod 600 {file}",
                "Файл {file} могут читать другие, или он не ваш.\nСделайте его только вашим: chmod 600 {file}",
            )
        }
        Trouble::PassphraseUnreadable(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "There is no readable text in {file}.\nWrite what it should hold into its first line, as UTF-8 text.",
                "У {file} немає читабельного тексту.\nЗапишіть у перший рядок те, що там має бути, текстом UTF-8.",
                "В {file} нет читаемого текста.\nЗапишите в первую строку то, что там должно быть, текстом UTF-8.",
            )
        }
        Trouble::PassphraseWeak => say!(
            lang,
            "This passphrase is too easy to guess.\nTake at least 12 characters, or 4 words.",
            "Цю парольну фразу надто легко вгадати.\nВізьміть щонайменше 12 знаків або 4 слова.",
            "Эту парольную фразу слишком легко угадать.\nВозьмите не меньше 12 знаков или 4 слов.",
        ),
        Trouble::PassphraseDiffers => say!(
            lang,
            "No passphrase was typed twice alike.\nRun the command again; nothing was changed.",
            "Жодної парольної фрази не введено двічі однаково.\nЗапустіть команду ще раз; нічого не змінено.",
            "Ни одной парольной фразы не введено дважды одинаково.\nЗапустите команду ещё раз; ничего не изменено.",
        ),
        Trouble::NoTerminal { option } => say!(
            lang,
            "There is no terminal to ask a question on.\nAnswer it beforehand with {option}.",
            "Немає термінала, щоб запитати.\nДайте відповідь наперед: {option}.",
            "Нет терминала, чтобы спросить.\nДайте ответ заранее: {option}.",
        ),
        Trouble::SheetNotConfirmed => say!(
            lang,
            "The recovery sheet was not typed back, so nothing was changed.\nRepeat the command: it prints another sheet, and the one shown just now opens nothing.",
            "Аркуш відновлення не підтверджено, тому нічого не змінено.\nПовторіть команду: вона надрукує інший аркуш, а щойно показаний нічого не відкриває.",
            "Лист восстановления не подтверждён, поэтому ничего не изменено.\nПовторите команду: она напечатает другой лист, а показанный только что ничего не открывает.",
        ),
        Trouble::Exists(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "{file} is there already.\nName a file that does not exist yet; nothing is overwritten.",
                "{file} вже існує.\nНазвіть файл, якого ще немає; нічого не перезаписується.",
                "{file} уже существует.\nНазовите файл, которого ещё нет; ничего не перезаписывается.",
            )
        }
        Trouble::WrongPassphrase { member } => match member {
            Some(name) => {
                let name = safe::typed(name);
                say!(
                    lang,
                    "No member called {name} has this passphrase.\nCheck the name and type it again, or use the recovery sheet: vidimus recover",
                    "Жоден учасник на ім'я {name} не має такої парольної фрази.\nПеревірте ім'я та введіть ще раз або скористайтеся аркушем відновлення: vidimus recover",
                    "Ни у одного участника по имени {name} нет такой парольной фразы.\nПроверьте имя и введите ещё раз или воспользуйтесь листом восстановления: vidimus recover",
                )
            }
            None => say!(
                lang,
                "No member has this passphrase.\nType it again, or use the recovery sheet: vidimus recover",
                "Жоден учасник не має такої парольної фрази.\nВведіть ще раз або скористайтеся аркушем відновлення: vidimus recover",
                "Ни у одного участника нет такой парольной фразы.\nВведите ещё раз или воспользуйтесь листом восстановления: vidimus recover",
            ),
        },
        Trouble::NeverSeen { now } => {
            let now = short_checkpoint(now);
            say!(
                lang,
                "This machine has never seen this archive, so it cannot tell whether it is yesterday's copy.\nCompare its newest checkpoint, {now}, with your last receipt; then say --first-seen-here.",
                "Цей комп'ютер ще не бачив цього архіву й не може знати, чи це не вчорашня копія.\nПорівняйте його останню контрольну точку, {now}, з останньою квитанцією; потім додайте --first-seen-here.",
                "Этот компьютер ещё не видел этого архива и не может знать, не вчерашняя ли это копия.\nСравните его последнюю контрольную точку, {now}, с последней квитанцией; затем добавьте --first-seen-here.",
            )
        }
        Trouble::WentBack(back) => bad_days::went_back(lang, back),
        Trouble::TwoStandardInputs => say!(
            lang,
            "Two things are to be read from standard input.\nGive one of them in a file.",
            "Зі стандартного введення мають читатися дві речі.\nДайте одну з них у файлі.",
            "Со стандартного ввода должны читаться две вещи.\nДайте одну из них в файле.",
        ),
        Trouble::NotAReference(text) => {
            let text = safe::typed(text);
            say!(
                lang,
                "{text} is not a reference.\nReferences look like A7, A7-312 or V:A3-1; vidimus list shows them.",
                "{text} не є посиланням.\nПосилання виглядають як A7, A7-312 або V:A3-1; їх показує vidimus list.",
                "{text} не ссылка.\nСсылки выглядят как A7, A7-312 или V:A3-1; их показывает vidimus list.",
            )
        }
        Trouble::Unknown(reference) => say!(
            lang,
            "Nothing that you may read is called {reference}.\nLook for it with: vidimus list",
            "Серед доступного вам немає {reference}.\nПошукайте: vidimus list",
            "Среди доступного вам нет {reference}.\nПоищите: vidimus list",
        ),
        Trouble::NotReleased(reference) => say!(
            lang,
            "{reference} is its registrar's alone, and no key of yours opens it.\nAsk the registrar to run vidimus release {reference}; if that is you, vidimus check names the key that is missing.",
            "{reference} доступне лише його реєстраторові, і жоден ваш ключ його не відкриває.\nПопросіть реєстратора виконати vidimus release {reference}; якщо це ви, vidimus check назве ключ, якого бракує.",
            "{reference} доступно только его регистратору, и ни один ваш ключ его не открывает.\nПопросите регистратора выполнить vidimus release {reference}; если это вы, vidimus check назовёт недостающий ключ.",
        ),
        Trouble::MovesWhole(reference) => gone::moves_whole(lang, reference),
        Trouble::NoAuthority => say!(
            lang,
            "No time-stamp authority is configured, so what dates a receipt is where and when you publish it.\nName one in the archive's settings.json; docs/format/receipt.md shows how.",
            "Жодної служби позначок часу не налаштовано, тож квитанцію датує місце й час її публікації.\nНазвіть таку в settings.json архіву; docs/format/receipt.md показує як.",
            "Ни одной службы меток времени не настроено, поэтому квитанцию датирует место и время её публикации.\nНазовите такую в settings.json архива; docs/format/receipt.md показывает как.",
        ),
        Trouble::Settings(error) => settings(lang, error),
        Trouble::NotAFile(path) => not_a_file(lang, path),
        Trouble::RecoveryCode(error) => recovery_code(lang, error),
        Trouble::WrongRecoveryCode => say!(
            lang,
            "No member of this archive has this recovery code.\nCheck that the sheet names this archive, and that no newer sheet was made.",
            "Жоден учасник цього архіву не має такого коду відновлення.\nПеревірте, чи на аркуші саме цей архів і чи не було новішого аркуша.",
            "Ни у одного участника этого архива нет такого кода восстановления.\nПроверьте, тот ли архив назван на листе и не было ли более нового листа.",
        ),
        Trouble::NotAReceipt(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "There is no receipt in {file}.\nSave its text, or what its QR code holds, with every line as it is.",
                "У {file} немає квитанції.\nЗбережіть її текст або вміст QR-коду, з усіма рядками як є.",
                "В {file} нет квитанции.\nСохраните её текст или содержимое QR-кода, со всеми строками как есть.",
            )
        }
        Trouble::OtherArchive(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "The receipt in {file} is not signed by this archive.\nCompare the name and the key in it with those of the archive.",
                "Квитанцію в {file} підписав не цей архів.\nПорівняйте назву та ключ у ній з архівом.",
                "Квитанцию в {file} подписал не этот архив.\nСравните название и ключ в ней с архивом.",
            )
        }
        Trouble::NotAMember => say!(
            lang,
            "Your keys open nothing in this archive: you are no longer a member, or the key store is damaged.\nAsk another member; vidimus check, run by them, names what is damaged.",
            "Ваші ключі нічого тут не відкривають: ви більше не учасник, або сховище ключів пошкоджене.\nЗверніться до іншого учасника; його vidimus check назве пошкоджене.",
            "Ваши ключи ничего здесь не открывают: вы больше не участник, или хранилище ключей повреждено.\nОбратитесь к другому участнику; его vidimus check назовёт повреждённое.",
        ),
        Trouble::NotBack => say!(
            lang,
            "This archive did not go back, as far as this machine knows.\nGo on as usual; nothing was recorded.",
            "Наскільки відомо цьому комп'ютерові, архів не повертався назад.\nПрацюйте далі; нічого не записано.",
            "Насколько известно этому компьютеру, архив не возвращался назад.\nРаботайте дальше; ничего не записано.",
        ),
        Trouble::OwnFolder(folder) => {
            let folder = safe::path(folder);
            say!(
                lang,
                "{folder} is the archive's own folder, or lies in it.\nName the folder or disk that was given to you.",
                "{folder} — власна тека архіву або лежить у ній.\nНазвіть теку чи диск, які вам передали.",
                "{folder} — собственная папка архива или лежит в ней.\nНазовите папку или диск, которые вам передали.",
            )
        }
        Trouble::BackupInside => say!(
            lang,
            "The backup would lie in the archive, or the archive in the backup.\nName a folder elsewhere, best on another disk.",
            "Копія лежала б в архіві або архів у копії.\nНазвіть іншу теку, найкраще на іншому диску.",
            "Копия лежала бы в архиве или архив в копии.\nНазовите другую папку, лучше всего на другом диске.",
        ),
        Trouble::NoPlaceForPackage(folder) => {
            let folder = safe::path(folder);
            say!(
                lang,
                "{folder} is in the archive's own folder, or the top of a disk.\nName a new folder elsewhere.",
                "{folder} лежить у теці самого архіву або є вершиною диска.\nНазвіть нову теку в іншому місці.",
                "{folder} лежит в папке самого архива или является вершиной диска.\nНазовите новую папку в другом месте.",
            )
        }
        Trouble::PackageBusy(folder) => {
            let folder = safe::path(folder);
            say!(
                lang,
                "Another package is being written to {folder}.\nWait until it is done, or name another folder.",
                "У {folder} саме записується інший пакет.\nЗачекайте, доки його завершать, або назвіть іншу теку.",
                "В {folder} сейчас записывается другой пакет.\nПодождите, пока он будет готов, или назовите другую папку.",
            )
        }
        Trouble::NotABackup(folder) => {
            let folder = safe::path(folder);
            say!(
                lang,
                "There is no backup in {folder}.\nName the folder that vidimus backup wrote.",
                "У {folder} немає резервної копії.\nНазвіть теку, яку записав vidimus backup.",
                "В {folder} нет резервной копии.\nНазовите папку, которую записал vidimus backup.",
            )
        }
        Trouble::NotReceived(reference) => say!(
            lang,
            "{reference} is still being received.\nRun the same vidimus receive again; it goes on where it stopped.",
            "{reference} ще приймається.\nЗапустіть той самий vidimus receive ще раз; він продовжить з того ж місця.",
            "{reference} ещё принимается.\nЗапустите тот же vidimus receive ещё раз; он продолжит с того же места.",
        ),
        Trouble::BeingReceived(reference) => say!(
            lang,
            "Another vidimus receive is taking {reference} in at this moment.\nWait until it has ended, or end it; interrupted, it goes on when it is repeated.",
            "Інша команда vidimus receive саме приймає {reference}.\nДочекайтеся її кінця або перервіть її; перервана, вона продовжить, коли її повторити.",
            "Другая команда vidimus receive сейчас принимает {reference}.\nДождитесь её конца или прервите её; прерванная, она продолжит, когда её повторят.",
        ),
        Trouble::NoReason { option } => say!(
            lang,
            "No reason was given, and it is recorded why.\nSay it behind {option}.",
            "Причини не названо, а вона записується.\nНазвіть її після {option}.",
            "Причина не названа, а она записывается.\nНазовите её после {option}.",
        ),
        Trouble::NoSuchProposal(id) => {
            let id = safe::typed(id);
            say!(
                lang,
                "Nothing called {id} waits for agreement.\nWhat waits is shown by: vidimus proposals",
                "Нічого з номером {id} не чекає на згоду.\nЩо чекає, показує: vidimus proposals",
                "Ничего с номером {id} не ждёт согласия.\nЧто ждёт, показывает: vidimus proposals",
            )
        }
        Trouble::NotYours => say!(
            lang,
            "You proposed this, or it is about you.\nAnother member has to agree to it.",
            "Це запропонували ви, або воно про вас.\nПогодитися має інший учасник.",
            "Это предложили вы, или оно о вас.\nСогласиться должен другой участник.",
        ),
        Trouble::NobodyCanAgree => say!(
            lang,
            "There are two members, and the one to be removed cannot be the second who agrees.\nThey can propose it themselves and you agree; without them, begin a new archive and take the material in again.",
            "Учасників двоє, і той, кого виключають, не може бути другим, хто погоджується.\nЗапропонувати це може він сам, а ви погодитеся; без нього почніть новий архів і прийміть матеріали знову.",
            "Участников двое, и тот, кого исключают, не может быть вторым, кто соглашается.\nПредложить это может он сам, а вы согласитесь; без него начните новый архив и примите материалы снова.",
        ),
        Trouble::ProposerGone => say!(
            lang,
            "Whoever proposed this is no longer a member.\nPropose it yourself, if it is still right.",
            "Той, хто це запропонував, більше не учасник.\nЗапропонуйте самі, якщо це досі слушно.",
            "Предложивший больше не участник.\nПредложите сами, если это всё ещё верно.",
        ),
        Trouble::NoSuchMember(name) => {
            let name = safe::typed(name);
            say!(
                lang,
                "Nobody called {name} is a member.\nWho is, is shown by: vidimus member list",
                "Учасника на ім'я {name} немає.\nУчасників показує: vidimus member list",
                "Участника по имени {name} нет.\nУчастников показывает: vidimus member list",
            )
        }
        Trouble::LastMember => say!(
            lang,
            "The last member cannot be removed, because nobody could open the archive again.\nAdd another member first: vidimus member add NAME",
            "Останнього учасника не можна усунути: ніхто більше не відкриє архів.\nСпершу додайте іншого: vidimus member add ІМ'Я",
            "Последнего участника удалить нельзя: никто больше не откроет архив.\nСначала добавьте другого: vidimus member add ИМЯ",
        ),
        Trouble::NameTaken(name) => {
            let name = safe::typed(name);
            say!(
                lang,
                "There is a member called {name}.\nTake another name, so that nobody is mistaken for somebody else.",
                "Учасник на ім'я {name} вже є.\nВізьміть інше ім'я, щоб нікого не сплутати.",
                "Участник по имени {name} уже есть.\nВозьмите другое имя, чтобы никого не спутать.",
            )
        }
        Trouble::CompartmentName => say!(
            lang,
            "This cannot be the name of a new compartment.\nTake a name that no compartment of yours has, without line breaks.",
            "Новий відсік не може мати такої назви.\nВізьміть назву, якої ваші відсіки не мають, без переносів.",
            "У нового отсека не может быть такого названия.\nВозьмите название, которого нет у ваших отсеков, без переносов.",
        ),
        Trouble::CompartmentLetter(letter) => {
            let letter = safe::typed(&letter.to_string());
            say!(
                lang,
                "The letter {letter} is taken, or is none.\nTake another from A to Z, or none: the first free one is found.",
                "Літера {letter} зайнята або не є літерою.\nВізьміть іншу від A до Z або жодної: знайдеться перша вільна.",
                "Буква {letter} занята или не является буквой.\nВозьмите другую от A до Z или никакой: найдётся первая свободная.",
            )
        }
        Trouble::NotConfirmed { again } => say!(
            lang,
            "You are the only member, and nothing was done without your confirmation.\nConfirm it by typing: --confirm \"{again}\"",
            "Ви єдиний учасник, і без вашого підтвердження нічого не зроблено.\nПідтвердьте так: --confirm \"{again}\"",
            "Вы единственный участник, и без вашего подтверждения ничего не сделано.\nПодтвердите так: --confirm \"{again}\"",
        ),
        Trouble::LeavingNotConfirmed { again } => {
            let again = safe::typed(again);
            say!(
                lang,
                "You would remove yourself, and open nothing any more once another member agrees: nothing was done yet.\nConfirm it by typing: --confirm \"{again}\"",
                "Ви вилучили б себе і, щойно погодиться інший учасник, вже нічого не відкрили б: поки що нічого не зроблено.\nПідтвердьте так: --confirm \"{again}\"",
                "Вы удалили бы себя и, как только согласится другой участник, больше ничего не открыли бы: пока ничего не сделано.\nПодтвердите так: --confirm \"{again}\"",
            )
        }
        Trouble::NoRecipient => say!(
            lang,
            "A disclosure needs a recipient and a purpose.\nSay who gets it and what for: --to NAME --purpose TEXT",
            "Розкриття потребує отримувача й мети.\nСкажіть, хто отримає і навіщо: --to ІМ'Я --purpose ТЕКСТ",
            "Раскрытию нужны получатель и цель.\nСкажите, кто получит и зачем: --to ИМЯ --purpose ТЕКСТ",
        ),
        Trouble::UnknownField { field, known } => {
            let (field, known) = (safe::typed(field), known.join(", "));
            say!(
                lang,
                "There is no field {field}.\nThere are: {known}.",
                "Немає поля {field}.\nЄ такі: {known}.",
                "Нет поля {field}.\nЕсть такие: {known}.",
            )
        }
        Trouble::NotAnItem(reference) => say!(
            lang,
            "{reference} is a whole accession.\nName its items one by one, so that none goes along unseen: vidimus list {reference}",
            "{reference} є цілим надходженням.\nНазвіть одиниці поодинці, щоб жодна не пішла непоміченою: vidimus list {reference}",
            "{reference} - целое поступление.\nНазовите единицы по одной, чтобы ни одна не ушла незамеченной: vidimus list {reference}",
        ),
        Trouble::NotAnAccession(reference) => say!(
            lang,
            "{reference} is a part of an accession.\nName the whole accession, such as A7.",
            "{reference} є частиною надходження.\nНазвіть ціле надходження, наприклад A7.",
            "{reference} - часть поступления.\nНазовите целое поступление, например A7.",
        ),
        Trouble::Withdrawn(reference) => say!(
            lang,
            "{reference} is withdrawn.\nSee why with vidimus log {reference}; vidimus reinstate brings it back.",
            "{reference} відкликано.\nЧому - покаже vidimus log {reference}; vidimus reinstate поверне.",
            "{reference} отозвано.\nПочему - покажет vidimus log {reference}; vidimus reinstate вернёт.",
        ),
        Trouble::Gone(reference) => gone::gone(lang, reference),
        Trouble::NotErased(reference) => gone::not_erased(lang, reference),
        Trouble::SeveralCompartments { first, other } => say!(
            lang,
            "{first} and {other} lie in different compartments.\nMake a package for each compartment.",
            "{first} і {other} лежать у різних відсіках.\nЗробіть окремий пакет для кожного відсіку.",
            "{first} и {other} лежат в разных отсеках.\nСделайте отдельный пакет для каждого отсека.",
        ),
        Trouble::NotFinished { cause, detail } => {
            let happened = inside(lang, *cause);
            let why = happened.lines().next().unwrap_or_default();
            let text = say!(
                lang,
                "The disclosure is on record, but its package is not there. {why}\nRun the same command again; it makes a new package and a new record.",
                "Розкриття записано, але пакета немає. {why}\nЗапустіть ту саму команду ще раз; вона зробить новий пакет і новий запис.",
                "Раскрытие записано, но пакета нет. {why}\nЗапустите ту же команду ещё раз; она сделает новый пакет и новую запись.",
            );
            detailed(lang, text, detail)
        }
        Trouble::Declined => say!(
            lang,
            "You said no, and nothing was done.\nRun the command again when you are ready.",
            "Ви відмовилися, і нічого не зроблено.\nЗапустіть команду ще раз, коли будете готові.",
            "Вы отказались, и ничего не сделано.\nЗапустите команду ещё раз, когда будете готовы.",
        ),
        Trouble::NotHeld => say!(
            lang,
            "You do not hold the compartment in which this lies.\nAsk one of its members; vidimus compartment list shows yours.",
            "Ви не маєте доступу до відсіку, де це лежить.\nПопросіть когось із його учасників; ваші показує vidimus compartment list.",
            "У вас нет доступа к отсеку, где это лежит.\nПопросите кого-то из его участников; ваши показывает vidimus compartment list.",
        ),
        Trouble::NoCompartment(name) => {
            let name = safe::typed(name);
            say!(
                lang,
                "You hold no compartment called {name}.\nThe ones you hold are shown by: vidimus compartment list",
                "У вас немає відсіку з назвою {name}.\nВаші відсіки показує: vidimus compartment list",
                "У вас нет отсека с названием {name}.\nВаши отсеки показывает: vidimus compartment list",
            )
        }
        Trouble::TwoCompartments(name) => {
            let name = safe::typed(name);
            say!(
                lang,
                "Several compartments are called {name}.\nName the one you mean by its id: vidimus compartment list",
                "Кілька відсіків називаються {name}.\nВкажіть потрібний за номером: vidimus compartment list",
                "Несколько отсеков называются {name}.\nУкажите нужный по номеру: vidimus compartment list",
            )
        }
        Trouble::NoGiver(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "There is no sealed giver in {file}.\nAsk a member for what this writes: vidimus keyholder giver A7 --out DIR",
                "У {file} немає опечатаної особи того, хто передав.\nПопросіть учасника про те, що записує: vidimus keyholder giver A7 --out ТЕКА",
                "В {file} нет опечатанной личности передавшего.\nПопросите участника о том, что записывает: vidimus keyholder giver A7 --out ПАПКА",
            )
        }
        Trouble::NoKeyInFile(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "There is no keyholder's key in {file}.\nName the file with the line that begins with AGE-SECRET-KEY-1; age-keygen makes it.",
                "У {file} немає ключа хранителя.\nНазвіть файл із рядком, що починається з AGE-SECRET-KEY-1; його створює age-keygen.",
                "В {file} нет ключа хранителя.\nНазовите файл со строкой, которая начинается с AGE-SECRET-KEY-1; его создаёт age-keygen.",
            )
        }
        Trouble::KeyholdersMissing => say!(
            lang,
            "These keys alone do not open it.\nTake the age file whose keyholders are here (the archive's list says which) and name each one's key with --key; or hand on to the next with --out FILE.",
            "Лише цими ключами не відкрити.\nВізьміть файл age саме тих хранителів, які присутні (який це, каже перелік з архіву), і назвіть ключ кожного через --key; або передайте наступному: --out ФАЙЛ.",
            "Одними этими ключами не открыть.\nВозьмите файл age именно тех хранителей, которые присутствуют (какой это, говорит перечень из архива), и назовите ключ каждого через --key; или передайте следующему: --out ФАЙЛ.",
        ),
        Trouble::Approval(error) => keyholders::trouble(lang, error),
        Trouble::Opening(error) => openings::trouble(lang, error),
        Trouble::Examination(error) => examined::trouble(lang, error),
        Trouble::KeyholdersNeeded { threshold } => say!(
            lang,
            "This giver is sealed to keyholders, and no member can open it; it takes this many of them: {threshold}.\nWrite the files for them with --out DIR.",
            "Те, хто передав, опечатано для хранителів, і жоден учасник цього не відкриє; скільки хранителів потрібно: {threshold}.\nЗапишіть файли для них: --out ТЕКА.",
            "То, кто передал, опечатано для хранителей, и ни один участник этого не откроет; сколько хранителей нужно: {threshold}.\nЗапишите файлы для них: --out ПАПКА.",
        ),
        Trouble::NoGiverNamed(reference) => say!(
            lang,
            "Nothing was said about who gave {reference}.\nThe note may say more: vidimus show {reference}",
            "Про те, хто передав {reference}, нічого не сказано.\nМожливо, більше скаже примітка: vidimus show {reference}",
            "О том, кто передал {reference}, ничего не сказано.\nВозможно, больше скажет примечание: vidimus show {reference}",
        ),
        Trouble::GiverDamaged => say!(
            lang,
            "What was sealed about the giver does not open, so it was changed on the way.\nAsk for it again: vidimus keyholder giver A7 --out DIR",
            "Опечатане не відкривається, отже його змінено дорогою.\nПопросіть ще раз: vidimus keyholder giver A7 --out ТЕКА",
            "Опечатанное не открывается, значит, его изменили по дороге.\nПопросите ещё раз: vidimus keyholder giver A7 --out ПАПКА",
        ),
        Trouble::Inside { cause, detail } => detailed(lang, inside(lang, *cause), detail),
        Trouble::System { path, error } => system(lang, path.as_deref(), error),
    }
}

#[cfg(test)]
mod tests;
