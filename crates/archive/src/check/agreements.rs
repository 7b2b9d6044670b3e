//! What needs two members: every admission, removal, change of keyholders and erasure on record has the agreement it needed.
//!
//! The door asks for it before it appends; here it is asked of what was appended by whichever program.

use std::collections::{BTreeMap, BTreeSet};

use vidimus_model::{Action, Change, Erasure, KeyholdersNamed, MemberId, ProposalId, Statement};

use super::ledger::Scan;
use super::records::Facts;
use super::register::Register;
use super::report::{Report, record, what};
use crate::keyholders::Approvers;
use crate::receive::giver;

const NOT_APPROVED: &str = "it exchanges the keyholders, and those who held did not approve it";

/// A proposal that somebody else agreed to.
struct Agreed {
    proposed_by: MemberId,
    agreed_by: MemberId,
    action: Action,
    /// Ledger size after the append that holds the agreement.
    append: u64,
    /// An agreement allows one change of members or keyholders; an erasure may take several tombstones.
    used: bool,
}

/// The keyholders who hold.
struct Holding {
    fingerprint: String,
    /// Sets of before there were approval keys have none.
    approvers: Option<Approvers>,
}

/// Who was a member, what was proposed and agreed to, up to some append.
#[derive(Default)]
struct State {
    present: BTreeSet<MemberId>,
    keyholders: Option<Holding>,
    archive: String,
    /// Numbers of all proposals: of two of one number the first counts.
    proposed: BTreeSet<ProposalId>,
    proposals: BTreeMap<ProposalId, (MemberId, Action)>,
    agreed: Vec<Agreed>,
}

/// Names what was done without the second member.
pub(super) fn look(scan: &Scan, archive_id: &str, register: &Register, facts: &Facts, report: &mut Report) {
    if register.is_damaged {
        report
            .unknown("whether two members agreed to what needs two: records of the register cannot be read");
        return;
    }
    // Within one append rows stand in random order.
    let mut appends: BTreeMap<u64, Vec<(u64, &Statement)>> = BTreeMap::new();
    for (seq, statement) in &scan.register {
        appends.entry(append_of(scan, *seq)).or_default().push((*seq, statement));
    }
    let mut state = State { archive: archive_id.to_owned(), ..State::default() };
    let mut alone = BTreeMap::new();
    for (append, statements) in appends {
        state.take_agreements(append, &statements);
        let mut allowed = BTreeSet::new();
        for (seq, statement) in &statements {
            match state.misses(statement) {
                Some(problem) => report.problem(record(*seq, *seq), problem, what::TAMPERED),
                None => _ = allowed.insert(*seq),
            }
        }
        state.take_changes(&statements, &allowed);
        alone.insert(append, state.present.len() <= 1);
    }
    for (seq, erasure) in &facts.erasures {
        let append = append_of(scan, *seq);
        let was_alone = alone.range(..=append).next_back().is_some_and(|(_, alone)| *alone);
        if !state.allows(erasure, append, was_alone) {
            report.problem(
                record(*seq, *seq),
                "it erases, and no record says that a second member agreed to it",
                what::TAMPERED,
            );
        }
    }
}

/// The ledger size after the append that holds this row.
fn append_of(scan: &Scan, seq: u64) -> u64 {
    scan.sizes.range(seq + 1..).next().copied().unwrap_or(u64::MAX)
}

impl State {
    fn take_agreements(&mut self, append: u64, statements: &[(u64, &Statement)]) {
        for (_, statement) in statements {
            if let Change::Proposal(proposal) = &statement.change
                && self.proposed.insert(proposal.proposal)
            {
                self.proposals.insert(proposal.proposal, (statement.by, proposal.action.clone()));
            }
        }
        for (_, statement) in statements {
            let Change::Agreement(agreement) = &statement.change else { continue };
            let Some((proposed_by, action)) = self.proposals.get(&agreement.proposal).cloned() else {
                continue;
            };
            let agreed_by = statement.by;
            if proposed_by != agreed_by
                && [proposed_by, agreed_by].iter().all(|one| self.present.contains(one))
            {
                self.proposals.remove(&agreement.proposal);
                self.agreed.push(Agreed { proposed_by, agreed_by, action, append, used: false });
            }
        }
    }

    /// What is wrong with a change of members or keyholders.
    fn misses(&mut self, statement: &Statement) -> Option<&'static str> {
        let by_the_only_one = self.present.iter().eq([&statement.by]);
        match &statement.change {
            Change::Member(member) => {
                let wanted = Action::AddMember(member.clone());
                let allowed = self.present.is_empty() || by_the_only_one || self.uses(&wanted);
                (!allowed).then_some("it adds a member, and no record says that a second member agreed to it")
            }
            Change::MemberRemoved(gone) => {
                let wanted = Action::RemoveMember { member: gone.member };
                (!self.uses(&wanted))
                    .then_some("it removes a member, and no record says that a second member agreed to it")
            }
            Change::Keyholders(set) => {
                let wanted = Action::SetKeyholders(set.clone());
                if self.keyholders.as_ref().is_some_and(|holding| holding.approvers.is_some()) {
                    return Some(NOT_APPROVED);
                }
                // Those of before there were approval keys were first named by one member.
                let allowed = self.keyholders.is_none() || by_the_only_one || self.uses(&wanted);
                (!allowed).then_some(
                    "it exchanges the keyholders, and no record says that a second member agreed to it",
                )
            }
            Change::KeyholdersNamed(named) => self.misses_of_keyholders(named, by_the_only_one),
            _ => None,
        }
    }

    /// What is wrong with keyholders who were named with a key to approve who follows them.
    fn misses_of_keyholders(
        &mut self,
        named: &KeyholdersNamed,
        by_the_only_one: bool,
    ) -> Option<&'static str> {
        if !matches!(giver::set_of(Some(&named.set)), Ok(Some(_))) || Approvers::of(named).is_none() {
            return Some(
                "the keyholders that it names are not those of its fingerprint, or their key is none",
            );
        }
        let approved = match &self.keyholders {
            Some(Holding { fingerprint, approvers: Some(approvers) }) => named
                .approval
                .as_ref()
                .is_some_and(|approval| approvers.approved(&self.archive, fingerprint, &named.set, approval)),
            _ => true,
        };
        if !approved {
            return Some(NOT_APPROVED);
        }
        let wanted = Action::SetKeyholders(named.set.clone());
        let allowed = self.present.is_empty() || by_the_only_one || self.uses(&wanted);
        (!allowed).then_some("it names the keyholders, and no record says that a second member agreed to it")
    }

    fn uses(&mut self, wanted: &Action) -> bool {
        let fitting = self.agreed.iter_mut().find(|agreed| !agreed.used && agreed.action == *wanted);
        fitting.map(|agreed| agreed.used = true).is_some()
    }

    fn holds_no_key(&self) -> bool {
        self.keyholders.as_ref().is_none_or(|holding| holding.approvers.is_none())
    }

    fn take_changes(&mut self, statements: &[(u64, &Statement)], allowed: &BTreeSet<u64>) {
        for (seq, statement) in statements {
            match &statement.change {
                Change::Member(member) => {
                    self.present.insert(member.member);
                }
                Change::MemberRemoved(gone) => {
                    self.present.remove(&gone.member);
                }
                // What was not allowed is named and does not count, so that what follows it is measured by who held before.
                Change::Keyholders(set) if self.holds_no_key() => {
                    self.keyholders = Some(Holding { fingerprint: set.fingerprint.clone(), approvers: None });
                }
                Change::KeyholdersNamed(named) if allowed.contains(seq) => {
                    self.keyholders = Some(Holding {
                        fingerprint: named.set.fingerprint.clone(),
                        approvers: Approvers::of(named),
                    });
                }
                _ => {}
            }
        }
    }

    fn allows(&self, erasure: &Erasure, append: u64, was_alone: bool) -> bool {
        let Some(agreed_by) = erasure.agreed_by else { return was_alone };
        self.agreed.iter().any(|agreed| {
            let Action::Erase { about } = &agreed.action else { return false };
            (agreed.proposed_by, agreed.agreed_by) == (erasure.proposed_by, agreed_by)
                && agreed.append <= append
                && erasure.about.iter().all(|gone| about.iter().any(|whole| whole.holds(gone)))
        })
    }
}
