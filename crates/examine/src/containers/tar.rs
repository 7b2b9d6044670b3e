//! A tar as libarchive writes it, read entry by entry: pax, GNU's long names, and what is no file.

use std::io::{self, Read};

use jiff::Timestamp;
use vidimus_model::NotContainedReason;

/// The longest head of pax or long name.
const HEAD: u64 = 1 << 20;

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Entry {
    /// A file of so many bytes, which follow.
    File(u64),
    /// A folder.
    Folder,
    /// No file: a link or a device.
    Other(NotContainedReason),
}

/// An entry's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Head {
    /// Its path: any bytes.
    pub untrusted_path: Vec<u8>,
    /// What it is.
    pub entry: Entry,
    /// When it was last changed.
    pub modified: Option<Timestamp>,
    /// Permission bits.
    pub mode: u32,
}

/// The next head; none at the end. What follows a file's head has to be read or passed over by [`padded`] bytes.
///
/// # Errors
/// The stream is cut off or no tar.
pub(crate) fn next(untrusted: &mut dyn Read) -> io::Result<Option<Head>> {
    let mut said = Said::default();
    loop {
        let mut block = [0; 512];
        let got = fill(untrusted, &mut block)?;
        if got == 0 || (got == 512 && block.iter().all(|byte| *byte == 0)) {
            return Ok(None);
        }
        if got < 512 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let size = number(&block[124..136]).ok_or(io::ErrorKind::InvalidData)?;
        match block[156] {
            b'x' => said.pax(&data(untrusted, size)?),
            b'g' => drop(data(untrusted, size)?),
            b'L' => said.path = Some(until_nul(&data(untrusted, size)?).to_vec()),
            b'K' => drop(data(untrusted, size)?),
            kind => return Ok(Some(said.head(&block, kind, size))),
        }
    }
}

/// How many bytes a file takes in the stream.
pub(crate) fn padded(size: u64) -> u64 {
    size.checked_next_multiple_of(512).unwrap_or(u64::MAX)
}

/// What stood before a head and is meant for it.
#[derive(Default)]
struct Said {
    path: Option<Vec<u8>>,
    size: Option<u64>,
    modified: Option<Timestamp>,
}

impl Said {
    /// Lines of `length key=value`.
    fn pax(&mut self, untrusted: &[u8]) {
        let mut rest = untrusted;
        while let Some(blank) = rest.iter().position(|byte| *byte == b' ') {
            let length =
                rest.get(..blank).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
            let Some(length) = length.filter(|length| *length > blank + 1 && *length <= rest.len()) else {
                return;
            };
            let line = rest.get(blank + 1..length - 1).unwrap_or_default();
            rest = rest.get(length..).unwrap_or_default();
            let Some(equals) = line.iter().position(|byte| *byte == b'=') else { continue };
            let (key, value) =
                (line.get(..equals).unwrap_or_default(), line.get(equals + 1..).unwrap_or_default());
            let text = std::str::from_utf8(value).unwrap_or_default();
            match key {
                b"path" => self.path = Some(value.to_vec()),
                b"size" => self.size = text.parse().ok(),
                b"mtime" => {
                    let seconds = text.split('.').next().and_then(|seconds| seconds.parse().ok());
                    self.modified = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
                }
                _ => {}
            }
        }
    }

    fn head(self, block: &[u8; 512], kind: u8, size: u64) -> Head {
        let size = self.size.unwrap_or(size);
        let name = until_nul(&block[..100]);
        let prefix = if &block[257..262] == b"ustar" { until_nul(&block[345..500]) } else { b"" };
        let short = if prefix.is_empty() { name.to_vec() } else { [prefix, b"/", name].concat() };
        let entry = match kind {
            b'0' | b'\0' | b'7' => Entry::File(size),
            b'5' => Entry::Folder,
            b'1' | b'2' => Entry::Other(NotContainedReason::Link),
            _ => Entry::Other(NotContainedReason::Special),
        };
        let seconds = number(&block[136..148]).and_then(|seconds| i64::try_from(seconds).ok());
        let modified = self.modified.or_else(|| Timestamp::from_second(seconds?).ok());
        let mode = number(&block[100..108]).and_then(|mode| u32::try_from(mode).ok()).unwrap_or(0) & 0o7777;
        Head { untrusted_path: self.path.unwrap_or(short), entry, modified, mode }
    }
}

/// Octal digits, or a binary number where the first bit says so.
fn number(field: &[u8]) -> Option<u64> {
    if field.first().is_some_and(|first| first & 0x80 != 0) {
        let mut bytes = field.iter().copied();
        let first = u64::from(bytes.next()? & 0x3f);
        return bytes.try_fold(first, |all, byte| all.checked_mul(256)?.checked_add(u64::from(byte)));
    }
    let digits = field
        .iter()
        .copied()
        .skip_while(|byte| *byte == b' ')
        .take_while(|byte| (b'0'..=b'7').contains(byte));
    digits.into_iter().try_fold(0u64, |all, digit| all.checked_mul(8)?.checked_add(u64::from(digit - b'0')))
}

fn data(untrusted: &mut dyn Read, size: u64) -> io::Result<Vec<u8>> {
    if size > HEAD {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut bytes = Vec::new();
    untrusted.take(padded(size)).read_to_end(&mut bytes)?;
    let size = usize::try_from(size).map_err(|_| io::ErrorKind::InvalidData)?;
    if bytes.len() < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    bytes.truncate(size);
    Ok(bytes)
}

fn until_nul(field: &[u8]) -> &[u8] {
    field.split(|byte| *byte == 0).next().unwrap_or_default()
}

fn fill(untrusted: &mut dyn Read, block: &mut [u8; 512]) -> io::Result<usize> {
    let mut got = 0;
    while got < block.len() {
        match untrusted.read(&mut block[got..])? {
            0 => break,
            more => got += more,
        }
    }
    Ok(got)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(name: &str, kind: u8, size: u64) -> Vec<u8> {
        let mut block = vec![0; 512];
        block[..name.len()].copy_from_slice(name.as_bytes());
        block[100..107].copy_from_slice(b"0000644");
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        block[136..147].copy_from_slice(b"14577000000");
        block[156] = kind;
        block
    }

    fn filled(bytes: &[u8]) -> Vec<u8> {
        let mut all = bytes.to_vec();
        all.resize(all.len().next_multiple_of(512), 0);
        all
    }

    #[test]
    fn names_sizes_and_kinds_are_read_as_they_stand() {
        let pax = b"21 path=../\xff/a b.txt\n20 mtime=1715673600\n".to_vec();
        let stream = [
            block("x", b'x', pax.len() as u64),
            filled(&pax),
            block("short", b'0', 3),
            filled(b"abc"),
            block("link", b'2', 0),
            block("folder/", b'5', 0),
            block("fifo", b'6', 0),
            vec![0; 1024],
        ]
        .concat();
        let mut read = &stream[..];
        let head = next(&mut read).unwrap().unwrap();
        assert_eq!((&head.untrusted_path[..], head.entry), (&b"../\xff/a b.txt"[..], Entry::File(3)));
        assert_eq!(head.modified.unwrap().to_string(), "2024-05-14T08:00:00Z");
        io::copy(&mut (&mut read).take(padded(3)), &mut io::sink()).unwrap();
        for expected in
            [Entry::Other(NotContainedReason::Link), Entry::Folder, Entry::Other(NotContainedReason::Special)]
        {
            assert_eq!(next(&mut read).unwrap().unwrap().entry, expected);
        }
        assert_eq!(next(&mut read).unwrap(), None);
    }

    #[test]
    fn what_is_cut_off_or_no_tar_is_an_error() {
        let whole = block("a", b'0', 3);
        assert!(next(&mut &whole[..100]).is_err());
        assert!(next(&mut &block("a", b'x', (1 << 33) - 1)[..]).is_err());
        assert!(next(&mut &block("a", b'L', 600)[..]).is_err());
    }
}
