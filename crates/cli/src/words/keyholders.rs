//! What keyholders and those who ask them are told: approving who follows them, and the yearly test.

use std::path::Path;

use vidimus_model::ProposalId;

use super::{Lang, numbers, safe, say};
use crate::trouble::ApprovalTrouble;

pub fn trouble(lang: Lang, error: &ApprovalTrouble) -> String {
    match error {
        ApprovalTrouble::Missing => lang.pick(
            "The keyholders who hold now have not approved it.\nWrite the files for them with vidimus keyholder challenge, then agree with --approval FILE.",
            "Теперішні хранителі цього ще не схвалили.\nЗапишіть для них файли: vidimus keyholder challenge, тоді погодьтеся з --approval ФАЙЛ.",
            "Нынешние хранители этого ещё не одобрили.\nЗапишите для них файлы: vidimus keyholder challenge, затем согласитесь с --approval ФАЙЛ.",
        ).to_owned(),
        ApprovalTrouble::NotTheirs => lang.pick(
            "This is not the approval of this proposal by the keyholders who hold now.\nAsk them again; each proposal is approved by itself.",
            "Це не схвалення цієї пропозиції теперішніми хранителями.\nПопросіть їх ще раз: кожну пропозицію схвалюють окремо.",
            "Это не одобрение этого предложения нынешними хранителями.\nПопросите их ещё раз: каждое предложение одобряют отдельно.",
        ).to_owned(),
        ApprovalTrouble::NothingAsked => lang.pick(
            "Nobody is asked to approve it: the keyholders who hold now have no key for that, or none hold.\nAnother member agrees with: vidimus agree ID",
            "Схвалення не потрібне: теперішні хранителі не мають для цього ключа або їх не названо.\nІнший учасник погоджується: vidimus agree НОМЕР",
            "Одобрение не нужно: у нынешних хранителей нет для этого ключа или они не названы.\nДругой участник соглашается: vidimus agree НОМЕР",
        ).to_owned(),
        ApprovalTrouble::NotToSign(file) => {
            let file = safe::path(file);
            say!(
                lang,
                "{file} asks for no approval that this key could sign.\nTake the text and the age files of one and the same proposal.",
                "{file} не просить схвалення, яке міг би підписати цей ключ.\nВізьміть текст і файли age однієї пропозиції.",
                "{file} не просит одобрения, которое мог бы подписать этот ключ.\nВозьмите текст и файлы age одного предложения.",
            )
        }
        ApprovalTrouble::NoKeyholders => lang.pick(
            "No keyholders are named, so there is nobody to test.\nName them with: vidimus keyholder set",
            "Хранителів не названо, тож перевіряти нікого.\nНазвіть їх: vidimus keyholder set",
            "Хранители не названы, так что проверять некого.\nНазовите их: vidimus keyholder set",
        ).to_owned(),
        ApprovalTrouble::NotACode => lang.pick(
            "This is not the code of a test of the keyholders who hold now.\nTake the whole line that begins with recovery-test, or begin a new test.",
            "Це не код перевірки теперішніх хранителів.\nВізьміть увесь рядок, що починається з recovery-test, або почніть нову перевірку.",
            "Это не код проверки нынешних хранителей.\nВозьмите всю строку, которая начинается с recovery-test, или начните новую проверку.",
        ).to_owned(),
    }
}

/// A proposal that the keyholders have to approve too.
pub fn approval_needed(lang: Lang, id: ProposalId) -> String {
    say!(
        lang,
        "Proposed as {id}. The keyholders who hold now must approve it: vidimus keyholder challenge {id} --out DIR",
        "Запропоновано під номером {id}. Теперішні хранителі мають це схвалити: vidimus keyholder challenge {id} --out ТЕКА",
        "Предложено под номером {id}. Нынешние хранители должны это одобрить: vidimus keyholder challenge {id} --out ПАПКА",
    )
}

/// What is in the folder for them, and what they do with it.
pub fn challenge_written(lang: Lang, text: &Path, id: ProposalId) -> String {
    let text = safe::path(text);
    say!(
        lang,
        "Send {text} and the age files beside it to the keyholders. They compare the fingerprint in the text with the new keyholders,\nopen one age file together and sign: vidimus keyholder sign (or age -d and openssl pkeyutl; docs/guide.md).\nWhat comes back is given with: vidimus agree {id} --approval FILE",
        "Надішліть хранителям {text} і файли age поруч. Вони звіряють відбиток у тексті з новими хранителями,\nразом відкривають один файл age і підписують: vidimus keyholder sign (або age -d і openssl pkeyutl; docs/guide.md).\nТе, що повернеться, подайте так: vidimus agree {id} --approval ФАЙЛ",
        "Пошлите хранителям {text} и файлы age рядом. Они сверяют отпечаток в тексте с новыми хранителями,\nвместе открывают один файл age и подписывают: vidimus keyholder sign (или age -d и openssl pkeyutl; docs/guide.md).\nТо, что вернётся, подайте так: vidimus agree {id} --approval ФАЙЛ",
    )
}

pub fn signed(lang: Lang, file: &Path) -> String {
    let file = safe::path(file);
    say!(
        lang,
        "Approved. Send {file} back to the archive.",
        "Схвалено. Надішліть {file} назад до архіву.",
        "Одобрено. Пошлите {file} обратно в архив.",
    )
}

pub fn layer_for_the_next(lang: Lang, file: &Path) -> String {
    let file = safe::path(file);
    say!(
        lang,
        "More keyholders are needed. Send {file} to the next one with the text; it takes the place of the age file.",
        "Потрібні ще хранителі. Надішліть {file} наступному разом із текстом; він замінює файл age.",
        "Нужны ещё хранители. Пошлите {file} следующему вместе с текстом; он заменяет файл age.",
    )
}

/// What keyholders do with the files of a test.
pub fn test_begun(lang: Lang) -> &'static str {
    lang.pick(
        "The line that they read begins with recovery-test; enter it with: vidimus keyholder tested FILE",
        "Рядок, який вони прочитають, починається з recovery-test; уведіть його: vidimus keyholder tested ФАЙЛ",
        "Строка, которую они прочитают, начинается с recovery-test; введите её: vidimus keyholder tested ФАЙЛ",
    )
}

/// What a keyholder is told who opened a test, and no giver.
pub fn test_opened(lang: Lang) -> &'static str {
    lang.pick(
        "This is a recovery test: no giver was opened. Send the line back to the archive, which enters it with: vidimus keyholder tested FILE",
        "Це перевірка хранителів: того, хто передав, не відкрито. Надішліть рядок назад до архіву, там його введуть: vidimus keyholder tested ФАЙЛ",
        "Это проверка хранителей: имя передавшего не вскрыто. Пошлите строку обратно в архив, там её введут: vidimus keyholder tested ФАЙЛ",
    )
}

pub fn test_passed(lang: Lang, keyholders: usize) -> String {
    let keyholders = numbers::counted(lang, keyholders as u64, ["keyholder", "keyholders"]);
    say!(
        lang,
        "It is on record that {keyholders} opened what was sealed to them.",
        "Записано, що хранителі відкрили опечатане для них: {keyholders}.",
        "Записано, что хранители открыли опечатанное для них: {keyholders}.",
    )
}

/// When they were last tested, and whether it is time.
pub fn last_tested(lang: Lang, opened: usize, of: usize, last: Option<&str>, due: bool) -> String {
    let mut lines = vec![match last {
        Some(day) => {
            say!(
                lang,
                "{opened} of {of} opened a test, last on {day}.",
                "Перевірку відкрили {opened} з {of}, востаннє {day}.",
                "Проверку открыли {opened} из {of}, последний раз {day}.",
            )
        }
        None => lang
            .pick("None of them was tested.", "Нікого з них не перевірено.", "Никто из них не проверен.")
            .to_owned(),
    }];
    if due {
        lines.push(
            lang.pick(
                "A test is due: a year passed without all of them having opened one. vidimus keyholder test --out DIR",
                "Час перевірити: минув рік, а не всі з них щось відкрили. vidimus keyholder test --out ТЕКА",
                "Пора проверить: прошёл год, а не все из них что-то открыли. vidimus keyholder test --out ПАПКА",
            )
            .to_owned(),
        );
    }
    lines.join("\n")
}
