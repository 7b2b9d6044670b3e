//! What is said of givers that were opened: a statement signed, recorded, or only told; never that one was not opened.

use std::path::Path;

use vidimus_archive::{OpenedLine, Vouched};
use vidimus_model::Ref;

use super::{Lang, safe, say};
use crate::trouble::OpeningTrouble;

/// What records say where nobody knows when a giver was opened.
pub const UNKNOWN_TIME: &str = "unknown";

pub fn trouble(lang: Lang, error: &OpeningTrouble) -> String {
    match error {
        OpeningTrouble::NotAStatement(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "{file} is no statement that a giver was opened, or its words hold signs that cannot be shown.\nTake the file that vidimus unseal --statement wrote, as it is.",
                "{file} не є заявою про те, що відкрито, хто передав, або містить знаки, яких не показати.\nВізьміть файл, який записав vidimus unseal --statement, без змін.",
                "{file} не является заявлением о том, что вскрыто имя передавшего, или содержит знаки, которые нельзя показать.\nВозьмите файл, который записал vidimus unseal --statement, без изменений.",
            )
        }
        OpeningTrouble::NotSigned(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "Nobody signed {file}.\nAsk for the signed one, or record it as told: vidimus keyholder opened --told REF --by NAME --purpose-file FILE",
                "{file} ніхто не підписав.\nПопросіть підписаний або запишіть як розповідь: vidimus keyholder opened --told ПОСИЛАННЯ --by ІМ'Я --purpose-file ФАЙЛ",
                "{file} никто не подписал.\nПопросите подписанный или запишите как рассказ: vidimus keyholder opened --told ССЫЛКА --by ИМЯ --purpose-file ФАЙЛ",
            )
        }
        OpeningTrouble::OtherThing(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "{file} is about another archive, or another record than the one that holds this giver.\nCompare it with what was sent to the keyholders: vidimus keyholder giver REF --out DIR",
                "{file} стосується іншого архіву або іншого запису, ніж той, що містить цього передавача.\nЗвірте з тим, що надіслали хранителям: vidimus keyholder giver ПОСИЛАННЯ --out ТЕКА",
                "{file} относится к другому архиву или к другой записи, чем та, где имя этого передавшего.\nСверьте с тем, что послали хранителям: vidimus keyholder giver ССЫЛКА --out ПАПКА",
            )
        }
        OpeningTrouble::BadSignature(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "{file} was changed, or is not signed with the key that was sealed with the giver.\nNothing was recorded; ask whoever sent it to send it again.",
                "{file} змінено, або його підписано не ключем, опечатаним разом з ім'ям.\nНічого не записано; попросіть надіслати його ще раз.",
                "{file} изменён или подписан не ключом, опечатанным вместе с именем.\nНичего не записано; попросите прислать его ещё раз.",
            )
        }
        OpeningTrouble::NotAsked(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "{file} does not belong to the age files that were opened, or the words hold signs that cannot be shown.\nTake the text file that came with them, such as A7-giver.txt.",
                "{file} не належить до відкритих файлів age, або слова містять знаки, яких не показати.\nВізьміть текстовий файл, надісланий з ними, наприклад A7-giver.txt.",
                "{file} не относится к вскрытым файлам age, или слова содержат знаки, которые нельзя показать.\nВозьмите текстовый файл, присланный с ними, например A7-giver.txt.",
            )
        }
        OpeningTrouble::OnlyATest => lang.pick(
            "This is a recovery test: no giver is opened by it, and nothing is to be stated.\nLeave --statement and what belongs to it out, and send the line that is then shown back to the archive.",
            "Це перевірка хранителів: того, хто передав, нею не відкривають, і заявляти нічого.\nПриберіть --statement і те, що до нього належить, а показаний тоді рядок надішліть назад до архіву.",
            "Это проверка хранителей: имя передавшего ею не вскрывают, и заявлять нечего.\nУберите --statement и то, что к нему относится, а показанную тогда строку пошлите обратно в архив.",
        ).to_owned(),
        OpeningTrouble::NoKey => lang.pick(
            "No key was sealed with this giver, so that nobody can sign that they opened it.\nRecord it as told: vidimus keyholder opened --told REF --by NAME --purpose-file FILE",
            "Разом із цим ім'ям не опечатано ключа, тож ніхто не може підписати, що відкрив.\nЗапишіть як розповідь: vidimus keyholder opened --told ПОСИЛАННЯ --by ІМ'Я --purpose-file ФАЙЛ",
            "Вместе с этим именем не опечатан ключ, так что никто не может подписать, что вскрыл.\nЗапишите как рассказ: vidimus keyholder opened --told ССЫЛКА --by ИМЯ --purpose-file ФАЙЛ",
        ).to_owned(),
    }
}

pub fn stated(lang: Lang, file: &Path) -> String {
    let file = safe::path(file);
    say!(
        lang,
        "That you opened it is signed in {file}. Send it to the archive; the giver's words are not in it.",
        "Що ви це відкрили, підписано у {file}. Надішліть його архіву; слів про того, хто передав, там немає.",
        "Что вы это вскрыли, подписано в {file}. Пошлите его архиву; слов о передавшем в нём нет.",
    )
}

pub fn not_stated(lang: Lang) -> &'static str {
    lang.pick(
        "No statement of this opening was signed; with --statement FILE the archive can put it on record.",
        "Заяви про це відкриття не підписано; з --statement ФАЙЛ архів зможе його записати.",
        "Заявление об этом вскрытии не подписано; с --statement ФАЙЛ архив сможет его записать.",
    )
}

pub fn recorded(lang: Lang, accession: &Ref) -> String {
    say!(
        lang,
        "It is on record that the giver of {accession} was opened; the signature holds.",
        "Записано, що відкрито, хто передав {accession}; підпис дійсний.",
        "Записано, что вскрыто имя передавшего {accession}; подпись верна.",
    )
}

pub fn told(lang: Lang, accession: &Ref) -> String {
    say!(
        lang,
        "It is on record what was told of an opening of the giver of {accession}; nobody signed it, and the record says so.",
        "Записано розповідь про те, що відкрито, хто передав {accession}; її ніхто не підписав, і це записано.",
        "Записан рассказ о том, что вскрыто имя передавшего {accession}; его никто не подписал, и это записано.",
    )
}

pub fn not_recorded(lang: Lang) -> &'static str {
    lang.pick(
        "WARNING: this opening is not recorded, because nothing can be recorded now.",
        "УВАГА: це відкриття не записано, бо зараз нічого не записується.",
        "ВНИМАНИЕ: это вскрытие не записано, потому что сейчас ничего не записывается.",
    )
}

/// One opening, for the page of an accession.
pub fn line(lang: Lang, opened: &OpenedLine) -> String {
    let (by, why) = (safe::text(&opened.opened_by), safe::text(&opened.why.join(" ")));
    let at = match opened.opened_at.as_str() {
        UNKNOWN_TIME => lang.pick("time unknown", "час невідомий", "время неизвестно").to_owned(),
        told => safe::text(told),
    };
    let why = if why.is_empty() { String::new() } else { format!(": {why}") };
    if opened.signed {
        let keys = opened.keyholders.iter().map(|key| safe::text(key)).collect::<Vec<_>>().join(" ");
        say!(
            lang,
            "{by}, {at} by their clock{why} (signed; the share of {keys})",
            "{by}, {at} за власним годинником{why} (підписано; частка {keys})",
            "{by}, {at} по своим часам{why} (подписано; доля {keys})",
        )
    } else if opened.false_signature {
        say!(
            lang,
            "{by}, {at}{why} (its signature could not be confirmed: it shows nothing; run vidimus check)",
            "{by}, {at}{why} (підпис не підтверджено: він нічого не засвідчує; запустіть vidimus check)",
            "{by}, {at}{why} (подпись не подтверждена: она ничего не удостоверяет; запустите vidimus check)",
        )
    } else {
        say!(
            lang,
            "{by}, {at}{why} (told; nobody signed it)",
            "{by}, {at}{why} (розповідь; ніхто не підписав)",
            "{by}, {at}{why} (рассказ; никто не подписал)",
        )
    }
}

/// The same in a word, behind who opened it.
pub fn vouched(lang: Lang, vouched: Vouched) -> &'static str {
    match vouched {
        Vouched::Signed => lang.pick("signed", "підписано", "подписано"),
        Vouched::Told => {
            lang.pick("told; nobody signed it", "розповідь; ніхто не підписав", "рассказ; никто не подписал")
        }
        Vouched::FalseSignature => {
            lang.pick("its signature is not confirmed", "підпис не підтверджено", "подпись не подтверждена")
        }
    }
}

pub fn none_on_record(lang: Lang) -> &'static str {
    lang.pick("no opening is recorded", "відкриття не записано", "вскрытие не записано")
}
