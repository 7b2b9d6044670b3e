//! Time stamps against authorities made with the `openssl` program: what is accepted, and each reason to refuse.

#[path = "common/authority.rs"]
mod authority;

use std::time::Duration;

use authority::{Authority, OTHER_POLICY, P256, P384, POLICY, Plan, RSA, openssl_is_there};
use der::asn1::{GeneralizedTime, OctetString};
use der::{Decode, Encode};
use vidimus_proof::timestamp::{
    AnswerError, Failure, Part, Request, Response, Stamp, StampError, Status, Token, TokenError, Trust,
    check_answer, inspect, verify,
};
use x509_tsp::TstInfo;

const MESSAGE: &[u8] = b"vidimus.example/archive\n12\nAAAA\n";
const NONCE: u64 = 0x9be6_8dbb_32cc_b1e1;

/// Asks, checks the answer, and returns what is stored.
fn stamped(authority: &Authority) -> Vec<u8> {
    let request = Request::new(MESSAGE, NONCE);
    let response = Response::from_der(&authority.answer(&request.to_der())).unwrap();
    check_answer(&request, &response).unwrap().to_response_der()
}

fn trust(authority: &Authority) -> Trust {
    Trust::from_pem(&authority.root_pem()).unwrap()
}

fn verified(authority: &Authority, stored: &[u8]) -> Result<Stamp, StampError> {
    verify(stored, MESSAGE, &trust(authority))
}

/// What an authority would sign over the message, to be changed before it is signed.
fn info(authority: &Authority) -> TstInfo {
    info_of(&Token::from_stored(&stamped(authority)).unwrap())
}

fn info_of(token: &Token) -> TstInfo {
    let content = cms::content_info::ContentInfo::from_der(&token.to_der()).unwrap().content;
    let signed: cms::signed_data::SignedData = content.decode_as().unwrap();
    TstInfo::from_der(signed.encap_content_info.econtent.unwrap().value()).unwrap()
}

#[test]
fn authorities_of_each_kind_are_verified_and_openssl_agrees() {
    if !openssl_is_there() {
        return;
    }
    let plans = [
        Plan::default(),
        Plan { key: RSA, middle: true, digest: "sha512", ..Plan::default() },
        Plan { key: P384, digest: "sha384", binding: "sha512", ..Plan::default() },
        Plan { key: P256, middle: true, send_root: true, digest: "sha512", ..Plan::default() },
        Plan { key: RSA, binding: "sha1", ..Plan::default() },
    ];
    for plan in plans {
        let authority = Authority::new(&plan);
        let stored = stamped(&authority);
        let stamp = verified(&authority, &stored).unwrap();
        assert_eq!(stamp.authority, "CN=Test Time Stamps,O=Test");
        assert_eq!(stamp.policy, POLICY);
        assert_eq!(stamp.accuracy, Some(Duration::from_millis(1500)));
        assert_eq!(stamp.serial, "02");
        assert!(authority.openssl_accepts(&stored, MESSAGE));

        let bare = Token::from_stored(&stored).unwrap().to_der();
        assert_eq!(verified(&authority, &bare).unwrap(), stamp);
        assert_eq!(Token::from_der(&bare).unwrap().to_response_der(), stored);
        assert_eq!(verify(&stored, b"another message", &trust(&authority)), Err(StampError::Imprint));
    }
}

#[test]
fn a_self_signed_authority_is_trusted_when_it_is_itself_pinned() {
    if !openssl_is_there() {
        return;
    }
    for key in [RSA, P256] {
        let authority = Authority::new(&Plan { self_signed: true, key, ..Plan::default() });
        let stored = stamped(&authority);
        assert_eq!(verified(&authority, &stored).unwrap().authority, "CN=Test Time Stamps");
        assert!(authority.openssl_accepts(&stored, MESSAGE));

        let other = Authority::new(&Plan { self_signed: true, key, ..Plan::default() });
        let error = verified(&other, &stored).unwrap_err();
        assert!(matches!(error, StampError::UnknownAuthority(_)), "{error:?}");
    }
}

#[test]
fn an_authority_pinned_without_its_root_is_trusted_but_issues_nothing() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let stored = stamped(&authority);
    let own = Trust::from_pem(&authority.own_pem()).unwrap();
    assert!(verify(&stored, MESSAGE, &own).is_ok());

    // Its key issues a certificate to another authority, which is then in the chain.
    let issued = Authority::new(&Plan::default());
    let copy = |from: &str, to: &str| std::fs::copy(authority.file(from), issued.file(to)).unwrap();
    copy("tsa.pem", "issuer.pem");
    copy("tsa.key", "issuer.key");
    let made = std::process::Command::new("openssl")
        .current_dir(issued.folder())
        .args(["x509", "-req", "-in", "tsa.csr", "-CA", "issuer.pem", "-CAkey", "issuer.key"])
        .args(["-CAcreateserial", "-days", "30", "-extfile", "openssl.cnf", "-extensions", "stamps"])
        .args(["-out", "tsa.pem"])
        .output()
        .unwrap();
    assert!(made.status.success());
    let stored = stamped(&issued);
    let error = verify(&stored, MESSAGE, &own).unwrap_err();
    assert!(matches!(error, StampError::UnknownAuthority(_)), "{error:?}");
    let token = Token::from_stored(&stored).unwrap();
    let info = info_of(&token).to_der().unwrap();
    let chained = issued.sign(&info, &["-certfile", "issuer.pem"]);
    for trust in [&own, &trust(&authority)] {
        let error = verify(&chained, MESSAGE, trust).unwrap_err();
        assert!(matches!(error, StampError::Chain(_) | StampError::UnknownAuthority(_)), "{error:?}");
    }

    // A middle authority may be trusted without its root.
    let chained = Authority::new(&Plan { middle: true, ..Plan::default() });
    let middle = std::fs::read_to_string(chained.file("middle.pem")).unwrap();
    let middle = Trust::from_pem(&middle).unwrap();
    assert!(verify(&stamped(&chained), MESSAGE, &middle).is_ok());
}

#[test]
fn another_authority_is_unknown_even_under_the_same_name() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let stored = stamped(&authority);
    let stamp = verified(&authority, &stored).unwrap();
    let others = [
        trust(&Authority::new(&Plan::default())),
        trust(&Authority::new(&Plan { key: RSA, ..Plan::default() })),
        trust(&Authority::new(&Plan { root_name: "Another Root", ..Plan::default() })),
        Trust::default(),
    ];
    for other in others {
        let Err(StampError::UnknownAuthority(unverified)) = verify(&stored, MESSAGE, &other) else {
            panic!("not refused as unknown");
        };
        assert_eq!(unverified.claimed_at, stamp.at);
        assert_eq!(unverified.claimed_authority, stamp.authority);
        assert_eq!(inspect(&stored, MESSAGE).unwrap(), *unverified);
    }
    // Unknown or not, it must be over this message.
    assert_eq!(verify(&stored, b"x", &Trust::default()), Err(StampError::Imprint));
    assert_eq!(inspect(&stored, b"x"), Err(StampError::Imprint));
}

#[test]
fn an_answer_must_fit_its_request() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let request = Request::new(MESSAGE, NONCE);
    let response = Response::from_der(&authority.answer(&request.to_der())).unwrap();
    assert!(check_answer(&request, &response).is_ok());

    let check = |asked: &Request| check_answer(asked, &response).map(|_| ());
    assert_eq!(check(&Request::new(b"x", NONCE)), Err(AnswerError::Imprint));
    assert_eq!(check(&Request::new(MESSAGE, NONCE + 1)), Err(AnswerError::Nonce));
    let policy = Request::new(MESSAGE, NONCE).with_policy(OTHER_POLICY).unwrap();
    assert_eq!(check(&policy), Err(AnswerError::Policy(POLICY.into())));

    let response = Response::from_der(&authority.answer(&policy.to_der())).unwrap();
    let token = check_answer(&policy, &response).unwrap();
    let stored = token.to_response_der();
    assert_eq!(verified(&authority, &stored).unwrap().policy, OTHER_POLICY);
}

#[test]
fn nonces_of_every_length_come_back() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    for nonce in [0, 1, 0x7f, 0x80, 0xff00, u64::MAX >> 1, u64::MAX] {
        let request = Request::new(MESSAGE, nonce);
        let response = Response::from_der(&authority.answer(&request.to_der())).unwrap();
        assert!(check_answer(&request, &response).is_ok(), "{nonce}");
    }
}

#[test]
fn a_refusal_is_told_in_the_authoritys_terms() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let request = Request::new(MESSAGE, NONCE).with_policy("1.2.3.4").unwrap();
    let response = Response::from_der(&authority.answer(&request.to_der())).unwrap();
    let Err(AnswerError::Refused(refusal)) = check_answer(&request, &response) else {
        panic!("not refused");
    };
    assert_eq!(refusal.status, Status::Rejection);
    assert_eq!(refusal.failures, [Failure::UnacceptedPolicy]);
    assert!(!refusal.text.is_empty());
}

#[test]
fn a_certificate_for_other_purposes_is_refused() {
    if !openssl_is_there() {
        return;
    }
    let good = info(&Authority::new(&Plan { self_signed: true, ..Plan::default() }));
    // A `tsa` field would name the other authority.
    let info = TstInfo { tsa: None, ..good }.to_der().unwrap();
    let cases = [
        (Some("timeStamping"), "critical,digitalSignature", StampError::Purpose),
        (Some("critical,timeStamping,emailProtection"), "critical,digitalSignature", StampError::Purpose),
        (Some("critical,emailProtection"), "critical,digitalSignature", StampError::Purpose),
        (None, "critical,digitalSignature", StampError::Purpose),
        (Some("critical,timeStamping"), "critical,digitalSignature,keyEncipherment", StampError::KeyUsage),
        (Some("critical,timeStamping"), "critical,keyAgreement", StampError::KeyUsage),
    ];
    for (purpose, key_usage, expected) in cases {
        let authority = Authority::new(&Plan { purpose, key_usage, ..Plan::default() });
        let token = authority.sign(&info, &[]);
        assert_eq!(verified(&authority, &token), Err(expected.clone()), "{purpose:?} {key_usage}");
        assert_eq!(inspect(&token, MESSAGE), Err(expected));
        let response = Token::from_der(&token).unwrap().to_response_der();
        assert!(!authority.openssl_accepts(&response, MESSAGE), "{purpose:?} {key_usage}");
    }
}

#[test]
fn certificates_must_be_valid_at_the_time_of_the_stamp() {
    if !openssl_is_there() {
        return;
    }
    for self_signed in [false, true] {
        let authority = Authority::new(&Plan { self_signed, ..Plan::default() });
        let good = info(&authority);
        assert!(verified(&authority, &authority.sign(&good.to_der().unwrap(), &[])).is_ok());
        let day = Duration::from_secs(24 * 60 * 60);
        let now = good.gen_time.to_unix_duration();
        for wrong in [now + 31 * day, now - day] {
            let gen_time = GeneralizedTime::from_unix_duration(wrong).unwrap();
            let changed = TstInfo { gen_time, ..good.clone() };
            let token = authority.sign(&changed.to_der().unwrap(), &[]);
            assert_eq!(verified(&authority, &token), Err(StampError::NotValidThen));
        }
    }
}

#[test]
fn a_root_must_be_valid_at_the_time_of_the_stamp() {
    if !openssl_is_there() {
        return;
    }
    // The same root key and name, once valid for thirty days and once for one.
    let authority = Authority::new(&Plan::default());
    let good = info(&authority);
    let short = authority.file("short.pem");
    let made = std::process::Command::new("openssl")
        .current_dir(authority.folder())
        .args(["req", "-x509", "-new", "-config", "openssl.cnf", "-extensions", "ca", "-key", "root.key"])
        .args(["-subj", "/CN=Test Root", "-days", "1", "-out", "short.pem"])
        .output()
        .unwrap();
    assert!(made.status.success());
    let short = Trust::from_pem(&std::fs::read_to_string(short).unwrap()).unwrap();

    let later = good.gen_time.to_unix_duration() + Duration::from_secs(2 * 24 * 60 * 60);
    let gen_time = GeneralizedTime::from_unix_duration(later).unwrap();
    let token = authority.sign(&TstInfo { gen_time, ..good }.to_der().unwrap(), &[]);
    assert!(verified(&authority, &token).is_ok());
    assert_eq!(verify(&token, MESSAGE, &short), Err(StampError::NotValidThen));
}

#[test]
fn pss_signatures_are_verified() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan { key: RSA, ..Plan::default() });
    let info = info(&authority).to_der().unwrap();
    for digest in ["sha256", "sha384", "sha512"] {
        let pss = ["-md", digest, "-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:digest"];
        let token = authority.sign(&info, &pss);
        let pss = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
        assert!(token.windows(pss.len()).any(|part| part == pss), "openssl ignored the padding");
        assert!(verified(&authority, &token).is_ok(), "{digest}");
    }
}

#[test]
fn sha1_is_refused_as_imprint_and_under_a_signature() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan { key: RSA, ..Plan::default() });
    let mut info = info(&authority);
    let refused = |part, oid: &str| Err(StampError::Token(TokenError::Algorithm { part, oid: oid.into() }));
    let token = authority.sign(&info.to_der().unwrap(), &["-md", "sha1"]);
    assert_eq!(verified(&authority, &token), refused(Part::Digest, "1.3.14.3.2.26"));

    info.message_imprint.hash_algorithm.oid = "1.3.14.3.2.26".parse().unwrap();
    info.message_imprint.hashed_message = OctetString::new([0; 20]).unwrap();
    let token = authority.sign(&info.to_der().unwrap(), &[]);
    assert_eq!(verified(&authority, &token), refused(Part::Imprint, "1.3.14.3.2.26"));
}

#[test]
fn a_token_that_names_another_authority_is_refused() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let other = info(&Authority::new(&Plan { self_signed: true, ..Plan::default() }));
    let token = authority.sign(&other.to_der().unwrap(), &[]);
    assert_eq!(verified(&authority, &token), Err(StampError::AuthorityName));
}

#[test]
fn a_token_without_the_signers_name_for_its_certificate_is_refused() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    std::fs::write(authority.file("info.der"), info(&authority).to_der().unwrap()).unwrap();
    let made = std::process::Command::new("openssl")
        .current_dir(authority.folder())
        .args(["cms", "-sign", "-binary", "-nodetach", "-econtent_type", "1.2.840.113549.1.9.16.1.4"])
        .args([
            "-signer", "tsa.pem", "-inkey", "tsa.key", "-outform", "DER", "-in", "info.der", "-out",
            "bare.der",
        ])
        .output()
        .unwrap();
    assert!(made.status.success());
    let token = std::fs::read(authority.file("bare.der")).unwrap();
    let expected = StampError::Attribute("signing-certificate");
    assert_eq!(verified(&authority, &token), Err(expected));
}

#[test]
fn two_signers_or_a_signer_without_certificate_are_refused() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan::default());
    let info = info(&authority).to_der().unwrap();
    let two = authority.sign(&info, &["-signer", "root.pem", "-inkey", "root.key"]);
    assert_eq!(verified(&authority, &two), Err(StampError::Token(TokenError::Signers)));
    let uncertified = authority.sign(&info, &["-nocerts"]);
    assert_eq!(verified(&authority, &uncertified), Err(StampError::SignerMissing));
}
