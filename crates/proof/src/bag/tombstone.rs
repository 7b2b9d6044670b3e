//! The file that stands in a bag for what was erased: what the tombstone's record says, as text.

use std::fmt::Write as _;

use crate::record::Record;

/// The change that the record of a tombstone says.
pub const TOMBSTONE: &str = "erasure/1";
/// The fields of a tombstone's record that are always open, and that its file repeats.
pub const TOMBSTONE_FIELDS: [&str; 5] = ["about", "change", "day", "entries", "reason"];

/// The text of the file: of each field a line, its name, a colon, a space and its value as compact JSON.
///
/// # Errors
/// The field that is not open, or not of its kind.
pub fn tombstone_text(record: &Record) -> Result<String, &'static str> {
    let mut text = String::new();
    for name in TOMBSTONE_FIELDS {
        let value = record.field(name).ok_or(name)?;
        let is_sound = match name {
            "about" | "entries" => value.as_array().is_some_and(|all| {
                let of_kind =
                    |one: &serde_json::Value| if name == "about" { one.is_string() } else { one.is_u64() };
                (name == "entries" || !all.is_empty()) && all.iter().all(of_kind)
            }),
            _ => value.is_string(),
        };
        if !is_sound {
            return Err(name);
        }
        writeln!(text, "{name}: {value}").expect("a text takes all that is written to it");
    }
    Ok(text)
}
