//! Boxes of JUMBF (ISO 19566-5) and the CBOR and JSON in them, as names and values: what C2PA's statements are written in.

use serde_json::Value;
use vidimus_model::TimeOf;

use super::answer::Answer;
use crate::iso;

/// Boxes in boxes, and values in values.
const DEPTH: u32 = 12;
/// Facts of one file.
const FACTS: usize = 300;
/// Times of one file.
const TIMES: usize = 50;
/// Letters of a name and of a value.
const NAME: usize = 90;
const VALUE: usize = 500;

/// Tells what a store of statements says.
pub(super) fn facts(untrusted: &[u8], answer: &mut Answer) {
    let mut found = Found { labels: Vec::new(), facts: Vec::new(), manifests: 0 };
    boxes(untrusted, 0, &mut found);
    if found.manifests == 0 && found.facts.is_empty() {
        return;
    }
    answer.fact("c2pa.manifests", found.manifests);
    // Said once and plainly: these are words of whoever wrote the file.
    answer.fact("c2pa.signature", "not checked");
    for (name, value) in found.facts {
        if name.ends_with(".when") && answer.times.len() < TIMES {
            answer.times.extend(iso::claim(&name, TimeOf::Change, &value));
        }
        answer.fact(&name, value);
    }
}

struct Found {
    /// The boxes that we are in.
    labels: Vec<String>,
    facts: Vec<(String, String)>,
    manifests: u32,
}

impl Found {
    /// A value, named by the box that it stands in and its keys.
    fn put(&mut self, keys: &[String], value: &str) {
        if self.facts.len() < FACTS && !value.is_empty() {
            let label = self.labels.last().map_or("", String::as_str);
            let label = label.strip_prefix("c2pa.").unwrap_or(label);
            let name = format!("c2pa.{label}.{}", keys.join("."));
            let name = name.trim_end_matches('.').chars().take(NAME).collect();
            self.facts.push((name, value.chars().take(VALUE).collect()));
        }
    }
}

/// Each box: its length, its name, what it holds.
fn boxes(mut untrusted: &[u8], depth: u32, found: &mut Found) {
    while let Some((head, behind)) = untrusted.split_first_chunk::<8>() {
        let [a, b, c, d, name @ ..] = *head;
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        let (body, rest) = match length {
            0 => (behind, &[][..]),
            1 => return,
            _ => match length.checked_sub(8).and_then(|length| behind.split_at_checked(length)) {
                Some(parts) => parts,
                None => (behind, &[][..]),
            },
        };
        untrusted = rest;
        match &name {
            b"jumb" if depth < DEPTH => within(body, depth, found),
            b"cbor" => cbor_of(body, found),
            b"json" => {
                if let Ok(value) = serde_json::from_slice::<Value>(body) {
                    json(&value, &mut Vec::new(), found);
                }
            }
            _ => {}
        }
    }
}

/// A box of boxes begins with one that describes it.
fn within(body: &[u8], depth: u32, found: &mut Found) {
    let label = label(body).unwrap_or_default();
    if depth == 1 {
        found.manifests += 1;
    }
    // What is signed and by whom is not checked, so its bytes say nothing here.
    if label == "c2pa.signature" {
        return;
    }
    if found.labels.last().is_some_and(|outer| outer == "c2pa.assertions") {
        found.put_assertion(&label);
    }
    found.labels.push(label);
    boxes(body, depth + 1, found);
    found.labels.pop();
}

impl Found {
    fn put_assertion(&mut self, label: &str) {
        self.put(&[], label);
    }
}

/// `jumd`: 16 bytes of type, one of toggles, and a name where the second toggle is set.
fn label(body: &[u8]) -> Option<String> {
    let length = u32::from_be_bytes(*body.first_chunk()?) as usize;
    let description = body.get(8..length)?;
    (body.get(4..8)? == b"jumd" && description.get(16)? & 2 != 0).then_some(())?;
    let name = description.get(17..)?.split(|byte| *byte == 0).next()?;
    Some(String::from_utf8_lossy(name).chars().take(NAME).collect())
}

fn json(value: &Value, keys: &mut Vec<String>, found: &mut Found) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                if keys.len() < DEPTH as usize && !key.starts_with('@') {
                    keys.push(key.chars().take(NAME).collect());
                    json(value, keys, found);
                    keys.pop();
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| json(value, keys, found)),
        Value::String(text) => found.put(keys, text),
        Value::Number(number) => found.put(keys, &number.to_string()),
        Value::Bool(is) => found.put(keys, if *is { "true" } else { "false" }),
        Value::Null => {}
    }
}

fn cbor_of(untrusted: &[u8], found: &mut Found) {
    let mut rest = untrusted;
    cbor(&mut rest, &mut Vec::new(), found, 0);
}

/// One value of CBOR (RFC 8949); none where it is damaged. Bytes are passed over: they are digests.
fn cbor(rest: &mut &[u8], keys: &mut Vec<String>, found: &mut Found, depth: u32) -> Option<()> {
    if depth > DEPTH {
        return None;
    }
    let (major, low) = head(rest)?;
    let endless = low == 31;
    match major {
        0 => found.put(keys, &argument(rest, low)?.to_string()),
        1 => found.put(keys, &format!("-{}", u128::from(argument(rest, low)?) + 1)),
        2 => drop(bytes(rest, major, low)?),
        3 => found.put(keys, &String::from_utf8_lossy(&bytes(rest, major, low)?)),
        4 => {
            let mut left = if endless { u64::MAX } else { argument(rest, low)? };
            while left > 0 && !(endless && ends(rest)) {
                cbor(rest, keys, found, depth + 1)?;
                left -= 1;
            }
        }
        5 => {
            let mut left = if endless { u64::MAX } else { argument(rest, low)? };
            while left > 0 && !(endless && ends(rest)) {
                keys.push(key(rest)?);
                cbor(rest, keys, found, depth + 1)?;
                keys.pop();
                left -= 1;
            }
        }
        6 => {
            argument(rest, low)?;
            cbor(rest, keys, found, depth + 1)?;
        }
        _ => match low {
            20 => found.put(keys, "false"),
            21 => found.put(keys, "true"),
            25 => drop(take(rest, 2)?),
            26 => found.put(keys, &f32::from_be_bytes(*take(rest, 4)?.first_chunk()?).to_string()),
            27 => found.put(keys, &f64::from_be_bytes(*take(rest, 8)?.first_chunk()?).to_string()),
            24 => drop(take(rest, 1)?),
            31 => return None,
            _ => {}
        },
    }
    Some(())
}

/// A key as text: those of statements are.
fn key(rest: &mut &[u8]) -> Option<String> {
    let (major, low) = head(rest)?;
    match major {
        0 => Some(argument(rest, low)?.to_string()),
        3 => Some(String::from_utf8_lossy(&bytes(rest, major, low)?).chars().take(NAME).collect()),
        _ => None,
    }
}

/// The bytes of a text or of bytes, in one piece or in several.
fn bytes(rest: &mut &[u8], major: u8, low: u8) -> Option<Vec<u8>> {
    if low != 31 {
        let length = usize::try_from(argument(rest, low)?).ok()?;
        return take(rest, length).map(<[u8]>::to_vec);
    }
    let mut all = Vec::new();
    while !ends(rest) {
        let (inner, low) = head(rest)?;
        if inner != major || low == 31 {
            return None;
        }
        let length = usize::try_from(argument(rest, low)?).ok()?;
        all.extend_from_slice(take(rest, length)?);
    }
    Some(all)
}

/// The kind of what follows, and the lower bits of its first byte.
fn head(rest: &mut &[u8]) -> Option<(u8, u8)> {
    let first = *take(rest, 1)?.first()?;
    Some((first >> 5, first & 0x1f))
}

/// The number that belongs to a head.
fn argument(rest: &mut &[u8], low: u8) -> Option<u64> {
    let length = match low {
        0..=23 => return Some(u64::from(low)),
        24..=27 => 1usize << (low - 24),
        _ => return None,
    };
    Some(take(rest, length)?.iter().fold(0, |all, byte| all << 8 | u64::from(*byte)))
}

/// Whether the mark that ends what has no length stands here; it is taken.
fn ends(rest: &mut &[u8]) -> bool {
    let ends = rest.first() == Some(&0xff);
    if ends {
        take(rest, 1);
    }
    ends
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(length)?;
    *rest = behind;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap().to_be_bytes();
        [&length[..], name, body].concat()
    }

    fn labelled(label: &str, inside: &[u8]) -> Vec<u8> {
        let description = [&[0; 16][..], &[3], label.as_bytes(), &[0]].concat();
        framed(b"jumb", &[framed(b"jumd", &description), inside.to_vec()].concat())
    }

    fn told(store: &[u8]) -> Answer {
        let mut answer = Answer::default();
        facts(store, &mut answer);
        answer
    }

    #[test]
    fn statements_are_told_in_their_own_words_and_not_as_checked() {
        // {"action": "c2pa.edited", "when": "2024-05-14T08:00:00Z", "hash": h'00', "n": -3, "of": [1.5, true]}
        let cbor = [
            &b"\xa5\x66action\x6bc2pa.edited\x64when\xc0\x742024-05-14T08:00:00Z\x64hash\x41\x00\x61n\x22"[..],
            b"\x62of\x9f\xfb\x3f\xf8\0\0\0\0\0\0\xf5\xff",
        ]
        .concat();
        let json = br#"{"@type": "CreativeWork", "author": [{"name": "Plainly Fictional"}]}"#;
        let assertions = [
            labelled("c2pa.actions", &framed(b"cbor", &cbor)),
            labelled("stds.schema-org.CreativeWork", &framed(b"json", json)),
        ]
        .concat();
        let manifest = [
            labelled("c2pa.assertions", &assertions),
            labelled("c2pa.claim", &framed(b"cbor", b"\xa1\x6fclaim_generator\x65tool1")),
            labelled("c2pa.signature", &framed(b"cbor", b"\x61x")),
        ]
        .concat();
        let answer = told(&labelled("c2pa", &labelled("urn:uuid:1", &manifest)));
        let expected = [
            ("c2pa.manifests", "1"),
            ("c2pa.signature", "not checked"),
            ("c2pa.assertions", "c2pa.actions"),
            ("c2pa.actions.action", "c2pa.edited"),
            ("c2pa.actions.when", "2024-05-14T08:00:00Z"),
            ("c2pa.actions.n", "-3"),
            ("c2pa.actions.of", "1.5"),
            ("c2pa.actions.of", "true"),
            ("c2pa.assertions", "stds.schema-org.CreativeWork"),
            ("c2pa.stds.schema-org.CreativeWork.author.name", "Plainly Fictional"),
            ("c2pa.claim.claim_generator", "tool1"),
        ];
        let told: Vec<_> = answer.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(told, expected);
        assert_eq!((answer.times.len(), answer.times[0].zone), (1, Some(0)));
    }

    #[test]
    fn nonsense_ends_and_tells_nothing() {
        assert!(told(b"").facts.is_empty());
        assert!(told(&[0xff; 100]).facts.is_empty());
        // Deeper than any statement is, longer than the file, and without end.
        let mut deep = b"x".to_vec();
        for _ in 0..1000 {
            deep = labelled("a", &deep);
        }
        assert!(told(&deep).facts.len() <= FACTS);
        for odd in
            [&b"\x9f"[..], b"\x5f\x5f", b"\x7b\xff\xff\xff\xff\xff\xff\xff\xff", &[0x81; 500], b"\xbf\xbf"]
        {
            assert!(told(&labelled("c2pa", &framed(b"cbor", odd))).facts.is_empty(), "{odd:?}");
        }
        let many = [&b"\x9a\0\xff\xff\xff"[..], &[1; 5000]].concat();
        assert_eq!(told(&labelled("c2pa", &framed(b"cbor", &many))).facts.len(), FACTS + 2);
    }
}
