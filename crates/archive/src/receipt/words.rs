//! The few words around a note, in English, Ukrainian and Russian.

use super::Counted;

/// The command that checks a bag against a receipt.
pub const VERIFY: &str = "vidimus-verify BAG --receipt receipt.txt";

/// What one language says.
pub struct Words {
    /// BCP 47.
    pub lang: &'static str,
    /// The language's own name.
    pub name: &'static str,
    /// What the thing is called.
    pub title: &'static str,
    /// What it is.
    pub what: &'static str,
    /// What the lines of the note are.
    pub lines: &'static str,
    /// How to check a bag with it; the command follows.
    pub check: &'static str,
    /// Where the file in the command comes from.
    pub file: &'static str,
    /// Time stamps lie beside it; the list follows.
    pub stamped: &'static str,
    /// None does.
    pub not_stamped: &'static str,
    /// What dates it where no time stamp counts.
    pub dated_by: &'static str,
    /// Before a time.
    no_later_than: &'static str,
    /// Instead of a time.
    not_counted: &'static str,
}

/// In the order in which they are shown.
pub const ALL: [Words; 3] = [
    Words {
        lang: "en",
        name: "English",
        title: "Public receipt",
        what: "By this signed note the archive named in its first line commits itself to everything that stands in \
               its log so far: nothing of it can later be changed, removed or slipped in unnoticed. The note says \
               nothing about the content.",
        lines: "The lines of the note: name of the archive (origin), size of its log, root of the log, signature.",
        check: "Whoever is given files with proofs from this archive (a bag) checks whether they were in it already:",
        file: "receipt.txt is the note, saved to a file; it can be read from the QR code too.",
        stamped: "A time stamp (RFC 3161) over the file checkpoint.txt lies beside this receipt:",
        not_stamped: "No time stamp lies beside this receipt.",
        dated_by: "What dates it is where and when it was published.",
        no_later_than: "no later than",
        not_counted: "authority not pinned here, not counted",
    },
    Words {
        lang: "uk",
        name: "Українською",
        title: "Публічна квитанція",
        what: "Цим підписаним текстом архів, названий у першому рядку, зв'язує себе з усім, що на цей час є в його \
               журналі: нічого з цього не можна згодом непомітно змінити, вилучити чи вставити. Про зміст цей текст \
               не говорить нічого.",
        lines: "Рядки тексту: назва архіву, розмір його журналу, корінь журналу, підпис.",
        check: "Хто отримав від цього архіву файли з доказами (пакет), перевіряє, чи були вони в ньому вже тоді:",
        file: "receipt.txt — це підписаний текст, збережений у файл; його можна зчитати і з QR-коду.",
        stamped: "Поруч із цією квитанцією лежить позначка часу (RFC 3161) на файл checkpoint.txt:",
        not_stamped: "Позначки часу поруч із цією квитанцією немає.",
        dated_by: "Її датує те, де і коли її опубліковано.",
        no_later_than: "не пізніше ніж",
        not_counted: "службу позначок часу тут не закріплено, не враховується",
    },
    Words {
        lang: "ru",
        name: "По-русски",
        title: "Публичная квитанция",
        what: "Этим подписанным текстом архив, названный в первой строке, связывает себя со всем, что на это время \
               есть в его журнале: ничего из этого нельзя потом незаметно изменить, убрать или вставить. \
               О содержании этот текст не говорит ничего.",
        lines: "Строки текста: имя архива, размер его журнала, корень журнала, подпись.",
        check: "Кто получил от этого архива файлы с доказательствами (пакет), проверяет, были ли они в нём уже тогда:",
        file: "receipt.txt — это подписанный текст, сохранённый в файл; его можно считать и с QR-кода.",
        stamped: "Рядом с этой квитанцией лежит метка времени (RFC 3161) на файл checkpoint.txt:",
        not_stamped: "Метки времени рядом с этой квитанцией нет.",
        dated_by: "Её датирует то, где и когда она опубликована.",
        no_later_than: "не позднее",
        not_counted: "служба меток времени здесь не закреплена, не учитывается",
    },
];

impl Words {
    /// What is said of one time stamp, on one line.
    pub fn stamp(&self, counted: Option<&Counted>) -> String {
        match counted {
            Some(Counted { at, untrusted_authority }) => {
                format!("{} {at}, {}", self.no_later_than, shown(untrusted_authority))
            }
            None => self.not_counted.to_owned(),
        }
    }
}

/// The command that checks a time stamp without us.
pub fn openssl(file: &str) -> String {
    format!("openssl ts -verify -data checkpoint.txt -in {file} -CAfile AUTHORITY.pem")
}

/// A name of others without what could break or turn a line, or fill the page.
fn shown(untrusted_name: &str) -> String {
    const LONGEST: usize = 100;
    let plain = |c: char| if c.is_alphanumeric() || c.is_ascii_graphic() || c == ' ' { c } else { '?' };
    untrusted_name.chars().take(LONGEST).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_cannot_forge_a_line() {
        let counted = Counted {
            at: jiff::Timestamp::UNIX_EPOCH,
            untrusted_authority: format!("CN=A\n-----END\u{202e}{}", "x".repeat(900)),
        };
        let line = ALL[0].stamp(Some(&counted));
        assert!(line.starts_with("no later than 1970-01-01T00:00:00Z, CN=A?-----END?xxx"), "{line}");
        assert!(line.chars().count() < 150 && !line.contains('\n'));
    }
}
