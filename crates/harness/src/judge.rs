//! What must be true after a fault, whatever it was.

use std::path::Path;

use crate::calls::{Call, Kind};
use crate::house::House;
use crate::scenarios::Scenario;
use crate::trace::{Fault, Point, Traced};

/// What is wrong after a fault; nothing where all is as promised.
pub fn judge(scenario: &Scenario, house: &House<'_>, point: Point, traced: &Traced) -> Vec<String> {
    let mut wrong = Vec::new();
    let hit = traced.hit.map(|number| &traced.calls[number]);
    if let Some(call) = hit
        && traced.code == Some(0)
        && was_believed(point, call, traced)
    {
        wrong.push(format!("it ended well although {} of {} failed", call.name, call.path.display()));
    }
    if traced.code.is_some() && traced.err.contains("panicked") {
        wrong.push(format!("it panicked: {}", traced.err));
    }
    wrong.extend(is_sound(house, "after the fault"));
    for folder in printed_receipts(&traced.out) {
        let receipt = format!("{folder}/receipt.txt");
        if house.says(&["receipt", "compare", &receipt]).code != 0 {
            wrong.push(format!("the printed receipt {folder} does not hold"));
        }
    }
    if let Err(problem) = (scenario.finish)(house) {
        wrong.push(problem);
    }
    wrong.extend(is_sound(house, "when it was finished"));
    wrong
}

/// A sync that failed is made good only by writing the file again, and syncing that.
fn was_believed(point: Point, call: &Call, traced: &Traced) -> bool {
    if !matches!(point.fault, Fault::Failed | Fault::NoSpace) || is_beside(&call.path) {
        return false;
    }
    let later = || traced.calls.iter().skip(point.call + 1);
    match call.kind {
        Kind::Sync => !later().any(|later| later.kind == Kind::Write && later.path == call.path),
        // A write that was made again elsewhere, or was not needed, shows in what is there.
        Kind::Write | Kind::Name => false,
    }
}

/// What is computed anew when it is missing: folds and tiles need no sync.
fn is_beside(path: &Path) -> bool {
    path.components().any(|part| ["folds", "log"].iter().any(|name| part.as_os_str() == *name))
}

fn is_sound(house: &House<'_>, when: &str) -> Option<String> {
    let checked = house.json(&["check", "--full", "--json"]);
    if checked["sound"] == true {
        return None;
    }
    if checked.is_null() {
        // Under its new passphrase, where that was changed.
        let other = house.json(&["check", "--full", "--json", "--passphrase-file", "new"]);
        if other["sound"] == true {
            return None;
        }
    }
    Some(format!("{when}: {}", checked["problems"]))
}

fn printed_receipts(out: &str) -> impl Iterator<Item = &str> {
    out.lines().filter_map(|line| line.strip_prefix("Public receipt: "))
}
