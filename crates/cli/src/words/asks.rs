//! What a person is asked at a terminal.

use vidimus_archive::receive::Survey;

use super::{Lang, numbers, say};

pub fn passphrase(lang: Lang) -> &'static str {
    lang.pick("Passphrase: ", "Парольна фраза: ", "Парольная фраза: ")
}

pub fn passphrase_rule(lang: Lang) -> &'static str {
    lang.pick(
        "A passphrase needs at least 12 characters, or 4 words. Words chosen at random are easiest to keep.",
        "Парольна фраза має щонайменше 12 знаків або 4 слова. Випадкові слова запам'ятати найлегше.",
        "В парольной фразе не меньше 12 знаков или 4 слов. Случайные слова запомнить легче всего.",
    )
}

pub fn new_passphrase(lang: Lang) -> &'static str {
    lang.pick("New passphrase: ", "Нова парольна фраза: ", "Новая парольная фраза: ")
}

pub fn passphrase_again(lang: Lang) -> &'static str {
    lang.pick("The same again: ", "Ще раз те саме: ", "Ещё раз то же самое: ")
}

pub fn too_weak(lang: Lang) -> &'static str {
    lang.pick(
        "That is too easy to guess. Take at least 12 characters, or 4 words.",
        "Її надто легко вгадати. Візьміть щонайменше 12 знаків або 4 слова.",
        "Её слишком легко угадать. Возьмите не меньше 12 знаков или 4 слов.",
    )
}

pub fn not_the_same(lang: Lang) -> &'static str {
    lang.pick(
        "The two differ. Type it again.",
        "Вони різні. Введіть ще раз.",
        "Они различаются. Введите ещё раз.",
    )
}

pub fn write_the_sheet_down(lang: Lang) -> &'static str {
    lang.pick(
        "Print or copy this sheet by hand now; it is not shown again.",
        "Надрукуйте або перепишіть цей аркуш зараз; його більше не покажуть.",
        "Напечатайте или перепишите этот лист сейчас; больше его не покажут.",
    )
}

pub fn group_of_code(lang: Lang, number: usize) -> String {
    say!(
        lang,
        "Type group {number} from your sheet: ",
        "Введіть групу {number} з вашого аркуша: ",
        "Введите группу {number} с вашего листа: ",
    )
}

pub fn group_is_wrong(lang: Lang, number: usize) -> String {
    say!(
        lang,
        "That is not group {number}. Look at the sheet again.",
        "Це не група {number}. Погляньте на аркуш ще раз.",
        "Это не группа {number}. Посмотрите на лист ещё раз.",
    )
}

pub fn sheet_is_right(lang: Lang) -> &'static str {
    lang.pick(
        "The sheet is right. Put it away, and clear this terminal.",
        "Аркуш правильний. Сховайте його й очистьте цей термінал.",
        "Лист верен. Уберите его и очистите этот терминал.",
    )
}

pub fn first_seen_here(lang: Lang, checkpoint: &str) -> String {
    say!(
        lang,
        "This machine has never seen this archive, so it cannot tell whether it is yesterday's copy.\n\
         Its newest checkpoint is {checkpoint}; compare it with your last receipt.\n\
         Go on? [y/N] ",
        "Цей комп'ютер ще не бачив цього архіву й не може знати, чи це не вчорашня копія.\n\
         Його остання контрольна точка: {checkpoint}; порівняйте з вашою останньою квитанцією.\n\
         Продовжити? [т/Н] ",
        "Этот компьютер ещё не видел этого архива и не может знать, не вчерашняя ли это копия.\n\
         Его последняя контрольная точка: {checkpoint}; сравните с вашей последней квитанцией.\n\
         Продолжить? [д/Н] ",
    )
}

pub fn take_in(lang: Lang, survey: &Survey) -> String {
    let (files, size) = (numbers::files(lang, survey.files), numbers::size(lang, survey.bytes));
    let others = numbers::count(lang, survey.others);
    let beside = if survey.others == 0 {
        String::new()
    } else {
        say!(
            lang,
            "Not files, so only listed: {others}.\n",
            "Не файли, тому лише перелічені: {others}.\n",
            "Не файлы, поэтому только перечислены: {others}.\n",
        )
    };
    let question = say!(
        lang,
        "Take in {files}, {size}? [y/N] ",
        "Прийняти ({files}), {size}? [т/Н] ",
        "Принять ({files}), {size}? [д/Н] ",
    );
    beside + &question
}

pub fn confirm_leaving(lang: Lang, again: &str) -> String {
    say!(
        lang,
        "You remove yourself: once another member agrees, you open nothing any more.\nType \"{again}\" to propose it: ",
        "Ви вилучаєте себе: коли погодиться інший учасник, ви вже нічого не відкриєте.\nВведіть \"{again}\", щоб запропонувати: ",
        "Вы удаляете себя: когда согласится другой участник, вы больше ничего не откроете.\nВведите \"{again}\", чтобы предложить: ",
    )
}

pub fn confirm_alone(lang: Lang, again: &str) -> String {
    say!(
        lang,
        "You are the only member, so nobody else has to agree, and this cannot be undone.\nType \"{again}\" to do it: ",
        "Ви єдиний учасник, тож нічиєї згоди не треба, і скасувати це неможливо.\nВведіть \"{again}\", щоб виконати: ",
        "Вы единственный участник, и ничьего согласия не нужно, а отменить это нельзя.\nВведите \"{again}\", чтобы выполнить: ",
    )
}
