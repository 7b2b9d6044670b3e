//! The fold of records into the index: names from items, texts and facts from examinations.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use vidimus_model::{
    Change, ClaimSource, Derivative, DerivativeKind, Examination, Item, Ref, Stage, Text, TextPart,
    TextPlace, TimeClaim, TimeOf,
};

use super::document::{Document, Facts, Kind, Latest, Piece, Place, Span};
use super::index::{Forget, TextIndex, Writing};
use super::notes::notes;
use super::query::Question;
use super::{Found, Language, Wanted};
use crate::state::State;
use crate::{ApplyError, Entry, Fold, Said, StoreError, may_apply};

/// Opens texts that were made from items and lie sealed in the vault.
pub trait Texts {
    /// The text of a derivative of the item `about`, which this entry of the ledger names.
    ///
    /// None where it cannot be had (its object is lost or damaged, its key destroyed): `check` names it; search goes on without,
    /// and remembers it, see [`Search::unread`].
    fn text(&mut self, entry: u64, about: &Ref, derivative: &Derivative) -> Option<Text>;
}

/// No texts: names and facts alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTexts;

impl Texts for NoTexts {
    fn text(&mut self, _: u64, _: &Ref, _: &Derivative) -> Option<Text> {
        None
    }
}

/// The index as a fold of the records.
///
/// It keeps no record of what it did not understand, and hides nothing: what is withdrawn is said with each question.
#[derive(Debug)]
pub struct Search<T> {
    index: TextIndex,
    texts: T,
    /// Threads that write.
    threads: usize,
}

impl<T: Texts> Search<T> {
    /// Opens the index in the folder `path`, or makes an empty one, under the 256-bit `key`.
    ///
    /// # Errors
    /// [`StoreError::NotReadable`] where it must be deleted and folded again.
    pub fn open(path: &Path, key: &[u8; 32], cache_bytes: usize, texts: T) -> Result<Self, StoreError> {
        let index = TextIndex::open(path, key, cache_bytes)?;
        let found = Self { index, texts, threads: 1 };
        let version = found.index.state()?.version;
        // 0: nothing was committed yet.
        if version != 0 && version != Self::VERSION { Err(StoreError::NotReadable) } else { Ok(found) }
    }

    /// Lets so many threads write, for a fold of much.
    #[must_use]
    pub fn with_threads(self, threads: usize) -> Self {
        Self { threads: threads.max(1), ..self }
    }

    /// What opens texts, to hand it what it needs.
    pub fn texts_mut(&mut self) -> &mut T {
        &mut self.texts
    }

    /// Answers a question from the newest commit of any process.
    ///
    /// # Errors
    /// The index is damaged or cannot be read.
    pub fn answer(&self, question: &Question, wanted: &Wanted) -> Result<Found, StoreError> {
        self.index.answer(question, wanted)
    }

    /// Writes anew whatever still holds what was taken out, and removes what nothing needs: a writer that was killed between its
    /// commit and its sweep leaves both.
    ///
    /// # Errors
    /// The index is damaged or cannot be written.
    pub fn sweep(&mut self) -> Result<(), StoreError> {
        let _turn = self.index.turn()?;
        let mut writing = self.index.writer(1)?;
        let state = self.index.state()?;
        writing.sweeps();
        writing.commit(&state)
    }

    /// Entries of which a text could not be read when they were folded: whoever finds that it can be now applies them again.
    ///
    /// # Errors
    /// The index is damaged or cannot be read.
    pub fn unread(&self) -> Result<Vec<u64>, StoreError> {
        Ok(self.index.state()?.unread.into_iter().collect())
    }

    /// Can all texts of an entry be read now?
    pub fn can_read(&mut self, entry: &Entry) -> bool {
        let Said::Statement(said) = &entry.said else { return false };
        let Change::Examination(found) = &said.change else { return false };
        let mut texts = found.derivatives.iter().filter(|derivative| kind(derivative).is_some());
        texts.all(|derivative| self.texts.text(entry.seq, &found.about, derivative).is_some())
    }

    /// The index itself, for those who measure.
    pub fn index(&self) -> &TextIndex {
        &self.index
    }

    fn write(&mut self, batch: &[Entry], from: u64, to: u64) -> Result<(), ApplyError> {
        let _turn = self.index.turn()?;
        let mut writing = self.index.writer(self.threads)?;
        // Asked under the writer's lock: nobody else moves it now.
        let before = self.index.state()?;
        may_apply(batch, before.position, from, to)?;
        let mut state = State { version: Self::VERSION, position: to, ..before.clone() };
        let mut batch: BTreeMap<u64, &Entry> = batch.iter().map(|entry| (entry.seq, entry)).collect();
        let newly_gone = state.note(batch.values().copied());
        batch.retain(|seq, _| !state.is_gone(*seq));
        let unread = std::mem::take(&mut state.unread);
        state.unread =
            unread.into_iter().filter(|seq| !state.is_gone(*seq) && !batch.contains_key(seq)).collect();
        let known = self.index.holds_entries()?;
        let mut runs = Runs(HashSet::new());
        // What stands before the position may be here already.
        let is_late = |seq: u64| seq < before.position && known;
        let late =
            batch.iter().filter(|(seq, entry)| is_late(**seq) && matches!(entry.said, Said::Statement(_)));
        let out: HashSet<u64> =
            newly_gone.iter().filter(|_| known).chain(late.map(|(seq, _)| seq)).copied().collect();
        if !out.is_empty() {
            writing.forget(&Forget::Entries(out))?;
        }
        for (about, (seq, out)) in
            state.moved.iter().filter(|(about, now)| before.moved.get(*about) != Some(now))
        {
            if *out && let Ok(about) = about.parse() {
                writing.forget(&Forget::About(about, *seq))?;
            }
        }
        for (seq, entry) in batch {
            if let Said::Statement(said) = &entry.said {
                let is_late = is_late(seq);
                match &said.change {
                    Change::Examination(found) if !state.is_moved(&found.about, seq) => {
                        writing.add_facts(&facts(found, seq))?;
                        let outdated = runs.outdated(&self.index, &mut writing, found, seq, is_late)?;
                        if !add_texts(&mut writing, &mut self.texts, seq, found, &outdated)? {
                            state.unread.insert(seq);
                        }
                    }
                    Change::Item(item) => add(&mut writing, &state, name_of(item, seq))?,
                    Change::Contained(contained) => add(&mut writing, &state, name_of(&contained.item, seq))?,
                    other => {
                        for note in notes(seq, other) {
                            if let Some(latest) = &note.latest
                                && !runs.is_latest(
                                    &self.index,
                                    &mut writing,
                                    (&note.about, latest, seq),
                                    is_late,
                                )?
                            {
                                continue;
                            }
                            add(&mut writing, &state, note)?;
                        }
                    }
                }
            }
        }
        Ok(writing.commit(&state)?)
    }
}

impl<T: Texts> Fold for Search<T> {
    const VERSION: u32 = 4;

    fn position(&self) -> Result<u64, StoreError> {
        Ok(self.index.state()?.position)
    }

    fn apply(&mut self, batch: &[Entry], from: u64, to: u64) -> Result<(), ApplyError> {
        self.write(batch, from, to)
    }

    fn reset(&mut self) -> Result<(), StoreError> {
        let _turn = self.index.turn()?;
        let mut writing = self.index.writer(1)?;
        writing.forget_all()?;
        writing.commit(&State::default())
    }
}

/// What of this batch holds until something later takes its place.
struct Runs(HashSet<(Ref, Latest)>);

impl Runs {
    /// The latest run of a stage on an item holds: what older ones made is taken out, and given back are the stages of `found`
    /// that a later one has looked at again.
    fn outdated(
        &mut self,
        index: &TextIndex,
        writing: &mut Writing,
        found: &Examination,
        entry: u64,
        is_late: bool,
    ) -> Result<HashSet<Stage>, StoreError> {
        let mut outdated = HashSet::new();
        for stage in found.stages.iter().map(|end| end.stage) {
            let latest = Latest::Stage(stage);
            // Nothing was before a first attempt.
            if found.attempt <= 1 && !is_late && self.0.insert((found.about.clone(), latest.clone())) {
                continue;
            }
            if !self.is_latest(index, writing, (&found.about, &latest, entry), is_late)? {
                outdated.insert(stage);
            }
        }
        Ok(outdated)
    }

    /// Is there nothing later of this kind? Then what is older is taken out.
    fn is_latest(
        &mut self,
        index: &TextIndex,
        writing: &mut Writing,
        (about, latest, entry): (&Ref, &Latest, u64),
        is_late: bool,
    ) -> Result<bool, StoreError> {
        if is_late && index.holds(about, latest, Some(entry))? {
            return Ok(false);
        }
        let again = !self.0.insert((about.clone(), latest.clone()));
        if again || index.holds(about, latest, None)? {
            writing.forget(&Forget::Older(about.clone(), latest.clone(), entry))?;
        }
        Ok(true)
    }
}

/// Adds a text, unless what it is of was moved away.
fn add(writing: &mut Writing, state: &State, document: Document) -> Result<(), StoreError> {
    if state.is_moved(&document.about, document.entry) { Ok(()) } else { writing.add(&document) }
}

/// Adds texts; whether all of them could be read.
fn add_texts(
    writing: &mut Writing,
    texts: &mut impl Texts,
    entry: u64,
    found: &Examination,
    outdated: &HashSet<Stage>,
) -> Result<bool, StoreError> {
    let mut all = true;
    for (number, derivative) in found.derivatives.iter().enumerate() {
        let Some(kind) = kind(derivative) else { continue };
        let stage = found.tools.get(derivative.tool as usize).map(|tool| tool.stage);
        if stage.is_some_and(|stage| outdated.contains(&stage)) {
            continue;
        }
        let Some(untrusted_text) = texts.text(entry, &found.about, derivative) else {
            all = false;
            continue;
        };
        let latest = stage.map(Latest::Stage);
        let pieces = pieces(untrusted_text.parts);
        let language = untrusted_text.language.as_deref().and_then(language);
        let about = found.about.clone();
        writing.add(&Document { about, entry, kind, number, latest, language, pieces })?;
    }
    Ok(all)
}

/// Where the text of a derivative comes from; none where it is no text.
fn kind(derivative: &Derivative) -> Option<Kind> {
    match derivative.kind {
        DerivativeKind::Text => Some(Kind::Text),
        DerivativeKind::Ocr | DerivativeKind::BurntIn => Some(Kind::Ocr),
        DerivativeKind::Transcript => Some(Kind::Transcript),
        DerivativeKind::Still
        | DerivativeKind::Strip
        | DerivativeKind::Thumbnail
        | DerivativeKind::Proxy
        | DerivativeKind::Print
        | DerivativeKind::Motion => None,
    }
}

/// A path that is no UTF-8 is searched by what of it can be read.
fn name_of(item: &Item, entry: u64) -> Document {
    let text = String::from_utf8_lossy(item.path.as_bytes()).into_owned();
    let pieces = vec![Piece { place: Place::Whole, text }];
    let (about, kind) = (item.about.clone(), Kind::Name);
    Document { about, entry, kind, number: 0, latest: None, language: None, pieces }
}

fn pieces(untrusted_parts: Vec<TextPart>) -> Vec<Piece> {
    untrusted_parts.into_iter().map(|part| Piece { place: place(&part.place), text: part.text }).collect()
}

/// The language of such a code of ISO 639-3.
fn language(untrusted_code: &str) -> Option<Language> {
    match untrusted_code {
        "ukr" => Some(Language::Ukrainian),
        "rus" => Some(Language::Russian),
        "eng" => Some(Language::English),
        _ => None,
    }
}

fn place(place: &TextPlace) -> Place {
    let most = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    match place {
        TextPlace::Whole | TextPlace::Sheet(_) | TextPlace::Field(_) => Place::Whole,
        TextPlace::Page(n) => Place::Page(*n),
        TextPlace::Line(n) => Place::Line(most(*n)),
        TextPlace::Time { from, .. } => Place::Second(most(from / 1000)),
    }
}

/// Also of an examination that found nothing: that it was made is counted.
fn facts(examination: &Examination, entry: u64) -> Facts {
    let form = examination.kind.as_ref().map(|kind| group(kind.group));
    let mut cameras: Vec<String> =
        examination.cameras.iter().map(|camera| camera.label.to_lowercase()).collect();
    cameras.sort();
    cameras.dedup();
    Facts { about: examination.about.clone(), entry, form, cameras, times: spans(&examination.times) }
}

/// The word of a group in records is the word in questions.
fn group(group: vidimus_model::Group) -> String {
    let word = serde_json::to_value(group).ok();
    word.as_ref().and_then(|word| word.as_str()).unwrap_or_default().to_owned()
}

/// One span for each place where times are claimed, so that claims that contradict each other are found each by itself; when a file
/// was changed is a span of its own.
fn spans(times: &[TimeClaim]) -> Vec<Span> {
    let mut spans: BTreeMap<(ClaimSource, bool), (i64, i64)> = BTreeMap::new();
    for claim in times {
        // As the clock showed it: the zone is not known of most, and never guessed.
        let Ok(shown) = claim.time.to_zoned(jiff::tz::TimeZone::UTC) else { continue };
        let second = shown.timestamp().as_second();
        let last = match claim.precision {
            vidimus_model::Precision::Day => second.saturating_add(86_399),
            vidimus_model::Precision::Minute => second.saturating_add(59),
            vidimus_model::Precision::Second => second,
        };
        let span = spans.entry((claim.source, claim.of == TimeOf::Change)).or_insert((second, last));
        *span = (span.0.min(second), span.1.max(last));
    }
    // Names and metadata are written by the recorder, by the same clock as what is burnt in.
    let by_camera =
        |source| matches!(source, ClaimSource::Path | ClaimSource::Metadata | ClaimSource::BurntIn);
    let spans = spans.into_iter();
    spans.map(|((source, _), (first, last))| Span { first, last, by_camera: by_camera(source) }).collect()
}
