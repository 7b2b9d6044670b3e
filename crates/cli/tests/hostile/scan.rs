//! Looks for secrets wherever a program could have left them, in every form; the search itself is tried on what was planted.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::support::House;

/// Where one was found: the file, the secret, the form.
pub type Found = (PathBuf, String, String);

/// Everything found in these files and below these folders.
pub fn scan(folders: &[PathBuf], secrets: &[&str]) -> Vec<Found> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/hostile/scan.py");
    let mut command = Command::new("python3");
    command.arg(script).args(folders).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&serde_json::to_vec(secrets).unwrap()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A secret in each form in which it could lie, made by other tools than the search.
#[test]
fn what_is_planted_is_found_in_every_form() {
    let house = House::new();
    let planted = "import base64,zlib,gzip,sys\n\
        s=sys.argv[1]; r=s.encode()\n\
        put=lambda n,b: open(n,'wb').write(b'\\x00junk'+b+b'junk')\n\
        put('raw',r); put('hex',r.hex().encode()); put('HEX',r.hex().upper().encode())\n\
        put('le',s.encode('utf-16-le')); put('be',s.encode('utf-16-be'))\n\
        [put('b64-%d'%n, base64.b64encode(b'abc'[:n]+r+b'xyz')) for n in range(3)]\n\
        [put('url-%d'%n, base64.urlsafe_b64encode(b'abc'[:n]+r+b'xyz')) for n in range(3)]\n\
        put('zlib',zlib.compress(b'before '+r)); put('gzip',gzip.compress(r*3)); put('named '+s,b'')\n\
        put('z64',zlib.compress(base64.b64encode(b'a'+r)))";
    std::fs::create_dir(house.path("place")).unwrap();
    let secret = "зимородок-77-канарейка>>>";
    let made =
        Command::new("python3").args(["-c", planted, secret]).current_dir(house.path("place")).status();
    assert!(made.unwrap().success());
    let found = scan(&[house.path("place")], &[secret, "another secret"]);
    for entry in std::fs::read_dir(house.path("place")).unwrap() {
        let path = entry.unwrap().path();
        assert!(found.iter().any(|(file, ..)| *file == path), "{} was missed: {found:?}", path.display());
    }
    assert!(found.iter().all(|(_, which, _)| which == secret), "{found:?}");
    let alone = house.path("place/raw");
    assert_eq!(scan(std::slice::from_ref(&alone), &[secret]), [(alone, secret.to_owned(), "raw".to_owned())]);
}

/// The forms of a secret lie far within compressed streams that begin at odd places, beside what compresses.
#[test]
fn what_lies_deep_in_a_stream_is_found() {
    let house = House::new();
    let planted = "import base64,gzip,random,sys,zlib\n\
        s=sys.argv[1]; r=s.encode(); drawn=random.Random(7)\n\
        fill=lambda: bytes(drawn.choice(b'abcdefghijklmnop') for _ in range(100<<10))\n\
        forms={'raw':r,'hex':r.hex().encode(),'HEX':r.hex().upper().encode(),\n\
        'utf-16le':s.encode('utf-16-le'),'utf-16be':s.encode('utf-16-be')}\n\
        forms.update(('base64+%d'%n, base64.b64encode(b'abc'[:n]+r+b'xyz')) for n in range(3))\n\
        kinds={'deflate':lambda b: zlib.compress(b)[2:-4],'zlib':zlib.compress,'gzip':gzip.compress}\n\
        for form,b in forms.items():\n\
        \tfor kind,close in kinds.items():\n\
        \t\tclosed=close(fill()+b+fill()); assert b not in closed and len(closed)>100<<10\n\
        \t\topen(form+'.'+kind,'wb').write(b'junk!'+closed+b'junk')";
    std::fs::create_dir(house.path("place")).unwrap();
    let secret = "зимородок-88-канарейка>>>";
    let made =
        Command::new("python3").args(["-c", planted, secret]).current_dir(house.path("place")).status();
    assert!(made.unwrap().success());
    let mut found = scan(&[house.path("place")], &[secret]);
    found.retain(|(_, _, form)| !form.contains("base64url"));
    let mut expected: Vec<Found> = Vec::new();
    for entry in std::fs::read_dir(house.path("place")).unwrap() {
        let path = entry.unwrap().path();
        let form = format!("deflate {}", path.file_stem().unwrap().to_string_lossy());
        expected.push((path, secret.to_owned(), form));
    }
    expected.sort();
    found.sort();
    assert_eq!(expected.len(), 24);
    assert_eq!(found, expected);
}
