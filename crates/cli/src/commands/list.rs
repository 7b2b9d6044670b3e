//! `vidimus list`: the items that the member may read.

use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

use clap::Args;
use vidimus_archive::query::{ListQuery, ListRow};
use vidimus_model::Group;

use super::Answer;
use crate::context::{Context, told};
use crate::references;
use crate::trouble::Trouble;
use crate::words::table::{Column, Table};
use crate::words::{Lang, card_examined, examined, fold, numbers, safe, tells};

/// Rows by which the widths of the columns are chosen; those behind them are not held in memory.
const LOOKED_AT: usize = 1000;

/// Show the items, all or those of an accession
#[derive(Args)]
pub struct Arguments {
    /// An accession or item, such as A7
    #[arg(value_name = "REF")]
    reference: Option<String>,
    /// Withdrawn ones too
    #[arg(long)]
    withdrawn: bool,
    /// Only this kind: video, audio, picture, document, table, mail, container, web, subtitles, other, empty, unknown
    #[arg(long, value_name = "KIND", value_parser = group)]
    kind: Option<Group>,
    /// Only what stands with this camera, such as cam3
    #[arg(long, value_name = "LABEL")]
    camera: Option<String>,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Lists them.
///
/// # Errors
/// The reference is not known, or the archive does not open.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let accession = arguments.reference.as_deref().map(references::one).transpose()?;
    let query = ListQuery {
        accession,
        include_withdrawn: arguments.withdrawn,
        group: arguments.kind,
        camera: arguments.camera,
        ..ListQuery::default()
    };
    let mut archive = context.open()?;
    let out = BufWriter::new(io::stdout().lock());
    let mut writer: Box<dyn Writer> = if arguments.json {
        Box::new(Array { out, first: true })
    } else {
        Box::new(Rows::new(context.lang, out))
    };
    let mut written = Ok(());
    archive.list(&query, &mut |row| {
        written = writer.row(row);
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    told(written.and_then(|()| writer.end()))?;
    drop(writer);
    if !arguments.json {
        let accession = query.accession.as_ref().filter(|one| one.item.is_none());
        let counts = archive.examined(accession)?;
        if counts.of > 0 {
            context.say(&examined::counts(context.lang, counts))?;
        }
    }
    Ok(Answer::Yes)
}

fn group(typed: &str) -> Result<Group, String> {
    serde_json::from_value(typed.into()).map_err(|error| error.to_string())
}

/// Writes rows as they come; an archive may hold ten million.
trait Writer {
    fn row(&mut self, row: ListRow) -> io::Result<()>;
    fn end(&mut self) -> io::Result<()>;
}

/// A JSON array with one row a line.
struct Array<W> {
    out: W,
    first: bool,
}

impl<W: Write> Writer for Array<W> {
    fn row(&mut self, row: ListRow) -> io::Result<()> {
        write!(self.out, "{}", if self.first { "[\n" } else { ",\n" })?;
        self.first = false;
        self.out.write_all(safe::json(&row)?.as_bytes())
    }

    fn end(&mut self) -> io::Result<()> {
        writeln!(self.out, "{}", if self.first { "[]" } else { "\n]" })?;
        self.out.flush()
    }
}

/// A table; its first rows wait until the widths can be chosen.
struct Rows<W> {
    out: W,
    lang: Lang,
    columns: [(Column, &'static str); 6],
    /// Whether a `*` or a `?` stands beside a time.
    marks: bool,
    waiting: Vec<Vec<String>>,
    table: Option<Table<'static>>,
    count: u64,
}

impl<W: Write> Rows<W> {
    fn new(lang: Lang, out: W) -> Self {
        let [reference, path, begins, kind, size, state] = lang.pick(
            ["ref", "path", "claimed time", "kind", "size", "state"],
            ["посилання", "шлях", "вказаний час", "вид", "розмір", "стан"],
            ["ссылка", "путь", "указанное время", "вид", "размер", "состояние"],
        );
        let columns = [
            (Column::Text, reference),
            (Column::Long, path),
            (Column::Text, begins),
            (Column::Text, kind),
            (Column::Number, size),
            (Column::Text, state),
        ];
        Self { out, lang, columns, marks: false, waiting: Vec::new(), table: None, count: 0 }
    }

    /// Chooses the widths and writes what waited.
    fn settle(&mut self) -> io::Result<()> {
        if self.table.is_some() || self.waiting.is_empty() {
            return Ok(());
        }
        let table = Table::of(fold::room(io::stdout()), &self.columns, &self.waiting);
        writeln!(self.out, "{}", table.heading())?;
        for row in self.waiting.drain(..) {
            writeln!(self.out, "{}", table.line(&row))?;
        }
        self.table = Some(table);
        Ok(())
    }
}

impl<W: Write> Writer for Rows<W> {
    fn row(&mut self, row: ListRow) -> io::Result<()> {
        let copy = row.copy_of.as_ref().map(|of| format!(" = {of}")).unwrap_or_default();
        let begins = card_examined::begins(&row.begins);
        self.marks |= begins.ends_with(['*', '?']);
        let cells = vec![
            row.reference.to_string(),
            row.path.to_string(),
            begins,
            row.kind.as_ref().map_or("", |kind| examined::group(self.lang, kind.group)).to_owned(),
            numbers::size(self.lang, row.size),
            tells::state(self.lang, row.state).to_owned() + &copy,
        ];
        self.count += 1;
        match &self.table {
            Some(table) => writeln!(self.out, "{}", table.line(&cells)),
            None => {
                self.waiting.push(cells);
                if self.waiting.len() == LOOKED_AT { self.settle() } else { Ok(()) }
            }
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.settle()?;
        if self.marks {
            let marks = fold::fold(card_examined::marks(self.lang), fold::width(io::stdout()));
            writeln!(self.out, "{marks}")?;
        }
        writeln!(self.out, "{}", tells::items(self.lang, self.count))?;
        self.out.flush()
    }
}
