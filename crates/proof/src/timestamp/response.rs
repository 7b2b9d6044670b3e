//! The authority's answer: a token, or its refusal (RFC 3161, 2.4.2).

use der::Tag;
use der::asn1::{BitStringRef, Utf8StringRef};

use super::elements::Elements;
use super::info::TstInfo;
use super::request::Request;
use super::signature::Hash;
use super::token::{MAX_BYTES, Token, TokenError};

/// Lines of text in one answer.
const MAX_LINES: usize = 16;

/// An answer in strict DER. That it answers the question says [`check_answer`]; that it is true, [`super::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// The authority sent a token.
    Granted(Token),
    /// It did not.
    Refused(Refusal),
}

/// Why the authority sends no token, in its own terms.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the authority refused: {status:?} {failures:?}")]
pub struct Refusal {
    /// What it says of the request.
    pub status: Status,
    /// The reasons that RFC 3161 has names for.
    pub failures: Vec<Failure>,
    /// Its free text. Text of others: escape it before showing.
    pub text: Vec<String>,
}

/// PKIStatus without a token (RFC 3161, 2.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The request was rejected.
    Rejection,
    /// The answer comes later, elsewhere.
    Waiting,
    /// A revocation of the authority's certificate is imminent.
    RevocationWarning,
    /// The authority's certificate was revoked.
    RevocationNotification,
}

/// PKIFailureInfo (RFC 3161, 2.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The hash is not known or not supported.
    BadAlgorithm,
    /// The transaction is not permitted or supported.
    BadRequest,
    /// The data has the wrong format.
    BadDataFormat,
    /// The authority's clock is not available.
    TimeNotAvailable,
    /// The policy that was asked for is not supported.
    UnacceptedPolicy,
    /// An extension that was asked for is not supported.
    UnacceptedExtension,
    /// Additional information is missing.
    AddInfoNotAvailable,
    /// The authority's own failure.
    SystemFailure,
    /// A bit that RFC 3161 does not name.
    Other(u16),
}

/// Why an answer is not the answer to this request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The authority refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The token is over another digest.
    #[error("the token is over another digest than was asked for")]
    Imprint,
    /// The nonce is missing or another: perhaps an old answer, sent again.
    #[error("the answer carries another nonce, or none")]
    Nonce,
    /// The token was issued under another policy than was asked for; holds the token's.
    #[error("the token is under policy {0}")]
    Policy(String),
}

impl Response {
    /// Reads an answer, `application/timestamp-reply`.
    ///
    /// # Errors
    /// Not strict DER, a token where the status says there is none, or the other way round, or as [`Token::from_der`].
    pub fn from_der(untrusted: &[u8]) -> Result<Self, TokenError> {
        if untrusted.len() > MAX_BYTES {
            return Err(TokenError::TooLong);
        }
        let mut outer = Elements::of(untrusted, "TimeStampResp")?;
        let mut response = outer.sequence("TimeStampResp")?;
        outer.end()?;

        let mut info = response.sequence("PKIStatusInfo")?;
        let status: u8 = info.decode()?;
        let text = match info.next_is(Tag::Sequence) {
            true => free_text(&mut info)?,
            false => Vec::new(),
        };
        let failures = match info.next_is(Tag::BitString) {
            true => failures(info.decode()?),
            false => Vec::new(),
        };
        info.end()?;

        let status = match status {
            // grantedWithMods: what was modified shows in the token, which is checked against the request.
            0 | 1 => {
                let token = Token::from_der(response.element(Tag::Sequence)?)?;
                response.end()?;
                return Ok(Self::Granted(token));
            }
            2 => Status::Rejection,
            3 => Status::Waiting,
            4 => Status::RevocationWarning,
            5 => Status::RevocationNotification,
            _ => return Err(TokenError::Malformed("PKIStatus")),
        };
        response.end()?;
        Ok(Self::Refused(Refusal { status, failures, text }))
    }
}

/// Whether the answer is a token for this request: digest, nonce, and policy where one was asked for.
///
/// A token without a time is none at all and was refused by [`Response::from_der`]. Who signed it is not asked here.
///
/// # Errors
/// The authority's refusal, or what differs from the request.
pub fn check_answer<'a>(request: &Request, response: &'a Response) -> Result<&'a Token, AnswerError> {
    let token = match response {
        Response::Granted(token) => token,
        Response::Refused(refusal) => return Err(refusal.clone().into()),
    };
    let info: TstInfo = token.info();
    if info.imprint_hash != Hash::Sha256 || info.imprint != request.imprint {
        return Err(AnswerError::Imprint);
    }
    if info.nonce != Some(request.nonce()) {
        return Err(AnswerError::Nonce);
    }
    if request.policy.is_some_and(|asked| asked != info.policy) {
        return Err(AnswerError::Policy(info.policy.to_string()));
    }
    Ok(token)
}

fn free_text(info: &mut Elements<'_>) -> Result<Vec<String>, TokenError> {
    let mut lines = info.sequence("PKIFreeText")?;
    let mut text = Vec::new();
    while !lines.is_empty() {
        if text.len() == MAX_LINES {
            return Err(TokenError::Malformed("PKIFreeText"));
        }
        let line: Utf8StringRef<'_> = lines.decode()?;
        text.push(line.as_str().to_owned());
    }
    Ok(text)
}

fn failures(bits: BitStringRef<'_>) -> Vec<Failure> {
    // The highest bit with a name is 25; more than 32 say nothing.
    let set = bits.bits().take(32).zip(0u16..).filter(|(set, _)| *set);
    set.map(|(_, bit)| match bit {
        0 => Failure::BadAlgorithm,
        2 => Failure::BadRequest,
        5 => Failure::BadDataFormat,
        14 => Failure::TimeNotAvailable,
        15 => Failure::UnacceptedPolicy,
        16 => Failure::UnacceptedExtension,
        17 => Failure::AddInfoNotAvailable,
        25 => Failure::SystemFailure,
        other => Failure::Other(other),
    })
    .collect()
}
