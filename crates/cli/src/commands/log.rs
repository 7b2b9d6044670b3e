//! `vidimus log`: who did what to one thing.

use clap::Args;

use super::Answer;
use crate::context::Context;
use crate::references;
use crate::trouble::Trouble;
use crate::words::table::Column;
use crate::words::{clocks, openings, safe};

/// Show what was recorded about an accession or item, oldest first
#[derive(Args)]
pub struct Arguments {
    /// An accession or item, such as A7 or A7-312
    #[arg(value_name = "REF")]
    reference: String,
    /// Print a JSON array
    #[arg(long)]
    json: bool,
}

/// Shows it.
///
/// # Errors
/// The reference is not known, or the archive does not open.
pub fn run(arguments: Arguments, context: &mut Context) -> Result<Answer, Trouble> {
    let reference = references::one(&arguments.reference)?;
    let lines = context.open()?.log(&reference)?;
    if arguments.json {
        context.say_json(&lines)?;
        return Ok(Answer::Yes);
    }
    let [seq, at, change, by, note] = context.lang.pick(
        ["index", "our clock", "change", "by", "note"],
        ["номер", "наш годинник", "зміна", "хто", "примітка"],
        ["номер", "наши часы", "изменение", "кто", "примечание"],
    );
    let columns = [
        (Column::Number, seq),
        (Column::Text, at),
        (Column::Text, change),
        (Column::Long, by),
        (Column::Long, note),
    ];
    let cells = lines.iter().map(|line| {
        let mut note = safe::text(line.note.as_deref().unwrap_or_default());
        if let Some(vouched) = line.opening {
            note = format!("{note} ({})", openings::vouched(context.lang, vouched));
        }
        vec![line.seq.to_string(), line.at.to_string(), line.change.clone(), safe::text(&line.by), note]
    });
    context.say_table(&columns, &cells.collect::<Vec<_>>())?;
    for line in &lines {
        for doubt in &line.clock_doubts {
            context.say(&format!("{}: {}", line.seq, clocks::doubt(context.lang, doubt)))?;
        }
    }
    Ok(Answer::Yes)
}
