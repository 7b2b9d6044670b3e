//! Records: flat SD-JWTs whose fields are salted one by one (RFC 9901).
//!
//! A record is issued once with all its fields and may then be shown with any of them. What is not
//! shown stays hidden behind salted digests; how many fields there are stays hidden behind decoys.
//! The format, with a frozen example, is `docs/format/record.md`.

mod key;
mod member;
mod parse;

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as B64;
use rand_core::RngCore;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub use key::{KeyError, PublicKey, SigningKey};
pub use member::{MemberAct, MemberSignature, MemberSignatureError};
pub use parse::{RecordError, VerifyError};

/// The digests of a record are padded with decoys to a multiple of this.
pub const DIGEST_STEP: usize = 16;

/// The field that holds the acting member's own signature.
pub const MEMBER_SIGNATURE: &str = "by_sig";

/// One field opened: its salted text, as it stands between the tildes of an SD-JWT, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Disclosure {
    text: String,
    name: String,
    value: Value,
}

impl Disclosure {
    fn new(name: &str, value: Value, rng: &mut dyn RngCore) -> Self {
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        let json = serde_json::to_vec(&(B64.encode(salt), name, &value)).expect("a JSON value has a text");
        Self { text: B64.encode(json), name: name.to_owned(), value }
    }

    /// The name of the field.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the field says.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The digest by which the signed part names this field: base64url of SHA-256 of its text (RFC 9901, 4.2.3).
    fn digest(&self) -> String {
        B64.encode(Sha256::digest(&self.text))
    }
}

/// Opened fields, kept as the text of their record has them: what they say takes many times the memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    /// Salted texts, a tilde behind each.
    texts: String,
}

impl Fields {
    /// Name and value of each field, in ascending order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (String, Value)> + '_ {
        self.texts.split_terminator('~').map(|text| {
            let field = parse::parse_disclosure(text).expect("it was read from the same text before");
            (field.name, field.value)
        })
    }
}

/// A signed statement of one change, with some or all of its fields opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    jwt: String,
    issuer: String,
    key_id: String,
    digests: BTreeSet<String>,
    /// In ascending order of their names.
    disclosures: Vec<Disclosure>,
}

impl Record {
    /// Issues a record: salts the fields, lets the member sign them, then signs as the archive `origin`.
    ///
    /// `fields` must have distinct names of the form `[a-z][a-z0-9_]*`, without `by_sig`, which is added here.
    ///
    /// # Panics
    /// If a field name is not of that form or stands twice: names are constants of the program.
    pub fn issue(
        origin: &str,
        fields: impl IntoIterator<Item = (impl AsRef<str>, Value)>,
        act: &MemberAct,
        member: &SigningKey,
        archive: &SigningKey,
        rng: &mut dyn RngCore,
    ) -> Self {
        let mut disclosures: Vec<_> =
            fields.into_iter().map(|(name, value)| Disclosure::new(name.as_ref(), value, rng)).collect();
        assert!(
            disclosures.iter().all(|d| parse::is_field_name(&d.name) && d.name != MEMBER_SIGNATURE),
            "field names are constants of the program"
        );
        let mut digests: BTreeSet<String> = disclosures.iter().map(Disclosure::digest).collect();
        let padded = (disclosures.len() + 1).next_multiple_of(DIGEST_STEP);
        while digests.len() < padded - 1 {
            let mut decoy = [0; 32];
            rng.fill_bytes(&mut decoy);
            digests.insert(B64.encode(decoy));
        }
        let signature = act.sign(origin, &digests, member);
        let signed = Disclosure::new(MEMBER_SIGNATURE, signature.to_value(), rng);
        digests.insert(signed.digest());
        disclosures.push(signed);
        disclosures.sort_by(|a, b| a.name.cmp(&b.name));
        assert!(disclosures.windows(2).all(|pair| pair[0].name != pair[1].name), "each field stands once");

        let key_id = archive.key_id().to_owned();
        let header = parse::header_text(&key_id);
        let payload = parse::payload_text(origin, &digests);
        let mut jwt = String::with_capacity((header.len() + payload.len() + 64) * 4 / 3 + 8);
        B64.encode_string(header, &mut jwt);
        jwt.push('.');
        B64.encode_string(payload, &mut jwt);
        let signature = archive.sign(jwt.as_bytes());
        jwt.push('.');
        B64.encode_string(signature, &mut jwt);
        Self { jwt, issuer: origin.to_owned(), key_id, digests, disclosures }
    }

    /// The origin of the archive that says this (`iss`); only a claim until [`Record::verify`].
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The identifier of the archive's key (`kid`); only a claim until [`Record::verify`].
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The log entry: SHA-256 of the signed part's ASCII text.
    pub fn entry(&self) -> [u8; 32] {
        Sha256::digest(&self.jwt).into()
    }

    /// The opened fields in ascending order of their names.
    pub fn disclosures(&self) -> &[Disclosure] {
        &self.disclosures
    }

    /// The opened fields, to be kept.
    pub fn fields(&self) -> Fields {
        let mut texts = String::with_capacity(self.disclosures.iter().map(|d| d.text.len() + 1).sum());
        for disclosure in &self.disclosures {
            texts.push_str(&disclosure.text);
            texts.push('~');
        }
        Fields { texts }
    }

    /// What an opened field says.
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.disclosures.iter().find(|d| d.name == name).map(|d| &d.value)
    }

    /// What an opened field says, where it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.field(name)?.as_str()
    }

    /// The same record with only the named fields open; names that are not open are passed over.
    pub fn choose(&self, names: &[&str]) -> Self {
        let disclosures =
            self.disclosures.iter().filter(|d| names.contains(&d.name.as_str())).cloned().collect();
        Self { disclosures, ..self.clone() }
    }

    /// The SD-JWT text: `<JWT>~<disclosure>~…~`, fields in ascending order of their names.
    pub fn to_sd_jwt(&self) -> String {
        let mut text = self.jwt.clone();
        text.push('~');
        for disclosure in &self.disclosures {
            text.push_str(&disclosure.text);
            text.push('~');
        }
        text
    }
}

#[cfg(test)]
mod tests;
