//! The tables whose rows follow from single records: where the number of the record stands in each, and when a row goes.

/// A table of `schema.sql`.
pub(super) struct Table {
    pub name: &'static str,
    /// All of them, those of its key first.
    pub columns: &'static str,
    /// The columns of its key, counted from 1.
    pub key: &'static str,
    /// The column with the number of the record, counted from 0.
    pub seq: usize,
    /// Does it begin with a reference?
    pub reference: bool,
    /// When its rows go.
    pub goes: Goes,
}

/// When rows go.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Goes {
    /// Never: what was destroyed stays destroyed.
    Never,
    /// With the record that says so.
    WithRecord,
    /// With the record, and with the thing that this record is about.
    WithThing,
}

const fn of(name: &'static str, columns: &'static str, key: &'static str, goes: Goes) -> Table {
    Table { name, columns, key, seq: 0, reference: false, goes }
}

/// One that begins with `accession, number, members, seq`.
const fn about(name: &'static str, columns: &'static str, key: &'static str, goes: Goes) -> Table {
    Table { name, columns, key, seq: 3, reference: true, goes }
}

use Goes::{Never, WithRecord, WithThing};

/// All of them but what was not taken, which is compared by fingerprints, as items are.
pub(super) const TABLES: [Table; 15] = [
    of("record", "seq, at, member, kind, body", "1", WithRecord),
    about("about", "accession, number, members, seq, kind", "1, 2, 3, 4", WithRecord),
    about(
        "place",
        "accession, number, members, seq, object, object_size, header, \"offset\", length",
        "1, 2, 3, 4",
        WithRecord,
    ),
    about("stage", "accession, number, members, seq, stage, ended, attempt", "1, 2, 3, 4, 5", WithThing),
    about(
        "kind",
        "accession, number, members, seq, \"group\", media_type, ending_fits, length_ms",
        "1, 2, 3, 4",
        WithThing,
    ),
    about(
        "failure",
        "accession, number, members, seq, nth, stage, tool, ended, reason",
        "1, 2, 3, 4, 5",
        WithThing,
    ),
    about(
        "derivative",
        "accession, number, members, seq, nth, sha256, object, object_size, header, \"offset\", length",
        "1, 2, 3, 4, 5",
        WithThing,
    ),
    about(
        "derivative_place",
        "accession, number, members, seq, nth, sha256, object, object_size, header, \"offset\", length",
        "1, 2, 3, 4, 5",
        WithThing,
    ),
    about("camera_claim", "accession, number, members, seq, nth, label", "1, 2, 3, 4, 5", WithThing),
    about("beginning", "accession, number, members, seq, nth, claim", "1, 2, 3, 4, 5", WithThing),
    about("clock_note", "accession, number, members, seq, nth, sentence", "1, 2, 3, 4, 5", WithThing),
    about("camera", "accession, number, members, seq, label", "1, 2, 3, 4", WithThing),
    about("camera_given", "accession, number, members, seq, label", "1, 2, 3, 4", WithThing),
    of("destroyed", "seq", "1", Never),
    of("unknown", "seq, change", "1", WithRecord),
];

/// What was not taken.
pub(super) const NOT_TAKEN: &str = "not_taken";

/// What is computed from several records, or kept in few bytes.
pub(super) const OTHERS: [&str; 6] =
    ["old_bytes", "recent_bytes", "old_object", "recent_object", "item", "tally"];

/// The tables whose rows go with the record that they follow from. Items go by their reference, which an erasure always names.
pub(super) fn by_number() -> impl Iterator<Item = &'static str> {
    TABLES.iter().filter(|table| table.goes != Never).map(|table| table.name).chain([NOT_TAKEN])
}

/// Of these, those whose rows also go where a record is no longer about a thing.
pub(super) fn of_things() -> impl Iterator<Item = &'static str> {
    TABLES.iter().filter(|table| table.goes == WithThing).map(|table| table.name)
}

/// All that facts are kept in.
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    TABLES.iter().map(|table| table.name).chain([NOT_TAKEN]).chain(OTHERS)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::all;
    use crate::catalogue::FORM;

    #[test]
    fn every_table_of_the_schema_is_named_once() {
        let db = crate::database::in_memory(FORM).unwrap();
        let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'meta'";
        let mut found = db.prepare(sql).unwrap();
        let names = found.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let names: BTreeSet<String> = names.collect::<Result<_, _>>().unwrap();
        assert_eq!(all().map(str::to_owned).collect::<BTreeSet<_>>(), names);
        assert_eq!(all().count(), names.len());
    }
}
