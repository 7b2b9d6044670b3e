//! Cosignatures: another party saw this checkpoint at this time (C2SP tlog-cosignature).

use std::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use crate::checkpoint::SignedCheckpoint;
use crate::note::{Algorithm, KeyName, Signature, VerifierKey, VerifyError};

/// The latest time that a cosignature may state: 2^63 − 1 seconds.
pub const MAX_TIME: u64 = i64::MAX as u64;

/// Checks that the cosigner whose key this is cosigned the checkpoint, and returns when: seconds since the Unix epoch.
///
/// The time is the cosigner's word, worth as much as the cosigner; it may lie in the future.
/// Where the cosigner signed several times, all must be true and the earliest time is returned.
/// ML-DSA-44 keys give [`VerifyError::NotSupported`], plain note keys [`VerifyError::KindOfKey`].
pub fn verify(signed: &SignedCheckpoint, key: &VerifierKey) -> Result<u64, VerifyError> {
    match key.algorithm() {
        Algorithm::CosignatureV1 => {}
        Algorithm::Ed25519 => return Err(VerifyError::KindOfKey),
        Algorithm::MlDsa44 => return Err(VerifyError::NotSupported),
    }
    let mut earliest = None;
    for signature in signed.note().signatures().iter().filter(|signature| signature.claims(key)) {
        let time = verify_one(signed, key, signature.bytes()).ok_or(VerifyError::FalseSignature)?;
        earliest = Some(earliest.map_or(time, |earliest: u64| earliest.min(time)));
    }
    earliest.ok_or(VerifyError::NotSigned)
}

fn verify_one(signed: &SignedCheckpoint, key: &VerifierKey, untrusted_bytes: &[u8]) -> Option<u64> {
    let (time, signature) = untrusted_bytes.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    let true_signature = key.signed(message(signed, time).as_bytes(), signature);
    (time <= MAX_TIME && true_signature).then_some(time)
}

/// What an Ed25519 cosigner signs (C2SP tlog-cosignature, "Ed25519 signed message").
fn message(signed: &SignedCheckpoint, time: u64) -> String {
    format!("cosignature/v1\ntime {time}\n{}", signed.note().text())
}

/// The secret half of a cosigner's key. The secret is wiped when it goes out of scope.
pub struct Cosigner {
    key: SigningKey,
    verifier: VerifierKey,
}

/// The time is after [`MAX_TIME`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} seconds is later than a cosignature can state")]
pub struct TimeError(pub u64);

impl Cosigner {
    /// The cosigner whose secret is this seed (RFC 8032, section 5.1.5).
    ///
    /// DANGER: the message does not hold the cosigner's name, so a seed is for one cosigner and for nothing else.
    pub fn new(name: KeyName, seed: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::cosignature_v1(name, key.verifying_key().as_bytes())
            .expect("a public key made from a seed is canonical and of large order");
        Self { key, verifier }
    }

    /// The public half.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.verifier
    }

    /// States that at `time` (seconds since the Unix epoch) this was the largest consistent checkpoint seen of its log.
    ///
    /// That it is consistent with what was cosigned before, and that the log signed it, is for the caller to have checked.
    pub fn cosign(&self, signed: &SignedCheckpoint, time: u64) -> Result<Signature, TimeError> {
        if time > MAX_TIME {
            return Err(TimeError(time));
        }
        let mut bytes = time.to_be_bytes().to_vec();
        bytes.extend(self.key.sign(message(signed, time).as_bytes()).to_bytes());
        Ok(Signature::new(self.verifier.name().clone(), self.verifier.id(), bytes))
    }
}

impl fmt::Debug for Cosigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cosigner({})", self.verifier)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::note::Signer;

    fn signed() -> SignedCheckpoint {
        let origin: KeyName = "archive.example".parse().unwrap();
        let signer = Signer::new(origin.clone(), &[1; 32]);
        SignedCheckpoint::sign(Checkpoint { origin, size: 3, root: [5; 32] }, &signer).unwrap()
    }

    fn cosigner() -> Cosigner {
        Cosigner::new("newsroom.example".parse().unwrap(), &[2; 32])
    }

    #[test]
    fn a_cosignature_states_its_earliest_time() {
        let (signed, cosigner) = (signed(), cosigner());
        assert_eq!(verify(&signed, cosigner.verifier_key()), Err(VerifyError::NotSigned));
        let mut cosigned = signed.clone();
        for time in [2000, 1000, 3000] {
            cosigned = cosigned.with_signature(cosigner.cosign(&signed, time).unwrap()).unwrap();
        }
        assert_eq!(verify(&cosigned, cosigner.verifier_key()), Ok(1000));
        assert!(cosigner.cosign(&signed, MAX_TIME).is_ok());
        assert_eq!(cosigner.cosign(&signed, MAX_TIME + 1), Err(TimeError(MAX_TIME + 1)));
    }

    #[test]
    fn a_secret_key_is_never_printed() {
        let cosigner = cosigner();
        assert_eq!(format!("{cosigner:?}"), format!("Cosigner({})", cosigner.verifier_key()));
    }

    #[test]
    fn a_changed_time_or_a_short_signature_is_false() {
        let (signed, cosigner) = (signed(), cosigner());
        let good = cosigner.cosign(&signed, 1000).unwrap();
        let mut later = good.bytes().to_vec();
        later[7] ^= 1;
        let mut beyond = good.bytes().to_vec();
        beyond[0] |= 0x80;
        for bytes in [later, beyond, good.bytes()[..7].to_vec(), good.bytes()[..71].to_vec()] {
            let bad = Signature::new(good.name().clone(), good.key_id(), bytes);
            let cosigned = signed.clone().with_signature(bad).unwrap();
            assert_eq!(verify(&cosigned, cosigner.verifier_key()), Err(VerifyError::FalseSignature));
        }
    }

    #[test]
    fn a_key_is_for_one_kind_of_signature() {
        let (signed, cosigner) = (signed(), cosigner());
        let plain = Signer::new("newsroom.example".parse().unwrap(), &[2; 32]);
        assert_ne!(plain.verifier_key().id(), cosigner.verifier_key().id());
        assert_eq!(verify(&signed, plain.verifier_key()), Err(VerifyError::KindOfKey));
        assert_eq!(signed.note().verify(cosigner.verifier_key()), Err(VerifyError::KindOfKey));
    }
}
