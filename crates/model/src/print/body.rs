//! A print as bytes: fixed fields of little-endian numbers, one behind the other.

use std::io::{BufRead, Write};

use super::squeezed::{Unsqueezed, squeezing};
use super::{
    Chunk, Chunks, Frame, MOST_FRAMES, MOST_ITEMS, MOST_POINTS, MOST_VIEWS, Point, Print, PrintError, Small,
    Sound, View,
};

/// Bytes of a print before it is squeezed.
const MOST: u64 = 64 << 20;
/// Rooms that are made at once, before it is known whether so many are there.
const AT_ONCE: usize = 256;
/// What is there, in one byte.
const HAS_SOUND: u8 = 1;
const HAS_CHUNKS: u8 = 2;
const HAS_SECONDS: u8 = 4;
const NAME: &str = "print";
const BLACK: Small = [0; size_of::<Small>()];

impl Print {
    /// As bytes.
    ///
    /// # Errors
    /// It holds what none may hold.
    pub fn encode(&self) -> Result<Vec<u8>, PrintError> {
        self.check()?;
        let mut body = Vec::new();
        self.put(&mut body);
        if body.len() as u64 > MOST {
            return Err(PrintError::TooLarge);
        }
        let mut squeezes = squeezing(Vec::new(), NAME)?;
        squeezes.write_all(&body)?;
        Ok(squeezes.finish()?)
    }

    /// What [`Print::encode`] wrote.
    ///
    /// # Errors
    /// Any [`PrintError`].
    pub fn decode(untrusted: &[u8]) -> Result<Print, PrintError> {
        let mut from = From(Unsqueezed::new(untrusted, NAME, MOST)?);
        let print = from.print()?;
        from.0.ends_here()?;
        print.check()?;
        Ok(print)
    }

    fn put(&self, body: &mut Vec<u8>) {
        let Print { frames, views, sound, chunks, seconds, aspect } = self;
        let has = [
            sound.as_ref().map_or(0, |_| HAS_SOUND),
            chunks.as_ref().map_or(0, |_| HAS_CHUNKS),
            seconds.map_or(0, |_| HAS_SECONDS),
        ];
        body.push(has.iter().sum());
        body.extend(seconds.unwrap_or(0.0).to_le_bytes());
        body.extend(aspect.to_le_bytes());
        body.extend((frames.len() as u32).to_le_bytes());
        let mut before = &BLACK;
        for Frame { at_ms, hash, quality, small } in frames {
            body.extend(at_ms.to_le_bytes());
            body.extend(hash);
            body.push(*quality);
            body.extend(small.iter().zip(before).map(|(now, before)| now.wrapping_sub(*before)));
            before = small;
        }
        body.extend((views.len() as u32).to_le_bytes());
        for View { from_ms, to_ms, content, points } in views {
            body.extend(from_ms.to_le_bytes());
            body.extend(to_ms.to_le_bytes());
            body.extend(content.iter().flat_map(|edge| edge.to_le_bytes()));
            body.extend((points.len() as u16).to_le_bytes());
            for Point { x, y, bits } in points {
                body.extend(x.to_le_bytes());
                body.extend(y.to_le_bytes());
                body.extend(bits);
            }
        }
        if let Some(Sound { step_us, items }) = sound {
            body.extend(step_us.to_le_bytes());
            body.extend((items.len() as u32).to_le_bytes());
            body.extend(items.iter().flat_map(|item| item.to_le_bytes()));
        }
        if let Some(Chunks { of_bytes, kept }) = chunks {
            body.extend(of_bytes.to_le_bytes());
            body.extend((kept.len() as u16).to_le_bytes());
            for Chunk { digest, at, length } in kept {
                body.extend(digest.to_le_bytes());
                body.extend(at.to_le_bytes());
                body.extend(length.to_le_bytes());
            }
        }
    }
}

/// Reads fields in the order in which they were put.
struct From<R>(Unsqueezed<R>);

impl<R: BufRead> From<R> {
    fn print(&mut self) -> Result<Print, PrintError> {
        let [has] = self.bytes()?;
        if has & !(HAS_SOUND | HAS_CHUNKS | HAS_SECONDS) != 0 {
            return Err(PrintError::Damaged("it holds what is not known here"));
        }
        let seconds = self.f32()?;
        if has & HAS_SECONDS == 0 && seconds.to_bits() != 0 {
            return Err(PrintError::Damaged("a length that is none"));
        }
        let aspect = self.f32()?;
        let mut before = BLACK;
        let count = self.count(MOST_FRAMES)?;
        let frames = self.several(count, |from| from.frame(&mut before))?;
        let count = self.count(MOST_VIEWS)?;
        let views = self.several(count, From::view)?;
        let sound = if has & HAS_SOUND == 0 { None } else { Some(self.sound()?) };
        let chunks = if has & HAS_CHUNKS == 0 { None } else { Some(self.chunks()?) };
        let seconds = (has & HAS_SECONDS != 0).then_some(seconds);
        Ok(Print { frames, views, sound, chunks, seconds, aspect })
    }

    fn frame(&mut self, before: &mut Small) -> Result<Frame, PrintError> {
        let (at_ms, hash, [quality]) = (self.u32()?, self.bytes()?, self.bytes()?);
        let mut small: Small = self.bytes()?;
        small.iter_mut().zip(before.iter()).for_each(|(now, before)| *now = now.wrapping_add(*before));
        *before = small;
        Ok(Frame { at_ms, hash, quality, small })
    }

    fn view(&mut self) -> Result<View, PrintError> {
        let (from_ms, to_ms) = (self.u32()?, self.u32()?);
        let content = [self.u16()?, self.u16()?, self.u16()?, self.u16()?];
        let count = usize::from(self.u16()?);
        if count > MOST_POINTS {
            return Err(PrintError::TooLarge);
        }
        let point = |from: &mut Self| Ok(Point { x: from.u16()?, y: from.u16()?, bits: from.bytes()? });
        Ok(View { from_ms, to_ms, content, points: self.several(count, point)? })
    }

    fn sound(&mut self) -> Result<Sound, PrintError> {
        let step_us = self.u32()?;
        let count = self.count(MOST_ITEMS)?;
        Ok(Sound { step_us, items: self.several(count, From::u32)? })
    }

    fn chunks(&mut self) -> Result<Chunks, PrintError> {
        let of_bytes = self.u64()?;
        let count = usize::from(self.u16()?);
        let chunk = |from: &mut Self| Ok(Chunk { digest: from.u64()?, at: from.u64()?, length: from.u32()? });
        Ok(Chunks { of_bytes, kept: self.several(count, chunk)? })
    }

    fn several<T>(
        &mut self,
        count: usize,
        mut one: impl FnMut(&mut Self) -> Result<T, PrintError>,
    ) -> Result<Vec<T>, PrintError> {
        let mut all = Vec::with_capacity(count.min(AT_ONCE));
        for _ in 0..count {
            all.push(one(self)?);
        }
        Ok(all)
    }

    fn count(&mut self, most: usize) -> Result<usize, PrintError> {
        let count = self.u32()? as usize;
        if count > most { Err(PrintError::TooLarge) } else { Ok(count) }
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], PrintError> {
        let mut bytes = [0; N];
        self.0.exactly(&mut bytes)?;
        Ok(bytes)
    }

    fn u16(&mut self) -> Result<u16, PrintError> {
        self.bytes().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, PrintError> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, PrintError> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn f32(&mut self) -> Result<f32, PrintError> {
        self.bytes().map(f32::from_le_bytes)
    }
}
