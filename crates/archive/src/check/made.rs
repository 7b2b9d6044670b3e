//! What was made from items, as the records name it: kept like items, by which run of which stage made each.

use vidimus_model::{
    Derivative, DerivativePlaces, Examination, FileSystemSays, FoundPath, Item, Reading, Ref, Stage,
};

use super::items::Items;

/// All derivatives on record.
#[derive(Default)]
pub(super) struct Made {
    /// Each as if it were an item, under the reference of the item that it was made from.
    pub items: Items,
    /// The stage that made each, and where that is on record.
    by: Vec<(Stage, u64)>,
    /// Later runs: of which item, what they looked at again, where that is on record.
    again: Vec<(Ref, Vec<Stage>, u64)>,
    /// New places: where that is said, of what.
    moved: Vec<(u64, DerivativePlaces)>,
}

impl Made {
    /// Takes note of a run.
    pub fn learn(&mut self, seq: u64, key: &str, run: Examination) {
        let Examination { about, attempt, stages, tools, derivatives, .. } = run;
        if attempt > 1 {
            self.again.push((about.clone(), stages.iter().map(|end| end.stage).collect(), seq));
        }
        for Derivative { sha256, size, object, tool, .. } in derivatives {
            let stage = tools.get(tool as usize).map_or(Stage::First, |run| run.stage);
            let as_item = Item {
                about: about.clone(),
                path: FoundPath::new(Vec::new()),
                source: 0,
                sha256,
                size,
                file_system: FileSystemSays::default(),
                object,
                copy_of: None,
                reading: Reading::Whole,
                reading_sizes: None,
            };
            self.items.learn(seq, key, as_item, None);
            self.by.push((stage, seq));
        }
    }

    /// Takes note of new places.
    pub fn learn_places(&mut self, seq: u64, moved: DerivativePlaces) {
        self.moved.push((seq, moved));
    }

    /// Gives each its latest place.
    pub fn settle(&mut self) {
        self.items.sort();
        for (seq, DerivativePlaces { about, objects }) in std::mem::take(&mut self.moved) {
            for place in objects {
                self.items.place_made(seq, &about, &place.sha256, &place.object);
            }
        }
        self.again.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    }

    /// Does it hold still: did no later run look at the same again?
    pub fn holds(&self, index: u32) -> bool {
        let Some((stage, seq)) = self.by.get(index as usize) else { return true };
        let about = self.items.get(index).about();
        let from = self.again.partition_point(|(item, ..)| *item < about);
        let of_it = self.again[from..].iter().take_while(|(item, ..)| *item == about);
        !of_it.into_iter().any(|(_, stages, later)| later > seq && stages.contains(stage))
    }
}
