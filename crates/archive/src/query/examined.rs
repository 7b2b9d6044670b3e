//! What examination found, put beside what members say of cameras: nothing is chosen among claims, nothing is resolved.

use jiff::civil::DateTime;
use serde::Serialize;
use vidimus_examine::claims::{contradictions, corrected};
use vidimus_folds::catalogue::{Beside, ExaminedCounts, FailureRow, Run};
use vidimus_model::{
    Camera, ClockCorrection, Derivative, End, FileKind, FoundPath, Group, NotContained, Reason, Ref, Stage,
    StageEnd, TimeClaim,
};

use super::AskError;
use crate::Archive;
use crate::read::{ItemBytes, ReadError};

/// Something that could not be examined; an array of these in JSON.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct FailureLine {
    /// The item.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// Which tool failed.
    pub tool: String,
    /// Why.
    pub reason: Reason,
    /// At what.
    pub stage: Stage,
    /// Whether some of it was done (`partly`) or nothing (`failed`).
    pub end: End,
}

/// What is known of an item by its examination.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ShownExamination {
    /// The item whose bytes were looked at, where this is a copy of it.
    pub of: Option<Ref>,
    /// How each stage ended, the latest run of each.
    pub stages: Vec<StageEnd>,
    /// What it is by its content.
    pub kind: Option<FileKind>,
    /// Technical facts.
    pub facts: Vec<FactLine>,
    /// What it claims of its time, and what corrections make of it.
    pub times: Vec<TimeLine>,
    /// Which of these claims cannot both be so; nothing is chosen among them.
    pub contradictions: Vec<ContradictionLine>,
    /// The cameras that it stands with.
    pub cameras: Vec<CameraLine>,
    /// What was made from it.
    pub derivatives: Vec<DerivativeLine>,
    /// What could not be examined.
    pub failures: Vec<FailureLine>,
    /// What was found in it and is no item.
    pub not_taken: Vec<NotContained>,
    /// Roots over its parts.
    pub commitments: Vec<serde_json::Value>,
    /// What was found in it and is an item.
    pub contained: Vec<Ref>,
    /// What it was found in.
    pub contained_in: Option<Ref>,
    /// Subtitles and transcripts beside it, that hold what is said in it.
    pub transcripts: Vec<TranscriptLine>,
    /// The films and recordings beside it, of which it holds what is said.
    pub spoken_in: Vec<Ref>,
}

/// A file beside a film or recording that holds what is said in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TranscriptLine {
    /// The item.
    #[serde(rename = "ref")]
    pub reference: Ref,
    /// Its path.
    #[serde(flatten)]
    pub path: FoundPath,
}

/// A technical fact, and the tool that says so.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactLine {
    /// Its name.
    pub name: String,
    /// As hostile as the file.
    pub untrusted_value: String,
    /// Which tool.
    pub tool: String,
}

/// A claim of time, and the corrected time where a member said how far the camera's clock was off.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TimeLine {
    /// The claim, as it stands.
    #[serde(flatten)]
    pub claim: TimeClaim,
    /// The time by the correction; beside the claim, never in its place.
    pub corrected: Option<DateTime>,
    /// The corrected time's minutes east of UTC, where that was said.
    pub corrected_zone: Option<i16>,
}

/// Two claims of time that disagree, also with the corrections.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContradictionLine {
    /// Which of [`ShownExamination::times`], counted from 0.
    pub one: usize,
    /// Which other.
    pub other: usize,
    /// By how many seconds the other is later, at least, on clocks of one zone.
    pub later_by: i64,
    /// Minutes east of UTC of the zone in which both would agree, where only one of them says its zone.
    pub agree_in_zone: Option<i16>,
}

/// A camera that an item stands with.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CameraLine {
    /// Its label.
    pub label: String,
    /// A member gave the item to it; else the item claims it.
    pub given: bool,
    /// What a member says of it.
    pub said: Option<Camera>,
}

/// Something that was made from an item.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DerivativeLine {
    /// The derivative as recorded, with its place by now.
    #[serde(flatten)]
    pub made: Derivative,
    /// The tool that made it.
    pub tool_name: String,
    /// Its version.
    pub tool_version: Option<String>,
}

impl Archive {
    /// How many of the items that can be seen were examined, of an accession or of everything.
    ///
    /// # Errors
    /// The folds cannot be read.
    pub fn examined(&mut self, accession: Option<&Ref>) -> Result<ExaminedCounts, AskError> {
        let mut sum = ExaminedCounts::default();
        for source in self.sources()? {
            let counts = self.catalogue_of(source.key)?.examined_counts(accession)?.value;
            sum.examined += counts.examined;
            sum.of += counts.of;
        }
        Ok(sum)
    }

    /// What could not be examined, of a thing and everything in it, or of everything; in the order of references.
    ///
    /// # Errors
    /// The reference is not known, or the folds cannot be read.
    pub fn failures(&mut self, within: Option<&Ref>) -> Result<Vec<FailureLine>, AskError> {
        if let Some(reference) = within {
            self.resolve(reference)?;
        }
        let mut lines: Vec<FailureLine> = Vec::new();
        for source in self.sources()? {
            let catalogue = self.catalogue_of(source.key)?;
            let mut after: Option<Ref> = None;
            loop {
                let page = catalogue.failures(within, after.as_ref(), PAGE)?.value;
                after = page.last().map(|last| last.item.clone());
                let is_last = page.len() < PAGE;
                lines.extend(page.into_iter().map(FailureLine::from));
                if is_last {
                    break;
                }
            }
        }
        lines.sort_unstable();
        lines.dedup();
        Ok(lines)
    }

    /// Everything that examination found in an item.
    ///
    /// # Errors
    /// The reference is not known, or the folds cannot be read.
    pub fn examination(&mut self, reference: &Ref) -> Result<ShownExamination, AskError> {
        let resolved = self.resolve(reference)?;
        if reference.item.is_none() || !resolved.is_here() {
            return Ok(ShownExamination::default());
        }
        let catalogue = self.catalogue_of(resolved.catalogue)?;
        let looked_at = catalogue.looked_at_for(reference)?.value;
        let given = catalogue.camera_given(reference)?.value;
        let brief = catalogue.brief(reference)?.value;
        let mut shown = ShownExamination {
            of: (looked_at != *reference).then(|| looked_at.clone()),
            kind: brief.kind,
            commitments: catalogue.commitments(&looked_at)?.value,
            contained: catalogue.contained(&looked_at)?.value,
            contained_in: container_of(reference),
            transcripts: lines_of(catalogue.spoken_beside(reference)?.value),
            ..ShownExamination::default()
        };
        // A file of that name may hold anything.
        if shown.kind.as_ref().is_some_and(|kind| kind.group == Group::Subtitles) {
            shown.spoken_in = catalogue.films_beside(reference)?.value;
        }
        for label in brief.cameras {
            let said = catalogue.camera(reference, &label)?.value;
            shown.cameras.push(CameraLine { given: given.is_some(), said, label });
        }
        let runs = catalogue.runs(&looked_at)?.value;
        for run in runs {
            shown.take(run);
        }
        shown.failures = failures_of(catalogue.failures(Some(&looked_at), None, PAGE)?.value, &looked_at);
        shown.stages.sort_by_key(|end| end.stage);
        shown.correct();
        Ok(shown)
    }

    /// The bytes of something that was made from an item, named by the digest of its bytes (hexadecimal).
    ///
    /// # Errors
    /// There is none, or its object is missing or not the one that was sealed.
    pub fn read_derivative(&mut self, reference: &Ref, sha256: &str) -> Result<ItemBytes, ReadError> {
        let gone = || ReadError::Gone(reference.clone());
        let resolved = self.resolve(reference)?;
        let catalogue = self.catalogue_of(resolved.catalogue).map_err(AskError::from)?;
        let looked_at = catalogue.looked_at_for(reference).map_err(AskError::from)?.value;
        let runs = catalogue.runs(&looked_at).map_err(AskError::from)?.value;
        for run in runs {
            if let Some(made) = run.found.derivatives.iter().find(|made| made.sha256 == sha256) {
                let key = self.record_in_row(&looked_at, run.seq)?.key;
                return self.open_place(&looked_at, &made.object, key);
            }
        }
        Err(gone())
    }
}

fn lines_of(beside: Vec<Beside>) -> Vec<TranscriptLine> {
    beside.into_iter().map(|Beside { item, path }| TranscriptLine { reference: item, path }).collect()
}

/// Failures that are asked for at once.
const PAGE: usize = 1000;
/// Contradictions of one item; who reads a hundred knows that its claims are worth nothing.
const CONTRADICTIONS: usize = 100;

impl ShownExamination {
    /// Takes in what holds of a run still.
    fn take(&mut self, run: Run) {
        let found = run.found;
        let tool = |index: u32| found.tools.get(index as usize);
        let holds = |index: u32| tool(index).is_none_or(|tool| run.holds.contains(&tool.stage));
        self.stages.extend(found.stages.iter().filter(|end| run.holds.contains(&end.stage)));
        for fact in found.facts.iter().filter(|fact| holds(fact.tool)) {
            self.facts.push(FactLine {
                name: fact.name.clone(),
                untrusted_value: fact.untrusted_value.clone(),
                tool: tool(fact.tool).map(|tool| tool.tool.clone()).unwrap_or_default(),
            });
        }
        for claim in &found.times {
            let line = TimeLine::of(claim.clone(), &[]);
            if !self.times.contains(&line) {
                self.times.push(line);
            }
        }
        for made in found.derivatives.iter().filter(|made| holds(made.tool)) {
            let by = tool(made.tool);
            self.derivatives.push(DerivativeLine {
                made: made.clone(),
                tool_name: by.map(|tool| tool.tool.clone()).unwrap_or_default(),
                tool_version: by.and_then(|tool| tool.version.clone()),
            });
        }
        self.not_taken.extend(found.not_taken.iter().cloned());
    }

    /// How long it is, where it is a film or recording.
    fn duration_ms(&self) -> Option<u64> {
        let fact = self.facts.iter().find(|fact| fact.name == "duration_ms")?;
        fact.untrusted_value.parse().ok()
    }

    /// Puts the corrected time beside what the camera's clock showed, and what disagrees beside it.
    fn correct(&mut self) {
        let cameras: Vec<Option<&Camera>> = self.cameras.iter().map(|line| line.said.as_ref()).collect();
        let clock = clock_of(&cameras).to_vec();
        let claims: Vec<TimeClaim> = self.times.iter().map(|line| line.claim.clone()).collect();
        self.times = claims.iter().map(|claim| TimeLine::of(claim.clone(), &clock)).collect();
        let found = contradictions(&claims, self.duration_ms(), &clock).into_iter().take(CONTRADICTIONS);
        self.contradictions = found
            .map(|found| ContradictionLine {
                one: found.one,
                other: found.other,
                later_by: found.later_by,
                agree_in_zone: found.agree_in_zone,
            })
            .collect();
    }
}

impl TimeLine {
    /// The claim, with what these corrections of its camera's clock make of it.
    pub(super) fn of(claim: TimeClaim, clock: &[ClockCorrection]) -> Self {
        let corrected = corrected(&claim, clock);
        Self {
            corrected: corrected.map(|corrected| corrected.time),
            corrected_zone: corrected.and_then(|corrected| corrected.zone),
            claim,
        }
    }
}

/// The corrections that hold for an item that stands with these cameras, of which members said this: none where it is not known
/// which of several took it.
pub(super) fn clock_of<'a>(cameras: &[Option<&'a Camera>]) -> &'a [ClockCorrection] {
    match cameras {
        [Some(camera)] => &camera.clock,
        _ => &[],
    }
}

impl From<FailureRow> for FailureLine {
    fn from(row: FailureRow) -> Self {
        let FailureRow { item: reference, stage, tool, end, reason } = row;
        Self { reference, tool, reason, stage, end }
    }
}

/// Of this item itself, not of what is in it.
fn failures_of(rows: Vec<FailureRow>, item: &Ref) -> Vec<FailureLine> {
    rows.into_iter().filter(|row| row.item == *item).map(FailureLine::from).collect()
}

fn container_of(reference: &Ref) -> Option<Ref> {
    let mut outer = reference.clone();
    outer.members.pop().map(|_| outer)
}
