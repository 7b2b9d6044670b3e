//! Random histories: a fold that followed them, one that came after, and one that was fed in disorder hold the same.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::*;
use proptest::prelude::*;
use vidimus_folds::catalogue::{Difference, ItemQuery, NotTakenPrint, Prints, State, Told};
use vidimus_folds::{ApplyError, Catalogue, Entry, Fold, Said};
use vidimus_model::{Change, Ref};

/// A row of a compartment's ledger.
struct Row {
    /// As it was appended; a slower process may still remember it.
    first: Entry,
    destroyed: bool,
    /// The accession whose key seals it; none: the compartment's.
    sealed_by: Option<u64>,
    /// The one thing that it is about, where erasing that destroys it.
    own: Option<Ref>,
}

#[derive(Default)]
struct Delivery {
    items: u64,
    released: bool,
    erased: bool,
    /// Moved out as a whole, or these items of it.
    out: bool,
    items_out: Vec<u64>,
    items_erased: Vec<u64>,
}

impl Delivery {
    fn has(&self, nth: u64) -> bool {
        let is_gone =
            self.erased || self.out || self.items_out.contains(&nth) || self.items_erased.contains(&nth);
        nth <= self.items && !is_gone
    }
}

/// What the door and the ledger do; it never asks the fold.
#[derive(Default)]
struct World {
    rows: Vec<Row>,
    deliveries: BTreeMap<u64, Delivery>,
}

impl World {
    fn next(&self) -> u64 {
        self.rows.len() as u64
    }

    fn append(&mut self, sealed_by: Option<u64>, own: Option<Ref>, first: Entry) {
        assert_eq!(first.seq, self.next());
        self.rows.push(Row { first, destroyed: false, sealed_by, own });
    }

    /// The key that seals records about an accession.
    fn key_for(&self, number: u64) -> Option<u64> {
        (!self.deliveries[&number].released).then_some(number)
    }

    /// What a reader of the compartment can open of a row.
    fn opened(&self, row: &Row) -> Option<Entry> {
        if row.destroyed {
            return Some(Entry { seq: row.first.seq, said: Said::Erased });
        }
        if let Some(number) = row.sealed_by {
            let delivery = &self.deliveries[&number];
            let moved =
                row.own.as_ref().and_then(|own| own.item).is_some_and(|n| delivery.items_out.contains(&n));
            if !delivery.released || delivery.out || moved {
                return None;
            }
        }
        Some(row.first.clone())
    }

    fn readable(&self, from: u64, to: u64) -> Vec<Entry> {
        self.rows[from as usize..to as usize].iter().filter_map(|row| self.opened(row)).collect()
    }

    fn of_accession(&self, number: u64) -> Vec<Entry> {
        self.rows
            .iter()
            .filter(|row| row.sealed_by == Some(number))
            .filter_map(|row| self.opened(row))
            .collect()
    }

    /// Destroys every row about `about` alone that an accession's key seals, and says which.
    fn destroy(&mut self, number: u64, about: &Ref) -> Vec<u64> {
        let mut entries = Vec::new();
        for row in &mut self.rows {
            let whole = about.item.is_none() && row.sealed_by == Some(number);
            let part = row.sealed_by == Some(number) && row.own.as_ref() == Some(about);
            if whole || part {
                row.destroyed = true;
                entries.push(row.first.seq);
            }
        }
        entries
    }

    /// One act; the accession that has to be fed again, if one came back.
    fn act(&mut self, [what, a, b, c]: [u8; 4]) -> Option<u64> {
        let seq = self.next();
        if what < 4 || self.deliveries.is_empty() {
            self.receive(u64::from(a % 5));
            return None;
        }
        let number = 1 + u64::from(a) % self.deliveries.len() as u64;
        let whole = format!("A{number}");
        let (items, released, gone) = {
            let delivery = &self.deliveries[&number];
            (delivery.items, delivery.released, delivery.erased)
        };
        let nth = 1 + u64::from(b) % items.max(1);
        let part = format!("A{number}-{nth}");
        let about = if c.is_multiple_of(3) || items == 0 { whole.clone() } else { part.clone() };
        let delivery = self.deliveries.get_mut(&number).unwrap();
        match what {
            4..=6 if !released && !gone => {
                delivery.released = true;
                self.append(None, None, common::released(seq, number));
                return Some(number);
            }
            7..=9 => {
                let mark = if c.is_multiple_of(2) { withdrawn } else { reinstated };
                // Sometimes about a second thing, which erasing the first must not take along.
                let other = format!("A{}-1", 1 + u64::from(c) % self.deliveries.len() as u64);
                let two = released && b.is_multiple_of(3) && self.deliveries[&r(&other).accession].released;
                let texts = if two { vec![&*about, &*other] } else { vec![&*about] };
                let own = (!two).then(|| r(&about));
                self.append(self.key_for(number), own, mark(seq, &texts));
            }
            10 => self.append(None, None, disclosed(seq, &[&about], "a newsroom")),
            11 if !gone && items > 0 && !delivery.out => {
                let second = format!("A{number}-{}", 1 + u64::from(c) % items);
                let places = [(&*part, 100 + seq), (&*second, 100 + seq)];
                self.append(Some(number), None, repacked(seq, number, &places));
            }
            // The compartment's: what an unknown change is about nobody can say, so the count of one that moves out stays.
            12 => self.append(None, None, Entry { seq, said: Said::Unknown("camera/9".into()) }),
            13 if !gone && !delivery.out => {
                let entries = if about == whole {
                    delivery.erased = true;
                    self.destroy(number, &r(&whole))
                } else {
                    delivery.items_erased.push(nth);
                    self.destroy(number, &r(&part))
                };
                self.append(None, None, erasure(seq, &[&about], &entries));
            }
            14 if released && !gone && !delivery.out => {
                if about == whole {
                    delivery.out = true;
                } else {
                    delivery.items_out.push(nth);
                }
                self.append(None, None, moved_out(seq, &[&about]));
            }
            15 if released && !gone && delivery.out => {
                delivery.out = false;
                // A later move of the whole brings its parts along.
                delivery.items_out.clear();
                self.append(None, None, moved_in(seq, &[&whole]));
                return Some(number);
            }
            15 if released && !gone && !delivery.items_out.is_empty() => {
                let back = delivery.items_out[0];
                delivery.items_out.retain(|item| *item != back);
                self.append(None, None, moved_in(seq, &[&format!("A{number}-{back}")]));
                return Some(number);
            }
            // The door examines nothing that is no longer there.
            16 if delivery.has(nth) => {
                let found = examination(seq, &part, u64::from(c), &[&format!("cam{}", c % 3)]);
                self.append(Some(number), Some(r(&part)), found);
                // What was in it is erased, moved and withdrawn with it.
                let inner = format!("{part}.{}", 1 + c % 2);
                let inside = contained(seq + 1, &inner, 40 + u64::from(c));
                self.append(Some(number), Some(r(&part)), inside);
                let places = derivative_places(seq + 2, &part, u64::from(c), 300 + seq);
                self.append(Some(number), Some(r(&part)), places);
            }
            17 if !gone && !delivery.out => {
                self.append(self.key_for(number), Some(r(&whole)), camera(seq, number, "cam1", i64::from(c)));
            }
            18 if delivery.has(nth) => {
                let label = (!c.is_multiple_of(3)).then_some("cam1");
                self.append(self.key_for(number), Some(r(&part)), camera_items(seq, &[&part], label));
            }
            _ => {}
        }
        None
    }

    fn receive(&mut self, items: u64) {
        let number = 1 + self.deliveries.len() as u64;
        self.deliveries.insert(number, Delivery { items, ..Delivery::default() });
        let seq = self.next();
        self.append(None, None, opened(seq, number));
        self.append(Some(number), None, begun(seq + 1, number));
        for nth in 1..=items {
            let about = Ref::accession(None, number).with_item(nth);
            let mut item = item_of(about.clone(), nth * (number % 2 + 1));
            item.copy_of = nth.is_multiple_of(3).then(|| r("A1-1"));
            self.append(Some(number), Some(about), said(self.next(), Change::Item(item)));
        }
        self.append(Some(number), None, not_taken(self.next(), number));
        self.append(Some(number), None, ended(self.next(), number, items));
    }

    /// The items that a reader should see, by reading the ledger from the end; true: withdrawn.
    fn expected(&self) -> Vec<(Ref, bool)> {
        let mut expected = Vec::new();
        for row in &self.rows {
            let Some(Entry { said: Said::Statement(statement), .. }) = self.opened(row) else { continue };
            let Some(item) = statement.change.as_item().cloned() else { continue };
            // The latest record of what was found in a container stands.
            expected.retain(|(about, _)| *about != item.about);
            let mut withdrawn = false;
            for row in self.rows.iter().rev() {
                let Some(Entry { said: Said::Statement(statement), .. }) = self.opened(row) else { continue };
                let concerns = |about: &[Ref]| about.iter().any(|about| about.holds(&item.about));
                match &statement.change {
                    Change::Withdraw(mark) if concerns(&mark.about) => withdrawn = true,
                    Change::Reinstate(mark) if concerns(&mark.about) => {}
                    Change::MovedOut(moved) if concerns(&moved.about) => {}
                    _ => continue,
                }
                break;
            }
            expected.push((item.about, withdrawn));
        }
        expected.sort();
        expected
    }
}

/// Feeds `entries` in pieces of `size`, and again what is older than a `moved-in/1`; the position moves with the last.
fn feed(catalogue: &mut Catalogue, entries: &[Entry], from: u64, to: u64, size: usize) {
    let mut stands = from;
    for piece in entries.chunks(size.max(1)) {
        let reached = piece.iter().map(|entry| entry.seq + 1).max().unwrap_or(stands).max(stands);
        catalogue.apply(piece, stands, reached).unwrap();
        stands = reached;
        if piece.iter().any(comes_back) {
            let older: Vec<Entry> = entries.iter().filter(|entry| entry.seq < reached).cloned().collect();
            catalogue.apply(&older, stands, stands).unwrap();
        }
    }
    catalogue.apply(&[], stands, to).unwrap();
}

fn comes_back(entry: &Entry) -> bool {
    matches!(&entry.said, Said::Statement(statement) if matches!(statement.change, Change::MovedIn(_)))
}

fn shuffled(mut entries: Vec<Entry>, seed: u64) -> Vec<Entry> {
    entries.sort_by_key(|entry| {
        (entry.seq + 1).wrapping_mul(seed | 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20
    });
    entries
}

fn seen(catalogue: &Catalogue) -> Vec<(Ref, bool)> {
    let query = ItemQuery { limit: usize::MAX, include_withdrawn: true, ..ItemQuery::default() };
    let items = catalogue.items(&query).unwrap().value;
    items.into_iter().map(|row| (row.item.about, row.state == State::Withdrawn)).collect()
}

/// What a catalogue does not say as these entries do.
fn differences(catalogue: &Catalogue, entries: &[Entry], end: u64) -> Vec<Difference> {
    let prints = Prints::default();
    let mut items = BTreeMap::new();
    let (mut not_taken, mut bulk, mut rest) = (Vec::new(), Vec::new(), Vec::new());
    for entry in entries {
        let Said::Statement(said) = &entry.said else {
            rest.push(entry.clone());
            continue;
        };
        match (prints.of(entry.seq, said), &said.change) {
            (Some(print), change) if change.as_item().is_some() => {
                items.extend(change.as_item().map(|item| (item.about.clone(), print)));
            }
            (Some(print), Change::NotTaken(what)) => {
                not_taken.push(NotTakenPrint { seq: entry.seq, about: what.about.clone(), print });
            }
            // Each by itself: whatever else is folded with them makes no difference.
            (_, change) if Prints::is_bulk(change) => {
                bulk.extend(prints.of_rows(std::slice::from_ref(entry)).unwrap());
            }
            _ => rest.push(entry.clone()),
        }
    }
    let told = Told {
        position: end,
        prints: &prints,
        items: Box::new(items.iter().map(|(about, print): (&Ref, &u64)| (about.clone(), *print))),
        not_taken: Box::new(not_taken.iter()),
        bulk: bulk.iter().collect(),
        rest: &rest,
        unreadable: &BTreeSet::new(),
    };
    let mut found = Vec::new();
    assert_eq!(catalogue.compare(told, &mut |difference| found.push(difference)).unwrap().position, end);
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn every_way_of_folding_gives_the_same(
        acts in proptest::collection::vec((0u8..19, any::<[u8; 3]>(), any::<u8>()), 1..45), size in 1usize..9, seed: u64,
    ) {
        let mut world = World::default();
        let mut followed = empty();
        let mut remembered: Vec<Entry> = Vec::new();
        for (what, [a, b, c], how) in acts {
            let from = world.next();
            let back = world.act([what, a, b, c]);
            let to = world.next();
            let mut batch = world.readable(from, to);
            if let Some(number) = back {
                batch.extend(world.of_accession(number));
            }
            match how % 5 {
                // Another process is faster.
                0 => {
                    reopen(&followed.folder).apply(&batch, from, to).unwrap();
                    if to > from {
                        let late = followed.catalogue.apply(&batch, from, to);
                        prop_assert!(matches!(late, Err(ApplyError::Elsewhere(at)) if at == to));
                    }
                }
                // Killed between batches, and begun again.
                1 => {
                    let (now, later) = batch.split_at(batch.len() / 2);
                    let (early, late): (Vec<_>, Vec<_>) = later.iter().cloned().partition(|e| e.seq < from);
                    let now = [now, &early].concat();
                    let middle = now.iter().map(|e| e.seq + 1).max().unwrap_or(from).max(from);
                    followed.catalogue.apply(&now, from, middle).unwrap();
                    followed.catalogue = reopen(&followed.folder);
                    followed.catalogue.apply(&[now, late].concat(), middle, to).unwrap();
                }
                // Everything twice, by a process that has not yet heard of what was destroyed or moved.
                2 => {
                    followed.catalogue.apply(&batch, from, to).unwrap();
                    followed.catalogue.apply(&remembered, to, to).unwrap();
                }
                _ => followed.catalogue.apply(&batch, from, to).unwrap(),
            }
            remembered.extend(batch);
        }
        let end = world.next();
        let readable = world.readable(0, end);

        let mut fresh = empty();
        feed(&mut fresh.catalogue, &readable, 0, end, size);
        prop_assert_eq!(followed.catalogue.dump().unwrap(), fresh.catalogue.dump().unwrap());
        prop_assert_eq!(seen(&fresh.catalogue), world.expected());
        prop_assert_eq!(differences(&followed.catalogue, &readable, end), []);

        let mut disordered = empty();
        let order = shuffled(readable.clone(), seed);
        disordered.catalogue.apply(&[], 0, end).unwrap();
        for piece in order.chunks(size) {
            disordered.catalogue.apply(piece, end, end).unwrap();
        }
        // What came back is fed again after its `moved-in/1`.
        disordered.catalogue.apply(&readable, end, end).unwrap();
        prop_assert_eq!(disordered.catalogue.dump().unwrap(), fresh.catalogue.dump().unwrap());

        followed.catalogue.reset().unwrap();
        feed(&mut followed.catalogue, &readable, 0, end, size + 1);
        prop_assert_eq!(followed.catalogue.dump().unwrap(), fresh.catalogue.dump().unwrap());
    }
}
