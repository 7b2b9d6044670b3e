//! Where things lie in an archive's folder.

use std::path::{Path, PathBuf};

use vidimus_model::{KeyId, MemberId};

/// The folder of one archive and the places in it.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The archive in `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All records in order, sealed (`docs/format/ledger.md`).
    pub fn ledger(&self) -> PathBuf {
        self.root.join("ledger.db")
    }

    /// Sealed originals (`docs/format/object.md`).
    pub fn objects(&self) -> PathBuf {
        self.root.join("objects")
    }

    /// The key store (`docs/format/keys.md`).
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The keys of members, each closed by a passphrase.
    pub fn members(&self) -> PathBuf {
        self.keys().join("members")
    }

    /// One member's keys.
    pub fn member(&self, member: MemberId) -> PathBuf {
        self.members().join(format!("{member}.json"))
    }

    /// The keys of a removed member who alone can open something; they no longer unlock the archive.
    pub fn removed_member(&self, member: MemberId) -> PathBuf {
        self.members().join(format!("{member}.removed"))
    }

    /// The folder of all wraps of sealing keys.
    pub fn held(&self) -> PathBuf {
        self.keys().join("held")
    }

    /// All wraps of one sealing key.
    pub fn held_key(&self, key: KeyId) -> PathBuf {
        self.held().join(key.to_string())
    }

    /// A sealing key wrapped for a holder: a member, or a generation of a compartment's key.
    pub fn wrap(&self, key: KeyId, holder: &str) -> PathBuf {
        self.held_key(key).join(format!("{holder}.age"))
    }

    /// The folder of all wraps of the archive's signing keys.
    pub fn signing_keys(&self, archive: &str) -> PathBuf {
        self.keys().join("signing").join(archive)
    }

    /// The folder of the wraps of one signing key of the archive. The first key's lie beside the folders of those that
    /// followed it: the archive is named by it.
    pub fn signing_key(&self, archive: &str, key: &str) -> PathBuf {
        let all = self.signing_keys(archive);
        if key == archive { all } else { all.join(key) }
    }

    /// The archive's signing key with this key id, wrapped for a member.
    pub fn signing(&self, archive: &str, key: &str, member: MemberId) -> PathBuf {
        self.signing_key(archive, key).join(format!("{member}.age"))
    }

    /// The log as tiles, for anyone to read (`docs/format/log.md`).
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// Public receipts (`docs/format/receipt.md`).
    pub fn receipts(&self) -> PathBuf {
        self.root.join("receipts")
    }

    /// One public receipt, by tree size.
    pub fn receipt(&self, size: u64) -> PathBuf {
        self.receipts().join(size.to_string())
    }

    /// Everything that is computed and can be thrown away.
    pub fn folds(&self) -> PathBuf {
        self.root.join("folds")
    }

    /// What is folded under one key.
    pub fn fold(&self, key: KeyId) -> PathBuf {
        self.folds().join(key.to_string())
    }

    /// What erasures and moves still have to take away (`docs/format/object.md`).
    pub fn unfinished(&self) -> PathBuf {
        self.root.join("unfinished")
    }

    /// There while the archive's beginning is not finished.
    pub fn begun(&self) -> PathBuf {
        self.unfinished().join("init")
    }

    /// There while an accession is received and nobody has read the answer; whoever receives it holds its lock.
    pub fn unanswered(&self, key: KeyId) -> PathBuf {
        self.unfinished().join(format!("received-{key}"))
    }

    /// Is it a name that the program gives to what it puts in [`Layout::unfinished`]?
    pub(crate) fn names_a_note(name: &str) -> bool {
        let is_digest = |text: &str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        ["lock", "init"].contains(&name)
            || name.ends_with(".age")
            || ["received-", "examine-"].iter().any(|begin| name.starts_with(begin))
            || name.strip_prefix("sheet-").is_some_and(is_digest)
            || name.strip_prefix("key-file-").is_some_and(|id| id.parse::<MemberId>().is_ok())
    }

    /// Settings: time-stamp authorities.
    pub fn settings(&self) -> PathBuf {
        self.root.join("settings.json")
    }
}
