//! Signed notes and verifier keys (C2SP signed-note).
