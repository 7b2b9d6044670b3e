//! The queue: what the catalogues say is not examined, made ready for a thread, one item at a time.

use std::collections::{HashMap, VecDeque};

use vidimus_folds::catalogue::{State, Unexamined, Volumes, Wanted, Which};
use vidimus_ledger::Ledger as _;
use vidimus_model::{KeyId, Ref, Stage};
use vidimus_seal::age::Identity;

use super::bench::Task;
use super::contents::{Ask, Children, Twin};
use super::lease::{DEATHS, Lease, Marks};
use super::{Appender, ExamineError, Run, records};
use crate::door::{Act, Draft};
use crate::query::{AskError, Source};
use crate::{Archive, FoldError, files};

/// Items that are asked for at once.
const PAGE: usize = 64;

/// What is still to be asked of which catalogue.
pub(super) struct Queue {
    which: Which,
    stages: Vec<Stage>,
    /// Catalogues, and the thing in each; all of it where none is named.
    parts: VecDeque<(Source, Option<Ref>)>,
    after: Option<Ref>,
    page: VecDeque<Unexamined>,
    /// As far as is known, how many items there are in it.
    pub of: u64,
    /// Whether accessions are there whole.
    ready: HashMap<Ref, bool>,
}

impl Archive {
    /// Everything of these things that waits for the stages.
    pub(super) fn queue(
        &mut self,
        which: Which,
        stages: &[Stage],
        within: &[Ref],
    ) -> Result<Queue, ExamineError> {
        let sources = self.sources()?;
        let mut parts = VecDeque::new();
        let mut of = 0;
        for reference in within {
            let resolved = self.resolve_among(&sources, reference)?;
            if !resolved.is_here() {
                return Err(AskError::Unknown(reference.clone()).into());
            }
            let source = Source { key: resolved.catalogue, compartment: resolved.compartment };
            let catalogue = self.catalogue_of(source.key)?;
            let named = catalogue.looked_at_for(reference).map_err(FoldError::from)?.value;
            of += match reference.item {
                Some(_) => 1,
                None => waiting(
                    catalogue.examined_counts(Some(reference)).map_err(FoldError::from)?.value,
                    stages,
                ),
            };
            parts.push_back((source, Some(named)));
        }
        if within.is_empty() {
            for source in sources {
                let counts = self.catalogue_of(source.key)?.examined_counts(None).map_err(FoldError::from)?;
                of += waiting(counts.value, stages);
                parts.push_back((source, None));
            }
        }
        Ok(Queue {
            which,
            stages: stages.to_vec(),
            parts,
            after: None,
            page: VecDeque::new(),
            of,
            ready: HashMap::new(),
        })
    }

    /// The next item that no other worker has; none where there is none.
    pub(super) fn next_task(
        &mut self,
        queue: &mut Queue,
        run: &mut Run,
    ) -> Result<Option<Task>, ExamineError> {
        let folder = self.layout.unfinished();
        files::make_folder(&folder)?;
        loop {
            let Some((source, within)) = queue.parts.front().cloned() else { return Ok(None) };
            let Some(next) = queue.page.pop_front() else {
                let catalogue = self.catalogue_of(source.key)?;
                let wanted = Wanted {
                    which: queue.which,
                    stages: &queue.stages,
                    within: within.as_ref(),
                    after: queue.after.as_ref(),
                    limit: PAGE,
                };
                queue.page = catalogue.unexamined(&wanted).map_err(FoldError::from)?.value.into();
                queue.after = queue.page.back().map(|last| last.row.item.about.clone());
                if queue.page.is_empty() {
                    queue.parts.pop_front();
                }
                continue;
            };
            let about = next.row.item.about.clone();
            if !self.is_ready(queue, &source, &next)? {
                continue;
            }
            let Some(lease) = Lease::take(&folder, next.row.seq)? else { continue };
            // Whoever had it before may just have recorded it.
            let catalogue = self.catalogue_of(source.key)?;
            let wanted = Wanted {
                which: queue.which,
                stages: &queue.stages,
                within: Some(&about),
                after: None,
                limit: 1,
            };
            let now = catalogue.unexamined(&wanted).map_err(FoldError::from)?.value.into_iter().next();
            let Some(Unexamined { row, stages, attempts }) = now.filter(|now| now.row.item.about == about)
            else {
                lease.end()?;
                continue;
            };
            let key = self.key_of_row(row.seq)?;
            let Some(identity) = self.identity(key)? else {
                lease.end()?;
                continue;
            };
            let lease = lease.read(&Marks::new(&identity, row.seq), attempts)?;
            let attempt = attempts.saturating_add(lease.before).saturating_add(1);
            if lease.before >= DEATHS {
                let change = records::died_thrice(about.clone(), attempt - 1, &stages);
                let draft = Draft { compartment: source.compartment.clone(), key, change };
                self.record(Act::of(vec![draft], Vec::new()))?;
                lease.end()?;
                run.buried(&source.compartment, about);
                continue;
            }
            let children = self.children(&source, &about, &stages)?;
            let volumes = self.volumes(&source, &about, key, &stages)?;
            return Ok(Some(Task {
                seq: row.seq,
                item: row.item,
                stages,
                attempt,
                compartment: source.compartment,
                catalogue: source.key,
                key,
                identity,
                children,
                volumes,
                lease,
            }));
        }
    }

    /// The key that seals the record with this log index.
    pub(super) fn key_of_row(&self, seq: u64) -> Result<KeyId, ExamineError> {
        let row = self.ledger.rows(seq, 1).map_err(FoldError::from)?.pop().filter(|row| row.seq == seq);
        let key = row.filter(|row| !row.erased).and_then(|row| row.key.parse().ok());
        Ok(key.ok_or(FoldError::NotHeld)?)
    }

    fn identity(&mut self, key: KeyId) -> Result<Option<Identity>, ExamineError> {
        Ok(self.keyring.open(key).map_err(FoldError::from)?.map(|key| key.identity.clone()))
    }

    /// What is still being received waits until all of it is there.
    fn is_ready(
        &mut self,
        queue: &mut Queue,
        source: &Source,
        next: &Unexamined,
    ) -> Result<bool, ExamineError> {
        let whole = next.row.item.about.whole();
        if let Some(ready) = queue.ready.get(&whole) {
            return Ok(*ready);
        }
        let row = self.catalogue_of(source.key)?.accession(&whole).map_err(FoldError::from)?.value;
        let ready = row.is_some_and(|row| row.state != State::Private || row.end.is_some());
        queue.ready.insert(whole, ready);
        Ok(ready)
    }

    /// What earlier runs found in an item.
    fn children(&mut self, source: &Source, about: &Ref, stages: &[Stage]) -> Result<Children, ExamineError> {
        let mut children = Children::default();
        if !stages.contains(&Stage::Members) {
            return Ok(children);
        }
        let catalogue = self.catalogue_of(source.key)?;
        for child in catalogue.contained(about).map_err(FoldError::from)?.value {
            children.last = children.last.max(child.members.last().copied().unwrap_or(0));
            let Some(row) = catalogue.item(&child).map_err(FoldError::from)?.value else { continue };
            let mut sha256 = [0; 32];
            hex::decode_to_slice(&row.item.sha256, &mut sha256)
                .expect("the catalogue keeps digests as 32 bytes");
            *children.known.entry((row.item.path.as_bytes().to_vec(), sha256)).or_default() += 1;
        }
        Ok(children)
    }

    /// Where an item stands among the volumes of a container, as far as the same key seals them.
    fn volumes(
        &mut self,
        source: &Source,
        about: &Ref,
        key: KeyId,
        stages: &[Stage],
    ) -> Result<Option<Volumes>, ExamineError> {
        if !stages.contains(&Stage::Members) {
            return Ok(None);
        }
        let catalogue = self.catalogue_of(source.key)?;
        let mut volumes = catalogue.volumes(about).map_err(FoldError::from)?.value;
        if let Some(Volumes::First(behind)) = &mut volumes {
            let mut here = 0;
            while here < behind.len() && self.key_of_row(behind[here].seq)? == key {
                here += 1;
            }
            behind.truncate(here);
        }
        Ok(volumes)
    }

    /// The same bytes on record: in the accession itself, under the same key, they are not stored again.
    pub(super) fn twin(&mut self, ask: &Ask, found: &Appender) -> Result<Option<Twin>, ExamineError> {
        if let Some((item, place)) = found.find(ask.key, &ask.sha256) {
            return Ok(Some(Twin { item, place: Some(place) }));
        }
        let catalogue = self.catalogue_of(ask.catalogue)?;
        let same = catalogue.find(&ask.sha256, ask.size).map_err(FoldError::from)?.value;
        let whole = ask.about.whole();
        for twin in same.iter().filter(|twin| twin.whole() == whole) {
            let catalogue = self.catalogue_of(ask.catalogue)?;
            let Some(row) = catalogue.item(twin).map_err(FoldError::from)?.value else { continue };
            if self.key_of_row(row.seq)? == ask.key {
                let of = row.item.copy_of.filter(|of| of.whole() == whole).unwrap_or_else(|| twin.clone());
                return Ok(Some(Twin { item: of, place: Some(row.item.object) }));
            }
        }
        Ok(same.into_iter().next().map(|item| Twin { item, place: None }))
    }
}

/// How many items wait, as far as counts tell.
fn waiting(counts: vidimus_folds::catalogue::ExaminedCounts, stages: &[Stage]) -> u64 {
    if stages == [Stage::First] { counts.of.saturating_sub(counts.examined) } else { counts.of }
}
