//! Offline proofs that an entry is in a log (C2SP tlog-proof).
