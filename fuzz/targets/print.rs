//! Prints and motions, as they come and as what their deflate holds: none panics, and what is accepted is written as it was read.
#![no_main]

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use libfuzzer_sys::fuzz_target;
use vidimus_model::print::{Motion, Print};

const PRINT: &[u8] = b"vidimus print 1\n";
const MOTION: &[u8] = b"vidimus motion 1\n";

fuzz_target!(|untrusted: &[u8]| {
    let _ = Print::decode(untrusted);
    let _ = Motion::decode(untrusted);
    if let Ok(print) = Print::decode(&deflated(PRINT, untrusted)) {
        assert_eq!(body(&print.encode().expect("what is read can be written"), PRINT), untrusted);
    }
    if let Ok(motion) = Motion::decode(&deflated(MOTION, untrusted)) {
        assert_eq!(body(&motion.encode().expect("what is read can be written"), MOTION), untrusted);
    }
});

fn deflated(line: &[u8], body: &[u8]) -> Vec<u8> {
    let mut to = DeflateEncoder::new(line.to_vec(), Compression::fast());
    to.write_all(body).and_then(|()| to.finish()).expect("memory takes all")
}

fn body(bytes: &[u8], line: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    DeflateDecoder::new(&bytes[line.len()..]).read_to_end(&mut body).expect("it was just written");
    body
}
