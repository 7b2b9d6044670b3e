//! Gathers what documents of the index are of, in place of the documents: items, texts that were cut, and the best part of each.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

/// Gathers the numbers in a column of the documents.
pub(super) struct Numbers(pub &'static str);

pub(super) struct NumbersOfSegment {
    /// None where no document of the segment has a number there.
    column: Option<Column<u64>>,
    numbers: HashSet<u64>,
}

impl Collector for Numbers {
    type Fruit = HashSet<u64>;
    type Child = NumbersOfSegment;

    fn for_segment(&self, _: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<NumbersOfSegment> {
        Ok(NumbersOfSegment { column: segment.fast_fields().column_opt(self.0)?, numbers: HashSet::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<HashSet<u64>>) -> tantivy::Result<HashSet<u64>> {
        let merged = fruits.into_iter().reduce(|mut all, more| {
            all.extend(more);
            all
        });
        Ok(merged.unwrap_or_default())
    }
}

impl SegmentCollector for NumbersOfSegment {
    type Fruit = HashSet<u64>;

    fn collect(&mut self, document: DocId, _: Score) {
        self.numbers.extend(self.column.as_ref().and_then(|column| column.first(document)));
    }

    fn harvest(self) -> HashSet<u64> {
        self.numbers
    }
}

/// Gathers of all documents with the same number in a column the best one; the best of all first.
pub(super) struct BestOfEach(pub &'static str);

pub(super) struct BestOfSegment {
    /// None where no document of the segment has a number there.
    column: Option<Column<u64>>,
    segment: SegmentOrdinal,
    best: HashMap<u64, (Score, DocAddress)>,
}

impl Collector for BestOfEach {
    type Fruit = Vec<(Score, DocAddress)>;
    type Child = BestOfSegment;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<BestOfSegment> {
        Ok(BestOfSegment { column: reader.fast_fields().column_opt(self.0)?, segment, best: HashMap::new() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(
        &self,
        fruits: Vec<HashMap<u64, (Score, DocAddress)>>,
    ) -> tantivy::Result<Vec<(Score, DocAddress)>> {
        let mut all: HashMap<u64, (Score, DocAddress)> = HashMap::new();
        for (number, found) in fruits.into_iter().flatten() {
            keep_better(&mut all, number, found);
        }
        let mut best: Vec<(Score, DocAddress)> = all.into_values().collect();
        best.sort_by(|(a, here), (b, there)| b.total_cmp(a).then(here.cmp(there)));
        Ok(best)
    }
}

impl SegmentCollector for BestOfSegment {
    type Fruit = HashMap<u64, (Score, DocAddress)>;

    fn collect(&mut self, document: DocId, score: Score) {
        if let Some(number) = self.column.as_ref().and_then(|column| column.first(document)) {
            keep_better(&mut self.best, number, (score, DocAddress::new(self.segment, document)));
        }
    }

    fn harvest(self) -> Self::Fruit {
        self.best
    }
}

/// Of two that are equally good, the earlier one.
fn keep_better(best: &mut HashMap<u64, (Score, DocAddress)>, number: u64, found: (Score, DocAddress)) {
    let kept = best.entry(number).or_insert(found);
    if found.0.total_cmp(&kept.0).then(Reverse(found.1).cmp(&Reverse(kept.1))).is_gt() {
        *kept = found;
    }
}
