//! Policies: the example of the specification, what it accepts, and lines that do not belong.

use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use super::*;
use crate::checkpoint::Checkpoint;
use crate::note::{KeyError, Signer};

fn cosigner(number: u8) -> cosignature::Cosigner {
    let name = format!("cosigner{number}.example").parse().unwrap();
    cosignature::Cosigner::new(name, &[number; 32])
}

fn signer() -> Signer {
    Signer::new("archive.example".parse().unwrap(), &[100; 32])
}

/// The example of the specification: two of X1 to X3, and one of Y1 to Y3 (keys 1 to 6).
fn example() -> String {
    let key = |number| cosigner(number).verifier_key().to_string();
    format!(
        "# whom we believe\n\
         log {}\n\
         \n\
         \twitness X1 {}\n\
         witness  X2 {}   https://x2.example/ \n\
         witness X3 {}\n\
         group X-witnesses 2 X1 X2 X3\n\
         \n\
         witness Y1 {}\n\
         witness Y2 {}\n\
         witness Y3 {}\n\
         group Y-witnesses any Y1 Y2 Y3\n\
         \n\
         group X-and-Y all X-witnesses Y-witnesses\n\
         quorum X-and-Y\n",
        signer().verifier_key(),
        key(1),
        key(2),
        key(3),
        key(4),
        key(5),
        key(6)
    )
}

/// A checkpoint that these cosigners cosigned; cosigner n did so at the time 10 n.
fn cosigned(by: &[u8]) -> SignedCheckpoint {
    let origin = "archive.example".parse().unwrap();
    let checkpoint = Checkpoint { origin, size: 3, root: [5; 32] };
    let signed = SignedCheckpoint::sign(checkpoint, &signer()).unwrap();
    by.iter().fold(signed.clone(), |cosigned, &number| {
        let cosignature = cosigner(number).cosign(&signed, u64::from(number) * 10).unwrap();
        cosigned.with_signature(cosignature).unwrap()
    })
}

fn problem(policy: &str) -> (usize, PolicyProblem) {
    let PolicyError { line, reason } = Policy::from_bytes(policy.as_bytes()).unwrap_err();
    (line, reason)
}

#[test]
fn the_example_of_the_specification_asks_for_two_of_three_and_one_of_three() {
    let text = example();
    let policy = Policy::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(policy.cosigners()[1].url.as_deref(), Some(&b"https://x2.example/"[..]));
    for (by, quorum) in [
        (&[][..], Quorum::NotReached),
        (&[1, 2, 3], Quorum::NotReached),
        (&[1, 4, 5, 6], Quorum::NotReached),
        (&[1, 2, 7], Quorum::NotReached),
        (&[1, 2, 4], Quorum::Reached { by: 40 }),
        (&[1, 3, 6], Quorum::Reached { by: 60 }),
        (&[6, 5, 4, 3, 2, 1], Quorum::Reached { by: 40 }),
    ] {
        let signed = cosigned(by);
        let judgement = policy.judge(&signed);
        assert_eq!(judgement.quorum, quorum, "{by:?}");
        assert_eq!(judgement.log, LogJudgement::SignedBy(&policy.logs()[0]));
        assert_eq!(judgement.accepted(), quorum != Quorum::NotReached);
    }
}

#[test]
fn a_checkpoint_of_another_log_or_with_something_false_is_not_accepted() {
    let text = example();
    let policy = Policy::from_bytes(text.as_bytes()).unwrap();
    let origin: crate::note::KeyName = "other.example".parse().unwrap();
    let other = Signer::new(origin.clone(), &[100; 32]);
    let checkpoint = Checkpoint { origin, size: 3, root: [5; 32] };
    let signed = SignedCheckpoint::sign(checkpoint, &other).unwrap();
    assert_eq!(policy.judge(&signed).log, LogJudgement::NotSigned);

    // A cosignature over that other checkpoint, carried over to ours, among enough true ones.
    let carried = cosigner(3).cosign(&signed, 30).unwrap();
    let mixed = cosigned(&[1, 2, 4]).with_signature(carried).unwrap();
    let judgement = policy.judge(&mixed);
    assert_eq!(judgement.cosigners[2].result, Err(VerifyError::FalseSignature));
    assert_eq!(judgement.quorum, Quorum::Reached { by: 40 });
    assert!(!judgement.accepted());
}

#[test]
fn without_a_quorum_or_a_log_it_says_so() {
    let policy = Policy::from_bytes(b"quorum none\n").unwrap();
    let judgement = policy.judge(&cosigned(&[])).clone();
    assert_eq!((judgement.log, judgement.quorum), (LogJudgement::NoLogNamed, Quorum::NotAsked));
    assert!(!judgement.accepted());
    let policy = format!("log {}\nquorum none\n", signer().verifier_key());
    let policy = Policy::from_bytes(policy.as_bytes()).unwrap();
    assert!(policy.judge(&cosigned(&[])).accepted());
}

#[test]
fn lines_that_do_not_belong_are_named() {
    let key = |number| cosigner(number).verifier_key().to_string();
    let renamed = cosignature::Cosigner::new("renamed.example".parse().unwrap(), &[1; 32]);
    let a_and_b = format!("witness a {}\nwitness b {}\n", key(1), key(2));
    for (policy, line, reason) in [
        ("", 0, PolicyProblem::Quorum),
        ("quorum none", 1, PolicyProblem::Unterminated),
        ("quorum none\r\n", 1, PolicyProblem::ControlCharacter),
        ("quorum none\nquorum none\n", 2, PolicyProblem::Quorum),
        ("quorum a\n", 1, PolicyProblem::UnknownName),
        ("quorum\n", 1, PolicyProblem::Form),
        ("log\n", 1, PolicyProblem::Form),
        ("Quorum none\n", 1, PolicyProblem::Form),
        ("log x\n", 1, PolicyProblem::Key(KeyError::Form)),
        (&format!("log {}\n", key(1)), 1, PolicyProblem::KindOfKey),
        (&format!("witness a {}\n", signer().verifier_key()), 1, PolicyProblem::KindOfKey),
        (&format!("witness none {}\n", key(1)), 1, PolicyProblem::NameTaken),
        (&format!("{a_and_b}witness a {}\n", key(3)), 3, PolicyProblem::NameTaken),
        (&format!("{a_and_b}witness c {}\n", renamed.verifier_key()), 3, PolicyProblem::RepeatedKey),
        (&format!("{a_and_b}group g all\n"), 3, PolicyProblem::Threshold),
        (&format!("{a_and_b}group g 0 a b\n"), 3, PolicyProblem::Threshold),
        (&format!("{a_and_b}group g 3 a b\n"), 3, PolicyProblem::Threshold),
        (&format!("{a_and_b}group g 01 a b\n"), 3, PolicyProblem::Threshold),
        (&format!("{a_and_b}group g some a b\n"), 3, PolicyProblem::Threshold),
        (&format!("{a_and_b}group g any a a\n"), 3, PolicyProblem::RepeatedMember),
        (&format!("{a_and_b}group g any none\n"), 3, PolicyProblem::UnknownName),
        (&format!("{a_and_b}group g any g\n"), 3, PolicyProblem::UnknownName),
        (&format!("{a_and_b}group g any a\ngroup h any a b\n"), 4, PolicyProblem::RepeatedMember),
        (&format!("{a_and_b}group a any b\n"), 3, PolicyProblem::NameTaken),
    ] {
        assert_eq!(problem(policy), (line, reason), "{policy}");
    }
}

#[test]
fn ml_dsa_keys_are_named_and_never_counted() {
    let kind_and_key = [&[0x06][..], &[7; 1312]].concat();
    let vkey = |name: &str| {
        let id = Sha256::new().chain_update(name).chain_update("\n").chain_update(&kind_and_key);
        format!("{name}+{}+{}", hex::encode(&id.finalize()[..4]), STANDARD.encode(&kind_and_key))
    };
    let log = vkey("archive.example");
    let text = format!("log {log}\nwitness w {}\nquorum w\n", vkey("witness.example"));
    let policy = Policy::from_bytes(text.as_bytes()).unwrap();
    let signed = cosigned(&[]);
    let judgement = policy.judge(&signed);
    assert_eq!(judgement.log, LogJudgement::NotSupported(&policy.logs()[0]));
    assert_eq!(judgement.cosigners[0].result, Err(VerifyError::NotSupported));
    assert_eq!(judgement.quorum, Quorum::NotReached);

    // A second log line of the same origin, with a key that can be checked.
    let text = format!("log {log}\nlog {}\nquorum none\n", signer().verifier_key());
    let policy = Policy::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(policy.judge(&signed).log, LogJudgement::SignedBy(&policy.logs()[1]));
    let text = format!("log {}\nlog {log}\nquorum none\n", signer().verifier_key());
    let policy = Policy::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(policy.judge(&signed).log, LogJudgement::SignedBy(&policy.logs()[0]));
}

#[test]
fn a_log_may_have_an_address() {
    let text = format!("log {} https://archive.example/log\nquorum none\n", signer().verifier_key());
    let policy = Policy::from_bytes(text.as_bytes()).unwrap();
    assert_eq!(policy.logs()[0].url.as_deref(), Some(&b"https://archive.example/log"[..]));
}

#[test]
fn so_many_lines_of_each_kind_are_read_and_no_more() {
    let key = |number: u16| {
        let seed = [number.to_be_bytes(); 16].concat();
        let name = format!("cosigner{number}.example").parse().unwrap();
        cosignature::Cosigner::new(name, seed.as_slice().try_into().unwrap()).verifier_key().to_string()
    };
    let log = |number: u16| {
        let seed = [number.to_be_bytes(); 16].concat();
        let signer = Signer::new("archive.example".parse().unwrap(), seed.as_slice().try_into().unwrap());
        format!("log {}\n", signer.verifier_key())
    };
    let witness = |number: u16| format!("witness w{number} {}\n", key(number));
    let group = |number: u16| {
        format!("group g{number} any {}{}\n", if number == 0 { "w" } else { "g" }, number.saturating_sub(1))
    };
    let many = |line: &dyn Fn(u16) -> String, count: u16| (0..count).map(line).collect::<String>();
    let read = |text: String| Policy::from_bytes(text.as_bytes());
    let end = "quorum none\n";
    let most = u16::try_from(MAX_OF_EACH_KIND).unwrap();
    let policy = read(many(&log, most) + end).unwrap();
    assert_eq!(policy.logs().len(), MAX_OF_EACH_KIND);
    let policy = read(many(&witness, most) + end).unwrap();
    assert_eq!(policy.cosigners().len(), MAX_OF_EACH_KIND);
    assert!(read(many(&witness, 1) + &many(&group, most) + end).is_ok());
    for (beyond, line) in [
        (many(&log, most + 1), most + 1),
        (many(&witness, most + 1), most + 1),
        (many(&witness, 1) + &many(&group, most + 1), most + 2),
    ] {
        let too_large = PolicyError { line: line.into(), reason: PolicyProblem::TooLarge };
        assert_eq!(read(beyond + end), Err(too_large));
    }

    let padded = |size: usize| format!("#{}\n{end}", "x".repeat(size - end.len() - 2));
    assert!(read(padded(1 << 20)).is_ok());
    for beyond in [1, 2] {
        let refused = read(padded((1 << 20) + beyond));
        assert_eq!(refused, Err(PolicyError { line: 0, reason: PolicyProblem::TooLarge }));
    }
}
