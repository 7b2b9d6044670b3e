//! Checkpoints: the signed statement of how large a log is and what its root is (C2SP tlog-checkpoint).
