//! The test cases of the SD-JWT reference implementation: flat ones are run both ways, the others listed with reasons.

#[path = "common/python.rs"]
mod python;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use serde_json::{Map, Value, json};
use vidimus_proof::record::{MemberAct, Record, SigningKey};

/// Whose hidden claims stand at the top, as a record's fields do.
const FLAT: &[&str] = &[
    "array_in_sd",
    "header_mod",
    "json_serialization_flattened",
    "json_serialization_general",
    "key_binding",
];

/// Not run, and why. A record has no such thing, so its reader refuses it by form.
const NOT_FLAT: &[(&str, &str)] = &[
    ("array_data_types", "hides elements of an array"),
    ("array_full_sd", "hides claims within an object"),
    ("array_nested_in_plain", "hides elements of an array"),
    ("array_none_disclosed", "hides claims within an object"),
    ("array_of_nulls", "hides elements of an array"),
    ("array_of_objects", "hides elements of an array"),
    ("array_of_scalars", "hides elements of an array"),
    ("array_recursive_sd", "hides claims within hidden claims"),
    ("array_recursive_sd_some_disclosed", "hides claims within hidden claims"),
    ("no_sd", "hides nothing: its claims stand in the signed part, where a record has its origin only"),
    ("object_data_types", "hides claims within an object"),
    ("recursions", "hides claims within hidden claims"),
];

/// Prints a case: the claims, what the holder shows, what a verifier must see, and a token by the reference
/// implementation with our algorithm and the headers of a record.
const READ_CASE: &str = r#"
import json, sys
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.utils.yaml_specification import load_yaml_specification, remove_sdobj_wrappers
case = load_yaml_specification(sys.argv[1])
claims = case["user_claims"]
key = JWK.generate(kty="OKP", crv="Ed25519")
token = SDJWTIssuer({"iss": "archive.example/ik-900", **claims}, key, sign_alg="EdDSA", add_decoy_claims=True,
    extra_header_parameters={"kid": key.thumbprint(), "typ": "vidimus-record+sd-jwt"})
plain = [k for k in claims if not isinstance(k, SDObj)]
def nested(value):
    if isinstance(value, SDObj): return True
    if isinstance(value, dict): return any(isinstance(k, SDObj) or nested(v) for k, v in value.items())
    return isinstance(value, list) and any(nested(v) for v in value)
print(json.dumps({"flat": not plain and not any(nested(v) for v in claims.values()),
    "claims": remove_sdobj_wrappers(claims), "shown": list(case["holder_disclosed_claims"]),
    "expected": case["expect_verified_user_claims"], "token": token.sd_jwt_issuance}))
"#;

const READ_SD_JWT: &str = r#"
import base64, json, sys
from jwcrypto.jwk import JWK
from sd_jwt.verifier import SDJWTVerifier
x = base64.urlsafe_b64encode(bytes.fromhex(sys.argv[1])).rstrip(b"=").decode()
key = JWK(kty="OKP", crv="Ed25519", x=x)
print(json.dumps(SDJWTVerifier(sys.stdin.read(), lambda issuer, header: key, None, None).get_verified_payload()))
"#;

fn cases() -> Option<PathBuf> {
    let shared = std::env::var_os("VIDIMUS_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    let folder = shared.join("vectors/sd-jwt/testcases");
    if folder.is_dir() {
        return Some(folder);
    }
    let _ = writeln!(std::io::stderr(), "skipped: {} is not here", folder.display());
    None
}

fn issue(claims: &Map<String, Value>) -> Record {
    let act = MemberAct { compartment: "main".into(), operation: "00".repeat(16), base: 0 };
    let (archive, member) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let fields = claims.iter().map(|(name, value)| (name.clone(), value.clone()));
    let rng = &mut ChaCha20Rng::seed_from_u64(9);
    Record::issue("archive.example/ik-900", fields, &act, &member, &archive, rng)
}

#[test]
fn every_case_is_run_or_listed() {
    let Some(folder) = cases() else { return };
    let mut found: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    found.sort();
    let mut listed: Vec<&str> = FLAT.iter().copied().chain(NOT_FLAT.iter().map(|(name, _)| *name)).collect();
    listed.sort_unstable();
    assert_eq!(found, listed);
}

#[test]
fn flat_cases_say_the_same_as_records_and_strangers_tokens_are_refused() {
    let (Some(folder), Some(python)) = (cases(), python::interpreter()) else { return };
    let key = SigningKey::from_seed(&[1; 32]).public();
    let key_text = hex::encode(key.to_bytes());
    let names = FLAT.iter().map(|name| (*name, true)).chain(NOT_FLAT.iter().map(|(name, _)| (*name, false)));
    for (name, flat) in names {
        let path = folder.join(name).join("specification.yml");
        let case = python::run(&python, READ_CASE, &[path.to_str().unwrap()], "").expect(name);
        assert_eq!(case["flat"], json!(flat), "{name}");
        // The reference implementation writes JSON with spaces, and neither pads digests nor orders disclosures: no
        // record, whatever its header claims.
        assert!(Record::parse(case["token"].as_str().unwrap()).is_err(), "{name}");
        if !flat {
            continue;
        }
        let record = issue(case["claims"].as_object().unwrap());
        let shown: Vec<&str> =
            case["shown"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let shown = Record::parse(&record.choose(&shown).to_sd_jwt()).unwrap();
        shown.verify("archive.example/ik-900", &key).unwrap();
        let fields = shown.disclosures().iter().map(|it| (it.name().to_owned(), it.value().clone()));
        assert_eq!(Value::Object(fields.collect()), case["expected"], "{name}");
        let mut read = python::run(&python, READ_SD_JWT, &[&key_text], &shown.to_sd_jwt()).expect(name);
        read.as_object_mut().unwrap().remove("iss");
        assert_eq!(read, case["expected"], "{name}");
    }
}

#[test]
fn a_forged_field_that_the_reference_implementation_passes_over_is_an_error_here() {
    let record = issue(json!({ "change": "item/1" }).as_object().unwrap()).choose(&["change"]);
    // ["AAAAAAAAAAAAAAAAAAAAAA","recipient","x"]
    let forged = record.to_sd_jwt() + "WyJBQUFBQUFBQUFBQUFBQUFBQUFBQUFBIiwicmVjaXBpZW50IiwieCJd~";
    assert!(Record::parse(&forged).is_err());
    let Some(python) = python::interpreter() else { return };
    let key = hex::encode(SigningKey::from_seed(&[1; 32]).public().to_bytes());
    let read = python::run(&python, READ_SD_JWT, &[&key], &forged).unwrap();
    assert_eq!(read["change"], "item/1");
    assert_eq!(read.get("recipient"), None);
}
