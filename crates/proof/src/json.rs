//! Strict JSON: repeated keys and numbers that lose digits are errors.
