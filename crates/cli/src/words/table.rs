//! Tables that fit a terminal: numbers to the right, the longest column shortened in its middle.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// How wide a table may be.
pub const WIDTH: usize = 80;
/// What stands between two columns.
const GAP: &str = "  ";
/// No column is shortened below this.
const LEAST: usize = 12;

/// Where a column's text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Text, from the left.
    Text,
    /// A number, from the right.
    Number,
    /// A path or another long text: shortened in its middle where the table would be too wide.
    Long,
}

/// A table whose widths are known.
pub struct Table<'a> {
    columns: Vec<(Column, &'a str)>,
    widths: Vec<usize>,
}

impl<'a> Table<'a> {
    /// A table as wide as its headings and these rows need; each row has as many cells as there are columns.
    pub fn of(columns: &[(Column, &'a str)], rows: &[Vec<String>]) -> Self {
        let mut widths: Vec<usize> = columns.iter().map(|(_, heading)| heading.width()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        let total: usize = widths.iter().sum::<usize>() + GAP.len() * columns.len().saturating_sub(1);
        if let Some(long) = columns.iter().position(|(column, _)| *column == Column::Long) {
            let others = total - widths[long];
            widths[long] = widths[long].min(WIDTH.saturating_sub(others).max(LEAST));
        }
        Self { columns: columns.to_vec(), widths }
    }

    /// The headings.
    pub fn heading(&self) -> String {
        self.line(&self.columns.iter().map(|(_, heading)| (*heading).to_owned()).collect::<Vec<_>>())
    }

    /// One row. A row that came after the widths were chosen may be wider than they are; nothing of it is lost but the middle
    /// of its long column.
    pub fn line(&self, row: &[String]) -> String {
        let cells = self.columns.iter().zip(&self.widths).zip(row).map(|(((column, _), &width), cell)| {
            let cell = if *column == Column::Long { shorten(cell, width) } else { cell.clone() };
            let space = " ".repeat(width.saturating_sub(cell.width()));
            match column {
                Column::Number => space + &cell,
                Column::Text | Column::Long => cell + &space,
            }
        });
        cells.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
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
    use super::{Column, Table, WIDTH, shorten};
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
        let table = Table::of(&columns, &rows);
        let lines = [table.heading(), table.line(&rows[0]), table.line(&rows[1])];
        assert_eq!(lines, ["ref     size", "A1-1       9", "A1-10  1,000"]);
    }

    proptest! {
        #[test]
        fn no_path_makes_a_table_too_wide(paths in proptest::collection::vec("\\PC{0,200}", 1..8)) {
            let rows: Vec<_> = paths.iter().map(|p| vec!["A1-1".into(), p.clone(), "1.0 kB".into()]).collect();
            let columns = [(Column::Text, "ref"), (Column::Long, "path"), (Column::Number, "size")];
            let table = Table::of(&columns, &rows);
            for row in &rows {
                prop_assert!(table.line(row).width() <= WIDTH, "{}", table.line(row));
            }
        }
    }
}
