//! Every item's object: there, the one that was sealed for it, and (with `full`) holding the bytes that were received.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use vidimus_vault::{FolderVault, GetError, ObjectName, ObjectReader, Vault as _};

use super::CheckProgress;
use super::items::{ItemFacts, Items, ObjectFacts};
use super::keys::Keys;
use super::made::Made;
use super::meanwhile::Since;
use super::objects_read::{Expected, Span, Trouble, header_of, read};
use super::pending::Pending;
use super::records::Facts;
use super::report::{Report, what};
use super::sentence::sentence;
use crate::destroyed::Gone;

/// What objects are checked with.
pub(super) struct Bench<'a> {
    /// Where they are.
    pub vault: &'a FolderVault,
    /// What opens them.
    pub keys: &'a Keys,
    /// Read every byte.
    pub full: bool,
    /// Erasures and moves that are under way.
    pub pending: &'a Pending,
    /// Objects that are on record as destroyed.
    pub gone: &'a Gone,
}

/// Objects, and the items whose bytes lie in each.
struct Uses<'a> {
    items: &'a Items,
    /// They are no items, but what was made from items.
    made: bool,
    /// Items by their indices: those of one object follow one another, in the order of their bytes in it.
    order: Vec<u32>,
    /// The largest object first.
    used: Vec<Used>,
    /// Which object has which header; made where something is wrong.
    headers: OnceCell<HashMap<[u8; 32], usize>>,
}

/// A run of the order: the items of one object.
#[derive(Clone, Copy)]
struct Used {
    first: u32,
    behind: u32,
    size: u64,
}

/// What came of one object.
struct Outcome {
    index: usize,
    result: Result<Vec<Option<[u8; 32]>>, Trouble>,
}

/// Somebody put it back.
const BACK: &str = "it was destroyed by an erasure or a move, and it is there again";

/// Outcomes that wait to be judged.
const WAITING: usize = 64;
/// How often is told how far a large one has come.
const NEWS: Duration = Duration::from_millis(200);

/// Looks at all of them, on all cores.
pub(super) fn look(
    bench: &Bench<'_>,
    facts: &Facts,
    since: &Since<'_>,
    report: &mut Report,
    progress: &mut dyn FnMut(CheckProgress),
) {
    let uses = Uses::gather(&facts.items, None, report);
    let made = Uses::gather(&facts.made.items, Some(&facts.made), report);
    let sizes = |uses: &Uses<'_>| uses.used.iter().map(|used| used.size).sum::<u64>();
    let total = if bench.full { sizes(&uses) + sizes(&made) } else { 0 };
    let read_so_far = AtomicU64::new(0);
    let (mut sound, mut meanwhile) = (0, false);
    for uses in [&uses, &made] {
        let (these, moved) = look_at_all(bench, uses, since, (&read_so_far, total), report, progress);
        sound += these;
        meanwhile |= moved;
    }
    // Where the records showed it already, it is said already.
    if meanwhile && !facts.in_use {
        report.unknown("what was appended while the check ran");
    }
    let count = uses.used.len() + made.used.len();
    report.counted().objects = sound;
    if sound > 0 {
        report.sound(match bench.full {
            true => {
                sentence!("{} of {} objects: decrypted, and with the hash that was recorded", sound, count)
            }
            false => sentence!(
                "{} of {} objects: present, with the header and length that were recorded",
                sound,
                count
            ),
        });
    }
    if !bench.full && count > 0 {
        report.unknown("whether every byte of the objects is what was received: that takes check --full");
    }
    name_extra(bench, facts, since.stored(), &uses, report);
}

/// Looks at all objects of a kind; how many are sound, and whether some went meanwhile.
fn look_at_all(
    bench: &Bench<'_>,
    uses: &Uses<'_>,
    since: &Since<'_>,
    (read_so_far, total): (&AtomicU64, u64),
    report: &mut Report,
    progress: &mut dyn FnMut(CheckProgress),
) -> (u64, bool) {
    let used = &uses.used;
    let next = AtomicUsize::new(0);
    let (sender, outcomes) = mpsc::sync_channel(WAITING);
    let cores = thread::available_parallelism().map_or(2, usize::from).min(used.len().max(1));
    let (items, order) = (uses.items, &uses.order);
    let (mut sound, mut meanwhile) = (0_u64, false);
    thread::scope(|scope| {
        for _ in 0..cores {
            let (sender, next) = (sender.clone(), &next);
            scope.spawn(move || {
                let mut buffer = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = used.get(index) else { return };
                    let mut counted = 0;
                    let result = look_at(bench, items, one.of(order), &mut buffer, &mut |bytes| {
                        counted += bytes;
                        read_so_far.fetch_add(bytes, Ordering::Relaxed);
                    });
                    // What was not read of it, its header among it, is dealt with too.
                    read_so_far.fetch_add(one.size.saturating_sub(counted), Ordering::Relaxed);
                    if sender.send(Outcome { index, result }).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        loop {
            match outcomes.recv_timeout(NEWS) {
                Ok(Outcome { index, result: Err(trouble) })
                    if uses.went_meanwhile(index, &trouble, since) =>
                {
                    meanwhile = true;
                }
                Ok(Outcome { index, result }) => {
                    sound += u64::from(uses.judge(index, result, bench, report));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            progress(CheckProgress {
                bytes: read_so_far.load(Ordering::Relaxed),
                bytes_total: total,
                ..CheckProgress::default()
            });
        }
    });
    (sound, meanwhile)
}

impl Used {
    fn of(self, order: &[u32]) -> &[u32] {
        &order[self.first as usize..self.behind as usize]
    }
}

impl<'a> Uses<'a> {
    fn gather(items: &'a Items, made: Option<&Made>, report: &mut Report) -> Self {
        let mut order = Vec::new();
        // What a later run made again may be gone.
        for (index, item) in items.iter().filter(|(index, _)| made.is_none_or(|made| made.holds(*index))) {
            match items.object(item) {
                Some(_) => order.push(index),
                None => {
                    report.problem(item.about().to_string(), "its record names no object", what::TAMPERED)
                }
            }
        }
        let name = |index: u32| items.object(items.get(index)).map(|object| object.name);
        order.sort_unstable_by_key(|index| (name(*index), *index));
        // What the earliest record says of an object is compared with the others.
        let mut first = None;
        order.retain(|&index| {
            if first.is_none_or(|first| name(first) != name(index)) {
                first = Some(index);
            }
            let fits = first.is_some_and(|first| agree(items, items.get(first), items.get(index)));
            if !fits {
                let about = items.get(index).about().to_string();
                report.problem(about, "its record contradicts others about its object", what::TAMPERED);
            }
            fits
        });
        let mut used: Vec<Used> = Vec::new();
        let mut first = 0;
        for run in order.chunk_by_mut(|a, b| name(*a) == name(*b)) {
            let size = items.object(items.get(run[0])).map_or(0, |object| object.size);
            run.sort_unstable_by_key(|index| (span(items.get(*index)), *index));
            let behind = first + u32::try_from(run.len()).expect("fewer items than 2^32");
            used.push(Used { first, behind, size });
            first = behind;
        }
        // The largest first, so that no core ends up alone with it.
        used.sort_by_key(|used| std::cmp::Reverse(used.size));
        Self { items, made: made.is_some(), order, used, headers: OnceCell::new() }
    }

    /// What the records say of an object.
    fn object(&self, index: usize) -> &ObjectFacts {
        let item = self.items.get(self.used[index].of(&self.order)[0]);
        self.items.object(item).expect("items without an object are not gathered")
    }

    /// The object that was sealed with this header.
    fn by_header(&self, header: &[u8; 32]) -> Option<usize> {
        let all = || (0..self.used.len()).map(|index| (self.object(index).header, index)).collect();
        self.headers.get_or_init(all).get(header).copied()
    }

    /// May another command have moved or erased what lies in an object, after its records were read? It appends first, and
    /// deletes then. What was not there before the check began was lost before.
    fn went_meanwhile(&self, index: usize, trouble: &Trouble, since: &Since<'_>) -> bool {
        let missing = matches!(trouble, Trouble::Missing);
        (missing && since.may_have_gone(self.object(index).name))
            || self.used[index]
                .of(&self.order)
                .iter()
                .all(|item| since.left(self.items, self.items.get(*item)))
    }

    /// Names the items of one object that are not sound; returns whether all are.
    fn judge(
        &self,
        index: usize,
        result: Result<Vec<Option<[u8; 32]>>, Trouble>,
        bench: &Bench<'_>,
        report: &mut Report,
    ) -> bool {
        let (object, order) = (self.object(index), self.used[index].of(&self.order));
        let digests = match result {
            Ok(digests) => digests,
            Err(_) if self.made => {
                self.name_made(object, order, report);
                return false;
            }
            Err(trouble) => {
                let found = (!matches!(trouble, Trouble::Missing | Trouble::Foreign | Trouble::Io(_)))
                    .then(|| header_of(bench.vault, &object.name))
                    .flatten();
                let other =
                    found.filter(|found| *found != object.header).and_then(|found| self.by_header(&found));
                let problem = match other {
                    Some(other) => {
                        let theirs = self.used[other].of(&self.order).iter().min();
                        let theirs = theirs.map_or_else(String::new, |item| self.about(*item));
                        sentence!(
                            "its object {} was swapped: it holds what belongs to {}",
                            object.name,
                            theirs
                        )
                    }
                    None => trouble.of(&object.name),
                };
                for item in order {
                    report.problem(self.about(*item), problem.clone(), what::BACKUP);
                }
                return false;
            }
        };
        let mut sound = true;
        let runs = order.chunk_by(|a, b| span(self.items.get(*a)) == span(self.items.get(*b)));
        for (digest, items) in digests.into_iter().zip(runs) {
            for item in items.iter().map(|item| self.items.get(*item)) {
                let problem = match digest {
                    Some(digest) if item.sha256() == Some(digest) => {
                        report.counted().bytes += if self.made { 0 } else { item.size };
                        continue;
                    }
                    _ if self.made => {
                        sound = false;
                        self.name_made(object, order, report);
                        continue;
                    }
                    Some(_) => {
                        sentence!("its bytes are not those that were recorded (object {})", object.name)
                    }
                    None => sentence!("a part of its object is damaged (object {})", object.name),
                };
                sound = false;
                report.problem(item.about().to_string(), problem, what::BACKUP);
            }
        }
        sound
    }

    /// Names the item of what can be made again.
    fn name_made(&self, object: &ObjectFacts, order: &[u32], report: &mut Report) {
        let problem = sentence!("what a tool made of it is damaged or missing (object {})", object.name);
        report.problem(self.about(order[0]), problem, what::AGAIN);
    }

    fn about(&self, item: u32) -> String {
        self.items.get(item).about().to_string()
    }
}

fn span(item: &ItemFacts) -> Span {
    Span { start: item.offset().unwrap_or(0), length: item.length() }
}

/// Does a record say the same of its object as the first that names it?
fn agree(items: &Items, first: &ItemFacts, item: &ItemFacts) -> bool {
    items.object(first) == items.object(item)
        && items.key(first) == items.key(item)
        && first.offset().is_none() == item.offset().is_none()
        && item.length() == item.size
}

/// Reads the object of these items.
fn look_at(
    bench: &Bench<'_>,
    items: &Items,
    order: &[u32],
    buffer: &mut Vec<u8>,
    progress: &mut dyn FnMut(u64),
) -> Result<Vec<Option<[u8; 32]>>, Trouble> {
    let first = items.get(order[0]);
    let object = items.object(first).ok_or(Trouble::Missing)?;
    let mut spans: Vec<Span> = order.iter().map(|index| span(items.get(*index))).collect();
    spans.dedup();
    let expected =
        Expected { size: object.size, header: object.header, spans, whole: first.offset().is_none() };
    let reader = bench.vault.open(&object.name).map_err(|error| match error {
        GetError::NotFound => Trouble::Missing,
        GetError::Foreign => Trouble::Foreign,
        GetError::Io(error) => Trouble::Io(error.to_string()),
    })?;
    let key = bench.keys.get(items.key(first)).ok_or(Trouble::NotForItsKey)?;
    read(&*reader, &key.identity, &expected, bench.full, buffer, progress)
}

/// Does it begin with nothing but zeros, as a power cut leaves what was put in its place and not synced yet?
fn is_blank(reader: &dyn ObjectReader) -> bool {
    let mut untrusted_beginning = [0; 512];
    let read = reader.read_at(0, &mut untrusted_beginning);
    read.is_ok_and(|count| untrusted_beginning[..count].iter().all(|byte| *byte == 0))
}

/// Objects that no record refers to: left by interrupted work, or put there by somebody.
fn name_extra(
    bench: &Bench<'_>,
    facts: &Facts,
    stored: &[(ObjectName, u64)],
    uses: &Uses<'_>,
    report: &mut Report,
) {
    let of = |items: &'_ Items| -> Vec<ObjectFacts> {
        items.iter().filter_map(|(_, item)| items.object(item)).copied().collect()
    };
    let named = of(uses.items).into_iter().chain(of(&facts.made.items));
    let mut known: Vec<ObjectName> = named.map(|object| object.name).collect();
    known.sort_unstable();
    let mut extra: Vec<&ObjectName> =
        stored.iter().map(|(name, _)| name).filter(|name| known.binary_search(name).is_err()).collect();
    extra.retain(|name| {
        let gone = bench.vault.open(name).is_ok_and(|object| bench.gone.holds(name, &*object));
        if gone && !bench.pending.objects.contains(&name.to_string()) {
            let reference = format!("object {name}");
            match bench.pending.more {
                true => report.left_over(reference),
                false => report.problem(reference, BACK, what::DESTROYED),
            }
        }
        !gone
    });
    if extra.is_empty() {
        return;
    }
    if facts.unread > 0 {
        report.unknown(sentence!(
            "what {} [object belongs to|objects belong to]: not every record can be read",
            extra.len()
        ));
        return;
    }
    for name in extra {
        let Ok(reader) = bench.vault.open(name) else { continue }; // deleted meanwhile
        let reference = format!("object {name}");
        if let Some(of) = header_of(bench.vault, name).and_then(|header| uses.by_header(&header)) {
            let problem =
                sentence!("no record refers to it; it is a copy of the object {}", uses.object(of).name);
            report.problem(reference, problem, what::FOREIGN);
        } else if bench.keys.all().any(|key| super::opens(&*reader, &key.identity)) {
            if !bench.pending.objects.contains(&name.to_string()) {
                report.left_over(reference);
            }
        } else if is_blank(&*reader) {
            report.left_over(reference);
        } else {
            report.problem(
                reference,
                "no record refers to it, and no key of the archive opens it",
                what::FOREIGN,
            );
        }
    }
}
