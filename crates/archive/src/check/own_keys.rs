//! Keys that whoever checks must hold: what every member holds, and what they held on this computer before.

use std::collections::BTreeSet;

use vidimus_model::KeyId;

use super::keys::{Keys, wrap_name};
use super::ledger::Scan;
use super::report::{Report, what};
use super::sentence::sentence;
use crate::high_water::HighWater;
use crate::remembered::Remembered;

/// Whoever checks is a member, and every member holds the register and `main`, in all generations.
///
/// A key that another one is wrapped for is a generation; so is the first one of `main`. Others there are of accessions. What else
/// they held on this computer they hold still: nobody gives a compartment's key up.
pub(super) fn look(keys: &Keys, scan: &Scan, mark: &HighWater, report: &mut Report) {
    let Some(me) = keys.member else { return };
    let generations = keys.generations();
    let of_main = scan.main_keys.iter().filter(|key| generations.contains(key));
    let is_used = |key: &String| scan.keys.get(key).is_some_and(|rows| rows.live > 0);
    let remembered = Remembered::of(mark, me).keys().into_iter().map(|key| key.to_string());
    let remembered: BTreeSet<String> = remembered.filter(is_used).collect();
    let of_all = of_main.chain(&scan.first_main_key).chain(&scan.register_key);
    let all: BTreeSet<&String> = of_all.chain(&remembered).collect();
    for id in
        all.into_iter().filter(|key| keys.get(key).is_none()).filter_map(|key| key.parse::<KeyId>().ok())
    {
        if !keys.wraps.get(&id).is_some_and(|holders| holders.contains(&me.to_string())) {
            let problem = sentence!("it is missing, so that {} cannot read the compartment", me);
            report.problem(wrap_name(id, &me.to_string()), problem, what::KEYS);
        }
    }
}
