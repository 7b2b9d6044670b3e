//! Keys and what they close: members, compartments, accessions, keyholders, sealed objects and rows.
