//! The key store: what opens for this member, what is damaged, missing, swapped or foreign in it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::path::Path;

use vidimus_ledger::SqliteLedger;
use vidimus_model::{KeyId, MemberId};
use vidimus_proof::record::PublicKey;
use vidimus_seal::age::{Identity, OpenError};
use vidimus_seal::member::{self, MemberKeys};
use vidimus_seal::wrap;

use super::files;
use super::pending::Pending;
use super::records::Facts;
use super::register::{Presence, Register};
use super::report::{Report, what};
use super::sentence::sentence;
use crate::key_file;
use crate::keyring::SealingKey;
use crate::layout::Layout;
use crate::passphrase::digest_of;

/// Somebody put it back.
const EMPTIED: &str = "every record under it was erased, and it is there again";

/// What the key store holds.
pub(super) struct Keys {
    /// Who checks.
    pub member: Option<MemberId>,
    /// Keys that opened.
    held: HashMap<String, SealingKey>,
    /// For whom each key is wrapped.
    pub wraps: BTreeMap<KeyId, BTreeSet<String>>,
    /// Ids of archive keys that are wrapped for somebody.
    pub archive_ids: Vec<String>,
    signing: BTreeMap<String, PublicKey>,
    /// Wraps that only others can open.
    others: u64,
}

/// The archive keys that the key store names.
pub(super) fn archive_ids(layout: &Layout) -> Vec<String> {
    let mut ids: Vec<String> = crate::keyring::read_folder(&layout.keys().join("signing"))
        .unwrap_or_default()
        .into_iter()
        .filter_map(|name| name.into_string().ok())
        .collect();
    ids.sort();
    ids
}

/// Opens what can be opened, and names what is damaged or foreign.
pub(super) fn open(layout: &Layout, member: Option<&MemberKeys>, report: &mut Report) -> Keys {
    for name in files::names(&layout.keys(), report) {
        if !["members", "held", "signing"].iter().any(|known| name == *known) {
            files::stray(&name, "keys/", report);
        }
    }
    look_at_members(layout, report);
    let mut keys = Keys {
        member: member.map(|keys| MemberId::from_bytes(*keys.id.bytes())),
        held: HashMap::new(),
        wraps: BTreeMap::new(),
        archive_ids: archive_ids(layout),
        signing: BTreeMap::new(),
        others: 0,
    };
    keys.look_at_signing(layout, member, report);
    keys.look_at_held(layout, member, report);
    if !keys.held.is_empty() {
        report.sound(sentence!("{} [key that opens|keys that open]", keys.held.len()));
    }
    if keys.others > 0 {
        report
            .unknown(sentence!("{} [key that is wrapped for another: only they can open it|keys that are wrapped for others: only they can open them]", keys.others));
    }
    keys
}

fn look_at_members(layout: &Layout, report: &mut Report) {
    for name in files::names(&layout.members(), report) {
        let text = name.to_string_lossy();
        // A removed member's file stays where they alone can open something.
        let id = text.strip_suffix(".json").or_else(|| text.strip_suffix(".removed"));
        if id.is_none_or(|id| id.parse::<MemberId>().is_err()) {
            files::stray(&name, "keys/members/", report);
            continue;
        }
        let sound = crate::files::read(layout.members().join(&name))
            .map(|untrusted| member::could_be(&untrusted, ""));
        if !matches!(sound, Ok(Ok(_))) {
            report.problem(format!("key members/{text}"), "the member's key file is damaged", what::KEYS);
        }
    }
}

impl Keys {
    /// A key that opened, by the name that rows have for it.
    pub fn get(&self, id: &str) -> Option<&SealingKey> {
        self.held.get(id)
    }

    /// All keys that opened.
    pub fn all(&self) -> impl Iterator<Item = &SealingKey> {
        self.held.values()
    }

    /// Names of keys that others are wrapped for: generations of compartments' keys.
    pub fn generations(&self) -> BTreeSet<&String> {
        self.wraps.values().flatten().collect()
    }

    /// The archive's id: what ledger and key store agree on, or else what the key store says.
    pub fn archive_id(&self, ledger: &SqliteLedger) -> String {
        let named = ledger.archive();
        match self.archive_ids.iter().any(|id| id == named) {
            true => named.to_owned(),
            false => self.archive_ids.first().cloned().unwrap_or_else(|| named.to_owned()),
        }
    }

    /// Public keys of the archive whose secret halves opened.
    pub fn archive_keys(&self) -> impl Iterator<Item = PublicKey> {
        self.signing.values().copied()
    }

    fn look_at_signing(&mut self, layout: &Layout, member: Option<&MemberKeys>, report: &mut Report) {
        for archive in self.archive_ids.clone() {
            let folder = layout.signing_keys(&archive);
            let (later, first) = files::names(&folder, report)
                .into_iter()
                .partition::<Vec<_>, _>(|name| folder.join(name).is_dir());
            self.look_at_signing_key(layout, (&archive, &archive), first, member, report);
            for key in later {
                let Some(key) = key.to_str().filter(|key| is_key_id(key)) else {
                    files::stray(&key, &format!("keys/signing/{archive}/"), report);
                    continue;
                };
                let wraps = files::names(&layout.signing_key(&archive, key), report);
                self.look_at_signing_key(layout, (&archive, key), wraps, member, report);
            }
        }
    }

    /// The wraps of one signing key, of an archive.
    fn look_at_signing_key(
        &mut self,
        layout: &Layout,
        (archive, id): (&str, &str),
        wraps: Vec<OsString>,
        member: Option<&MemberKeys>,
        report: &mut Report,
    ) {
        let within = layout.signing_key(archive, id);
        for name in wraps {
            let text = name.to_string_lossy().into_owned();
            let Some(holder) = holder_of(&text).and_then(|holder| holder.parse::<MemberId>().ok()) else {
                files::stray(&name, &format!("{}/", signing_name(archive, id)), report);
                continue;
            };
            let untrusted = crate::files::read(within.join(&name)).unwrap_or_default();
            let reference = format!("key {}/{text}", signing_name(archive, id).trim_start_matches("keys/"));
            match member {
                Some(keys) if Some(holder) == self.member => {
                    match wrap::unwrap_signing(&untrusted, &keys.identity, id) {
                        Ok(seed) => {
                            self.signing.insert(id.to_owned(), seed.public());
                        }
                        Err(_) => {
                            let problem = "the archive's signing key does not open for its member";
                            report.problem(reference, problem, what::KEYS);
                        }
                    }
                }
                _ => self.look_at_other(&untrusted, member.map(|keys| &keys.identity), reference, report),
            }
        }
    }

    fn look_at_held(&mut self, layout: &Layout, member: Option<&MemberKeys>, report: &mut Report) {
        for name in files::names(&layout.held(), report) {
            let Some(id) = name.to_str().and_then(|name| name.parse::<KeyId>().ok()) else {
                files::stray(&name, "keys/held/", report);
                continue;
            };
            let mut holders = BTreeSet::new();
            for name in files::names(&layout.held_key(id), report) {
                match name.to_str().and_then(holder_of) {
                    Some(holder) => {
                        holders.insert(holder.to_owned());
                    }
                    None => files::stray(&name, &format!("keys/held/{id}/"), report),
                }
            }
            self.wraps.insert(id, holders);
        }
        let Some(keys) = member else { return };
        let mut tried = BTreeSet::new();
        let mine = self.member.map(|id| id.to_string()).unwrap_or_default();
        self.unwrap_for(layout, &mine, &keys.identity, &mut tried, report);
        // What is wrapped for a generation opens with it; an accession's key is never a holder.
        loop {
            let before = self.held.len();
            let known: Vec<(String, Identity)> =
                self.held.iter().map(|(id, key)| (id.clone(), key.identity.clone())).collect();
            for (id, identity) in known {
                self.unwrap_for(layout, &id, &identity, &mut tried, report);
            }
            if self.held.len() == before {
                break;
            }
        }
        let rest: Vec<(KeyId, String)> = self
            .wraps
            .iter()
            .flat_map(|(id, holders)| holders.iter().map(|holder| (*id, holder.clone())))
            .filter(|wrap| !tried.contains(wrap))
            .collect();
        for (id, holder) in rest {
            let untrusted = crate::files::read(layout.wrap(id, &holder)).unwrap_or_default();
            self.look_at_other(&untrusted, Some(&keys.identity), wrap_name(id, &holder), report);
        }
    }

    fn unwrap_for(
        &mut self,
        layout: &Layout,
        holder: &str,
        identity: &Identity,
        tried: &mut BTreeSet<(KeyId, String)>,
        report: &mut Report,
    ) {
        let theirs: Vec<KeyId> =
            self.wraps.iter().filter(|(_, holders)| holders.contains(holder)).map(|(id, _)| *id).collect();
        for id in theirs {
            if !tried.insert((id, holder.to_owned())) {
                continue;
            }
            let untrusted = crate::files::read(layout.wrap(id, holder)).unwrap_or_default();
            match wrap::unwrap_unproved_identity(&untrusted, identity) {
                Ok(opened) => match self.held.get(&id.to_string()) {
                    Some(known) if known.identity.recipient() != opened.recipient() => report.problem(
                        wrap_name(id, holder),
                        "it holds another key than the other wraps of the same name",
                        what::KEYS,
                    ),
                    Some(_) => {}
                    None => {
                        self.held.insert(id.to_string(), SealingKey::new(id, opened));
                    }
                },
                Err(_) => {
                    report.problem(wrap_name(id, holder), "it does not open for its holder", what::KEYS)
                }
            }
        }
    }

    /// A wrap for somebody else: that it is an age file for another is all that can be seen.
    fn look_at_other(
        &mut self,
        untrusted: &[u8],
        mine: Option<&Identity>,
        reference: String,
        report: &mut Report,
    ) {
        let Some(mine) = mine else {
            self.others += 1;
            return;
        };
        match vidimus_seal::age::open(untrusted, mine, None) {
            Err(OpenError::NotForThisKey) => self.others += 1,
            Ok(_) => {
                report.problem(reference, "it is wrapped for another holder than it is named for", what::KEYS)
            }
            Err(_) => report.problem(reference, "it is damaged", what::KEYS),
        }
    }
}

fn holder_of(name: &str) -> Option<&str> {
    name.strip_suffix(".age").filter(|holder| holder.parse::<KeyId>().is_ok())
}

/// Is it the RFC 7638 thumbprint of a key?
fn is_key_id(name: &str) -> bool {
    name.len() == 43 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Where the wraps of a signing key lie.
fn signing_name(archive: &str, key: &str) -> String {
    if key == archive { format!("keys/signing/{archive}") } else { format!("keys/signing/{archive}/{key}") }
}

pub(super) fn wrap_name(id: KeyId, holder: &str) -> String {
    format!("key held/{id}/{holder}.age")
}

/// The key store against what the records say.
pub(super) fn look(
    layout: &Layout,
    keys: &mut Keys,
    facts: &Facts,
    register: &Register,
    member: Option<&MemberKeys>,
    report: &mut Report,
) {
    let present = |id: &MemberId| register.members.get(id).is_some_and(|p| p.until.is_none());
    look_at_people(layout, keys, register, member, report);
    // Else what a later ledger destroyed would be missed, and what it made taken for foreign.
    if !register.is_older_than_keys() {
        look_at_signers(layout, keys, register, report);
    }
    for (id, generation) in &facts.generations {
        let text = id.to_string();
        if let Some(key) = keys.get(&text)
            && key.identity.recipient().to_string() != generation.recipient
        {
            report.problem(
                format!("key held/{id}"),
                "it is another key than the one that the records name",
                what::KEYS,
            );
        }
        for holder in generation.holders.iter().filter(|holder| present(holder)) {
            let wrapped = keys.wraps.get(id).is_some_and(|holders| holders.contains(&holder.to_string()));
            if !wrapped && !generation.superseded && !register.is_older_than_keys() {
                let problem = sentence!(
                    "it is missing, so that {} cannot read the compartment",
                    register.name(*holder)
                );
                report.problem(wrap_name(*id, &holder.to_string()), problem, what::KEYS);
            }
        }
    }
    for (text, used) in facts.keys.iter().filter(|(_, used)| used.live > 0) {
        let id = text.parse::<KeyId>().ok();
        let wrapped = id.and_then(|id| keys.wraps.get(&id)).is_some_and(|holders| !holders.is_empty());
        // A record is sealed anew where it is moved, with a key that came after the keys were read.
        let came = || id.is_some_and(|id| is_wrapped(layout, id));
        if !wrapped && facts.generations.iter().all(|(known, _)| Some(*known) != id) && !came() {
            let problem = sentence!(
                "it is missing, and with it {} [record and what belongs to it|records and what belongs to them]",
                used.live
            );
            report.problem(format!("key held/{}", files::shown(Path::new(text))), problem, what::KEYS);
        }
    }
    for id in keys.wraps.keys().filter(|id| !facts.keys.contains_key(&id.to_string())) {
        report.left_over(format!("keys/held/{id}"));
    }
}

/// Keys under which everything was erased go with it.
pub(super) fn look_for_destroyed(keys: &Keys, facts: &Facts, pending: &Pending, report: &mut Report) {
    for id in keys.wraps.keys() {
        let was_emptied =
            facts.keys.get(&id.to_string()).is_some_and(|used| used.live == 0 && used.erased > 0);
        let is_of_compartment = facts.generations.iter().any(|(known, _)| known == id);
        if was_emptied && !is_of_compartment && !pending.keys.contains(id) {
            let reference = format!("key held/{id}");
            match pending.more {
                true => report.left_over(reference),
                false => report.problem(reference, EMPTIED, what::DESTROYED),
            }
        }
    }
}

fn is_wrapped(layout: &Layout, id: KeyId) -> bool {
    let names = crate::keyring::read_folder(&layout.held_key(id)).unwrap_or_default();
    names.iter().any(|name| name.to_str().and_then(holder_of).is_some())
}

/// Whoever is a member can sign with the key that signs now, and nobody keeps an older one.
fn look_at_signers(layout: &Layout, keys: &Keys, register: &Register, report: &mut Report) {
    let present = |id: &MemberId| register.members.get(id).is_some_and(|p| p.until.is_none());
    let newest = register.keys.as_ref().map(|keys| keys.newest().key_id());
    for archive in &keys.archive_ids {
        let newest = newest.as_ref().unwrap_or(archive);
        let name = signing_name(archive, newest);
        for id in register.members.keys().filter(|id| present(id)) {
            if !layout.signing(archive, newest, *id).exists() {
                let problem =
                    sentence!("it is missing, so that {} cannot record anything", register.name(*id));
                report.problem(
                    format!("key {}/{id}.age", name.trim_start_matches("keys/")),
                    problem,
                    what::KEYS,
                );
            }
        }
        if register.is_damaged {
            continue;
        }
        for entry in crate::keyring::read_folder(&layout.signing_keys(archive)).unwrap_or_default() {
            let is_folder = layout.signing_keys(archive).join(&entry).is_dir();
            let id = if is_folder { entry.to_str().unwrap_or_default() } else { archive };
            if id != newest {
                report.left_over(format!("keys/signing/{archive}/{}", files::shown(Path::new(&entry))));
            }
        }
    }
}

/// Did the member sign that this file follows the one on record, and the record of it was interrupted?
fn is_noted(
    layout: &Layout,
    id: MemberId,
    presence: &Presence,
    register: &Register,
    untrusted: &[u8],
) -> bool {
    let noted = presence.key.as_ref().and_then(|key| key_file::noted(layout, id, key));
    noted.is_some_and(|noted| {
        noted.to == digest_of(untrusted)
            && register.key_files.get(&id).is_none_or(|newest| *newest == noted.from)
    })
}

fn look_at_people(
    layout: &Layout,
    keys: &Keys,
    register: &Register,
    member: Option<&MemberKeys>,
    report: &mut Report,
) {
    let me = member.zip(keys.member.and_then(|id| register.members.get(&id)));
    if let Some((mine, known)) = me
        && (mine.identity.recipient().to_string() != known.member.recipient
            || known.key != Some(mine.signing.public()))
    {
        let reference = format!("key members/{}.json", known.member.member);
        report.problem(reference, "it holds other keys than the register names for this member", what::KEYS);
    }
    for (id, presence) in &register.members {
        let reference = format!("key members/{id}.json");
        match crate::files::read(layout.member(*id)) {
            Ok(untrusted) => {
                if matches!(member::could_be(&untrusted, &presence.member.name), Ok(false)) {
                    let problem = sentence!("it is not the key file of {}", presence.member.name);
                    report.problem(reference, problem, what::KEYS);
                } else if is_noted(layout, *id, presence, register, &untrusted) {
                    report.left_over(format!("unfinished/key-file-{id}"));
                } else if register.key_files.get(id).is_some_and(|newest| *newest != digest_of(&untrusted)) {
                    let problem = sentence!(
                        "it is not the newest key file of {}: an older one opens with an older passphrase or sheet",
                        presence.member.name
                    );
                    report.problem(reference, problem, what::KEYS);
                }
            }
            // Whom a later ledger removed has none any more.
            Err(_) if presence.until.is_some() || register.is_older_than_keys() => {}
            Err(_) => {
                let problem = sentence!("the key file of {} is missing", presence.member.name);
                report.problem(reference, problem, what::KEYS);
            }
        }
    }
    if register.members.is_empty() {
        return;
    }
    for name in crate::keyring::read_folder(&layout.members()).unwrap_or_default() {
        let id = name.to_str().and_then(|name| name.strip_suffix(".json")?.parse::<MemberId>().ok());
        if let Some(id) = id
            && !register.members.contains_key(&id)
            && !register.proposed.contains(&id)
        {
            report.left_over(format!("keys/members/{id}.json"));
        }
    }
}
