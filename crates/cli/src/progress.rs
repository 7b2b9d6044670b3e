//! How far long work has come: a bar with rate and remaining time, on a terminal only.

use std::fmt::Write;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use vidimus_archive::{Archive, Step};

use crate::words::{Lang, numbers, tells};

/// A bar on standard error; nothing where nobody would see it.
pub struct Bar {
    bar: ProgressBar,
    lang: Lang,
    counted: Counted,
}

/// What the rate is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    Bytes,
    Things,
}

impl Bar {
    /// A bar at its beginning.
    pub fn new(lang: Lang) -> Self {
        let bar = if io::stderr().is_terminal() {
            ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(5))
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(style(lang, Counted::Bytes));
        Self { bar, lang, counted: Counted::Bytes }
    }

    /// A bar of what the archive tells on its way, until it is dropped.
    pub fn following(archive: &mut Archive, lang: Lang) -> Self {
        let bar = Self::new(lang);
        let mut shown = Self { bar: bar.bar.clone(), lang, counted: Counted::Bytes };
        let mut work = None;
        archive.watch(move |Step { work: now, done, of }| {
            if shown.bar.is_finished() {
                return;
            }
            if work.replace(now) != Some(now) {
                shown.begin_anew();
            }
            shown.count(done, of, || tells::work(lang, now).to_owned());
        });
        bar
    }

    /// So many of so many bytes are done; the message is made only if somebody sees it.
    pub fn at(&mut self, bytes: u64, of: u64, message: impl FnOnce() -> String) {
        self.show(Counted::Bytes, bytes, of, message);
    }

    /// So many of so many things are done.
    pub fn count(&mut self, done: u64, of: u64, message: impl FnOnce() -> String) {
        self.show(Counted::Things, done, of, message);
    }

    /// What was shown last was no work: it counts for neither the rate nor what remains.
    pub fn leave_out(&self) {
        // Else the jump is taken for speed with the next one.
        self.bar.tick();
        self.bar.reset_eta();
    }

    /// Other work: what was said of the last is not true of it.
    fn begin_anew(&self) {
        self.bar.set_message("");
        self.bar.reset();
    }

    fn show(&mut self, counted: Counted, done: u64, of: u64, message: impl FnOnce() -> String) {
        if self.bar.is_hidden() {
            return;
        }
        if counted != self.counted {
            self.counted = counted;
            self.begin_anew();
            self.bar.set_style(style(self.lang, counted));
        }
        self.bar.set_length(of.max(done));
        self.bar.set_position(done);
        self.bar.set_message(message());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        // Drawn once more where it stands: to be cleared it would count as done, and the last drawing may be old.
        if !self.bar.is_finished() {
            self.bar.abandon();
        }
        self.bar.finish_and_clear();
    }
}

fn style(lang: Lang, counted: Counted) -> ProgressStyle {
    let rate = move |state: &ProgressState, out: &mut dyn Write| {
        let _ = out.write_str(&per_second(lang, counted, state.per_sec()));
    };
    let left = move |state: &ProgressState, out: &mut dyn Write| {
        let _ = out.write_str(&remaining(lang, state.eta()));
    };
    let style = ProgressStyle::with_template("{bar:20} {percent:>3} %  {rate}  {left}  {wide_msg}");
    style.expect("the template is a constant that parses").with_key("rate", rate).with_key("left", left)
}

fn per_second(lang: Lang, counted: Counted, rate: f64) -> String {
    // A rate is at least zero, and no disk is faster than 2^64 bytes a second.
    let rate = rate.round() as u64;
    let number = match counted {
        Counted::Bytes => numbers::size(lang, rate),
        Counted::Things => numbers::count(lang, rate),
    };
    number + lang.pick("/s", "/с", "/с")
}

fn remaining(lang: Lang, time: Duration) -> String {
    let seconds = time.as_secs();
    let (number, unit) = match seconds {
        0..100 => (seconds, lang.pick("s", "с", "с")),
        100..6000 => (seconds / 60, lang.pick("min", "хв", "мин")),
        _ => (seconds / 3600, lang.pick("h", "год", "ч")),
    };
    match lang {
        Lang::En => format!("{number} {unit} left"),
        Lang::Uk => format!("лишилося {number} {unit}"),
        Lang::Ru => format!("осталось {number} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_bar_that_parses() {
        for lang in [Lang::En, Lang::Uk, Lang::Ru] {
            Bar::new(lang).at(1, 2, String::new);
            Bar::new(lang).count(1, 2, String::new);
        }
    }

    #[test]
    fn rates_and_times_are_in_the_readers_language() {
        assert_eq!(per_second(Lang::En, Counted::Bytes, 1_500_000.2), "1.5 MB/s");
        assert_eq!(per_second(Lang::Ru, Counted::Things, 20_000.0), "20\u{a0}000/с");
        let left = |seconds| remaining(Lang::Uk, Duration::from_secs(seconds));
        assert_eq!([left(9), left(300), left(7200)], ["лишилося 9 с", "лишилося 5 хв", "лишилося 2 год"]);
    }
}
