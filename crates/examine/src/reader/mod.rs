//! Our own reader: one function that runs in the sandbox, and opens there what no program of the system is needed for.
//!
//! It is as hostile as the file as soon as the file has broken it, so what it writes is parsed again outside: [`answer`].

pub(crate) mod answer;
mod detect;
mod holds;

use std::fs::File;
use std::io::{self, Seek as _, SeekFrom, Write as _};

use vidimus_sandbox::keeper::{Granted, Own};

use crate::tools;
use answer::{Answer, Frames};

/// To be given to `vidimus_sandbox::keeper::main` by every program that starts an [`crate::Examiner`].
pub const OWN: &[(&str, Own)] = &[(tools::OWN, read)];

/// Which of its tasks; the first argument.
pub(crate) const LOOK: &str = "look";

/// What a task is given.
struct Given {
    untrusted: File,
    size: u64,
    arguments: Vec<String>,
}

impl Given {
    /// The argument behind the task's name.
    fn argument(&self, index: usize) -> &str {
        self.arguments.get(index + 1).map_or("", String::as_str)
    }
}

fn read(granted: Granted) -> u8 {
    // Nobody hears what could not be said.
    u8::from(answer_task(granted).is_err())
}

fn answer_task(granted: Granted) -> io::Result<()> {
    let mut untrusted = granted.untrusted_input;
    // Asking for its length by `statx` is not allowed here.
    let size = untrusted.seek(SeekFrom::End(0))?;
    untrusted.rewind()?;
    let mut given = Given { untrusted, size, arguments: granted.arguments };
    let mut output = io::BufWriter::with_capacity(64 << 10, granted.output);
    let mut frames = Frames::new(&mut output);
    let answer = match given.arguments.first().map(String::as_str) {
        Some(LOOK) => look(&mut given),
        _ => return Err(io::ErrorKind::InvalidInput.into()),
    };
    frames.answer(&answer)?;
    output.flush()
}

/// What it is.
fn look(given: &mut Given) -> Answer {
    let ending = given.argument(0).to_owned();
    match detect::kind(&mut given.untrusted, given.size, &ending) {
        Ok(kind) => Answer { kind: Some(kind), ..Answer::default() },
        Err(_) => Answer::failed(vidimus_model::Reason::Unreadable),
    }
}
