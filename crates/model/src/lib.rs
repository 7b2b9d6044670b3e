//! What a record says: accessions, items, members, compartments, disclosures; pure.
