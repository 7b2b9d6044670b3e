//! What was typed wrong, in two sentences.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::{Lang, safe, say};

/// What is wrong, and where to look.
pub fn wrong(lang: Lang, error: &Error) -> String {
    let argument = text(error, ContextKind::InvalidArg);
    let value = text(error, ContextKind::InvalidValue);
    let valid = text(error, ContextKind::ValidValue);
    let what = match error.kind() {
        ErrorKind::UnknownArgument => say!(
            lang,
            "This command does not know {argument}.",
            "Ця команда не знає {argument}.",
            "Эта команда не знает {argument}.",
        ),
        ErrorKind::InvalidSubcommand => {
            let command = text(error, ContextKind::InvalidSubcommand);
            say!(lang, "There is no command {command}.", "Немає команди {command}.", "Нет команды {command}.")
        }
        ErrorKind::MissingRequiredArgument => say!(
            lang,
            "Something is missing: {argument}.",
            "Чогось бракує: {argument}.",
            "Чего-то не хватает: {argument}.",
        ),
        ErrorKind::InvalidValue if value.is_empty() => {
            say!(
                lang,
                "{argument} needs a value.",
                "{argument} потребує значення.",
                "{argument} требует значения."
            )
        }
        ErrorKind::InvalidValue if !valid.is_empty() => say!(
            lang,
            "{argument} cannot be {value}; it is one of: {valid}.",
            "{argument} не може бути {value}; можливі: {valid}.",
            "{argument} не может быть {value}; возможны: {valid}.",
        ),
        ErrorKind::ArgumentConflict => {
            let other = text(error, ContextKind::PriorArg);
            say!(
                lang,
                "{argument} does not go together with {other}.",
                "{argument} не поєднується з {other}.",
                "{argument} не сочетается с {other}.",
            )
        }
        ErrorKind::InvalidUtf8 => say!(
            lang,
            "Something that was typed is not valid UTF-8.",
            "Щось уведене не є правильним UTF-8.",
            "Что-то введённое не является правильным UTF-8.",
        ),
        _ if argument.is_empty() => {
            say!(lang, "This cannot be understood.", "Цього не зрозуміти.", "Это нельзя понять.")
        }
        _ if value.is_empty() => say!(
            lang,
            "{argument} cannot be used so.",
            "{argument} не можна вжити так.",
            "{argument} нельзя употребить так.",
        ),
        _ => say!(
            lang,
            "{argument} cannot be {value}.",
            "{argument} не може бути {value}.",
            "{argument} не может быть {value}.",
        ),
    };
    what + "\n"
        + lang.pick(
            "See how it is meant, with --help behind the command.",
            "Подивіться, як треба: --help після команди.",
            "Посмотрите, как надо: --help после команды.",
        )
}

/// What clap says of one side of the error, made harmless; empty where it says nothing.
fn text(error: &Error, kind: ContextKind) -> String {
    match error.get(kind) {
        Some(ContextValue::String(text)) => one(text),
        Some(ContextValue::Strings(texts)) => {
            texts.iter().map(|text| one(text)).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

/// Without the dots that say that it may be repeated.
fn one(text: &str) -> String {
    safe::text(text.strip_suffix("...").unwrap_or(text))
}
