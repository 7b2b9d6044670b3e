//! The acting member's own signature inside a record: the member answers to the archive.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use serde_json::{Value, json};

use super::{Disclosure, MEMBER_SIGNATURE, PublicKey, Record, SigningKey};

/// Where and on what ground a member acts; signed together with the record's other digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberAct {
    /// The compartment whose record this is.
    pub compartment: String,
    /// The operation id, 32 hexadecimal digits: one act, however often it is sent.
    pub operation: String,
    /// How many records the member's program had seen when it acted.
    pub base: u64,
}

/// The value of the field `by_sig`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSignature {
    /// How many records the member's program had seen when it acted.
    pub base: u64,
    /// Key id (RFC 7638 thumbprint) of the member's signing key.
    pub key_id: String,
    /// Ed25519, 64 bytes.
    pub signature: [u8; 64],
}

/// Why a member's signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MemberSignatureError {
    /// The field is not open, so nothing can be said.
    #[error("the member's signature is not open")]
    NotOpen,
    /// The field does not have the form that `docs/format/record.md` gives.
    #[error("the member's signature is malformed")]
    Malformed,
    /// It was made with another key than the one given.
    #[error("the member's signature names another key")]
    OtherKey,
    /// It does not hold over this record in this compartment.
    #[error("the member's signature does not hold")]
    DoesNotHold,
}

impl MemberAct {
    pub(super) fn sign(&self, origin: &str, digests: &BTreeSet<String>, key: &SigningKey) -> MemberSignature {
        let key_id = key.key_id().to_owned();
        let message = self.message(origin, &key_id, digests);
        MemberSignature { base: self.base, key_id, signature: key.sign(&message) }
    }

    /// Newline-framed, because none of the parts can hold a newline.
    fn message<'a>(
        &self,
        origin: &str,
        key_id: &str,
        digests: impl IntoIterator<Item = &'a String>,
    ) -> Vec<u8> {
        let Self { compartment, operation, base } = self;
        let mut message =
            format!("vidimus/change/v1\n{origin}\n{compartment}\n{operation}\n{base}\n{key_id}\n");
        for digest in digests {
            message.push_str(digest);
            message.push('\n');
        }
        message.into_bytes()
    }
}

impl MemberSignature {
    pub(super) fn to_value(&self) -> Value {
        json!({"base": self.base, "key": self.key_id, "sig": B64.encode(self.signature)})
    }

    fn from_value(untrusted: &Value) -> Option<Self> {
        let object = untrusted.as_object().filter(|object| object.len() == 3)?;
        Some(Self {
            base: object.get("base")?.as_u64()?,
            key_id: object.get("key")?.as_str()?.to_owned(),
            signature: B64.decode(object.get("sig")?.as_str()?).ok()?.try_into().ok()?,
        })
    }
}

impl Record {
    /// The member's signature as it stands in the record; nothing is checked yet.
    ///
    /// # Errors
    /// The field is not open or malformed.
    pub fn member_signature(&self) -> Result<MemberSignature, MemberSignatureError> {
        let value = self.field(MEMBER_SIGNATURE).ok_or(MemberSignatureError::NotOpen)?;
        MemberSignature::from_value(value).ok_or(MemberSignatureError::Malformed)
    }

    /// Checks that the member with `key` made this change, in this compartment, as this operation.
    ///
    /// # Errors
    /// Says what is missing or wrong.
    pub fn verify_member(
        &self,
        compartment: &str,
        operation: &str,
        key: &PublicKey,
    ) -> Result<MemberSignature, MemberSignatureError> {
        let signature = self.member_signature()?;
        let key_id = key.key_id();
        if signature.key_id != key_id {
            return Err(MemberSignatureError::OtherKey);
        }
        let own = self
            .disclosures
            .iter()
            .find(|d| d.name == MEMBER_SIGNATURE)
            .map(Disclosure::digest)
            .ok_or(MemberSignatureError::NotOpen)?;
        let act = MemberAct {
            compartment: compartment.to_owned(),
            operation: operation.to_owned(),
            base: signature.base,
        };
        let message = act.message(&self.issuer, &key_id, self.digests.iter().filter(|d| **d != own));
        key.verify(&message, &signature.signature).map_err(|_| MemberSignatureError::DoesNotHold)?;
        Ok(signature)
    }
}
