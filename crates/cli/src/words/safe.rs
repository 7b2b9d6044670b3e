//! Text that came from outside, made harmless for a terminal.

use std::path::Path;

use vidimus_model::FoundPath;

/// Control and direction-changing characters escaped, so that nothing can pose as another line.
pub fn text(untrusted: &str) -> String {
    FoundPath::new(untrusted.as_bytes()).to_string()
}

/// A path of this machine.
pub fn path(untrusted: &Path) -> String {
    use std::os::unix::ffi::OsStrExt as _;
    FoundPath::new(untrusted.as_os_str().as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_note_cannot_turn_the_line_around() {
        assert_eq!(super::text("a\u{202e}b\nc"), r"a\u{202e}b\u{a}c");
    }
}
