//! Tables that fit a terminal: numbers to the right, the longest column shortened in its middle, and what still does not fit below.

use super::fold::fold;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// What stands between two columns.
const GAP: &str = "  ";
/// No long column is shortened below this: of a path nothing could be told any more.
const LEAST: usize = 12;
/// How far that stands in which did not fit beside the others.
const INDENT: &str = "    ";

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Text, from the left.
    Text,
    /// A number, from the right.
    Number,
    /// A path, a name or another long text: shortened in its middle where the table would be too wide.
    Long,
}

/// A table whose widths are known.
pub struct Table<'a> {
    columns: Vec<(Column, &'a str)>,
    widths: Vec<usize>,
    room: usize,
}

impl<'a> Table<'a> {
    /// A table as wide as its headings and these rows need, but not wider than `room`; each row has as many cells as there
    /// are columns.
    pub fn of(room: usize, columns: &[(Column, &'a str)], rows: &[Vec<String>]) -> Self {
        let mut widths: Vec<usize> = columns.iter().map(|(_, heading)| heading.width()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        narrow(&mut widths, columns, room);
        Self { columns: columns.to_vec(), widths, room }
    }

    /// The headings.
    pub fn heading(&self) -> String {
        self.line(&self.columns.iter().map(|(_, heading)| (*heading).to_owned()).collect::<Vec<_>>())
    }

    /// One row. Where it came after the widths were chosen and has a wider number, its long cells give way. What does not fit
    /// even then stands on a line of its own.
    pub fn line(&self, row: &[String]) -> String {
        let mut widths = self.widths.clone();
        for ((width, (column, _)), cell) in widths.iter_mut().zip(&self.columns).zip(row) {
            if *column != Column::Long {
                *width = (*width).max(cell.width());
            }
        }
        narrow(&mut widths, &self.columns, self.room);
        let cells = self.columns.iter().zip(&widths).zip(row).map(|(((column, _), &width), cell)| {
            let cell = if *column == Column::Long { shorten(cell, width) } else { cell.clone() };
            let space = " ".repeat(width.saturating_sub(cell.width()));
            match column {
                Column::Number => space + &cell,
                Column::Text | Column::Long => cell + &space,
            }
        });
        self.broken(cells)
    }

    fn broken(&self, cells: impl Iterator<Item = String>) -> String {
        let (mut lines, mut line) = (String::new(), String::new());
        for cell in cells {
            let gap = if line.is_empty() { "" } else { GAP };
            if line.width() + gap.len() + cell.trim_end().width() <= self.room || line.trim().is_empty() {
                line = line + gap + &cell;
            } else {
                lines = lines + line.trim_end() + "\n";
                line = INDENT.to_owned() + cell.trim_start();
            }
        }
        lines += line.trim_end();
        fold(&lines, self.room)
    }
}

/// Takes from the widest of the long columns, column by column, until the line fits.
fn narrow(widths: &mut [usize], columns: &[(Column, &str)], room: usize) {
    let total = widths.iter().sum::<usize>() + GAP.len() * columns.len().saturating_sub(1);
    for _ in room..total {
        let long = widths.iter_mut().zip(columns).filter(|(_, (column, _))| *column == Column::Long);
        match long.map(|(width, _)| width).max().filter(|width| **width > LEAST) {
            Some(widest) => *widest -= 1,
            None => break,
        }
    }
}

/// The beginning and the end, with `…` for what was left out: the end of a path says most.
pub fn shorten(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let (begin, end) = (begin_of(text, room / 3), end_of(text, room - room / 3));
    format!("{begin}…{end}")
}

/// The longest beginning that fits. Measured as a whole: a selector of emoji makes the character before it wider.
fn begin_of(text: &str, room: usize) -> &str {
    let cuts = text.char_indices().map(|(cut, _)| cut).skip(1);
    cuts.map(|cut| &text[..cut]).take_while(|begin| begin.width() <= room).last().unwrap_or_default()
}

/// The longest end that fits, and that does not begin with something that belongs to the character before it.
fn end_of(text: &str, room: usize) -> &str {
    let cuts = text.char_indices().rev().map(|(cut, _)| cut);
    let fitting = cuts.map(|cut| &text[cut..]).take_while(|end| end.width() <= room).last();
    fitting.unwrap_or_default().trim_start_matches(|c: char| c.width().unwrap_or(0) == 0)
}

#[cfg(test)]
mod tests {
    use super::{Column, Table, shorten};
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr as _;

    #[test]
    fn the_middle_of_a_path_goes() {
        assert_eq!(shorten("camera 3/2021/05/clip.mp4", 16), "camer…5/clip.mp4");
        assert_eq!(shorten("short", 5), "short");
        // With the selector behind it the sign is two columns wide.
        let sign = "#\u{fe0f}";
        assert_eq!(shorten(&sign.repeat(9), 6), format!("#…{}", sign.repeat(2)));
    }

    #[test]
    fn numbers_stand_below_each_other() {
        let rows = [vec!["A1-1".into(), "9".into()], vec!["A1-10".into(), "1,000".into()]];
        let columns = [(Column::Text, "ref"), (Column::Number, "size")];
        let table = Table::of(80, &columns, &rows);
        let lines = [table.heading(), table.line(&rows[0]), table.line(&rows[1])];
        assert_eq!(lines, ["ref     size", "A1-1       9", "A1-10  1,000"]);
    }

    #[test]
    fn names_give_way_to_numbers() {
        let names = [vec!["1".into(), "ж".repeat(60), "щ".repeat(60), "2026-02-17".into()]];
        let columns =
            [(Column::Number, "n"), (Column::Long, "by"), (Column::Long, "what"), (Column::Text, "at")];
        let table = Table::of(80, &columns, &names);
        let line = table.line(&names[0]);
        assert!(line.width() == 80 && line.ends_with("  2026-02-17") && line.contains("ж…ж"), "{line}");
        let late = vec!["1234567".to_owned(), names[0][1].clone(), String::new(), String::new()];
        assert!(table.line(&late).width() <= 80, "{}", table.line(&late));
    }

    #[test]
    fn what_does_not_fit_beside_a_path_stands_below_it() {
        let rows = [vec!["A1-1".into(), "ж".repeat(60), "особисте = A1-22, A1-23, A1-24".into()]];
        let columns = [(Column::Text, "ref"), (Column::Long, "path"), (Column::Text, "state")];
        let table = Table::of(40, &columns, &rows);
        assert_eq!(table.line(&rows[0]), "A1-1  жжж…жжжжжжжж\n    особисте = A1-22, A1-23, A1-24");
        let piped = Table::of(usize::MAX, &columns, &rows);
        assert!(piped.line(&rows[0]).contains(&"ж".repeat(60)));
    }

    proptest! {
        #[test]
        fn no_path_makes_a_table_too_wide(paths in proptest::collection::vec("\\PC{0,200}", 1..8)) {
            let rows: Vec<_> = paths.iter().map(|p| vec!["A1-1".into(), p.clone(), "1.0 kB".into()]).collect();
            let columns = [(Column::Text, "ref"), (Column::Long, "path"), (Column::Number, "size")];
            let table = Table::of(80, &columns, &rows);
            for row in &rows {
                prop_assert!(table.line(row).width() <= 80, "{}", table.line(row));
            }
        }
    }
}
