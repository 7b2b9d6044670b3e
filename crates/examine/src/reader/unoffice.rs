//! Opens office documents that are locked as a whole: ECMA-376 agile and standard encryption, [MS-OFFCRYPTO].

use std::io::{Read, Seek};

use aes::cipher::{BlockCipherDecrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256, Block};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cfb::CompoundFile;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};
use vidimus_model::Reason;

use crate::unlock::MOST;

/// What describes a lock is no longer.
const INFO: u64 = 1 << 20;
/// What is locked at once in the agile form.
const SEGMENT: usize = 4096;
/// More rounds than any program writes.
const ROUNDS: u32 = 1_000_000;

/// What is inside, with the first of these words that opens it.
///
/// # Errors
/// None does, or it is locked in a way that is not read here, or damaged.
pub(crate) fn open<F: Read + Seek>(untrusted: &mut F, words: &[&str]) -> Result<Vec<u8>, Reason> {
    untrusted.rewind().map_err(|_| Reason::Unreadable)?;
    let mut folder = CompoundFile::open(untrusted).map_err(|_| Reason::Damaged)?;
    let info = stream(&mut folder, "/EncryptionInfo", INFO)?;
    let package = stream(&mut folder, "/EncryptedPackage", MOST)?;
    let (size, locked) = package.split_first_chunk::<8>().ok_or(Reason::EndsEarly)?;
    let size = usize::try_from(u64::from_le_bytes(*size)).map_err(|_| Reason::Damaged)?;
    let mut open = match info.get(..4) {
        Some([4, 0, 4, 0]) => agile(info.get(8..).unwrap_or_default(), locked, words)?,
        Some([2..=4, 0, 2, 0]) => standard(&info, locked, words)?,
        _ => return Err(Reason::NotSupported),
    };
    if size > open.len() {
        return Err(Reason::EndsEarly);
    }
    open.truncate(size);
    Ok(open)
}

fn stream<F: Read + Seek>(folder: &mut CompoundFile<F>, name: &str, most: u64) -> Result<Vec<u8>, Reason> {
    let mut bytes = Vec::new();
    let stream = folder.open_stream(name).map_err(|_| Reason::Damaged)?;
    stream.take(most + 1).read_to_end(&mut bytes).map_err(|_| Reason::Damaged)?;
    if bytes.len() as u64 > most { Err(Reason::TooManyBytes) } else { Ok(bytes) }
}

/// Office of 2010 and later, and LibreOffice: [MS-OFFCRYPTO] 2.3.4.10 to 2.3.4.15.
fn agile(untrusted: &[u8], locked: &[u8], words: &[&str]) -> Result<Vec<u8>, Reason> {
    let xml = String::from_utf8_lossy(untrusted);
    let data = Lock::of(element(&xml, "keyData").ok_or(Reason::Damaged)?)?;
    let element = element(&xml, "encryptedKey").ok_or(Reason::NotSupported)?;
    let lock = Lock::of(element)?;
    let rounds =
        number(element, "spinCount").filter(|rounds| *rounds <= ROUNDS).ok_or(Reason::NotSupported)?;
    let field = |name: &str| bytes(element, name).ok_or(Reason::Damaged);
    let (input, value) = (field("encryptedVerifierHashInput")?, field("encryptedVerifierHashValue")?);
    let secret = field("encryptedKeyValue")?;
    for word in words {
        let hashed = lock.hash.rounds(&lock.salt, word, rounds);
        let part = |purpose: [u8; 8], locked: &[u8]| {
            let key = fitted(lock.hash.of(&[&hashed, &purpose]), lock.key, 0x36);
            chained(&key, &lock.salt, locked)
        };
        let input = part([0xfe, 0xa7, 0xd2, 0x76, 0x3b, 0x4b, 0x9e, 0x79], &input)?;
        let value = part([0xd7, 0xaa, 0x0f, 0x6d, 0x30, 0x61, 0x34, 0x4e], &value)?;
        // The input has the length of its salt; what lies behind fills the block up.
        let input = input.get(..lock.salt.len()).ok_or(Reason::Damaged)?;
        if !value.starts_with(&lock.hash.of(&[input])) {
            continue;
        }
        let mut key = part([0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6], &secret)?;
        key.truncate(data.key);
        let mut open = Vec::with_capacity(locked.len());
        for (number, segment) in (0u32..).zip(locked.chunks(SEGMENT)) {
            let from = data.hash.of(&[&data.salt, &number.to_le_bytes()]);
            open.extend(chained(&key, &fitted(from, 16, 0x36), segment)?);
        }
        return Ok(open);
    }
    Err(Reason::WrongPassword)
}

/// Office of 2007: [MS-OFFCRYPTO] 2.3.4.5 to 2.3.4.9.
fn standard(info: &[u8], locked: &[u8], words: &[&str]) -> Result<Vec<u8>, Reason> {
    let word_at = |at: usize| {
        info.get(at..at + 4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).ok_or(Reason::EndsEarly)
    };
    let behind = 12 + word_at(8)? as usize;
    let key = match word_at(20)? {
        0x660e => 16,
        0x660f => 24,
        0x6610 => 32,
        _ => return Err(Reason::NotSupported),
    };
    let piece = |from: usize, length: usize| {
        info.get(behind.saturating_add(from)..behind.saturating_add(from + length)).ok_or(Reason::EndsEarly)
    };
    let (salt, input, value) = (piece(4, 16)?, piece(20, 16)?, piece(40, 32)?);
    for word in words {
        let hashed = Hash::Sha1.rounds(salt, word, 50_000);
        let hashed = Hash::Sha1.of(&[&hashed, &[0; 4]]);
        let mixed = |fill: u8| {
            let mut block = [fill; 64];
            block.iter_mut().zip(&hashed).for_each(|(byte, with)| *byte ^= with);
            Hash::Sha1.of(&[&block])
        };
        let key = fitted([mixed(0x36), mixed(0x5c)].concat(), key, 0);
        if one_by_one(&key, value)?.starts_with(&Hash::Sha1.of(&[&one_by_one(&key, input)?])) {
            return one_by_one(&key, locked);
        }
    }
    Err(Reason::WrongPassword)
}

/// How a part of the agile form is locked.
struct Lock {
    hash: Hash,
    salt: Vec<u8>,
    /// Bytes of the key.
    key: usize,
}

impl Lock {
    fn of(element: &str) -> Result<Lock, Reason> {
        let is = |name: &str, value: &str| attribute(element, name) == Some(value);
        if !is("cipherAlgorithm", "AES") || !is("cipherChaining", "ChainingModeCBC") || !is("blockSize", "16")
        {
            return Err(Reason::NotSupported);
        }
        let hash = attribute(element, "hashAlgorithm").and_then(Hash::named).ok_or(Reason::NotSupported)?;
        let salt = bytes(element, "saltValue").filter(|salt| salt.len() == 16).ok_or(Reason::Damaged)?;
        let key = number(element, "keyBits").filter(|bits| matches!(bits, 128 | 192 | 256));
        Ok(Lock { hash, salt, key: key.ok_or(Reason::NotSupported)? as usize / 8 })
    }
}

#[derive(Clone, Copy)]
enum Hash {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn named(name: &str) -> Option<Hash> {
        Some(match name {
            "SHA1" | "SHA-1" => Hash::Sha1,
            "SHA256" | "SHA-256" => Hash::Sha256,
            "SHA384" | "SHA-384" => Hash::Sha384,
            "SHA512" | "SHA-512" => Hash::Sha512,
            _ => return None,
        })
    }

    fn of(self, parts: &[&[u8]]) -> Vec<u8> {
        fn by<D: Digest>(parts: &[&[u8]]) -> Vec<u8> {
            let mut digest = D::new();
            parts.iter().for_each(|part| digest.update(part));
            digest.finalize().to_vec()
        }
        match self {
            Hash::Sha1 => by::<Sha1>(parts),
            Hash::Sha256 => by::<Sha256>(parts),
            Hash::Sha384 => by::<Sha384>(parts),
            Hash::Sha512 => by::<Sha512>(parts),
        }
    }

    /// The word, made expensive to guess.
    fn rounds(self, salt: &[u8], word: &str, rounds: u32) -> Vec<u8> {
        let word: Vec<u8> = word.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let begin = self.of(&[salt, &word]);
        (0..rounds).fold(begin, |hashed, round| self.of(&[&round.to_le_bytes(), &hashed]))
    }
}

/// As long as a key is: cut, or filled up.
fn fitted(mut bytes: Vec<u8>, length: usize, fill: u8) -> Vec<u8> {
    bytes.resize(length, fill);
    bytes
}

/// AES where each block hides the next.
fn chained(key: &[u8], from: &[u8], locked: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut open = one_by_one(key, locked)?;
    let before = from.iter().chain(locked);
    open.iter_mut().zip(before).for_each(|(byte, with)| *byte ^= with);
    Ok(open)
}

/// AES, each block by itself. What does not fill a block is no part of it.
fn one_by_one(key: &[u8], locked: &[u8]) -> Result<Vec<u8>, Reason> {
    fn by<C: KeyInit + BlockCipherDecrypt<BlockSize = aes::cipher::consts::U16>>(
        key: &[u8],
        locked: &[u8],
    ) -> Option<Vec<u8>> {
        let cipher = C::new_from_slice(key).ok()?;
        let mut blocks: Vec<Block> =
            locked.chunks_exact(16).filter_map(|block| Block::try_from(block).ok()).collect();
        cipher.decrypt_blocks(&mut blocks);
        Some(blocks.iter().flat_map(|block| block.iter().copied()).collect())
    }
    let open = match key.len() {
        16 => by::<Aes128>(key, locked),
        24 => by::<Aes192>(key, locked),
        _ => by::<Aes256>(key, locked),
    };
    open.ok_or(Reason::Damaged)
}

/// The attributes of the first element of this name, whatever stands before its colon.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    xml.split('<').skip(1).find_map(|tag| {
        let tag = tag.split('>').next()?;
        let (full, _) = tag.split_once(char::is_whitespace)?;
        (full.rsplit(':').next() == Some(name)).then_some(tag)
    })
}

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    element.split_whitespace().find_map(|word| {
        let (found, value) = word.split_once('=')?;
        (found == name).then(|| value.trim_end_matches('/').trim_matches('"'))
    })
}

fn number(element: &str, name: &str) -> Option<u32> {
    attribute(element, name)?.parse().ok()
}

fn bytes(element: &str, name: &str) -> Option<Vec<u8>> {
    STANDARD.decode(attribute(element, name)?).ok()
}
