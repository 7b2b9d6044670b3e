//! HKDF-SHA256 (RFC 5869) to 32 bytes, as everything here derives its keys.

use aws_lc_rs::hkdf::{HKDF_SHA256, Salt};
use zeroize::Zeroizing;

/// `HKDF-SHA256(ikm, salt, info)`; the parts of `info` are concatenated.
pub(crate) fn hkdf(ikm: &[u8], salt: &[u8], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut out = Zeroizing::new([0; 32]);
    Salt::new(HKDF_SHA256, salt)
        .extract(ikm)
        .expand(info, HKDF_SHA256)
        .and_then(|okm| okm.fill(out.as_mut()))
        .expect("32 bytes are one block of HKDF-SHA256");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc_5869_case_3_has_neither_salt_nor_info() {
        let out = hkdf(&[0x0b; 22], b"", &[]);
        assert_eq!(hex::encode(*out), "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
    }
}
