//! Motion: a film as small frames at even steps, each written as what changed since the one before.

use std::io::{BufRead, Write};

use flate2::write::DeflateEncoder;

use super::squeezed::{Unsqueezed, squeezing};
use super::{PrintError, Small};

/// Bytes of a motion before it is squeezed: 43 hours at four frames a second.
const MOST: u64 = 1 << 30;
/// Bytes before the first frame.
const HEAD: u64 = 8;
const NAME: &str = "motion";
const BLACK: Small = [0; size_of::<Small>()];

/// What moves in a film, whole in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Motion {
    /// Milliseconds from one frame to the next.
    pub step_ms: u32,
    /// Milliseconds from the beginning of the film to the first frame.
    pub begins_ms: u32,
    /// The frames; every value is even.
    pub frames: Vec<Small>,
}

impl Motion {
    /// What [`MotionWriter`] wrote.
    ///
    /// # Errors
    /// Any [`PrintError`].
    pub fn decode(untrusted: &[u8]) -> Result<Motion, PrintError> {
        let mut reader = MotionReader::new(untrusted)?;
        let mut frames = Vec::new();
        while let Some(frame) = reader.next_frame()? {
            frames.push(*frame);
        }
        Ok(Motion { step_ms: reader.step_ms, begins_ms: reader.begins_ms, frames })
    }

    /// As bytes; the lowest bit of each value is left out.
    ///
    /// # Errors
    /// It holds more than may be, or its steps are nothing.
    pub fn encode(&self) -> Result<Vec<u8>, PrintError> {
        let mut writer = MotionWriter::new(Vec::new(), self.step_ms, self.begins_ms)?;
        for frame in &self.frames {
            writer.push(frame)?;
        }
        writer.finish()
    }
}

/// Reads one frame after another.
pub struct MotionReader<R> {
    from: Unsqueezed<R>,
    /// Milliseconds from one frame to the next.
    pub step_ms: u32,
    /// Milliseconds from the beginning of the film to the first frame.
    pub begins_ms: u32,
    halves: Small,
    frame: Small,
}

impl<R: BufRead> MotionReader<R> {
    /// Reads what stands before the first frame.
    ///
    /// # Errors
    /// Any [`PrintError`].
    pub fn new(untrusted: R) -> Result<Self, PrintError> {
        let mut from = Unsqueezed::new(untrusted, NAME, MOST)?;
        let mut head = [[0; 4]; 2];
        from.exactly(head.as_flattened_mut())?;
        let [step_ms, begins_ms] = head.map(u32::from_le_bytes);
        if step_ms == 0 {
            return Err(PrintError::Damaged("a motion without steps"));
        }
        Ok(MotionReader { from, step_ms, begins_ms, halves: BLACK, frame: BLACK })
    }

    /// The next frame; none where the motion ends.
    ///
    /// # Errors
    /// Any [`PrintError`].
    pub fn next_frame(&mut self) -> Result<Option<&Small>, PrintError> {
        if !self.from.all_or_none(&mut self.frame)? {
            self.from.ends_here()?;
            return Ok(None);
        }
        for (half, value) in self.halves.iter_mut().zip(&mut self.frame) {
            *half = half.wrapping_add(*value);
            *value = half.checked_mul(2).ok_or(PrintError::Damaged("brighter than white"))?;
        }
        Ok(Some(&self.frame))
    }
}

/// Writes one frame after another.
pub struct MotionWriter<W: Write> {
    to: DeflateEncoder<W>,
    before: Small,
    left: u64,
}

impl<W: Write> MotionWriter<W> {
    /// Begins with the milliseconds between two frames, and those before the first.
    ///
    /// # Errors
    /// The steps are nothing, or nothing can be written.
    pub fn new(to: W, step_ms: u32, begins_ms: u32) -> Result<Self, PrintError> {
        if step_ms == 0 {
            return Err(PrintError::Damaged("a motion without steps"));
        }
        let mut to = squeezing(to, NAME)?;
        to.write_all([step_ms, begins_ms].map(u32::to_le_bytes).as_flattened())?;
        Ok(MotionWriter { to, before: BLACK, left: MOST - HEAD })
    }

    /// Adds a frame; the lowest bit of each value is left out.
    ///
    /// # Errors
    /// There are more than may be, or nothing can be written.
    pub fn push(&mut self, frame: &Small) -> Result<(), PrintError> {
        self.left = self.left.checked_sub(frame.len() as u64).ok_or(PrintError::TooLarge)?;
        let halves = frame.map(|value| value / 2);
        let mut change = halves;
        change.iter_mut().zip(&self.before).for_each(|(now, before)| *now = now.wrapping_sub(*before));
        self.before = halves;
        Ok(self.to.write_all(&change)?)
    }

    /// Ends it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> Result<W, PrintError> {
        Ok(self.to.finish()?)
    }
}
