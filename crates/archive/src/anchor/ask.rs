//! One question to one authority, and what must hold before its answer is kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vidimus_proof::timestamp::{
    self, AnswerError, Request, Response, Stamp, StampError, Token, TokenError, check_answer,
};

use super::AuthoritySettings;

/// Someone who answers time-stamp requests.
pub trait Authority {
    /// Sends a request (DER of RFC 3161, 2.4.1) and returns the answer's bytes, of which nothing has been checked.
    ///
    /// # Errors
    /// There was no answer that could be one.
    fn ask(&self, request_der: &[u8]) -> Result<Vec<u8>, AskError>;
}

/// Why there was no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The authority could not be reached, or stopped speaking.
    #[error("not reached: {0}")]
    Unreached(Unreached),
    /// It answered with another HTTP status than 200. Redirects are not followed.
    #[error("it answered with HTTP status {0}")]
    Status(u16),
    /// The answer is longer than any token.
    #[error("the answer is too large")]
    TooLarge,
}

/// Why an authority could not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreached {
    /// Nobody listens at the address.
    #[error("nobody answers at the address")]
    Refused,
    /// It took too long.
    #[error("no answer in time")]
    TimedOut,
    /// No such host.
    #[error("no such host")]
    UnknownHost,
    /// The TLS connection was not made: an unknown or false certificate.
    #[error("the connection could not be secured")]
    Certificate,
    /// Everything else that ends a connection.
    #[error("the connection broke off")]
    BrokenOff,
}

/// Why an authority's answer was not kept; the next call asks again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotStamped {
    /// There was none.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// It is not a time-stamp answer.
    #[error("the answer is not a time stamp: {0}")]
    Form(#[from] TokenError),
    /// It is a refusal, or answers another question.
    #[error(transparent)]
    Answer(#[from] AnswerError),
    /// The time stamp does not hold, or not with the configured certificates.
    #[error(transparent)]
    Stamp(#[from] StampError),
}

/// An answer of which everything was checked.
pub(crate) struct Stamped {
    pub token: Token,
    pub stamp: Stamp,
}

/// Asks for a time stamp over `message` and checks all of the answer: nonce, imprint, policy, purpose, chain.
pub(crate) fn stamp(
    authority: &dyn Authority,
    settings: &AuthoritySettings,
    message: &[u8],
    nonce: u64,
) -> Result<Stamped, NotStamped> {
    let mut request = Request::new(message, nonce);
    if let Some(policy) = &settings.policy {
        request = request.with_policy(policy).expect("the settings were checked when they were read");
    }
    let untrusted = authority.ask(&request.to_der())?;
    let response = Response::from_der(&untrusted)?;
    let token = check_answer(&request, &response)?.clone();
    let stamp = timestamp::verify(&token.to_der(), message, &settings.trust)?;
    Ok(Stamped { token, stamp })
}

/// Whether a time stamp that lies there is one that this authority would be asked for.
pub(crate) fn is_from(settings: &AuthoritySettings, untrusted_token: &[u8], message: &[u8]) -> bool {
    timestamp::verify(untrusted_token, message, &settings.trust)
        .is_ok_and(|stamp| settings.policy.as_ref().is_none_or(|policy| *policy == stamp.policy))
}

/// The certificates that a later reader needs for the chain: those that came with the token, then the configured ones.
pub(crate) fn chain_pem(settings: &AuthoritySettings, token: &Token) -> String {
    let mut pem = String::new();
    for der in token.certificates() {
        pem.push_str("-----BEGIN CERTIFICATE-----\n");
        // RFC 7468, section 2: 64 characters a line.
        for line in STANDARD.encode(der).as_bytes().chunks(64) {
            pem.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
            pem.push('\n');
        }
        pem.push_str("-----END CERTIFICATE-----\n");
    }
    pem.push_str(&settings.ca_pem);
    pem
}
