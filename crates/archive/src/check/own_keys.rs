//! Keys that whoever checks must hold: what every member holds, what they held on this computer before, and what they made.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_model::KeyId;
use vidimus_proof::checkpoint::SignedCheckpoint;

use super::keys::{Keys, wrap_name};
use super::ledger::Scan;
use super::records::Facts;
use super::register::Register;
use super::report::{Report, what};
use super::sentence::sentence;
use crate::high_water::HighWater;
use crate::remembered::{Held, Remembered};

/// Whoever checks is a member, and every member holds the register and `main`, in all generations.
///
/// A key that another one is wrapped for is a generation; so is the first one of `main`. Others there are of accessions. What else
/// they held on this computer they hold still: nobody gives a compartment's key up, and records stand under each.
pub(super) fn look(
    keys: &Keys,
    (scan, register): (&Scan, &Register),
    (mark, is_onward): (&HighWater, bool),
    report: &mut Report,
) {
    let Some(me) = keys.member else { return };
    let generations = keys.generations();
    let of_main = scan.main_keys.iter().filter(|key| generations.contains(key));
    // Of a ledger that went back it is not known which keys it should have, and what was held only in what was given up is none.
    let kept: Vec<u64> = register.rollbacks.iter().map(|back| size_of(&back.kept)).collect();
    let is_there = |(key, held): &(KeyId, Held)| {
        is_used(scan, &key.to_string()) || is_onward && scan.tip.size >= held.size && held.is_in_log(&kept)
    };
    let remembered = Remembered::of(mark, me);
    let known = remembered.keys().unwrap_or_else(|error| {
        report.problem(
            format!("file {}", remembered.name()),
            sentence!("cannot be read: {}", error),
            what::FOREIGN,
        );
        BTreeMap::new()
    });
    let remembered: Vec<(KeyId, Held)> = known.into_iter().filter(is_there).collect();
    for (id, held) in &remembered {
        let now = keys.get(&id.to_string()).map(|key| key.identity.recipient().to_string());
        if now.zip(held.recipient.clone()).is_some_and(|(now, then)| now != then) {
            let problem = sentence!("it is another key than {} held on this computer", register.name(me));
            report.problem(format!("key held/{id}"), problem, what::KEYS);
        }
    }
    let remembered: BTreeSet<String> = remembered.iter().map(|(key, _)| key.to_string()).collect();
    let of_all = of_main.chain(&scan.first_main_key).chain(&scan.register_key);
    let all: BTreeSet<&String> = of_all.chain(&remembered).collect();
    for id in
        all.into_iter().filter(|key| keys.get(key).is_none()).filter_map(|key| key.parse::<KeyId>().ok())
    {
        if !keys.wraps.get(&id).is_some_and(|holders| holders.contains(&me.to_string())) {
            let problem =
                sentence!("it is missing, so that {} cannot read the compartment", register.name(me));
            report.problem(wrap_name(id, &me.to_string()), problem, what::KEYS);
        }
    }
}

/// What they made by records that they can read they can open, as long as something is sealed by it: who puts another file there
/// takes it from them.
pub(super) fn look_at_made(
    keys: &Keys,
    (scan, register): (&Scan, &Register),
    facts: &Facts,
    report: &mut Report,
) {
    let Some(me) = keys.member else { return };
    let name = register.name(me);
    for (key, begun_for) in facts.received.keys_of(me).filter(|(key, _)| keys.get(key).is_none()) {
        let is_wrapped =
            key.parse::<KeyId>().is_ok_and(|id| keys.wraps.get(&id).is_some_and(|all| !all.is_empty()));
        let is_used = is_used(scan, key);
        let reference = format!("key held/{key}");
        // Where no file is there at all it is named by what it seals.
        if (is_used && is_wrapped || !is_used && begun_for.is_some()) && !report.has_named_below(&reference) {
            let problem = match is_wrapped {
                true => sentence!("it is not the one that {} made: what it seals cannot be read", name),
                false => {
                    sentence!("no file of it is there: {} made it, and what it seals cannot be read", name)
                }
            };
            report.problem(reference, problem, what::KEYS);
        }
    }
    for (seq, to) in facts.received.moved_by(me).filter(|(_, to)| !facts.holds(to)) {
        let problem = sentence!("{} moved something there by record {}, and holds no key of it", name, seq);
        report.problem(format!("key of compartment {to}"), problem, what::KEYS);
    }
}

/// The size in a checkpoint (note).
pub(super) fn size_of(note: &str) -> u64 {
    SignedCheckpoint::from_bytes(note.as_bytes()).map_or(0, |signed| signed.checkpoint().size)
}

/// Does a key seal a record that is there?
fn is_used(scan: &Scan, key: &str) -> bool {
    scan.keys.get(key).is_some_and(|rows| rows.live > 0)
}
