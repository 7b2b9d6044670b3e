//! The printed recovery sheet.

use zeroize::Zeroizing;

use super::{Lang, fold, safe, say};

/// What stands on a sheet, beside the words.
pub struct Sheet<'a> {
    /// The archive's name.
    pub origin: &'a str,
    /// The archive's public key (C2SP vkey).
    pub vkey: &'a str,
    /// Whose sheet it is.
    pub member: &'a str,
    /// The code, two lines of five numbered groups.
    pub code: &'a str,
}

/// As wide as paper.
const WIDTH: usize = 80;

/// The whole sheet.
pub fn sheet(lang: Lang, sheet: &Sheet<'_>) -> Zeroizing<String> {
    let (before, after) = (head(lang, sheet), tail(lang, &safe::text(sheet.member)));
    // With room for all of it from the beginning, so that no copy of the code is left where it grew.
    let mut text = Zeroizing::new(String::with_capacity(before.len() + sheet.code.len() + after.len()));
    [before.as_str(), sheet.code, &after].iter().for_each(|part| text.push_str(part));
    text
}

fn head(lang: Lang, sheet: &Sheet<'_>) -> String {
    let (Sheet { origin, vkey, .. }, member) = (sheet, safe::text(sheet.member));
    let head = say!(
        lang,
        "\
RECOVERY SHEET

Archive:    \t{origin}
Key:
  {vkey}
Member:     \t{member}

Code:
",
        "\
АРКУШ ВІДНОВЛЕННЯ

Архів:      \t{origin}
Ключ:
  {vkey}
Учасник:    \t{member}

Код:
",
        "\
ЛИСТ ВОССТАНОВЛЕНИЯ

Архив:      \t{origin}
Ключ:
  {vkey}
Участник:   \t{member}

Код:
",
    );
    fold::fold(&head, WIDTH)
}

fn tail(lang: Lang, member: &str) -> String {
    // Each paragraph is one line here: where it is broken depends on the name.
    let tail = say!(
        lang,
        "

What it is for: with this code {member} gets back into the archive when the passphrase is forgotten. \
Whoever has this sheet and the archive's folder can read what {member} can read.

Where to keep it: on paper, away from the archive and its backups, where nobody else comes: a safe, a lawyer, \
a sealed envelope. Never photograph or e-mail it.

How to use it:
  vidimus --archive FOLDER recover --member NAME
Then type the code. Spaces, hyphens and capitals do not matter.
",
        "

Навіщо він: з цим кодом {member} повернеться до архіву, якщо парольну фразу забуто. \
Хто має цей аркуш і теку архіву, прочитає все, що може читати {member}.

Де зберігати: на папері, окремо від архіву та його резервних копій, де більше ніхто не буває: сейф, адвокат, \
запечатаний конверт. Не фотографуйте й не надсилайте поштою.

Як скористатися:
  vidimus --archive ТЕКА recover --member ІМ'Я
Потім введіть код. Пробіли, дефіси й великі літери не мають значення.
",
        "

Зачем он: с этим кодом {member} вернётся в архив, если парольная фраза забыта. \
У кого есть этот лист и папка архива, прочтёт всё, что может читать {member}.

Где хранить: на бумаге, отдельно от архива и его резервных копий, где больше никто не бывает: сейф, адвокат, \
запечатанный конверт. Не фотографируйте и не посылайте почтой.

Как воспользоваться:
  vidimus --archive ПАПКА recover --member ИМЯ
Затем введите код. Пробелы, дефисы и заглавные буквы не важны.
",
    );
    fold::fold(&tail, WIDTH)
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::{Lang, WIDTH, tail};

    #[test]
    fn no_line_is_broken_before_it_is_full_whatever_the_name() {
        for lang in [Lang::En, Lang::Uk, Lang::Ru] {
            for name in (1..=60).map(|length| "Ї".repeat(length)) {
                let text = tail(lang, &name);
                let lines: Vec<_> = text.lines().collect();
                for pair in lines.windows(2) {
                    assert!(pair[1].width() <= WIDTH, "{text}");
                    let goes_on = !pair[0].is_empty() && !pair[1].is_empty() && !pair[1].contains("vidimus");
                    if goes_on && !pair[0].contains("vidimus") {
                        let first = pair[1].trim_start().split(' ').next().unwrap();
                        assert!(pair[0].width() + 1 + first.width() > WIDTH, "{name}: {text}");
                    }
                }
            }
        }
    }
}
