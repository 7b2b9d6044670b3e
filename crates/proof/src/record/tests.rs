//! Records round-trip, and no change of a byte, field or order goes unnoticed.

use proptest::prelude::*;
use rand_core::SeedableRng as _;
use serde_json::json;

use super::*;

const ORIGIN: &str = "archive.example/ik-900";

fn keys() -> (SigningKey, SigningKey) {
    (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]))
}

fn act() -> MemberAct {
    MemberAct { compartment: "main".into(), operation: "00".repeat(16), base: 7 }
}

fn sample(count: usize) -> Record {
    let (archive, member) = keys();
    let names =
        ["change", "at", "by", "path", "sha256", "size", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
    let fields = names[..count].iter().map(|name| (*name, json!({"of": name, "n": 9007199254740992u64})));
    Record::issue(ORIGIN, fields, &act(), &member, &archive, &mut rand_chacha::ChaCha20Rng::seed_from_u64(3))
}

#[test]
fn a_record_is_read_back_and_verified() {
    let (archive, member) = keys();
    for count in [1, 6, 15, 16] {
        let record = sample(count);
        let read = Record::parse(&record.to_sd_jwt()).unwrap();
        assert_eq!(read, record);
        assert_eq!(read.digests.len(), if count < 16 { 16 } else { 32 });
        read.verify(ORIGIN, &archive.public()).unwrap();
        assert_eq!(read.verify_member("main", &"00".repeat(16), &member.public()).unwrap().base, 7);
    }
}

#[test]
fn a_part_of_the_fields_is_still_the_same_record() {
    let (archive, _) = keys();
    let record = sample(6);
    let shown = Record::parse(&record.choose(&["change", "size", "absent"]).to_sd_jwt()).unwrap();
    shown.verify(ORIGIN, &archive.public()).unwrap();
    assert_eq!(shown.entry(), record.entry());
    assert_eq!(shown.disclosures().iter().map(Disclosure::name).collect::<Vec<_>>(), ["change", "size"]);
    assert_eq!(shown.field("path"), None);
    assert_eq!(shown.member_signature(), Err(MemberSignatureError::NotOpen));
}

#[test]
fn another_archive_key_or_member_is_told_apart() {
    let (archive, member) = keys();
    let record = sample(3);
    assert_eq!(record.verify("other.example/x", &archive.public()), Err(VerifyError::OtherArchive));
    assert_eq!(record.verify(ORIGIN, &member.public()), Err(VerifyError::OtherKey));
    let operation = "00".repeat(16);
    let of = |compartment: &str, operation: &str, key: &SigningKey| {
        record.verify_member(compartment, operation, &key.public()).unwrap_err()
    };
    assert_eq!(of("main", &operation, &archive), MemberSignatureError::OtherKey);
    assert_eq!(of("other", &operation, &member), MemberSignatureError::DoesNotHold);
    assert_eq!(of("main", &"11".repeat(16), &member), MemberSignatureError::DoesNotHold);
}

#[test]
fn forged_repeated_and_reordered_fields_are_errors() {
    let text = sample(4).to_sd_jwt();
    let parts: Vec<String> = text.trim_end_matches('~').split('~').map(str::to_owned).collect();
    let forged = B64.encode(r#"["AAAAAAAAAAAAAAAAAAAAAA","extra",1]"#);
    let with = |edit: &dyn Fn(&mut Vec<String>)| {
        let mut changed = parts.clone();
        edit(&mut changed);
        Record::parse(&(changed.join("~") + "~")).unwrap_err()
    };
    assert!(matches!(with(&|p| p.push(forged.clone())), RecordError::Forged(name) if name == "extra"));
    assert!(matches!(with(&|p| p.insert(2, p[1].clone())), RecordError::Repeated(_)));
    assert!(matches!(with(&|p| p.swap(1, 2)), RecordError::Order));
    assert!(matches!(with(&|p| p.push("!".into())), RecordError::Disclosure(6)));
    assert!(Record::parse(text.trim_end_matches('~')).is_err());
}

/// A record that nobody would issue: with these texts as its fields, and their digests and decoys in its signed part.
fn crafted(header: &str, payload: &dyn Fn(&BTreeSet<String>) -> String, fields: &[&str]) -> String {
    let (archive, _) = keys();
    let fields: Vec<String> = fields.iter().map(|field| B64.encode(field)).collect();
    let mut digests: BTreeSet<String> = fields.iter().map(|text| B64.encode(Sha256::digest(text))).collect();
    for decoy in 0_u8.. {
        if digests.len() == DIGEST_STEP {
            break;
        }
        digests.insert(B64.encode([decoy; 32]));
    }
    let signed = format!("{}.{}", B64.encode(header), B64.encode(payload(&digests)));
    let signature = B64.encode(archive.sign(signed.as_bytes()));
    format!("{signed}.{signature}~{}", fields.iter().map(|field| format!("{field}~")).collect::<String>())
}

fn true_payload(digests: &BTreeSet<String>) -> String {
    parse::payload_text(ORIGIN, digests)
}

#[test]
fn a_signature_does_not_excuse_a_field_of_another_form() {
    let (archive, _) = keys();
    let header = parse::header_text(&archive.public().key_id());
    let field = |salt: &str, name: &str| format!(r#"["{salt}","{name}",1]"#);
    let salt = B64.encode([7; 16]);
    let longest = format!("a{}", "_9".repeat(31)) + "z";
    for good in ["a", "a1", "by_sig", &longest] {
        let text = crafted(&header, &true_payload, &[&field(&salt, good)]);
        let record = Record::parse(&text).unwrap();
        record.verify(ORIGIN, &archive.public()).unwrap();
        assert_eq!((record.field(good), record.to_sd_jwt()), (Some(&json!(1)), text));
    }
    let too_long = format!("{longest}z");
    for bad in ["", "_sd", "...", "1a", "A", "aB", "a-b", "a b", "a\u{e9}", "\u{430}", &too_long] {
        let text = crafted(&header, &true_payload, &[&field(&salt, bad)]);
        assert!(matches!(Record::parse(&text), Err(RecordError::Disclosure(1))), "{bad:?}");
    }
    for (bad, why) in [
        (field(&B64.encode([7; 15]), "a"), "a salt that could be guessed"),
        (field("!", "a"), "a salt in another alphabet"),
        (format!(r#"["{salt}","a"]"#), "no value"),
        (format!(r#"["{salt}","a",1,2]"#), "two values"),
        (format!(r#"{{"{salt}":"a"}}"#), "no list"),
        (format!(r#"["{salt}",1,1]"#), "a name that is no text"),
        (r#"[1,"a",1]"#.to_owned(), "a salt that is no text"),
        (format!(r#"["{salt}","a",{{"b":1,"b":2}}]"#), "a repeated key"),
        (format!(r#"["{salt}","a",9007199254740993]"#), "a number that loses digits"),
    ] {
        let text = crafted(&header, &true_payload, &[&bad]);
        assert!(matches!(Record::parse(&text), Err(RecordError::Disclosure(1))), "{why}");
    }
}

#[test]
fn a_signature_does_not_excuse_a_signed_part_of_another_form() {
    let (archive, _) = keys();
    let id = archive.public().key_id();
    let header = parse::header_text(&id);
    for (bad, why) in [
        (parse::header_text(&B64.encode([1; 31])), "an identifier that is no thumbprint"),
        (header.replace("EdDSA", "none"), "another algorithm"),
        (header.replace("vidimus-record+sd-jwt", "dc+sd-jwt"), "another type"),
        (header.replace('{', r#"{"b64":false,"#), "a parameter more"),
        (header.replace(':', ": "), "other spaces"),
        (format!(r#"{{"alg":"EdDSA","typ":"vidimus-record+sd-jwt","kid":"{id}"}}"#), "another order"),
    ] {
        assert!(
            matches!(Record::parse(&crafted(&bad, &true_payload, &[])), Err(RecordError::Header)),
            "{why}"
        );
    }
    let of = |digests: &[&str]| {
        parse::payload_text(ORIGIN, &digests.iter().map(|digest| (*digest).to_owned()).collect())
    };
    let one = |byte: u8| B64.encode([byte; 32]);
    let sixteen: Vec<String> = (0..16).map(one).collect();
    let seventeen: Vec<String> = (0..17).map(one).collect();
    let texts = |digests: &[String]| of(&digests.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(Record::parse(&crafted(&header, &|_| texts(&sixteen), &[])).is_ok());
    let short = B64.encode([0; 31]);
    for (bad, why) in [
        (of(&[]), "no digest: a record that says nothing"),
        (texts(&seventeen), "their number tells how many fields there are"),
        (texts(&sixteen[..15]), "their number tells how many fields there are"),
        (texts(&sixteen).replace(&one(0), &short), "a digest of 31 bytes"),
        (texts(&sixteen).replacen(&one(0), &one(1), 1), "a digest twice"),
        (texts(&sixteen).replacen(&one(0), "", 1), "an empty digest"),
        (texts(&sixteen).replace("sha-256", "sha-512"), "another hash"),
        (texts(&sixteen).replace('{', r#"{"exp":1,"#), "a claim that is not salted"),
        (texts(&sixteen).replace(',', ", "), "other spaces"),
    ] {
        assert!(
            matches!(Record::parse(&crafted(&header, &|_| bad.clone(), &[])), Err(RecordError::Payload)),
            "{why}"
        );
    }
}

#[test]
fn no_record_is_longer_than_a_reader_accepts() {
    assert!(matches!(Record::parse(&"~".repeat(16 << 20)), Err(RecordError::NotSdJwt)));
    for beyond in [1, 2] {
        assert!(matches!(Record::parse(&"~".repeat((16 << 20) + beyond)), Err(RecordError::TooLong)));
    }
}

#[test]
fn a_secret_key_is_never_printed() {
    let (archive, _) = keys();
    assert_eq!(format!("{archive:?}"), format!("SigningKey({})", archive.public().key_id()));
}

#[test]
fn a_key_of_small_order_or_odd_form_is_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    assert_eq!(PublicKey::from_bytes(&identity), Err(KeyError::BadKey));
    // y = p + 1 encodes the same point as y = 1.
    let mut odd = [0xff; 32];
    odd[0] = 0xee;
    odd[31] = 0x7f;
    assert_eq!(PublicKey::from_bytes(&odd), Err(KeyError::BadKey));
    assert_eq!(PublicKey::from_bytes(&[0; 31]), Err(KeyError::BadKey));
}

#[test]
fn the_key_id_is_the_thumbprint_of_rfc_8037() {
    let x = B64.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
    let key = PublicKey::from_bytes(&x).unwrap();
    assert_eq!(key.key_id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

proptest! {
    #[test]
    fn any_changed_byte_is_noticed(position in 0usize..4000, flip in 1u8..=255) {
        let (archive, _) = keys();
        let mut bytes = sample(6).to_sd_jwt().into_bytes();
        let position = position % bytes.len();
        bytes[position] ^= flip;
        if let Ok(text) = String::from_utf8(bytes) && let Ok(record) = Record::parse(&text) {
            prop_assert!(record.verify(ORIGIN, &archive.public()).is_err());
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC*") {
        let _ = Record::parse(&text);
        let _ = Record::parse(&format!("{text}.{text}.{text}~{text}~"));
    }
}
