//! A test, once a year, of whether keyholders still open what is sealed to them; no giver is opened for it.
//!
//! Each few of them are sealed a code of their own, so that the code that comes back says who opened it. Only its digest is
//! recorded until then; the codes are forgotten here.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};
use vidimus_model::{Change, CompartmentId, RecoveryTest, RecoveryTested, TestShare};
use vidimus_seal::{Entropy, keyholders};
use zeroize::Zeroizing;

use crate::door::Act;
use crate::receive::giver::{self, BadKeyholders};
use crate::{Archive, DoorError, FoldError, files};

/// When a set of keyholders was named and tested.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tested {
    /// When they were named.
    pub named: Timestamp,
    /// Shares of tests that were begun.
    pub begun: Vec<TestShare>,
    /// When each of them last opened a share, by public key.
    pub opened: std::collections::BTreeMap<String, Timestamp>,
}

/// A file for keyholders to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFile {
    /// Where it was written.
    pub path: PathBuf,
    /// Who opens it together, outermost layer first.
    pub recipients: Vec<String>,
}

/// Why keyholders were not tested.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryTestError {
    /// Nobody is named.
    #[error("no keyholders are named")]
    NoKeyholders,
    /// It is no code of a test of the keyholders who hold now.
    #[error("this is not the code of a test")]
    NotACode,
    /// The recorded keyholders cannot be sealed to.
    #[error(transparent)]
    Keyholders(#[from] BadKeyholders),
    /// A file cannot be written.
    #[error("{path} cannot be written: {reason}")]
    Write {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// Nothing could be recorded.
    #[error(transparent)]
    Door(#[from] DoorError),
    /// What is there could not be asked.
    #[error(transparent)]
    Fold(#[from] FoldError),
}

impl Tested {
    pub(crate) fn since(named: Timestamp) -> Self {
        Self { named, ..Self::default() }
    }

    /// Takes in that keyholders read a code.
    pub(crate) fn take(&mut self, at: Timestamp, untrusted_code: &str) {
        let digest = digest_of(untrusted_code);
        let shares = self.begun.iter().filter(|share| share.sha256 == digest);
        for recipient in shares.flat_map(|share| share.recipients.iter()) {
            self.opened.insert(recipient.clone(), at);
        }
    }

    /// When any of them last opened a share.
    pub fn last(&self) -> Option<Timestamp> {
        self.opened.values().max().copied()
    }

    /// Is a test due: did one of these not open a share within the year, nor were they named within it?
    pub fn is_due(&self, recipients: &[String], now: Timestamp) -> bool {
        let fresh = |at: Timestamp| now.duration_since(at) <= YEAR;
        !fresh(self.named) && !recipients.iter().all(|one| self.opened.get(one).is_some_and(|at| fresh(*at)))
    }
}

/// How long a test is good for.
const YEAR: SignedDuration = SignedDuration::from_hours(365 * 24);

impl Archive {
    /// Did a year pass without every keyholder having shown that they can open what is sealed to them?
    pub fn recovery_test_is_due(&self) -> bool {
        let set = self.register.keyholders.as_ref();
        set.is_some_and(|set| self.register.keyholders_tested.is_due(&set.recipients, self.clock.now()))
    }

    /// Writes into a folder a file for each few keyholders, `recovery-test-1.age` and so on, and records that the test is begun.
    ///
    /// # Errors
    /// Nobody is named, or a file cannot be written.
    pub fn begin_recovery_test(&mut self, folder: &Path) -> Result<Vec<TestFile>, RecoveryTestError> {
        self.refresh_register()?;
        let set = giver::set_of(self.register.keyholders.as_ref())?.ok_or(RecoveryTestError::NoKeyholders)?;
        files::settle_folder(folder)
            .map_err(|reason| RecoveryTestError::Write { path: folder.to_owned(), reason })?;
        let mut digests = Vec::new();
        let code = |entropy: &mut Entropy| {
            let code = Zeroizing::new(format!("{CODE}{}\n", hex::encode(entropy.bytes::<16>())));
            digests.push(digest_of(&code));
            Zeroizing::new(code.as_bytes().to_vec())
        };
        let sealed = keyholders::seal_each(&set, code, &mut self.entropy);
        let (mut shares, mut written) = (Vec::new(), Vec::new());
        for ((number, share), sha256) in (1..).zip(sealed).zip(digests) {
            let recipients: Vec<String> = share.recipients.iter().map(ToString::to_string).collect();
            let path = folder.join(format!("recovery-test-{number}.age"));
            files::replace(&path, &share.age)
                .map_err(|reason| RecoveryTestError::Write { path: path.clone(), reason })?;
            shares.push(TestShare { recipients: recipients.clone(), sha256 });
            written.push(TestFile { path, recipients });
        }
        let test = RecoveryTest { fingerprint: set.fingerprint(), shares };
        self.record_of_test(&Change::RecoveryTest(test))?;
        Ok(written)
    }

    /// Records that keyholders read the code of a test; says who they are.
    ///
    /// # Errors
    /// It is no such code.
    pub fn finish_recovery_test(
        &mut self,
        untrusted_code: &str,
    ) -> Result<BTreeSet<String>, RecoveryTestError> {
        self.refresh_register()?;
        let code = untrusted_code.trim();
        let set = self.register.keyholders.as_ref().ok_or(RecoveryTestError::NoKeyholders)?;
        let fingerprint = set.fingerprint.clone();
        let digest = digest_of(code);
        let begun = &self.register.keyholders_tested.begun;
        let fitting = begun.iter().filter(|share| share.sha256 == digest);
        let opened: BTreeSet<String> = fitting.flat_map(|share| share.recipients.iter().cloned()).collect();
        if opened.is_empty() {
            return Err(RecoveryTestError::NotACode);
        }
        let tested = RecoveryTested { fingerprint, code: code.to_owned() };
        self.record_of_test(&Change::RecoveryTested(tested))?;
        Ok(opened)
    }

    fn record_of_test(&mut self, change: &Change) -> Result<(), RecoveryTestError> {
        self.act(|archive| -> Result<Act, RecoveryTestError> {
            let draft = archive.in_register(change.clone())?;
            Ok(Act::of(vec![draft], vec![CompartmentId::register()]))
        })?;
        Ok(self.refresh_register()?)
    }
}

/// How a code begins; sixteen bytes follow.
const CODE: &str = "recovery-test ";

/// Has it the form of a code?
pub(crate) fn is_code(untrusted: &[u8]) -> bool {
    let digits = untrusted.trim_ascii().strip_prefix(CODE.as_bytes());
    digits.is_some_and(|digits| digits.len() == 32 && digits.iter().all(u8::is_ascii_hexdigit))
}

/// SHA-256 of a code without the space around it, hexadecimal.
pub(crate) fn digest_of(code: &str) -> String {
    hex::encode(Sha256::digest(code.trim()))
}
