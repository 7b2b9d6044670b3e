//! The frozen example of a public receipt, before and after a time stamp came.

use std::fs;
use std::path::{Path, PathBuf};

use vidimus_archive::receipt::{self, Beside, Counted};
use vidimus_proof::checkpoint::SignedCheckpoint;
use vidimus_proof::note::VerifierKey;
use vidimus_proof::timestamp::{self, Trust};

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/receipt-v1")
}

fn read(name: &str) -> String {
    fs::read_to_string(vectors().join(name)).unwrap()
}

fn signed() -> SignedCheckpoint {
    let key: VerifierKey = read("archive.vkey").trim_end().parse().unwrap();
    let signed: SignedCheckpoint = read("checkpoint.txt").parse().unwrap();
    signed.verify(&key).unwrap();
    signed
}

fn stamps() -> Vec<Beside> {
    let token = fs::read(vectors().join("token-1.tsr")).unwrap();
    let trust = Trust::from_pem(&read("token-1.pem")).unwrap();
    let stamp = timestamp::verify(&token, read("checkpoint.txt").as_bytes(), &trust).unwrap();
    let counted = Counted { at: stamp.at, untrusted_authority: stamp.authority };
    vec![Beside { file: "token-1.tsr".into(), counted: Some(counted) }]
}

#[test]
fn text_and_page_are_made_byte_for_byte() {
    let signed = signed();
    assert_eq!(receipt::text(&signed, &[]), read("before/receipt.txt"));
    assert_eq!(receipt::page(&signed, &[]), read("before/receipt.html"));
    assert_eq!(receipt::text(&signed, &stamps()), read("receipt.txt"));
    assert_eq!(receipt::page(&signed, &stamps()), read("receipt.html"));
}

#[test]
fn every_form_gives_the_note_back() {
    let signed = signed();
    for form in ["checkpoint.txt", "receipt.txt", "receipt.html", "before/receipt.txt", "before/receipt.html"]
    {
        assert_eq!(vidimus_proof::receipt::read(read(form).as_bytes()), Ok(signed.clone()), "{form}");
    }
}
