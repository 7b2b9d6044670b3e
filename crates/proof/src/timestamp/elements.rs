//! Strict DER, one element after the other, without copying: what is signed must be hashed as it was received.
//!
//! The types of the `cms` crate sort and encode again what they read; a signature is over the bytes as they came.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Reader, SliceReader, Tag, TagNumber};

use super::token::TokenError;

/// The elements of one constructed value.
pub(super) struct Elements<'a> {
    reader: SliceReader<'a>,
    what: &'static str,
}

impl<'a> Elements<'a> {
    /// Reads the elements in `bytes`; `what` names the structure in errors.
    pub(super) fn of(bytes: &'a [u8], what: &'static str) -> Result<Self, TokenError> {
        let reader = SliceReader::new(bytes).map_err(|_| TokenError::Malformed(what))?;
        Ok(Self { reader, what })
    }

    pub(super) fn malformed(&self) -> TokenError {
        TokenError::Malformed(self.what)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reader.is_finished()
    }

    /// Whether the next element has this tag.
    pub(super) fn next_is(&self, tag: Tag) -> bool {
        !self.is_empty() && self.reader.peek_tag().is_ok_and(|next| next == tag)
    }

    /// The next element's value, which must have this tag.
    pub(super) fn value(&mut self, tag: Tag) -> Result<&'a [u8], TokenError> {
        let any: AnyRef<'a> = self.decode()?;
        if der::Tagged::tag(&any) != tag {
            return Err(self.malformed());
        }
        Ok(any.value())
    }

    /// The next element with its tag and length, which must have this tag.
    pub(super) fn element(&mut self, tag: Tag) -> Result<&'a [u8], TokenError> {
        if !self.next_is(tag) {
            return Err(self.malformed());
        }
        self.reader.tlv_bytes().map_err(|_| self.malformed())
    }

    /// The next element, read into a type.
    pub(super) fn decode<T: Decode<'a>>(&mut self) -> Result<T, TokenError> {
        let what = self.what;
        T::decode(&mut self.reader).map_err(|_| TokenError::Malformed(what))
    }

    /// The elements of the next element, which must be a SEQUENCE; `what` names it.
    pub(super) fn sequence(&mut self, what: &'static str) -> Result<Elements<'a>, TokenError> {
        Elements::of(self.value(Tag::Sequence)?, what)
    }

    /// The next element's value where it is there and has the tag `[number]`, constructed.
    pub(super) fn optional(&mut self, number: TagNumber) -> Result<Option<&'a [u8]>, TokenError> {
        let tag = context(number);
        if self.next_is(tag) {
            return self.value(tag).map(Some);
        }
        Ok(None)
    }

    /// Nothing may follow.
    pub(super) fn end(self) -> Result<(), TokenError> {
        if self.is_empty() {
            return Ok(());
        }
        Err(self.malformed())
    }
}

/// The constructed context-specific tag `[number]`.
pub(super) fn context(number: TagNumber) -> Tag {
    Tag::ContextSpecific { constructed: true, number }
}

/// An `AlgorithmIdentifier` of a hash: its parameters are absent or NULL (RFC 5754, 2).
pub(super) fn hash_algorithm(from: &mut Elements<'_>) -> Result<ObjectIdentifier, TokenError> {
    let mut algorithm = from.sequence("AlgorithmIdentifier")?;
    let oid = algorithm.decode()?;
    if !algorithm.is_empty() {
        let _: der::asn1::Null = algorithm.decode()?;
    }
    algorithm.end()?;
    Ok(oid)
}
