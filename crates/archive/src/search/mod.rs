//! Full-text search over everything that the member may read: every index is asked, and they are answered as one.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use jiff::civil::DateTime;
use vidimus_folds::catalogue::Hidden;
use vidimus_folds::search::query::{Clause, Filter, parse};
use vidimus_folds::search::{CameraSays, ClockSays, Found, MOST_HITS, Search, Wanted};
use vidimus_folds::{Entry, StoreError};
use vidimus_model::{Camera, KeyId, Ref};
use vidimus_vault::FolderVault;

pub use vidimus_folds::catalogue::ExaminedCounts;
pub use vidimus_folds::search::query::{Ignored, KINDS};
pub use vidimus_folds::search::{Fit, Kind, Place, Snippet};

use crate::Archive;
use crate::beside::Beside;
use crate::cameras::label_of;
use crate::derivatives::SealedDerivatives;
use crate::query::AskError;

/// A search index of a key.
pub(crate) type Index = Search<SealedDerivatives>;

/// Bytes of an index that are kept open in memory, for each.
const CACHE: usize = 64 << 20;

impl Beside for Index {
    const NAME: &'static str = "search";

    fn open(folder: &Path, secret: &[u8; 32], vault: Arc<FolderVault>) -> Result<Self, StoreError> {
        Search::open(folder, secret, CACHE, SealedDerivatives::new(vault))
    }

    fn derivatives(&mut self) -> &mut SealedDerivatives {
        self.texts_mut()
    }

    fn unread(&self) -> Result<Vec<u64>, StoreError> {
        Search::unread(self)
    }

    fn can_read(&mut self, entry: &Entry) -> bool {
        Search::can_read(self, entry)
    }

    fn sweep(&mut self) -> Result<(), StoreError> {
        Search::sweep(self)
    }
}

/// What is searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery {
    /// As it was typed.
    pub untrusted_text: String,
    /// Hits that are passed over.
    pub offset: usize,
    /// Hits after those.
    pub limit: usize,
    /// Withdrawn items too.
    pub include_withdrawn: bool,
}

/// One text that fits.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// The item; of subtitles and transcripts that lie beside a film or recording, that one.
    pub about: Ref,
    /// The item that the text stands in, where it lies beside `about`.
    pub beside: Option<Ref>,
    /// Where the text comes from.
    pub kind: Kind,
    /// Where in the item the cited words stand.
    pub place: Place,
    /// Where else in the same text as many of the words stand near each other, in order.
    pub others: Vec<Place>,
    /// The words, cited.
    pub snippet: Snippet,
    /// How well it fits; only hits of one answer and of equal `fit` can be compared.
    pub score: f32,
    /// In which way it fits.
    pub fit: Fit,
}

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct SearchAnswer {
    /// Texts that fit.
    pub total: u64,
    /// The best of them, the best first.
    pub hits: Vec<Hit>,
    /// What of the question was passed over.
    pub ignored: Vec<Ignored>,
    /// How much of what could be searched was examined: what was not is found by its name alone.
    pub examined: ExaminedCounts,
    /// So many of the newest entries of the ledger were not searched, because no index can be written.
    pub lacks: u64,
}

impl Archive {
    /// Searches the texts, names and notes of everything that the member may read.
    ///
    /// # Errors
    /// A fold cannot be brought up to date or read. Nonsense is no error: the answer says what was passed over.
    pub fn search(&mut self, query: &SearchQuery) -> Result<SearchAnswer, AskError> {
        let mut question = parse(&query.untrusted_text);
        question.clause.iter_mut().for_each(with_labels);
        let end = query.offset.saturating_add(query.limit).min(MOST_HITS);
        let mut answer = SearchAnswer {
            total: 0,
            hits: Vec::new(),
            ignored: question.ignored.clone(),
            examined: ExaminedCounts::default(),
            lacks: 0,
        };
        let mut seen = HashSet::new();
        for source in self.sources()? {
            let catalogue = self.catalogue_of(source.key)?;
            let counts = catalogue.examined_counts(None)?.value;
            answer.examined.examined += counts.examined;
            answer.examined.of += counts.of;
            let hidden = if query.include_withdrawn { Hidden::default() } else { catalogue.hidden()?.value };
            let beside = if question.asks_of_items() { catalogue.all_beside()?.value } else { Vec::new() };
            let cameras = self.cameras_for_search(source.key)?;
            let wanted = Wanted {
                offset: 0,
                limit: end,
                without: &hidden.whole,
                alone: &hidden.alone,
                cameras: &cameras,
                beside: &beside,
            };
            let asked = self.ask_beside(source.key, |index: &mut Index| index.answer(&question, &wanted))?;
            answer.lacks = answer.lacks.max(asked.lacks);
            let Some(Found { total, hits, ignored, .. }) = asked.answer else { continue };
            answer.total += total;
            // What is being released by another process may for a moment stand in two folds.
            let new = hits.into_iter().filter(|hit| {
                seen.insert((hit.about.clone(), hit.kind, hit.place, hit.snippet.text.clone()))
            });
            for found in new {
                let film = match found.kind {
                    Kind::Transcript => self.catalogue_of(source.key)?.films_beside(&found.about)?.value,
                    _ => Vec::new(),
                };
                answer.hits.push(Hit::of(found, film.into_iter().next()));
            }
            for ignored in ignored {
                if !answer.ignored.contains(&ignored) {
                    answer.ignored.push(ignored);
                }
            }
        }
        // Scores of different indexes count words differently; between hits that fit in the same way they are the best there is.
        answer.hits.sort_by(|a, b| a.fit.cmp(&b.fit).then(b.score.total_cmp(&a.score)));
        answer.hits.truncate(end);
        answer.hits.drain(..query.offset.min(answer.hits.len()));
        Ok(answer)
    }

    /// What members say of cameras, for filters of date and camera.
    fn cameras_for_search(&mut self, key: KeyId) -> Result<Vec<CameraSays>, AskError> {
        let catalogue = self.catalogue_of(key)?;
        let mut cameras: BTreeMap<(Ref, String), CameraSays> = BTreeMap::new();
        let none = |accession: &Ref, label: &str| CameraSays {
            accession: accession.clone(),
            label: label.to_owned(),
            clock: Vec::new(),
            items: Vec::new(),
        };
        for camera in catalogue.said_of_cameras()?.value {
            let says = cameras
                .entry((camera.about.clone(), camera.label.clone()))
                .or_insert_with(|| none(&camera.about, &camera.label));
            says.clock = clock(&camera);
        }
        for (item, label) in catalogue.given_to_cameras()?.value {
            let accession = item.whole();
            let says =
                cameras.entry((accession.clone(), label.clone())).or_insert_with(|| none(&accession, &label));
            says.items.push(item);
        }
        Ok(cameras.into_values().collect())
    }
}

impl Hit {
    /// What is said in a film is a hit of the film, wherever it is written down.
    fn of(found: vidimus_folds::search::Hit, film: Option<Ref>) -> Hit {
        let (about, beside) = match film {
            Some(film) => (film, Some(found.about)),
            None => (found.about, None),
        };
        let vidimus_folds::search::Hit { kind, place, others, snippet, score, fit, .. } = found;
        Hit { about, beside, kind, place, others, snippet, score, fit }
    }
}

/// Cameras are asked for by labels as records have them, however they are typed.
fn with_labels(clause: &mut Clause) {
    match clause {
        Clause::Only(Filter::Camera(label)) => *label = label_of(label),
        Clause::All(parts) | Clause::Any(parts) => parts.iter_mut().for_each(with_labels),
        Clause::Not(inner) => with_labels(inner),
        Clause::Word(_) | Clause::Phrase(_) | Clause::Only(_) => {}
    }
}

/// Its corrections, in seconds as the clock showed them.
fn clock(camera: &Camera) -> Vec<ClockSays> {
    let second = |shown: &DateTime| {
        // A time near the ends of the calendar has no second of its own; a span to there is one without end.
        shown.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|shown| shown.timestamp().as_second())
    };
    let corrections = camera.clock.iter().map(|correction| ClockSays {
        from: correction.from.as_ref().and_then(second).unwrap_or(i64::MIN),
        until: correction.until.as_ref().and_then(second).unwrap_or(i64::MAX),
        add: correction.add,
    });
    corrections.collect()
}
