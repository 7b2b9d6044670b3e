//! Cosignatures: another party saw this checkpoint at this time (C2SP tlog-cosignature).
