//! Whose certificates lead from an authority to one that is trusted, and what an answer without a token says.

#[path = "common/authority.rs"]
mod authority;

use authority::{Authority, ISSUER, Plan, openssl_is_there};
use der::{Decode, Document};
use vidimus_proof::timestamp::{
    Failure, Refusal, Request, Response, StampError, Status, Token, TokenError, Trust, check_answer, verify,
};

const MESSAGE: &[u8] = b"vidimus.example/archive\n12\nAAAA\n";

fn stamped(authority: &Authority) -> Vec<u8> {
    let request = Request::new(MESSAGE, 7);
    let response = Response::from_der(&authority.answer(&request.to_der())).unwrap();
    check_answer(&request, &response).unwrap().to_response_der()
}

fn verified(authority: &Authority, trusted: &str) -> Result<(), StampError> {
    let trust = Trust::from_pem(&std::fs::read_to_string(authority.file(trusted)).unwrap()).unwrap();
    verify(&stamped(authority), MESSAGE, &trust).map(|_| ())
}

#[test]
fn only_who_may_issue_leads_to_an_authority() {
    if !openssl_is_there() {
        return;
    }
    let with = |middle_says| Authority::new(&Plan { middle: true, middle_says, ..Plan::default() });
    let authority = with(ISSUER);
    assert_eq!(verified(&authority, "root.pem"), Ok(()));
    assert_eq!(verified(&authority, "middle.pem"), Ok(()));
    // Key usage may be silent; where it speaks, it must allow to issue.
    let authority = with("basicConstraints=critical,CA:TRUE");
    assert_eq!(verified(&authority, "root.pem"), Ok(()));
    assert_eq!(verified(&authority, "middle.pem"), Ok(()));
    for says in [
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign",
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,digitalSignature",
        "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyCertSign",
        "basicConstraints=critical,CA:FALSE",
    ] {
        let authority = with(says);
        let under_root = verified(&authority, "root.pem");
        assert!(matches!(under_root, Err(StampError::Chain(_))), "{says}: {under_root:?}");
        // Pinned itself, it vouches for what it signed itself, and for nobody else.
        let alone = verified(&authority, "middle.pem");
        assert!(
            matches!(alone, Err(StampError::UnknownAuthority(_) | StampError::Chain(_))),
            "{says}: {alone:?}"
        );
    }
}

#[test]
fn a_root_of_version_1_cannot_say_what_it_may_and_is_believed() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan { old_root: true, ..Plan::default() });
    assert_eq!(verified(&authority, "root.pem"), Ok(()));
    assert!(authority.openssl_accepts(&stamped(&authority), MESSAGE));
}

#[test]
fn certificates_that_came_along_are_shown_as_they_came() {
    if !openssl_is_there() {
        return;
    }
    let authority = Authority::new(&Plan { middle: true, ..Plan::default() });
    let mut came = Token::from_stored(&stamped(&authority)).unwrap().certificates();
    let mut sent: Vec<Vec<u8>> = ["tsa.pem", "middle.pem"]
        .map(|name| std::fs::read_to_string(authority.file(name)).unwrap())
        .map(|pem| Document::from_pem(&pem).unwrap().1.as_bytes().to_vec())
        .into();
    came.sort();
    sent.sort();
    assert_eq!(came, sent);
    assert!(came.iter().all(|der| x509_cert::Certificate::from_der(der).is_ok()));

    let trust = Trust::from_pem(&authority.root_pem()).unwrap();
    assert_eq!((trust.len(), trust.is_empty()), (1, false));
    assert_eq!((Trust::default().len(), Trust::default().is_empty()), (0, true));
}

#[test]
fn a_refusal_has_one_of_the_meanings_of_the_standard() {
    let answer = |status: u8, rest: &[u8]| {
        let info = [&[0x02, 0x01, status], rest].concat();
        let info = [&[0x30, info.len() as u8], &info[..]].concat();
        Response::from_der(&[&[0x30, info.len() as u8], &info[..]].concat())
    };
    let refused = |status, failures: &[Failure], text: &[&str]| {
        let text = text.iter().map(|line| (*line).to_owned()).collect();
        Response::Refused(Refusal { status, failures: failures.to_vec(), text })
    };
    for (number, status) in [
        (2, Status::Rejection),
        (3, Status::Waiting),
        (4, Status::RevocationWarning),
        (5, Status::RevocationNotification),
    ] {
        assert_eq!(format!("{:?}", answer(number, &[]).unwrap()), format!("{:?}", refused(status, &[], &[])));
    }
    for number in [6, 0x7f] {
        assert_eq!(answer(number, &[]).map(|_| ()), Err(TokenError::Malformed("PKIStatus")));
    }
    // Granted, and no token.
    assert!(answer(0, &[]).is_err() && answer(1, &[]).is_err());
    for (bit, failure) in [
        (0, Failure::BadAlgorithm),
        (1, Failure::Other(1)),
        (2, Failure::BadRequest),
        (5, Failure::BadDataFormat),
        (14, Failure::TimeNotAvailable),
        (15, Failure::UnacceptedPolicy),
        (16, Failure::UnacceptedExtension),
        (17, Failure::AddInfoNotAvailable),
        (25, Failure::SystemFailure),
        (31, Failure::Other(31)),
    ] {
        let bits = (1_u32 << (31 - bit)).to_be_bytes();
        let text = b"\x30\x04\x0c\x02no";
        let rest = [&text[..], &[0x03, 0x05, 0x00], &bits].concat();
        let expected = refused(Status::Rejection, &[failure], &["no"]);
        assert_eq!(format!("{:?}", answer(2, &rest).unwrap()), format!("{expected:?}"), "bit {bit}");
    }
    let lines = |count: usize| {
        let lines = b"\x0c\x01x".repeat(count);
        answer(2, &[&[0x30, lines.len() as u8], &lines[..]].concat())
    };
    assert!(lines(16).is_ok());
    assert_eq!(lines(17).map(|_| ()), Err(TokenError::Malformed("PKIFreeText")));
}

#[test]
fn no_answer_is_longer_than_a_reader_accepts() {
    let is_too_long = |length: usize| {
        let bytes = vec![0x30; length];
        let errors = [
            Response::from_der(&bytes).map(|_| ()),
            Token::from_der(&bytes).map(|_| ()),
            Token::from_stored(&bytes).map(|_| ()),
        ];
        let too_long = errors.map(|read| read == Err(TokenError::TooLong));
        assert!(too_long.iter().all(|one| *one == too_long[0]), "{length}");
        too_long[0]
    };
    assert!(!is_too_long(262_144));
    assert!(is_too_long(262_145) && is_too_long(262_146));
}
