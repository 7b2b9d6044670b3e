//! The list of items: every catalogue that the member may read, merged in the order of references, a page of each at a time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::ops::ControlFlow;

use serde::Serialize;
use vidimus_folds::catalogue::{Brief, ItemQuery, ItemRow, State};
use vidimus_model::{Camera, FileKind, FoundPath, Group, KeyId, Reading, Ref};

use super::examined::clock_of;
use super::{AskError, TimeLine, state_word};
use crate::Archive;
use crate::cameras::label_of;

/// Rows that are held at once over all catalogues: a few megabytes.
const ROWS: usize = 4096;

/// Which items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Of this accession, or of this item and what is in it; all where none is named.
    pub accession: Option<Ref>,
    /// Withdrawn ones too.
    pub include_withdrawn: bool,
    /// Only those behind this reference.
    pub after: Option<Ref>,
    /// Only those of this group, as far as that is known.
    pub group: Option<Group>,
    /// Only those that stand with the camera of this label.
    pub camera: Option<String>,
}

/// One item of a list, in the form of `docs/format/commands.md`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ListRow {
    /// Its reference.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// As found.
    #[serde(flatten)]
    pub path: FoundPath,
    /// Bytes.
    pub size: u64,
    /// Hexadecimal.
    pub sha256: String,
    /// Of which accession it is.
    pub accession: Ref,
    /// The item with the same bytes that was there before.
    pub copy_of: Option<Ref>,
    /// Whether it stood still while it was read.
    pub reading: Reading,
    /// Who may see it.
    #[serde(serialize_with = "state_word")]
    pub state: State,
    /// Whether it was looked at.
    pub examined: bool,
    /// What it is by its content; none where that is not known.
    pub kind: Option<FileKind>,
    /// The cameras that it stands with: the one that a member gave it to, or those that it claims.
    pub cameras: Vec<String>,
    /// What it claims of when it began, and what corrections of its camera's clock make of it.
    pub begins: Vec<TimeLine>,
}

/// What is still to come of one catalogue.
struct Stream {
    key: KeyId,
    page: VecDeque<ItemRow>,
    query: ItemQuery,
    over: bool,
}

impl Archive {
    /// Visits items in the order of their references until told to stop; memory does not grow with their number.
    ///
    /// # Errors
    /// The reference in the query is not known, or the folds cannot be read.
    pub fn list(
        &mut self,
        query: &ListQuery,
        visit: &mut dyn FnMut(ListRow) -> ControlFlow<()>,
    ) -> Result<(), AskError> {
        if let Some(reference) = &query.accession {
            self.resolve(reference)?;
        }
        let camera = query.camera.as_deref().map(label_of);
        let mut said = Said::new();
        let sources = self.sources()?;
        let limit = (ROWS / sources.len().max(1)).max(16);
        let mut streams: Vec<Stream> =
            sources.iter().map(|source| Stream::new(source.key, query, limit)).collect();
        let mut next = BinaryHeap::new();
        for (place, stream) in streams.iter_mut().enumerate() {
            next.extend(stream.first(self)?.map(|first| Reverse((first, place))));
        }
        let mut last = None;
        while let Some(Reverse((reference, place))) = next.pop() {
            let row =
                streams[place].page.pop_front().expect("a stream stands in the heap with its first row");
            next.extend(streams[place].first(self)?.map(|first| Reverse((first, place))));
            let wanted = query.accession.as_ref().is_none_or(|whole| whole.holds(&reference));
            // What is being released by another process may for a moment stand in two catalogues.
            if !wanted || last.as_ref() == Some(&reference) {
                continue;
            }
            let brief = self.catalogue_of(streams[place].key)?.brief(&reference)?.value;
            last = Some(reference);
            let is_of = |camera: &String| brief.cameras.contains(camera);
            let passes = query.group.is_none_or(|group| brief.group() == Some(group))
                && camera.as_ref().is_none_or(is_of);
            if passes && visit(self.list_row(streams[place].key, row, brief, &mut said)?).is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl Stream {
    fn new(key: KeyId, query: &ListQuery, limit: usize) -> Self {
        let query = ItemQuery {
            accession: query.accession.as_ref().map(Ref::whole),
            after: query.after.clone(),
            limit,
            include_withdrawn: query.include_withdrawn,
        };
        Self { key, page: VecDeque::new(), query, over: false }
    }

    /// The reference of its first row, fetching the next page where the last one is used up.
    fn first(&mut self, archive: &mut Archive) -> Result<Option<Ref>, AskError> {
        if self.page.is_empty() && !self.over {
            let rows = archive.catalogue_of(self.key)?.items(&self.query)?.value;
            self.over = rows.len() < self.query.limit;
            self.query.after = rows.last().map(|row| row.item.about.clone());
            self.page = rows.into();
        }
        Ok(self.page.front().map(|row| row.item.about.clone()))
    }
}

/// What members said of cameras, by catalogue, accession and label.
type Said = BTreeMap<(KeyId, Ref, String), Option<Camera>>;

impl Archive {
    fn list_row(
        &mut self,
        catalogue: KeyId,
        row: ItemRow,
        brief: Brief,
        said: &mut Said,
    ) -> Result<ListRow, AskError> {
        let accession = row.item.about.whole();
        let mut camera = None;
        if let ([label], false) = (brief.cameras.as_slice(), brief.begins.is_empty()) {
            let key = (catalogue, accession.clone(), label.clone());
            if !said.contains_key(&key) {
                let found = self.catalogue_of(catalogue)?.camera(&accession, label)?.value;
                said.insert(key.clone(), found);
            }
            camera = said[&key].as_ref();
        }
        let clock = clock_of(&[camera]);
        let begins = brief.begins.into_iter().map(|claim| TimeLine::of(claim, clock)).collect();
        let item = row.item;
        Ok(ListRow {
            accession,
            reference: item.about,
            path: item.path,
            size: item.size,
            sha256: item.sha256,
            copy_of: item.copy_of,
            reading: item.reading,
            state: row.state,
            examined: brief.is_examined,
            kind: brief.kind,
            cameras: brief.cameras,
            begins,
        })
    }
}
