//! What can be asked: pairs, clusters with the likely original of each, and what of the films is nowhere else.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use rusqlite::Row;
use vidimus_model::Ref;

use super::finder::Digest;
use super::fold::{Prints, Similar};
use super::relation::{Kind, Reason, Relation};
use crate::StoreError;
use crate::catalogue::Key;

/// Two items and how they are related; `a` stands before `b` in the order of references.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// The one.
    pub a: Ref,
    /// The other.
    pub b: Ref,
    /// How, and what shows it; its first is `a`.
    pub relation: Relation,
}

/// Items that hold the same, whole or in part.
#[derive(Clone, Debug, PartialEq)]
pub struct Cluster {
    /// All of them, in the order of references.
    pub items: Vec<Ref>,
    /// Which is most likely what the others were made from. Nobody has said so: it is a guess, for these reasons.
    pub original: Ref,
    /// Why.
    pub because: Vec<Because>,
}

/// What speaks for an original.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Because {
    /// All others are damaged, or some are.
    Undamaged,
    /// No other is longer.
    Longest {
        /// Its seconds.
        seconds: f32,
    },
    /// No other of that length has more pixels.
    Largest {
        /// Its pixels.
        pixels: u64,
    },
    /// No other claims an earlier beginning.
    Earliest,
    /// It was received first.
    First,
}

/// A film or recording, and what of it is in none that stands before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Remaining {
    /// Which.
    pub about: Ref,
    /// Its seconds; none where nobody could tell them.
    pub seconds: Option<f32>,
    /// Of these, what is nowhere before; none where that cannot be told.
    pub new: Option<f32>,
    /// Where the rest is.
    pub within: Vec<Ref>,
}

/// What is known of an item besides its pairs.
#[derive(Clone, Debug, Default)]
struct Merits {
    is_damaged: bool,
    seconds: Option<f32>,
    pixels: Option<u64>,
    claimed: Option<i64>,
    is_recording: bool,
}

/// What another has of an item.
struct Part {
    of: Ref,
    /// Seconds of the item; none where all of it is meant, however long.
    range: Option<Range<f32>>,
    is_exact: bool,
}

/// Of so many copies on both sides each is paired with each; of more, with the first.
const EACH: usize = 64;

impl<P: Prints> Similar<P> {
    /// All pairs, or those that these items, or what is in them, are part of; in the order of references. What is hidden is in
    /// none.
    ///
    /// # Errors
    /// It is damaged or cannot be read.
    pub fn pairs(&self, within: &[Ref], is_hidden: &dyn Fn(&Ref) -> bool) -> Result<Vec<Pair>, StoreError> {
        let items = self.items(is_hidden)?;
        let mut pairs: Vec<Pair> = Vec::new();
        for same in items.values() {
            let (first, others) = (&same[0], &same[1..]);
            pairs.extend(others.iter().map(|other| pair(first, other, exact())));
        }
        let mut found = self
            .db
            .prepare_cached("SELECT a, b, kind, a_from, a_to, b_from, b_to, score, reasons FROM pair")?;
        let mut rows = found.query([])?;
        while let Some(row) = rows.next()? {
            let (a, b): (Digest, Digest) = (row.get(0)?, row.get(1)?);
            let relation = read(row)?;
            let (Some(of_a), Some(of_b)) = (items.get(&a), items.get(&b)) else { continue };
            let is_few = of_a.len() * of_b.len() <= EACH;
            for (at, one) in of_a.iter().enumerate() {
                let others = if is_few || at == 0 { &of_b[..] } else { &of_b[..1] };
                pairs.extend(others.iter().map(|other| pair(one, other, relation.clone())));
            }
        }
        let contained: Vec<Pair> = pairs.iter().flat_map(in_containers).collect();
        pairs.extend(contained);
        if !within.is_empty() {
            let is_asked = |one: &Ref| within.iter().any(|about| about.holds(one));
            pairs.retain(|pair| is_asked(&pair.a) || is_asked(&pair.b));
        }
        pairs.sort_by(|one, other| {
            (&one.a, &one.b, one.relation.kind).cmp(&(&other.a, &other.b, other.relation.kind))
        });
        pairs.dedup_by(|other, one| {
            (&one.a, &one.b, one.relation.kind) == (&other.a, &other.b, other.relation.kind)
        });
        Ok(pairs)
    }

    /// Items that hold the same, whole or in part, with the likely original of each group.
    ///
    /// # Errors
    /// It is damaged or cannot be read.
    pub fn clusters(&self, is_hidden: &dyn Fn(&Ref) -> bool) -> Result<Vec<Cluster>, StoreError> {
        let merits = self.merits(is_hidden)?;
        let shows = |about: &Ref| merits.get(about).is_some_and(|merits| merits.pixels.is_some());
        let mut groups = Groups::default();
        for Pair { a, b, relation } in &self.pairs(&[], is_hidden)? {
            // By what both share with a third, things would be joined that have nothing in common.
            let is_one = is_of_the_same(relation.kind) && relation.kind != Kind::Overlap;
            if is_one && (is_seen(relation) || !shows(a) && !shows(b)) {
                groups.join(a, b);
            }
        }
        Ok(groups.all().into_iter().map(|items| cluster(items, &merits)).collect())
    }

    /// Every film and recording, the likely originals first, with what of each is in none before it.
    ///
    /// # Errors
    /// It is damaged or cannot be read.
    pub fn remaining(&self, is_hidden: &dyn Fn(&Ref) -> bool) -> Result<Vec<Remaining>, StoreError> {
        let merits = self.merits(is_hidden)?;
        let is_asked = |merits: &&Merits| merits.seconds.is_some() || merits.is_recording;
        let asked = merits.iter().filter(|(_, merits)| is_asked(merits));
        let mut order: Vec<(&Ref, Option<f32>)> =
            asked.map(|(about, merits)| (about, merits.seconds)).collect();
        order.sort_by_cached_key(|one| rank(&merits, one.0));
        let shared = self.shared(&merits, is_hidden)?;
        let mut before = BTreeSet::new();
        let mut all = Vec::with_capacity(order.len());
        for (about, seconds) in order {
            let parts: Vec<&Part> =
                shared.get(about).into_iter().flatten().filter(|part| before.contains(&part.of)).collect();
            let ranges = parts.iter().filter_map(|part| part.range.clone()).collect();
            let new = if parts.iter().any(|part| part.is_exact) {
                Some(0.0)
            } else {
                seconds.map(|seconds| (seconds - covered(ranges)).max(0.0))
            };
            let within = parts.iter().map(|part| part.of.clone()).collect();
            all.push(Remaining { about: about.clone(), seconds, new, within });
            before.insert(about.clone());
        }
        Ok(all)
    }

    /// Of each item what others have of it.
    fn shared(
        &self,
        merits: &BTreeMap<Ref, Merits>,
        is_hidden: &dyn Fn(&Ref) -> bool,
    ) -> Result<BTreeMap<Ref, Vec<Part>>, StoreError> {
        let mut shared: BTreeMap<Ref, Vec<Part>> = BTreeMap::new();
        for Pair { a, b, relation } in self.pairs(&[], is_hidden)? {
            if !is_of_the_same(relation.kind) {
                continue;
            }
            let is_exact = relation.kind == Kind::Exact;
            // What only sounds alike says nothing of what is to be seen.
            let seen = is_seen(&relation);
            let counts = |about: &Ref| seen || merits.get(about).is_none_or(|merits| merits.pixels.is_none());
            for (about, of, range) in [(&a, &b, relation.a), (&b, &a, relation.b)] {
                if (range.is_some() || is_exact) && counts(about) {
                    shared.entry(about.clone()).or_default().push(Part { of: of.clone(), range, is_exact });
                }
            }
        }
        Ok(shared)
    }

    /// Items by their bytes, in the order of references; nothing of what is empty.
    fn items(&self, is_hidden: &dyn Fn(&Ref) -> bool) -> Result<BTreeMap<Digest, Vec<Ref>>, StoreError> {
        let mut found = self.db.prepare_cached(
            "SELECT sha256, accession, number, members FROM item WHERE size > 0 ORDER BY accession, number, members",
        )?;
        let mut rows = found.query([])?;
        let mut items: BTreeMap<Digest, Vec<Ref>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let about = Key::read(row, 1)?.reference();
            if !is_hidden(&about) {
                items.entry(row.get(0)?).or_default().push(about);
            }
        }
        Ok(items)
    }

    /// What speaks for each item. An exact copy that was not examined itself is as good as the one that was.
    fn merits(&self, is_hidden: &dyn Fn(&Ref) -> bool) -> Result<BTreeMap<Ref, Merits>, StoreError> {
        let mut found = self.db.prepare_cached(
            "SELECT accession, number, members, i.sha256, max(r.damaged), max(r.seconds), max(r.pixels), min(r.claimed),
                 max(r.recording)
             FROM item i JOIN run r USING (accession, number, members) WHERE i.size > 0
             GROUP BY accession, number, members",
        )?;
        let mut rows = found.query([])?;
        let mut merits: BTreeMap<Ref, Merits> = BTreeMap::new();
        let mut of_bytes: BTreeMap<Digest, Merits> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let one = Merits {
                is_damaged: row.get(4)?,
                seconds: row.get(5)?,
                pixels: row.get(6)?,
                claimed: row.get(7)?,
                is_recording: row.get(8)?,
            };
            of_bytes.entry(row.get(3)?).or_insert_with(|| one.clone());
            let about = Key::read(row, 0)?.reference();
            if !is_hidden(&about) {
                merits.insert(about, one);
            }
        }
        for (digest, same) in self.items(is_hidden)? {
            for about in same {
                if let Some(one) = of_bytes.get(&digest) {
                    merits.entry(about).or_insert_with(|| one.clone());
                }
            }
        }
        Ok(merits)
    }
}

fn exact() -> Relation {
    Relation { kind: Kind::Exact, a: None, b: None, score: 1.0, reasons: vec![Reason::Bytes] }
}

/// Whether what is to be seen in both is the same, and not only what is heard.
fn is_seen(relation: &Relation) -> bool {
    let has = |is: fn(&Reason) -> bool| relation.reasons.iter().any(is);
    has(|reason| matches!(reason, Reason::Moves { .. }))
        || !has(|reason| matches!(reason, Reason::Sounds { .. }))
}

/// Whether both hold the same, in this or another form.
fn is_of_the_same(kind: Kind) -> bool {
    !matches!(kind, Kind::SameView | Kind::Contained | Kind::Still)
}

fn pair(one: &Ref, other: &Ref, relation: Relation) -> Pair {
    if one <= other {
        Pair { a: one.clone(), b: other.clone(), relation }
    } else {
        Pair { a: other.clone(), b: one.clone(), relation: relation.turned() }
    }
}

/// The pairs of an item and a container that a copy of it lies in.
fn in_containers(of: &Pair) -> Vec<Pair> {
    let outermost =
        |about: &Ref| (!about.members.is_empty()).then(|| Ref { members: Vec::new(), ..about.clone() });
    if !is_of_the_same(of.relation.kind) {
        return Vec::new();
    }
    let mut pairs = Vec::new();
    for (one, other) in [(&of.a, &of.b), (&of.b, &of.a)] {
        if let Some(container) = outermost(other).filter(|container| !container.holds(one)) {
            let relation = Relation { kind: Kind::Contained, a: None, b: None, ..of.relation.clone() };
            pairs.push(pair(one, &container, relation));
        }
    }
    pairs
}

fn read(row: &Row) -> Result<Relation, StoreError> {
    let word: String = row.get(2)?;
    let reasons: String = row.get(8)?;
    let range = |from: Option<f32>, to: Option<f32>| from.zip(to).map(|(from, to)| from..to);
    Ok(Relation {
        kind: Kind::of(&word).ok_or(StoreError::NotReadable)?,
        a: range(row.get(3)?, row.get(4)?),
        b: range(row.get(5)?, row.get(6)?),
        score: row.get(7)?,
        reasons: serde_json::from_str(&reasons).map_err(|_| StoreError::NotReadable)?,
    })
}

/// Smaller is more likely the original.
type Rank = (bool, i64, std::cmp::Reverse<u64>, i64, Ref);

fn rank(merits: &BTreeMap<Ref, Merits>, about: &Ref) -> Rank {
    let nothing = Merits::default();
    let one = merits.get(about).unwrap_or(&nothing);
    // Encoders differ by a second.
    let seconds = (one.seconds.unwrap_or(0.0) / 2.0).round() as i64;
    let claimed = one.claimed.unwrap_or(i64::MAX);
    (one.is_damaged, -seconds, std::cmp::Reverse(one.pixels.unwrap_or(0)), claimed, about.clone())
}

fn cluster(items: Vec<Ref>, merits: &BTreeMap<Ref, Merits>) -> Cluster {
    let original =
        items.iter().min_by_key(|about| rank(merits, about)).expect("a group has two items at least").clone();
    let of = |about: &Ref| merits.get(about).cloned().unwrap_or_default();
    let mine = of(&original);
    let others: Vec<Merits> = items.iter().filter(|about| **about != original).map(of).collect();
    let mut because = Vec::new();
    if !mine.is_damaged && others.iter().any(|other| other.is_damaged) {
        because.push(Because::Undamaged);
    }
    if let Some(seconds) = mine.seconds
        && others.iter().any(|other| other.seconds.unwrap_or(0.0) + 1.0 < seconds)
    {
        because.push(Because::Longest { seconds });
    }
    if let Some(pixels) = mine.pixels
        && others.iter().any(|other| other.pixels.unwrap_or(0) < pixels)
    {
        because.push(Because::Largest { pixels });
    }
    if mine
        .claimed
        .is_some_and(|mine| others.iter().all(|other| other.claimed.is_none_or(|other| mine < other)))
    {
        because.push(Because::Earliest);
    }
    if items.first() == Some(&original) {
        because.push(Because::First);
    }
    Cluster { items, original, because }
}

/// Seconds that at least one of the ranges covers.
fn covered(mut ranges: Vec<Range<f32>>) -> f32 {
    ranges.sort_by(|one, other| one.start.total_cmp(&other.start));
    let (mut sum, mut end) = (0.0, f32::MIN);
    for range in ranges {
        sum += (range.end - range.start.max(end)).max(0.0);
        end = end.max(range.end);
    }
    sum
}

/// Items that belong together, joined pair by pair.
#[derive(Default)]
struct Groups(BTreeMap<Ref, Ref>);

impl Groups {
    /// The first item of its group.
    fn head(&self, about: &Ref) -> Ref {
        let mut head = about;
        while let Some(before) = self.0.get(head).filter(|before| *before != head) {
            head = before;
        }
        head.clone()
    }

    fn join(&mut self, a: &Ref, b: &Ref) {
        let (one, other) = (self.head(a), self.head(b));
        let head = one.clone().min(other.clone());
        for about in [a, b, &one, &other] {
            self.0.insert(about.clone(), head.clone());
        }
    }

    fn all(&self) -> Vec<Vec<Ref>> {
        let mut groups: BTreeMap<Ref, Vec<Ref>> = BTreeMap::new();
        for about in self.0.keys() {
            groups.entry(self.head(about)).or_default().push(about.clone());
        }
        groups.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_meet_are_counted_once() {
        assert_eq!(covered(vec![0.0..10.0, 5.0..12.0, 20.0..30.0, 21.0..22.0]), 22.0);
        assert_eq!(covered(Vec::new()), 0.0);
    }

    #[test]
    fn what_is_joined_by_others_is_one_group() {
        let about = |number| Ref::accession(None, 1).with_item(number);
        let mut groups = Groups::default();
        for (a, b) in [(5, 6), (2, 3), (6, 2), (8, 9)] {
            groups.join(&about(a), &about(b));
        }
        assert_eq!(groups.all(), [vec![about(2), about(3), about(5), about(6)], vec![about(8), about(9)]]);
    }
}
