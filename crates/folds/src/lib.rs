//! Everything that can be asked, computed from the records and thrown away at will.
