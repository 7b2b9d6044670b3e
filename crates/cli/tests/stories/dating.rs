//! Time stamps from an authority: asked for, kept, checked by others' programs, and said by the verifier.

use std::fs;
use std::process::Command;

use serde_json::json;

use crate::authority::{Authority, Plan, openssl_is_there};
use crate::receiving::disk;
use crate::support::House;
use crate::web::{Answer, Web};

#[test]
fn an_authority_dates_what_was_taken_in() {
    if !openssl_is_there() {
        eprintln!("skipped: no openssl here");
        return;
    }
    let house = House::with_archive();
    disk(&house);
    house.vidimus(["receive", "disk"]);
    house.vidimus(["anchor"]).refuses(1, "No time-stamp authority is configured");
    let authority = Authority::new(&Plan::default());
    let root = house.file("archive/authority.pem", authority.root_pem());
    let settings = |url: &str| {
        let one = json!({ "name": "Example", "url": url, "ca": "authority.pem" });
        house.file("archive/settings.json", json!({ "authorities": [one] }).to_string());
    };

    // It is away: nothing is lost, and it is asked again.
    settings(&Web::nobody());
    for (lang, said) in
        [("en", "nobody answers at its address"), ("uk", "ніхто не відповідає"), ("ru", "никто не отвечает")]
    {
        let away = house.vidimus(["anchor", "--lang", lang]);
        assert!(away.code == 1 && away.out.contains(said), "{away:?}");
        let json = house.vidimus(["anchor", "--json", "--lang", lang]).json();
        let reason = json["failed"][0]["reason"].as_str().unwrap();
        assert!(reason.contains(said) && !reason.contains("os error"), "{reason}");
    }
    let web = Web::new(move |request| Answer::ok(authority.answer(request)));
    settings(&web.url());
    let stamped = house.vidimus(["anchor"]).succeeds();
    assert!(stamped.out.contains("Example says: the receipt of size"), "{stamped:?}");
    let again = house.vidimus(["anchor"]).succeeds();
    assert!(again.out.contains("Every receipt has its time stamps already"), "{again:?}");

    // Others' program accepts the token beside the receipt.
    let receipts = house.vidimus(["receipt", "list", "--json"]).succeeds().json();
    let folder = house.path("").join(receipts[0]["folder"].as_str().unwrap());
    assert!(fs::read_to_string(folder.join("receipt.txt")).unwrap().contains("token-1.tsr"));
    let openssl = Command::new("openssl")
        .args(["ts", "-verify", "-data"])
        .arg(folder.join("checkpoint.txt"))
        .arg("-in")
        .arg(folder.join("token-1.tsr"))
        .arg("-CAfile")
        .arg(&root)
        .output()
        .unwrap();
    assert!(openssl.status.success(), "{openssl:?}");

    // And the package carries it.
    let to = ["--to", "A newsroom", "--purpose", "Verification"];
    house.vidimus([&["disclose", "A1-1", "--out", "bag"][..], &to].concat()).succeeds();
    let size = receipts[0]["size"].as_u64().unwrap();
    let in_bag = fs::read(house.path(&format!("bag/checkpoints/{size}.token-1.tsr"))).unwrap();
    assert_eq!(in_bag, fs::read(folder.join("token-1.tsr")).unwrap());
}
