//! Why a time-stamp authority's answer was not kept.

use vidimus_archive::anchor::{AskError, NotStamped, Unreached};
use vidimus_proof::timestamp::{AnswerError, StampError};

use super::{Lang, safe, say};

/// A clause, without a full stop.
pub fn not_stamped(lang: Lang, reason: &NotStamped) -> String {
    match reason {
        NotStamped::Ask(AskError::Unreached(why)) => unreached(lang, *why).to_owned(),
        NotStamped::Ask(AskError::Status(status)) => say!(
            lang,
            "it answered with HTTP status {status}",
            "він відповів кодом HTTP {status}",
            "он ответил кодом HTTP {status}",
        ),
        NotStamped::Ask(AskError::TooLarge) => lang
            .pick(
                "its answer is larger than any time stamp",
                "його відповідь більша за будь-яку позначку часу",
                "его ответ больше любой метки времени",
            )
            .to_owned(),
        NotStamped::Form(_) => lang
            .pick(
                "what it answered is no time stamp",
                "те, що він відповів, не є позначкою часу",
                "то, что он ответил, не метка времени",
            )
            .to_owned(),
        NotStamped::Answer(AnswerError::Refused(refusal)) => {
            let text = safe::text(&refusal.to_string());
            say!(lang, "it refused ({text})", "він відмовив ({text})", "он отказал ({text})")
        }
        NotStamped::Answer(AnswerError::Policy(policy)) => {
            let policy = safe::text(policy);
            say!(
                lang,
                "its time stamp is under another policy ({policy})",
                "його позначка часу за іншою політикою ({policy})",
                "его метка времени по другой политике ({policy})",
            )
        }
        NotStamped::Answer(AnswerError::Imprint | AnswerError::Nonce) => lang
            .pick(
                "its answer is to another question, perhaps an old one sent again",
                "його відповідь на інше запитання, можливо, стара, надіслана знову",
                "его ответ на другой вопрос, возможно, старый, присланный снова",
            )
            .to_owned(),
        NotStamped::Stamp(StampError::UnknownAuthority(_)) => lang
            .pick(
                "its time stamp is not by the certificates in settings.json",
                "його позначка часу не за сертифікатами з settings.json",
                "его метка времени не по сертификатам из settings.json",
            )
            .to_owned(),
        NotStamped::Stamp(_) => lang
            .pick(
                "its time stamp does not hold",
                "його позначка часу недійсна",
                "его метка времени недействительна",
            )
            .to_owned(),
    }
}

fn unreached(lang: Lang, why: Unreached) -> &'static str {
    match why {
        Unreached::Refused => lang.pick(
            "nobody answers at its address",
            "за його адресою ніхто не відповідає",
            "по его адресу никто не отвечает",
        ),
        Unreached::TimedOut => {
            lang.pick("it did not answer in time", "він не відповів вчасно", "он не ответил вовремя")
        }
        Unreached::UnknownHost => lang.pick(
            "its name is not known to the network",
            "його ім'я невідоме мережі",
            "его имя неизвестно сети",
        ),
        Unreached::Certificate => lang.pick(
            "its connection could not be secured",
            "захищене з'єднання з ним не встановлено",
            "защищённое соединение с ним не установлено",
        ),
        Unreached::BrokenOff => {
            lang.pick("the connection broke off", "з'єднання перервалося", "соединение прервалось")
        }
    }
}
