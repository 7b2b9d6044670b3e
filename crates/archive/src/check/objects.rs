//! Every item's object: there, the one that was sealed for it, and (with `full`) holding the bytes that were received.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use vidimus_vault::{FolderVault, GetError, ObjectName, Vault as _};

use super::CheckProgress;
use super::keys::Keys;
use super::objects_read::{Expected, Span, Trouble, header_of, read};
use super::records::Facts;
use super::report::{Report, what};
use super::sentence::sentence;

/// What objects are checked with.
pub(super) struct Bench<'a> {
    /// Where they are.
    pub vault: &'a FolderVault,
    /// What opens them.
    pub keys: &'a Keys,
    /// Read every byte.
    pub full: bool,
}

/// An object and the items whose bytes lie in it.
struct Used {
    name: ObjectName,
    key: String,
    expected: Expected,
    /// The items (by their index in the facts) of each span.
    items: Vec<Vec<usize>>,
}

/// What came of one object.
struct Outcome {
    index: usize,
    result: Result<Vec<Option<[u8; 32]>>, Trouble>,
}

/// Looks at all of them, on all cores.
pub(super) fn look(
    bench: &Bench<'_>,
    facts: &Facts,
    stored: &[(ObjectName, u64)],
    report: &mut Report,
    progress: &mut dyn FnMut(CheckProgress),
) {
    let mut used = gather(facts, report);
    // The largest first, so that no core ends up alone with it.
    used.sort_by_key(|used| std::cmp::Reverse(used.expected.size));
    let total = if bench.full { used.iter().map(|used| used.expected.size).sum() } else { 0 };
    let read_so_far = AtomicU64::new(0);
    let (next, used_ref) = (AtomicUsize::new(0), &used);
    let (sender, outcomes) = mpsc::channel();
    let cores = thread::available_parallelism().map_or(2, usize::from).min(used.len().max(1));
    let by_header: HashMap<[u8; 32], usize> =
        used.iter().enumerate().map(|(index, used)| (used.expected.header, index)).collect();
    let mut sound = 0_u64;
    thread::scope(|scope| {
        for _ in 0..cores {
            let (sender, next, read_so_far) = (sender.clone(), &next, &read_so_far);
            scope.spawn(move || {
                let mut buffer = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(one) = used_ref.get(index) else { return };
                    let result = look_at(bench, one, &mut buffer, read_so_far);
                    if sender.send(Outcome { index, result }).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        for Outcome { index, result } in outcomes {
            sound += u64::from(judge(&used, index, result, facts, &by_header, bench, report));
            progress(CheckProgress {
                bytes: read_so_far.load(Ordering::Relaxed),
                bytes_total: total,
                ..CheckProgress::default()
            });
        }
    });
    report.counted().objects = sound;
    if sound > 0 {
        report.sound(match bench.full {
            true => sentence!(
                "{} of {} objects: decrypted, and with the hash that was recorded",
                sound,
                used.len()
            ),
            false => sentence!(
                "{} of {} objects: present, with the header and length that were recorded",
                sound,
                used.len()
            ),
        });
    }
    if !bench.full && !used.is_empty() {
        report.unknown("whether every byte of the objects is what was received: that takes check --full");
    }
    name_extra(bench, facts, stored, &used, &by_header, report);
}

fn gather(facts: &Facts, report: &mut Report) -> Vec<Used> {
    let mut used: BTreeMap<ObjectName, Used> = BTreeMap::new();
    for (index, item) in facts.items.iter().enumerate() {
        let place = &item.place;
        let (Ok(name), Some(header)) = (place.name.parse::<ObjectName>(), digest(&place.header)) else {
            report.problem(item.about.to_string(), "its record names no object", what::TAMPERED);
            continue;
        };
        let span = Span { start: place.offset.unwrap_or(0), length: place.length.unwrap_or(item.size) };
        let whole = place.offset.is_none();
        let one = used.entry(name).or_insert_with(|| Used {
            name,
            key: item.key.clone(),
            expected: Expected { size: place.size, header, spans: Vec::new(), whole },
            items: Vec::new(),
        });
        if one.expected.size != place.size
            || one.expected.header != header
            || one.key != item.key
            || one.expected.whole != whole
            || span.length != item.size
        {
            report.problem(
                item.about.to_string(),
                "its record contradicts others about its object",
                what::TAMPERED,
            );
            continue;
        }
        match one.expected.spans.iter().rposition(|known| *known == span) {
            Some(at) => one.items[at].push(index),
            None => {
                one.expected.spans.push(span);
                one.items.push(vec![index]);
            }
        }
    }
    used.into_values().collect()
}

fn digest(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok().map(|()| bytes)
}

fn look_at(
    bench: &Bench<'_>,
    used: &Used,
    buffer: &mut Vec<u8>,
    read_so_far: &AtomicU64,
) -> Result<Vec<Option<[u8; 32]>>, Trouble> {
    let reader = bench.vault.open(&used.name).map_err(|error| match error {
        GetError::NotFound => Trouble::Missing,
        GetError::Foreign => Trouble::Foreign,
        GetError::Io(error) => Trouble::Io(error.to_string()),
    })?;
    let key = bench.keys.get(&used.key).ok_or(Trouble::NotForItsKey)?;
    read(&*reader, &key.identity, &used.expected, bench.full, buffer, &mut |bytes| {
        read_so_far.fetch_add(bytes, Ordering::Relaxed);
    })
}

/// Names the items of one object that are not sound; returns whether all are.
fn judge(
    used: &[Used],
    index: usize,
    result: Result<Vec<Option<[u8; 32]>>, Trouble>,
    facts: &Facts,
    by_header: &HashMap<[u8; 32], usize>,
    bench: &Bench<'_>,
    report: &mut Report,
) -> bool {
    let one = &used[index];
    let digests = match result {
        Ok(digests) => digests,
        Err(trouble) => {
            let found = (!matches!(trouble, Trouble::Missing | Trouble::Foreign | Trouble::Io(_)))
                .then(|| header_of(bench.vault, &one.name))
                .flatten();
            let other =
                found.filter(|found| *found != one.expected.header).and_then(|found| by_header.get(&found));
            let problem = match other {
                Some(other) => {
                    let theirs = used[*other].items.iter().flatten().next();
                    let theirs = theirs.map_or_else(String::new, |item| facts.items[*item].about.to_string());
                    sentence!("its object {} was swapped: it holds what belongs to {}", one.name, theirs)
                }
                None => trouble.of(&one.name),
            };
            for item in one.items.iter().flatten() {
                report.problem(facts.items[*item].about.to_string(), problem.clone(), what::BACKUP);
            }
            return false;
        }
    };
    let mut sound = true;
    for (digest, items) in digests.into_iter().zip(&one.items) {
        for item in items.iter().map(|item| &facts.items[*item]) {
            let problem = match digest {
                Some(digest) if hex::encode(digest) == item.sha256 => {
                    report.counted().bytes += item.size;
                    continue;
                }
                Some(_) => sentence!("its bytes are not those that were recorded (object {})", one.name),
                None => sentence!("a part of its object is damaged (object {})", one.name),
            };
            sound = false;
            report.problem(item.about.to_string(), problem, what::BACKUP);
        }
    }
    sound
}

/// Objects that no record refers to: left by interrupted work, or put there by somebody.
fn name_extra(
    bench: &Bench<'_>,
    facts: &Facts,
    stored: &[(ObjectName, u64)],
    used: &[Used],
    by_header: &HashMap<[u8; 32], usize>,
    report: &mut Report,
) {
    let known: std::collections::HashSet<ObjectName> = used.iter().map(|used| used.name).collect();
    let extra: Vec<&ObjectName> =
        stored.iter().map(|(name, _)| name).filter(|name| !known.contains(name)).collect();
    if extra.is_empty() {
        return;
    }
    if facts.unread > 0 {
        report.unknown(sentence!("what {} objects belong to: not every record can be read", extra.len()));
        return;
    }
    for name in extra {
        let Ok(reader) = bench.vault.open(name) else { continue }; // deleted meanwhile
        let reference = format!("object {name}");
        if let Some(of) = header_of(bench.vault, name).and_then(|header| by_header.get(&header)) {
            let problem = sentence!("no record refers to it; it is a copy of the object {}", used[*of].name);
            report.problem(reference, problem, what::FOREIGN);
        } else if bench.keys.all().any(|key| super::opens(&*reader, &key.identity)) {
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
