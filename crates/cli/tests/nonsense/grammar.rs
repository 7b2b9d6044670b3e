//! Every command with its options and arguments, as `--help` tells them: what is new there is missed in the table.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::{House, Said};
use crate::table::GLOBALS;

/// What can be typed: for each command its slots (`<REF>`, `--reason`), and whether they take no value.
pub struct Grammar(BTreeMap<String, BTreeMap<String, bool>>);

impl Grammar {
    /// Asks the program, from its first command down.
    pub fn of_the_help() -> Self {
        let mut grammar = Self(BTreeMap::new());
        grammar.read(&House::new(), "");
        assert!(grammar.0.len() >= 40, "{} commands", grammar.0.len());
        grammar
    }

    fn read(&mut self, house: &House, command: &str) {
        let Said { out, .. } = house.vidimus(command.split_whitespace().chain(["--help"])).succeeds();
        let (mut heading, mut slots, mut below) = ("", BTreeMap::new(), Vec::new());
        for line in out.lines() {
            if !line.starts_with(' ') && line.ends_with(':') {
                heading = line;
                continue;
            }
            let (indent, text) = (line.len() - line.trim_start().len(), line.trim_start());
            let words = || text.split_whitespace();
            match heading {
                "Commands:" if indent == 2 => below.push(words().next().unwrap().to_owned()),
                "Arguments:" if indent == 2 => {
                    slots.insert(words().next().unwrap().to_owned(), false);
                }
                "Options:" if (indent == 2 || indent == 6) && text.starts_with('-') => {
                    let name = words().find(|word| word.starts_with("--")).unwrap();
                    slots.insert(name.to_owned(), !text.contains('<'));
                }
                _ => {}
            }
        }
        below.retain(|name| name != "help");
        for name in &below {
            self.read(house, format!("{command} {name}").trim());
        }
        slots.retain(|slot, _| !["--help", "--version"].contains(&slot.as_str()));
        if below.is_empty() {
            self.0.insert(command.to_owned(), slots);
        }
    }

    /// Each slot of each command, and each command with the slot "": without those that every command has.
    pub fn slots(&self) -> BTreeSet<(String, String)> {
        let global = |slot: &str| GLOBALS.iter().any(|(known, ..)| *known == slot);
        let mut all = BTreeSet::new();
        for (command, slots) in &self.0 {
            for (known, ..) in GLOBALS {
                assert!(slots.contains_key(*known), "{command} has no {known}");
            }
            all.insert((command.clone(), String::new()));
            let own = slots.keys().filter(|slot| !global(slot));
            all.extend(own.map(|slot| (command.clone(), slot.clone())));
        }
        all
    }

    pub fn knows(&self, command: &str, slot: &str) -> bool {
        self.0.get(command).is_some_and(|slots| slots.contains_key(slot))
    }

    pub fn is_flag(&self, command: &str, slot: &str) -> bool {
        self.0[command][slot]
    }
}
