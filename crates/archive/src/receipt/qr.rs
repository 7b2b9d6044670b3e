//! The note as a QR code: a PNG for the page, half blocks for the text.
//!
//! A PNG and not SVG, because SVG is off at the safest level of Tor Browser; not a table of coloured cells, because
//! browsers leave backgrounds out when they print. It is written here, uncompressed, so that a later version makes the same bytes again.

use qrcode::bits::Bits;
use qrcode::{Color, EcLevel, QrCode, Version};

/// Light modules around the code (ISO/IEC 18004, 9.1).
const QUIET: usize = 4;
/// Pixels of a module's side: a scanner reads a saved picture, too.
const PIXELS: usize = 4;

/// A square of modules with the quiet zone around them.
pub struct Qr {
    side: usize,
    dark: Vec<bool>,
}

impl Qr {
    /// The code of `note` in byte mode; a seventh of it may be unreadable (level M).
    ///
    /// None where the note has more than 2,331 bytes: a checkpoint has less than 620, but cosignatures may follow it.
    pub fn of(note: &[u8]) -> Option<Self> {
        let code = (1..=40).find_map(|version| encode(note, Version::Normal(version)))?;
        let width = code.width();
        let side = width + 2 * QUIET;
        let mut dark = vec![false; side * side];
        for (at, color) in code.to_colors().into_iter().enumerate() {
            dark[(at / width + QUIET) * side + at % width + QUIET] = color == Color::Dark;
        }
        Some(Self { side, dark })
    }

    fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.side && y < self.side && self.dark[y * self.side + x]
    }

    /// Two rows of modules in each line of text; dark is ink, as on paper.
    pub fn half_blocks(&self) -> String {
        let mut text = String::new();
        for y in (0..self.side).step_by(2) {
            let line: String = (0..self.side)
                .map(|x| match (self.is_dark(x, y), self.is_dark(x, y + 1)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                })
                .collect();
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// A PNG in black and white, one bit a pixel (ISO/IEC 15948).
    pub fn png(&self) -> Vec<u8> {
        let size = self.side * PIXELS;
        let mut rows = Vec::new();
        for y in 0..size {
            rows.push(0); // no filter
            for first in (0..size).step_by(8) {
                let light = |bit: usize| !self.is_dark((first + bit) / PIXELS, y / PIXELS);
                rows.push((0..8).fold(0, |byte, bit| byte << 1 | u8::from(light(bit))));
            }
        }
        let side = u32::try_from(size).expect("a QR code has at most 177 modules").to_be_bytes();
        let mut header = [side, side].concat();
        header.extend([1, 0, 0, 0, 0]); // one bit, greyscale, the only methods there are, not interlaced
        let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
        push_chunk(&mut png, b"IHDR", &header);
        push_chunk(&mut png, b"IDAT", &stored(&rows));
        push_chunk(&mut png, b"IEND", &[]);
        png
    }
}

/// The code in this version, if it holds the note. It says that the bytes are UTF-8 (ECI 26): some readers guess another
/// encoding where a name has letters that are not Latin.
fn encode(note: &[u8], version: Version) -> Option<QrCode> {
    let mut bits = Bits::new(version);
    bits.push_eci_designator(26).ok()?;
    bits.push_byte_data(note).ok()?;
    bits.push_terminator(EcLevel::M).ok()?;
    QrCode::with_bits(bits, EcLevel::M).ok()
}

fn push_chunk(png: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    png.extend(u32::try_from(data.len()).expect("a small picture").to_be_bytes());
    let covered = [kind.as_slice(), data].concat();
    png.extend(&covered);
    png.extend(crc32(&covered).to_be_bytes());
}

/// A zlib stream of stored blocks (RFC 1950; RFC 1951, 3.2.4).
fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = data.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).expect("a chunk of at most 0xffff bytes");
        out.push(u8::from(blocks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

/// RFC 1950, 2.2.
fn adler32(data: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    for byte in data {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    b << 16 | a
}

/// ISO/IEC 15948, annex D.
fn crc32(data: &[u8]) -> u32 {
    let shift = |crc: u32| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 };
    let next = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| shift(crc));
    !data.iter().fold(!0, next)
}

#[cfg(test)]
mod tests {
    use super::super::tests::fixed;
    use super::*;

    /// Reads a code from light and dark, as a camera would.
    fn read(size: usize, dark: impl Fn(usize, usize) -> bool) -> String {
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(size, size, |x, y| match dark(x, y) {
            true => 0,
            false => 255,
        });
        image.detect_grids()[0].decode().unwrap().1
    }

    #[test]
    fn text_and_picture_decode_to_the_note() {
        for origin in ["archive.example/ik-900", &"ж".repeat(100)] {
            let note = fixed(origin).to_string();
            let qr = Qr::of(note.as_bytes()).unwrap();
            let lines: Vec<Vec<char>> = qr.half_blocks().lines().map(|l| l.chars().collect()).collect();
            let from_text = |x: usize, y: usize| {
                let ink = lines[y / 6].get(x / 3).copied().unwrap_or(' ');
                ink == '█' || ink == ['▀', '▄'][y / 3 % 2]
            };
            assert_eq!(read(qr.side * 3, from_text), note);

            let png = qr.png();
            let size = qr.side * PIXELS;
            // Signature, header chunk, then the data chunk's head, the stream's head and its only block's.
            let pixels = &png[8 + 25 + 8 + 2 + 5..];
            let row = size.div_ceil(8) + 1;
            assert_eq!(read(size, |x, y| pixels[y * row + 1 + x / 8] >> (7 - x % 8) & 1 == 0), note);
        }
    }

    #[test]
    fn check_sums_are_those_of_their_standards() {
        // The check values of both, over the digits 1 to 9.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"123456789"), 0x091e_01de);
    }
}
