//! Gathers the items that documents of the index are of.

use std::collections::HashSet;

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocId, Score, SegmentReader};

use super::schema::ITEM;

/// Gathers the items of documents, not the documents.
pub(super) struct Items;

pub(super) struct ItemsOfSegment {
    column: Column<u64>,
    items: HashSet<u64>,
}

impl Collector for Items {
    type Fruit = HashSet<u64>;
    type Child = ItemsOfSegment;

    fn for_segment(&self, _: u32, segment: &SegmentReader) -> tantivy::Result<ItemsOfSegment> {
        Ok(ItemsOfSegment { column: segment.fast_fields().u64(ITEM)?, items: HashSet::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, fruits: Vec<HashSet<u64>>) -> tantivy::Result<HashSet<u64>> {
        Ok(fruits
            .into_iter()
            .reduce(|mut all, more| {
                all.extend(more);
                all
            })
            .unwrap_or_default())
    }
}

impl SegmentCollector for ItemsOfSegment {
    type Fruit = HashSet<u64>;

    fn collect(&mut self, document: DocId, _: Score) {
        self.items.extend(self.column.first(document));
    }

    fn harvest(self) -> HashSet<u64> {
        self.items
    }
}
