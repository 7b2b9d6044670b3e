//! The one door: every change is checked, signed and appended here.
