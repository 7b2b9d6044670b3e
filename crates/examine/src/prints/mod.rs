//! The stage `copies`: one print of each item, by which copies of it are found without opening it again.

pub(crate) mod content;
pub(crate) mod grey;
pub(crate) mod pdq;
pub(crate) mod points;
pub(crate) mod shots;

use std::io::{self, Read};
use std::time::Duration;

use vidimus_model::print::{Chunks, Frame, Print};
use vidimus_model::{DerivativeKind, End, Group, Reason};
use vidimus_sandbox::Limits;

use crate::findings::Made;
use crate::kind::Kind;
use crate::reader::answer::{self, Answer, Pieces, Tag};
use crate::reader::chunks::LEAST_FILE;
use crate::reader::{COPIES, chunks};
use crate::tools::OWN;
use crate::work::{Ran, Task, Work};
use crate::{media, outside};
use grey::Grey;
use pdq::Pdq;
use shots::Seen;

/// Bytes that are read in a second of the slowest processor.
const SPEED: u64 = 20 << 20;
/// Points of a picture that is handed over.
const POINTS: usize = 3 << 20;
/// From this length of its longer side on, a picture's views are taken of half of it.
const VIEWED: usize = 768;

/// A print, while it is made.
#[derive(Default)]
struct Making {
    print: Print,
    /// The first tool that gave something.
    tool: Option<u32>,
}

impl Making {
    fn by(&mut self, tool: u32) -> &mut Print {
        self.tool.get_or_insert(tool);
        &mut self.print
    }
}

/// Makes the print of an item, from its bytes, from what is seen and from what is heard; each that fails leaves the others.
pub(crate) fn run(work: &mut Work<'_>) {
    let Some(kind) = work.kind() else { return };
    let mut making = Making::default();
    let film = match kind.group() {
        Group::Video | Group::Audio => media::film(work),
        _ => None,
    };
    if film.is_some() {
        work.is_prepared();
    }
    from_bytes(work, kind, &mut making);
    if let Some(film) = film {
        making.print.seconds = film.duration_ms.map(|all| all as f32 / 1000.0);
        if let Some((tool, Seen { frames, views })) = media::seen(work, &film) {
            let print = making.by(tool);
            (print.frames, print.views, print.aspect) = (frames, views, film.aspect);
        }
        if let Some((tool, sound)) = media::heard(work, &film) {
            making.by(tool).sound = Some(sound);
        }
    }
    keep(work, making);
}

fn keep(work: &mut Work<'_>, making: Making) {
    let Some(tool) = making.tool else { return };
    match making.print.encode() {
        Ok(bytes) => {
            let (kind, media_type) = (DerivativeKind::Print, "application/vnd.vidimus.print");
            work.findings.made.push(Made { kind, look: None, media_type, bytes, tool });
        }
        Err(_) => work.judge(tool, End::Failed, Some(Reason::TooManyParts), None),
    }
}

/// Parts of its bytes, and a picture in one run.
fn from_bytes(work: &mut Work<'_>, kind: Kind, making: &mut Making) {
    let size = work.unlocked.as_ref().map_or(work.subject.size(), |bytes| bytes.len() as u64);
    let is_picture = kind.is_decoded_here();
    if size == 0 || !is_picture && size < LEAST_FILE {
        return;
    }
    let pixels = if is_picture { work.options.limits.pixels } else { 0 }.to_string();
    let cpu = Duration::from_secs(60 + size / SPEED);
    let limits = Limits { wall: cpu * 4, cpu, memory: 3 << 30, output: 4 << 20, ..Limits::default() };
    let ran = work.run(Task { limits, ..Task::new(OWN, &[COPIES, &pixels]) });
    let given = given(&ran);
    let gave = given.chunks.is_some() || given.grey.is_some();
    match (&given.answer, ran.is_done()) {
        (Some(answer), whole) => outside::note(work, ran.tool, answer, whole),
        (None, true) => work.judge(ran.tool, End::Failed, Some(Reason::Crashed), None),
        (None, false) => {}
    }
    if gave && let Some(reason) = ran.reason(work) {
        work.judge(ran.tool, End::Partly, Some(reason), None);
    }
    if let Some(chunks) = given.chunks {
        making.by(ran.tool).chunks = Some(chunks);
    }
    if let Some(grey) = given.grey {
        let Pdq { hash, quality } = Pdq::of(&grey);
        let print = making.by(ran.tool);
        print.aspect = grey.width as f32 / grey.height as f32;
        print.frames.push(Frame { at_ms: 0, hash, quality, small: grey.small() });
        print.views.push(points::view(&viewed(grey), 0, 0));
    }
}

/// A picture as large as those whose views are compared; its hash needs a finer one to be that which others made of it.
fn viewed(grey: Grey) -> Grey {
    let Grey { width, height, .. } = grey;
    if width.max(height) < VIEWED || width.min(height) < 2 {
        return grey;
    }
    grey.resized(grey.edges(), width / 2, height / 2)
}

/// What our own reader gave, as far as it is what it should be.
#[derive(Default)]
struct Given {
    answer: Option<Answer>,
    chunks: Option<Chunks>,
    grey: Option<Grey>,
}

fn given(ran: &Ran) -> Given {
    let (mut untrusted, mut given) = (ran.untrusted_output(), Given::default());
    while let Ok(Some((tag, bytes))) = answer::next(&mut untrusted) {
        match tag {
            Tag::Answer => given.answer = serde_json::from_slice(&bytes).ok().or(given.answer),
            Tag::Chunks => given.chunks = chunks::read(&bytes).filter(Chunks::is_sound),
            Tag::Canvas => match canvas(&mut untrusted, &bytes) {
                Some(grey) => given.grey = Some(grey),
                None => break,
            },
            _ => break,
        }
    }
    given
}

fn canvas(untrusted: &mut &[u8], head: &[u8]) -> Option<Grey> {
    let (width, height) = answer::canvas(head)?;
    let size = (width as usize).checked_mul(height as usize).filter(|size| *size <= POINTS)?;
    let mut values = vec![0; size];
    let mut pieces = Pieces::new(untrusted);
    pieces.read_exact(&mut values).ok()?;
    io::copy(&mut pieces, &mut io::sink()).ok().filter(|behind| *behind == 0)?;
    Grey::new(width as usize, height as usize, values)
}
