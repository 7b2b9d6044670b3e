//! What is said where something is gone, cannot go, or is asked for as if it were gone.

use vidimus_model::Ref;

use super::{Lang, say};

pub fn gone(lang: Lang, reference: &Ref) -> String {
    say!(
        lang,
        "{reference} is no longer here.\nWhat became of it is shown by: vidimus log {reference}; that it was erased is proved by: vidimus disclose {reference} --tombstone",
        "{reference} тут більше немає.\nЩо з ним сталося, показує: vidimus log {reference}; що його знищено, доводить: vidimus disclose {reference} --tombstone",
        "{reference} здесь больше нет.\nЧто с ним стало, показывает: vidimus log {reference}; что его уничтожили, доказывает: vidimus disclose {reference} --tombstone",
    )
}

pub fn not_erased(lang: Lang, reference: &Ref) -> String {
    say!(
        lang,
        "{reference} was not erased, so there is no tombstone of it.\nCompare the reference with vidimus log {reference}; the file itself is handed out without --tombstone.",
        "{reference} не знищено, тож його надгробка немає.\nЗвірте посилання з vidimus log {reference}; сам файл передають без --tombstone.",
        "{reference} не уничтожено, поэтому его надгробия нет.\nСверьте ссылку с vidimus log {reference}; сам файл передают без --tombstone.",
    )
}

pub fn moves_whole(lang: Lang, reference: &Ref) -> String {
    let whole = reference.whole();
    say!(
        lang,
        "{reference} is part of {whole}, which is yours alone, and only all of that can be moved.\nMove {whole}, or first let the others read it: vidimus release {whole}",
        "{reference} є частиною {whole}, доступного лише вам, а перемістити можна тільки ціле.\nПеремістіть {whole} або спершу відкрийте його іншим: vidimus release {whole}",
        "{reference} - часть {whole}, доступного только вам, а переместить можно лишь целое.\nПереместите {whole} или сначала откройте его другим: vidimus release {whole}",
    )
}
