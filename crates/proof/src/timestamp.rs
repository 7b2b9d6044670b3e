//! Time-stamp tokens of RFC 3161: requested, parsed, checked against named authorities.
