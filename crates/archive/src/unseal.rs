//! Opening what was said about a giver: by keyholders on their own machines without an archive, or by the registrar where no
//! keyholders are named.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use vidimus_model::{Accession, Change, Giver, GiverShare, Ref, Statement};
use vidimus_seal::age::{Identity, KeyParseError, OpenError, decrypt_to_vec};
use vidimus_seal::{SigningSeed, opening};
use zeroize::Zeroizing;

use crate::query::AskError;
use crate::read::{ReadError, RecordAt};
use crate::{Archive, files};

/// What came of opening a share.
pub enum Unsealed {
    /// What was sealed, down to the last layer: of a giver see [`Words::of`].
    Text(Zeroizing<Vec<u8>>),
    /// Some layers were opened; what is left is an age file for the next keyholder, who may be elsewhere.
    Layer(Zeroizing<Vec<u8>>),
}

/// What was said about a giver, and the key that was sealed with it.
pub struct Words {
    /// Byte for byte.
    pub said: Zeroizing<Vec<u8>>,
    /// Signs that it was opened; none where an earlier program sealed it.
    pub key: Option<SigningSeed>,
}

impl Words {
    /// Takes apart what an opened share holds.
    pub fn of(sealed: &[u8]) -> Self {
        let (said, key) = opening::split(sealed);
        Self { said: Zeroizing::new(said.to_vec()), key }
    }

    /// Is it the code of a test of keyholders, and nothing that was said about a giver?
    pub fn is_test(&self) -> bool {
        self.key.is_none() && crate::keyholders::is_code(&self.said)
    }
}

/// Why no share was opened.
#[derive(Debug, thiserror::Error)]
pub enum UnsealError {
    /// No file, or no key, was given.
    #[error("a share and a key are needed")]
    Nothing,
    /// None of the shares is for any of these keys.
    #[error("none of these shares is sealed for any of these keys")]
    NotForTheseKeys,
    /// A share is damaged, or is no age file.
    #[error("share {number} does not open: {reason}")]
    Share {
        /// Which of those given, from 1.
        number: usize,
        /// What is wrong.
        reason: OpenError,
    },
}

/// A line of an identity file that holds no key.
#[derive(Debug, thiserror::Error)]
#[error("line {line} is not an age identity: {reason}")]
pub struct IdentityFileError {
    /// Which, from 1.
    pub line: usize,
    /// Why.
    pub reason: KeyParseError,
}

/// Why what was said about a giver is not given out.
#[derive(Debug, thiserror::Error)]
pub enum GiverError {
    /// The accession is not known, not released, or cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// It is an item, or its beginning is not read here.
    #[error("{0} is not an accession")]
    NotAnAccession(Ref),
    /// Nothing was said.
    #[error("nothing was said about the giver of {0}")]
    Nobody(Ref),
    /// Only keyholders together can open it, each with a file of their own.
    #[error("{threshold} keyholders are needed to open the giver of {accession}")]
    Keyholders {
        /// The accession.
        accession: Ref,
        /// How many.
        threshold: u8,
    },
    /// It is sealed for another member's own key.
    #[error("the giver of {0} is sealed for its registrar")]
    NotTheRegistrar(Ref),
    /// The sealed giver is damaged.
    #[error("the giver of {accession} does not open: {reason}")]
    Damaged {
        /// The accession.
        accession: Ref,
        /// What is wrong.
        reason: OpenError,
    },
    /// The sealed giver is not base64.
    #[error("the record of {0} is malformed")]
    Malformed(Ref),
    /// A share cannot be written.
    #[error("{path} cannot be written: {reason}")]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
}

impl From<AskError> for GiverError {
    fn from(error: AskError) -> Self {
        Self::Read(error.into())
    }
}

/// Opens what keyholders were sent: of several shares the first that opens furthest. Needs no archive.
///
/// Each share is a nested age file, so that stock `age -d`, run once by each keyholder, does the same.
///
/// # Errors
/// See [`UnsealError`]; a damaged share is an error only where no other one opens.
pub fn unseal(untrusted_shares: &[Vec<u8>], identities: &[Identity]) -> Result<Unsealed, UnsealError> {
    if untrusted_shares.is_empty() || identities.is_empty() {
        return Err(UnsealError::Nothing);
    }
    let (mut layer, mut failed) = (None, None);
    for (number, share) in (1..).zip(untrusted_shares) {
        match peel(share, identities) {
            Ok(Some(Unsealed::Text(text))) => return Ok(Unsealed::Text(text)),
            Ok(Some(opened)) => layer = layer.or(Some(opened)),
            Ok(None) => {}
            Err(reason) => failed = failed.or(Some(UnsealError::Share { number, reason })),
        }
    }
    layer.ok_or_else(|| failed.unwrap_or(UnsealError::NotForTheseKeys))
}

/// The keys in an identity file as `age-keygen` writes it: one on a line, `#` before a comment.
///
/// # Errors
/// A line is neither.
pub fn read_identities(untrusted_text: &str) -> Result<Vec<Identity>, IdentityFileError> {
    let lines = (1..).zip(untrusted_text.lines().map(str::trim));
    let keys = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    keys.map(|(number, line)| line.parse().map_err(|reason| IdentityFileError { line: number, reason }))
        .collect()
}

impl Archive {
    /// The sealed shares of an accession's giver, one for each set of keyholders that can open it together.
    ///
    /// # Errors
    /// Nothing was said, or the accession cannot be read.
    pub fn giver_shares(&mut self, accession: &Ref) -> Result<Vec<GiverShare>, GiverError> {
        Ok(self.sealed_giver(accession)?.0.shares)
    }

    /// Writes the shares as age files into a folder, for the keyholders: `A7-giver-1.age` and so on, with those whose keys they
    /// take, outermost layer first; and `A7-giver.txt`, by which they say that they opened it.
    ///
    /// # Errors
    /// As [`Archive::giver_shares`], or a file cannot be written.
    pub fn export_giver_shares(
        &mut self,
        accession: &Ref,
        folder: &Path,
    ) -> Result<Vec<(PathBuf, Vec<String>)>, GiverError> {
        let shares = self.giver_shares(accession)?;
        files::settle_folder(folder)
            .map_err(|reason| GiverError::Write { path: folder.to_owned(), reason })?;
        let stem = accession.to_string().replace(':', "_");
        let mut written = Vec::with_capacity(shares.len());
        for (number, share) in (1..).zip(shares) {
            let age = B64.decode(&share.age).map_err(|_| GiverError::Malformed(accession.clone()))?;
            let path = folder.join(format!("{stem}-giver-{number}.age"));
            files::replace(&path, &age).map_err(|reason| GiverError::Write { path: path.clone(), reason })?;
            written.push((path, share.recipients));
        }
        let asked = self.opening_asked(accession)?;
        let path = folder.join(format!("{stem}-giver.txt"));
        files::replace(&path, asked.text().as_bytes())
            .map_err(|reason| GiverError::Write { path: path.clone(), reason })?;
        Ok(written)
    }

    /// What was said about the giver, where it is sealed for this member's own key because no keyholders were named.
    ///
    /// # Errors
    /// It is sealed for others, nothing was said, or the accession cannot be read.
    pub fn giver(&mut self, accession: &Ref) -> Result<Words, GiverError> {
        let (giver, _) = self.sealed_giver(accession)?;
        let accession = accession.clone();
        if giver.threshold > 0 {
            return Err(GiverError::Keyholders { accession, threshold: giver.threshold });
        }
        let Some(share) = giver.shares.first() else { return Err(GiverError::Malformed(accession)) };
        let Ok(age) = B64.decode(&share.age) else { return Err(GiverError::Malformed(accession)) };
        match decrypt_to_vec(&age, &self.keyring.member_keys().identity) {
            Ok(sealed) => Ok(Words::of(&sealed)),
            Err(OpenError::NotForThisKey) => Err(GiverError::NotTheRegistrar(accession)),
            Err(reason) => Err(GiverError::Damaged { accession, reason }),
        }
    }

    /// The sealed giver of an accession, and the record that it stands in.
    pub(crate) fn sealed_giver(&mut self, accession: &Ref) -> Result<(Giver, RecordAt), GiverError> {
        if accession.item.is_some() {
            return Err(GiverError::NotAnAccession(accession.clone()));
        }
        let resolved = self.resolve(accession)?;
        if !resolved.is_here() {
            return Err(ReadError::Gone(accession.clone()).into());
        }
        let catalogue = self.catalogue_of(resolved.catalogue).map_err(AskError::from)?;
        let history = catalogue.history(accession).map_err(AskError::from)?.value;
        let begun = history.into_iter().find(|line| line.change == "accession/1");
        let begun = begun.ok_or_else(|| GiverError::NotAnAccession(accession.clone()))?;
        let begun = self.record_in_row(accession, begun.seq)?;
        match Statement::of(&begun.record).map(|statement| statement.change) {
            Ok(Change::Accession(Accession { giver: Some(giver), .. })) => Ok((giver, begun)),
            Ok(Change::Accession(_)) => Err(GiverError::Nobody(accession.clone())),
            _ => Err(GiverError::Malformed(accession.clone())),
        }
    }
}

/// Opens layer after layer while a key fits; none if no key fits the outermost.
fn peel(share: &[u8], identities: &[Identity]) -> Result<Option<Unsealed>, OpenError> {
    let mut opened = None;
    loop {
        let sealed = opened.as_deref().map_or(share, Vec::as_slice);
        match open_layer(sealed, identities)? {
            Some(inner) if inner.starts_with(AGE) => opened = Some(inner),
            Some(text) => return Ok(Some(Unsealed::Text(text))),
            None => return Ok(opened.map(Unsealed::Layer)),
        }
    }
}

/// How every age file begins (C2SP `age`).
const AGE: &[u8] = b"age-encryption.org/v1\n";

fn open_layer(sealed: &[u8], identities: &[Identity]) -> Result<Option<Zeroizing<Vec<u8>>>, OpenError> {
    for identity in identities {
        match decrypt_to_vec(sealed, identity) {
            Err(OpenError::NotForThisKey) => {}
            answer => return answer.map(Some),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use vidimus_seal::Entropy;
    use vidimus_seal::keyholders::{KeyholderSet, seal};

    use super::*;

    fn people() -> (Vec<Identity>, Vec<Vec<u8>>) {
        let mut entropy = Entropy::from_seed(&[7; 32]);
        let people: Vec<Identity> = (0..3).map(|_| Identity::generate(&mut entropy)).collect();
        let set = KeyholderSet::new(2, people.iter().map(Identity::recipient).collect()).unwrap();
        let shares = seal(&set, "та, що принесла".as_bytes(), &mut entropy);
        (people, shares.into_iter().map(|share| share.age).collect())
    }

    #[test]
    fn two_of_three_open_and_one_alone_does_not() {
        let (people, shares) = people();
        for pair in [[0, 1], [0, 2], [1, 2]] {
            let keys = pair.map(|place| people[place].clone());
            let Unsealed::Text(text) = unseal(&shares, &keys).unwrap() else { panic!("two are enough") };
            assert_eq!(text.as_slice(), "та, що принесла".as_bytes());
        }
        let alone = people.iter().filter_map(|one| match unseal(&shares, std::slice::from_ref(one)) {
            Ok(Unsealed::Layer(layer)) => Some(layer.to_vec()),
            Ok(Unsealed::Text(_)) => panic!("one is not enough"),
            Err(_) => None,
        });
        // The outermost layers are of the first two: what they leave the others open, one after the other.
        let layers: Vec<Vec<u8>> = alone.collect();
        assert_eq!(layers.len(), 2);
        for layer in layers {
            assert!(matches!(unseal(&[layer], &people), Ok(Unsealed::Text(_))));
        }
    }

    #[test]
    fn what_does_not_open_says_why() {
        let (people, mut shares) = people();
        let stranger = Identity::generate(&mut Entropy::from_seed(&[8; 32]));
        assert!(matches!(unseal(&shares, &[stranger]), Err(UnsealError::NotForTheseKeys)));
        assert!(matches!(unseal(&[], &people), Err(UnsealError::Nothing)));
        shares.truncate(1);
        *shares[0].last_mut().unwrap() ^= 1;
        assert!(matches!(unseal(&shares, &people), Err(UnsealError::Share { number: 1, .. })));
        assert!(matches!(unseal(&[b"text".to_vec()], &people), Err(UnsealError::Share { .. })));
    }

    #[test]
    fn identity_files_are_read_as_age_keygen_writes_them() {
        let identity = Identity::generate(&mut Entropy::from_seed(&[9; 32]));
        let file = format!(
            "# created: today\n# public key: {}\n{}\n\n",
            identity.recipient(),
            *identity.to_secret_string()
        );
        let read = read_identities(&file).unwrap();
        assert!(read.len() == 1 && read[0].recipient() == identity.recipient());
        assert_eq!(read_identities("# x\nnonsense").unwrap_err().line, 2);
    }
}
