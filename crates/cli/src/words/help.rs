//! Help in the reader's language: the texts beside the arguments are English, and found here by them.

use std::sync::LazyLock;

use clap::Command;
use clap::builder::StyledStr;

use super::Lang;
use super::phrases::Phrases;

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
            let help = argument.get_help().map(|text| said(lang, text));
            let argument = argument.help_heading(heading);
            match help {
                Some(help) => argument.long_help(help.clone()).help(help),
                None => argument,
            }
        });
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
        let mut found = BTreeSet::from(["Usage", "Commands", "Options", "Arguments"].map(String::from));
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
            command.debug_assert();
        }
    }
}
