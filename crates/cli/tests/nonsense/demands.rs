//! What every answer must be, whatever was typed.

use std::ffi::OsString;

use unicode_width::UnicodeWidthStr as _;
use vidimus_model::is_unsafe_to_show;

use crate::place::Ran;

const WIDE: usize = 80;
/// How a line begins that is for whoever mends the program.
const DETAIL: [&str; 3] = ["Technical detail: ", "Технічна подробиця: ", "Техническая подробность: "];

/// Which demands the answer does not meet.
pub fn unmet(ran: &Ran, words: &[OsString], codes: &[i32]) -> Option<String> {
    let mut unmet = Vec::new();
    match ran.code {
        None => unmet.push("it was killed".to_owned()),
        Some(124) => unmet.push("it hangs".to_owned()),
        Some(code) if !codes.contains(&code) => unmet.push(format!("exit code {code}, not of {codes:?}")),
        Some(_) => {}
    }
    let (out, err) = (String::from_utf8_lossy(&ran.out), String::from_utf8_lossy(&ran.err));
    if std::str::from_utf8(&ran.out).is_err() || std::str::from_utf8(&ran.err).is_err() {
        unmet.push("it does not speak UTF-8".to_owned());
    }
    if err.contains("panicked") {
        unmet.push("it panics".to_owned());
    }
    if out.chars().chain(err.chars()).any(|c| c != '\n' && is_unsafe_to_show(c)) {
        unmet.push("a terminal would obey a character of it".to_owned());
    }
    let wide = |line: &&str| line.width() > WIDE && line.trim().contains(' ');
    unmet.extend(out.lines().chain(err.lines()).find(wide).map(|line| format!("too wide: {line}")));
    if ran.code != Some(0) && out.is_empty() {
        let said = sentences(&err);
        let whole = said.len() == 2 && said.iter().all(|one| !one.starts_with(' ') && one.len() > 10);
        if !whole || !said[0].ends_with(['.', '?']) {
            unmet.push(format!("not two sentences: {said:?}"));
        }
        for debug in ["Some(", "None", "Err(", "{ ", "Os {", "os error"] {
            if said.iter().any(|one| one.contains(debug)) {
                unmet.push(format!("it speaks of {debug}"));
            }
        }
    }
    let short = |word: &OsString| word.to_string_lossy().chars().take(40).collect::<String>();
    let typed: Vec<_> = words.iter().map(short).collect();
    let end: String = err.chars().take(400).collect();
    (!unmet.is_empty()).then(|| {
        format!(
            "{typed:?} ({}): {}\n    {}",
            ran.lang,
            unmet.join("; "),
            end.trim_end().replace('\n', "\n    ")
        )
    })
}

/// Lines as they were before they were folded: what goes on stands in.
fn sentences(err: &str) -> Vec<String> {
    let mut said: Vec<String> = Vec::new();
    for line in err.lines() {
        match said.last_mut() {
            Some(last) if line.starts_with("  ") => {
                last.push(' ');
                last.push_str(line.trim_start());
            }
            _ => said.push(line.to_owned()),
        }
    }
    said.retain(|one| !DETAIL.iter().any(|detail| one.starts_with(detail)));
    said
}
