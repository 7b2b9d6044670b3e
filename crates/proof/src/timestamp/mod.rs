//! Time stamps, RFC 3161: asks an authority for one, reads its answer, and checks what it says about a message.
//!
//! A [`Stamp`] exists only after every check, the chain to an authority of the given [`Trust`] included. What an unknown
//! authority says is an [`Unverified`], another type, so that nothing can count it as "no later than".
//!
//! What the checks do not cover, because no signature does: certificates in the token that are neither the signer nor
//! on its path, revocation lists, and unsigned attributes. They change nothing in a `Stamp`.
//!
//! Never here: a clock, the network, randomness (the nonce is given), a look at revocation.

mod elements;
mod info;
mod request;
mod response;
mod signature;
mod signer;
mod token;
mod trust;

pub use request::{PolicyError, Request};
pub use response::{AnswerError, Failure, Refusal, Response, Status, check_answer};
pub use signature::Part;
pub use token::{MAX_BYTES, Token, TokenError};
pub use trust::{Trust, TrustError};

use std::time::Duration;

use jiff::Timestamp;

use info::TstInfo;
use signer::Signer;
use trust::Chain;

/// What a trusted authority said: a message with this digest existed at this time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stamp {
    /// The time, `genTime`: the message is no later than this, give or take `accuracy`.
    pub at: Timestamp,
    /// How far the time may be off to either side; `None` where the authority does not say.
    pub accuracy: Option<Duration>,
    /// The subject of the authority's certificate, RFC 4514. Text of others: escape it before showing.
    pub authority: String,
    /// The policy under which it was issued, as a dotted object identifier.
    pub policy: String,
    /// The token's serial number, hexadecimal.
    pub serial: String,
}

/// What a token says whose signature fits but whose authority nobody vouched for: it dates nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unverified {
    /// The time that the unknown authority wrote down.
    pub claimed_at: Timestamp,
    /// The accuracy that it wrote down.
    pub claimed_accuracy: Option<Duration>,
    /// The name that it gave itself, RFC 4514. Text of others: escape it before showing.
    pub claimed_authority: String,
    /// The policy that it named, as a dotted object identifier.
    pub policy: String,
    /// The token's serial number, hexadecimal.
    pub serial: String,
}

/// Why a token is not a stamp of the message by a trusted authority.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// The bytes are not a time-stamp token in the form this module reads.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The token is over other bytes than this message.
    #[error("the token is not over this message")]
    Imprint,
    /// The token does not hold the certificate of its signer.
    #[error("the signer's certificate is not in the token")]
    SignerMissing,
    /// A signed attribute that RFC 3161 or RFC 5652 demands is missing, twice there, or wrong.
    #[error("signed attribute {0} is missing or wrong")]
    Attribute(&'static str),
    /// The signed attributes name another certificate as the signer's (RFC 5816).
    #[error("the signature names another certificate than its signer's")]
    Binding,
    /// The certificate's extended key usage is not critical, or not time stamping and nothing else (RFC 3161, 2.3).
    #[error("the signer's certificate is not for time stamping only")]
    Purpose,
    /// The certificate's key usage allows something other than signing, or not signing.
    #[error("the signer's certificate is not for signing only")]
    KeyUsage,
    /// `tsa` in the token is no name of the signer's certificate (RFC 3161, 2.4.2).
    #[error("the token names another authority than its certificate")]
    AuthorityName,
    /// The signature does not fit.
    #[error("the signature does not fit")]
    Signature,
    /// A certificate of the chain was not valid at the token's own time.
    #[error("a certificate was not valid at the time of the stamp")]
    NotValidThen,
    /// The chain breaks a rule of RFC 5280; the text is the path validator's.
    #[error("the certificate chain is refused: {0}")]
    Chain(String),
    /// Everything fits but nobody vouched for the authority.
    #[error("unknown authority")]
    UnknownAuthority(Box<Unverified>),
}

/// Checks a stored time stamp (the `.tsr` of [`Token::to_response_der`], or the bare token) over `message`.
///
/// Source of the rules: RFC 3161 (2.3, 2.4.2), RFC 5816, RFC 5652 (5.4, 5.6), RFC 5280 (6.1) at the token's own time.
///
/// # Errors
/// The first rule that is broken; [`StampError::UnknownAuthority`] only where all others hold.
pub fn verify(untrusted_stamp: &[u8], message: &[u8], trust: &Trust) -> Result<Stamp, StampError> {
    let token = Token::from_stored(untrusted_stamp)?;
    let checked = check(&token, message)?;
    let info = checked.info;
    let authority = checked.signer.subject();
    match trust.chain(&checked.signer, &checked.certificates, info.at)? {
        Chain::Trusted => Ok(Stamp {
            at: info.at,
            accuracy: info.accuracy,
            authority,
            policy: info.policy.to_string(),
            serial: info.serial,
        }),
        Chain::Unknown => Err(StampError::UnknownAuthority(Box::new(claimed(info, authority)))),
    }
}

/// What a stored time stamp over `message` says, without asking who its authority is.
///
/// # Errors
/// As [`verify`], but for the chain.
pub fn inspect(untrusted_stamp: &[u8], message: &[u8]) -> Result<Unverified, StampError> {
    let token = Token::from_stored(untrusted_stamp)?;
    let checked = check(&token, message)?;
    let authority = checked.signer.subject();
    Ok(claimed(checked.info, authority))
}

/// A token of which all holds but the chain.
struct Checked<'a> {
    info: TstInfo,
    signer: Signer<'a>,
    certificates: Vec<&'a [u8]>,
}

fn check<'a>(token: &'a Token, message: &[u8]) -> Result<Checked<'a>, StampError> {
    let parts = token.parts();
    let info = TstInfo::from_der(parts.content)?;
    if info.imprint != info.imprint_hash.digest(message) {
        return Err(StampError::Imprint);
    }
    let signer = Signer::find(&parts)?;
    signer.check_attributes(&parts)?;
    signer.check_purpose()?;
    signer.check_name(info.authority.as_ref())?;
    signer.check_signature(&parts)?;
    Ok(Checked { info, signer, certificates: parts.certificates })
}

fn claimed(info: TstInfo, authority: String) -> Unverified {
    Unverified {
        claimed_at: info.at,
        claimed_accuracy: info.accuracy,
        claimed_authority: authority,
        policy: info.policy.to_string(),
        serial: info.serial,
    }
}
