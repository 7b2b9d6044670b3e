//! What speaks against what our clock said.

use vidimus_archive::clock::ClockDoubt;

use super::{Lang, say};

/// A sentence, without a full stop.
pub fn doubt(lang: Lang, doubt: &ClockDoubt) -> String {
    match doubt {
        ClockDoubt::BeforeEarlierRecord { at, record } => say!(
            lang,
            "our clock was wrong: record {record} before it already says {at}; the order is the log's",
            "наш годинник хибив: запис {record} перед цим каже вже {at}; порядок задає журнал",
            "наши часы ошибались: запись {record} до этой говорит уже {at}; порядок задаёт журнал",
        ),
        ClockDoubt::AfterTimeStamp { at, receipt } => say!(
            lang,
            "our clock was ahead: a time stamp shows that it was there by {at} (receipt {receipt})",
            "наш годинник поспішав: позначка часу показує, що це було вже {at} (квитанція {receipt})",
            "наши часы спешили: метка времени показывает, что это было уже {at} (квитанция {receipt})",
        ),
        ClockDoubt::InTheFuture => lang
            .pick(
                "our clock was ahead: on this machine it is not yet that time",
                "наш годинник поспішав: на цьому комп'ютері ще не та година",
                "наши часы спешили: на этом компьютере это время ещё не наступило",
            )
            .to_owned(),
    }
}
