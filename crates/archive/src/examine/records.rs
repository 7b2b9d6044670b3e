//! What a run found, as the changes that are recorded: what was contained first, the examination last.

use sha2::{Digest as _, Sha256};
use vidimus_model::{
    Change, Commitment, Contained, Derivative, End, Examination, Item, Reason, Ref, SandboxLevel, Stage,
    StageEnd, ToolRun,
};

use super::bench::Found;

/// The changes of one run, in the order in which they are recorded: a container's examination is on record only after what was
/// found in it.
pub(super) fn changes(about: Ref, attempt: u32, found: Found) -> (Vec<Change>, Vec<Change>) {
    let Found { findings, places, contained, seed } = found;
    let unpacked_by =
        findings.tools.iter().rev().find(|run| run.stage == Stage::Members && run.end <= End::Partly);
    let (tool, tool_version) =
        unpacked_by.map_or_else(|| (OWN.to_owned(), None), |run| (run.tool.clone(), run.version.clone()));
    let inside = |item: Item| {
        Change::Contained(Contained { item, tool: tool.clone(), tool_version: tool_version.clone() })
    };
    let contained = contained.into_iter().map(inside).collect();
    let mut last: Vec<Change> = Vec::new();
    for made in &findings.commitments {
        let run = findings.tools.get(made.tool as usize);
        last.push(Change::Commitment(Commitment {
            about: about.clone(),
            over: made.over,
            root: hex::encode(made.root),
            leaves: made.leaves,
            seed: hex::encode(seed),
            tool: run.map_or_else(|| OWN.to_owned(), |run| run.tool.clone()),
            tool_version: run.and_then(|run| run.version.clone()),
            parameters: made.parameters.clone(),
        }));
    }
    let derivatives = findings.made.iter().zip(places).map(|(made, object)| Derivative {
        kind: made.kind,
        look: made.look,
        media_type: made.media_type.to_owned(),
        sha256: hex::encode(Sha256::digest(&made.bytes)),
        size: made.bytes.len() as u64,
        object,
        tool: made.tool,
    });
    last.push(Change::Examination(Box::new(Examination {
        about,
        attempt,
        stages: findings.stages,
        derivatives: derivatives.collect(),
        tools: findings.tools,
        kind: findings.kind,
        facts: findings.facts,
        times: findings.times,
        cameras: findings.cameras,
        not_taken: findings.not_taken,
    })));
    (contained, last)
}

/// That workers died of an item too often.
pub(super) fn died_thrice(about: Ref, attempt: u32, stages: &[Stage]) -> Change {
    let run = |stage: Stage| ToolRun {
        stage,
        tool: OWN.to_owned(),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        arguments: Vec::new(),
        sandbox: SandboxLevel::None,
        end: End::Failed,
        reason: Some(Reason::DiedThrice),
        untrusted_said: None,
    };
    Change::Examination(Box::new(Examination {
        about,
        attempt,
        stages: stages.iter().map(|stage| StageEnd { stage: *stage, end: End::Failed }).collect(),
        tools: stages.iter().map(|stage| run(*stage)).collect(),
        kind: None,
        facts: Vec::new(),
        times: Vec::new(),
        cameras: Vec::new(),
        derivatives: Vec::new(),
        not_taken: Vec::new(),
    }))
}

/// Our own name among tools.
const OWN: &str = "vidimus";
