//! Help in the reader's language: the texts beside the arguments are English, and found here by them.

use std::sync::LazyLock;

use clap::builder::StyledStr;
use clap::{Arg, Command};

use super::Lang;
use super::phrases::Phrases;

/// Words of clap's own.
#[cfg(test)]
const WORDS: [&str; 10] = [
    "Usage",
    "Commands",
    "Options",
    "Arguments",
    "[OPTIONS]",
    "<COMMAND>",
    "[COMMAND]",
    "possible values",
    "default",
    "variable",
];

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::of(include_str!("help.txt")));

/// The command line with its help in this language.
pub fn localized(mut command: Command, lang: Lang) -> Command {
    if lang != Lang::En {
        command.build();
        command = in_language(command, lang);
    }
    command
}

fn in_language(command: Command, lang: Lang) -> Command {
    let [usage, commands, options, arguments] =
        ["Usage", "Commands", "Options", "Arguments"].map(|heading| PHRASES.say(lang, heading));
    let subcommands: Vec<String> = command.get_subcommands().map(|one| one.get_name().to_owned()).collect();
    let about = command.get_about().map(|text| said(lang, text));
    let after = command.get_after_help().map(|text| said(lang, text));
    let mut command = command
        .help_template(format!(
            "{{before-help}}{{about-with-newline}}\n{usage}: {{usage}}\n\n{{all-args}}{{after-help}}"
        ))
        .subcommand_help_heading(commands)
        .mut_args(|argument| {
            let heading = if argument.is_positional() { arguments } else { options };
            let help = argument.get_help().map(|text| said(lang, text) + &notes(&argument, lang));
            let argument = argument
                .help_heading(heading)
                .hide_possible_values(true)
                .hide_default_value(true)
                .hide_env(true);
            match help {
                Some(help) => argument.long_help(help.clone()).help(help),
                None => argument,
            }
        });
    let usage_line = command.render_usage().to_string();
    let usage_line = ["[OPTIONS]", "<COMMAND>", "[COMMAND]"]
        .iter()
        .fold(usage_line, |line, &word| line.replace(word, PHRASES.say(lang, word)));
    command = command.override_usage(usage_line.trim_start_matches("Usage:").trim().to_owned());
    if let Some(about) = about {
        command = command.about(about.clone()).long_about(about);
    }
    if let Some(after) = after {
        command = command.after_help(after);
    }
    for name in subcommands {
        command = command.mut_subcommand(name, |one| in_language(one, lang));
    }
    command
}

/// What clap would say in English behind the help of an argument: which values it has, and which variable sets it.
fn notes(argument: &Arg, lang: Lang) -> String {
    let mut notes = String::new();
    let values: Vec<String> = match argument.get_action().takes_values() {
        true => argument.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect(),
        false => Vec::new(),
    };
    if !values.is_empty() {
        notes += &format!(" [{}: {}]", PHRASES.say(lang, "possible values"), values.join(", "));
    }
    let default = argument.get_default_values().first().filter(|_| !values.is_empty());
    if let Some(default) = default {
        notes += &format!(" [{}: {}]", PHRASES.say(lang, "default"), default.to_string_lossy());
    }
    if let Some(variable) = argument.get_env() {
        notes += &format!(" [{}: {}]", PHRASES.say(lang, "variable"), variable.to_string_lossy());
    }
    notes
}

fn said(lang: Lang, english: &StyledStr) -> String {
    let english = english.to_string();
    let known = PHRASES.english().find(|phrase| *phrase == english);
    known.map_or(english, |phrase| PHRASES.say(lang, phrase).to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use clap::CommandFactory as _;

    use super::*;

    fn texts(command: &Command, found: &mut BTreeSet<String>) {
        found.extend(command.get_about().map(ToString::to_string));
        found.extend(command.get_after_help().map(ToString::to_string));
        found.extend(command.get_arguments().filter_map(|one| one.get_help()).map(ToString::to_string));
        command.get_subcommands().for_each(|one| texts(one, found));
    }

    #[test]
    fn every_text_of_the_help_is_there_in_three_languages_and_no_other() {
        let mut command = crate::arguments::Arguments::command();
        command.build();
        let mut found = BTreeSet::from(WORDS.map(String::from));
        texts(&command, &mut found);
        let ours: BTreeSet<String> = PHRASES.english().map(String::from).collect();
        assert_eq!(found.symmetric_difference(&ours).collect::<Vec<_>>(), [] as [&String; 0]);
    }

    #[test]
    fn help_in_another_language_has_no_english_left() {
        for lang in [Lang::Uk, Lang::Ru] {
            let mut found = BTreeSet::new();
            let command = localized(crate::arguments::Arguments::command(), lang);
            texts(&command, &mut found);
            for text in found {
                assert!(text.chars().any(|c| ('а'..='я').contains(&c)), "{text}");
            }
            let help = command.clone().render_long_help().to_string();
            for word in ["OPTIONS", "COMMAND", "Possible", "default", "env:"] {
                assert!(!help.contains(word), "{word} in {help}");
            }
            command.debug_assert();
        }
    }
}
