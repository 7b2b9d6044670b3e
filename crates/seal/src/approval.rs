//! The key by which keyholders approve who follows them: sealed to them as a file that stock `age` opens and `openssl` signs with.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as B64;
use zeroize::Zeroizing;

use crate::SigningSeed;
use crate::keyholders::KeyholderSet;

/// What is approved: that one set of keyholders follows another.
#[derive(Clone, Copy, Debug)]
pub struct Succession<'a> {
    /// The archive's id.
    pub archive: &'a str,
    /// The proposal's id.
    pub proposal: &'a str,
    /// The fingerprint of the set that holds.
    pub from: &'a str,
    /// The set that is to hold.
    pub to: &'a KeyholderSet,
}

impl Succession<'_> {
    /// The text that is signed: lines a keyholder can read and compare (`docs/format/keys.md`).
    pub fn text(&self) -> String {
        let head = format!(
            "vidimus/keyholders-approval/v1\narchive {}\nproposal {}\nfrom {}\nto {}\nthreshold {}\n",
            self.archive,
            self.proposal,
            self.from,
            self.to.fingerprint(),
            self.to.threshold()
        );
        self.to.recipients().iter().fold(head, |text, recipient| text + &format!("keyholder {recipient}\n"))
    }
}

/// Is this a text that [`Succession::text`] could have made? Nothing else is signed with an approval key.
pub fn is_approval(untrusted_text: &[u8]) -> bool {
    untrusted_text.starts_with(b"vidimus/keyholders-approval/v1\n")
}

/// The secret key as PKCS #8 in PEM (RFC 8410), as `openssl pkeyutl -sign -rawin -inkey` takes it.
pub fn to_pem(seed: &SigningSeed) -> Zeroizing<String> {
    let body = Zeroizing::new(B64.encode(&*to_der(seed)));
    Zeroizing::new(format!("{BEGIN}\n{}\n{END}\n", *body))
}

/// The secret key in a PEM file as [`to_pem`] writes it; none if it is not one.
pub fn from_pem(untrusted_pem: &[u8]) -> Option<SigningSeed> {
    let text = std::str::from_utf8(untrusted_pem).ok()?.trim();
    let body = text.strip_prefix(BEGIN)?.strip_suffix(END)?.trim();
    from_der(&Zeroizing::new(B64.decode(body).ok()?))
}

/// The secret key as PKCS #8 (RFC 8410).
pub(crate) fn to_der(seed: &SigningSeed) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([&PKCS8[..], seed.bytes()].concat())
}

/// The secret key in such a structure; none if it is not one.
pub(crate) fn from_der(untrusted_der: &[u8]) -> Option<SigningSeed> {
    Some(SigningSeed::from_bytes(untrusted_der.strip_prefix(&PKCS8[..])?.try_into().ok()?))
}

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// A `PrivateKeyInfo` of RFC 8410 up to the seed.
const PKCS8: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Entropy, Identity};

    #[test]
    fn the_pem_is_that_of_rfc_8410() {
        // Its section 10.3.
        let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n-----END PRIVATE KEY-----\n";
        let seed = from_pem(pem.as_bytes()).unwrap();
        assert_eq!(to_pem(&seed).as_str(), pem);
        for broken in
            ["", "-----BEGIN PRIVATE KEY-----", &pem.replace("MC4C", "MC4D"), &pem.replace("VhC", "")]
        {
            assert!(from_pem(broken.as_bytes()).is_none(), "{broken}");
        }
    }

    #[test]
    fn the_text_names_everything_that_is_approved() {
        let mut entropy = Entropy::from_seed(&[1; 32]);
        let people: Vec<_> = (0..2).map(|_| Identity::generate(&mut entropy).recipient()).collect();
        let set = KeyholderSet::new(2, people.clone()).unwrap();
        let text = Succession { archive: "a", proposal: "09", from: "f", to: &set }.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[1..4], ["archive a", "proposal 09", "from f"]);
        assert_eq!(lines[4..6], [format!("to {}", set.fingerprint()), "threshold 2".into()]);
        assert!(people.iter().all(|one| text.contains(&format!("keyholder {one}\n"))));
        assert!(lines.len() == 8 && is_approval(text.as_bytes()) && !is_approval(b"vidimus/change/v1\n"));
    }
}
