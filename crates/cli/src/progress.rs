//! How far long work has come: a bar with rate and remaining time, on a terminal only.

use std::io::{self, IsTerminal as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::words::Lang;

/// A bar on standard error; nothing where nobody would see it.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar of bytes.
    pub fn new(lang: Lang) -> Self {
        let bar = if io::stderr().is_terminal() {
            ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(5))
        } else {
            ProgressBar::hidden()
        };
        let template = lang.pick(
            "{bar:20} {percent:>3} %  {decimal_bytes_per_sec}  {eta} left  {msg}",
            "{bar:20} {percent:>3} %  {decimal_bytes_per_sec}  лишилося {eta}  {msg}",
            "{bar:20} {percent:>3} %  {decimal_bytes_per_sec}  осталось {eta}  {msg}",
        );
        bar.set_style(
            ProgressStyle::with_template(template).expect("the template is a constant that parses"),
        );
        Self(bar)
    }

    /// So many of so many bytes are done; the message is made only if somebody sees it.
    pub fn at(&self, bytes: u64, of: u64, message: impl FnOnce() -> String) {
        if !self.0.is_hidden() {
            self.0.set_length(of.max(bytes));
            self.0.set_position(bytes);
            self.0.set_message(message());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::{Bar, Lang};

    #[test]
    fn every_language_has_a_bar_that_parses() {
        for lang in [Lang::En, Lang::Uk, Lang::Ru] {
            Bar::new(lang).at(1, 2, String::new);
        }
    }
}
