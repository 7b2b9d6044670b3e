//! Seals and writes one object after the other on a second core, while the first reads and hashes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use vidimus_model::ObjectPlace;
use vidimus_seal::Entropy;
use vidimus_seal::age::{CHUNK, Encryptor, HeaderPin, Recipient, TAG};
use vidimus_vault::{ObjectName, ObjectWriter, PutError, Vault};

/// Chunks of the object format in one buffer.
const CHUNKS: usize = 16;
/// Plain bytes that one buffer takes.
pub const BUFFER: usize = CHUNKS * CHUNK;
/// One chunk and room for its tag.
const SLOT: usize = CHUNK + TAG;
/// Buffers in flight: enough for both sides to be busy, and 5 MB in all.
const BUFFERS: usize = 5;

/// Plain bytes on their way to the sealer: chunks with gaps in which their tags will stand.
pub struct Buffer {
    bytes: Vec<u8>,
    /// Plain bytes in it.
    len: usize,
}

impl Buffer {
    fn new() -> Self {
        Self { bytes: vec![0; CHUNKS * SLOT], len: 0 }
    }

    /// Fills it from `read`, which answers 0 at the end; returns how many plain bytes it now has.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn fill(
        &mut self,
        mut read: impl FnMut(&mut [u8]) -> std::io::Result<usize>,
    ) -> std::io::Result<usize> {
        self.len = 0;
        for slot in self.bytes.chunks_mut(SLOT) {
            let mut at = 0;
            while at < CHUNK {
                match read(&mut slot[at..CHUNK])? {
                    0 => return Ok(self.len),
                    n => {
                        at += n;
                        self.len += n;
                    }
                }
            }
        }
        Ok(self.len)
    }

    /// The plain bytes, chunk by chunk.
    pub fn chunks(&self) -> impl Iterator<Item = &[u8]> {
        self.bytes.chunks(SLOT).zip(lengths(self.len)).map(|(slot, len)| &slot[..len])
    }

    fn is_full(&self) -> bool {
        self.len == CHUNKS * CHUNK
    }
}

/// The lengths of the chunks that `len` plain bytes fill.
fn lengths(len: usize) -> impl Iterator<Item = usize> {
    (0..len.div_ceil(CHUNK)).map(move |chunk| (len - chunk * CHUNK).min(CHUNK))
}

enum Job {
    Begin { expected: u64 },
    Bytes { buffer: Buffer, last: bool },
    Abandon { buffer: Buffer },
}

/// Why an object was not sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The vault did not take it.
    #[error(transparent)]
    Put(#[from] PutError),
    /// The sealing thread is gone; it must have failed.
    #[error("the sealing thread ended")]
    Gone,
}

/// The second core.
pub struct Sealer {
    jobs: SyncSender<Job>,
    empty: Receiver<Buffer>,
    done: Receiver<Result<ObjectPlace, SealError>>,
    failed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Sealer {
    /// Starts sealing for one accession's recipient.
    pub fn start(vault: Arc<dyn Vault>, recipient: Recipient, entropy: Entropy) -> Self {
        let (jobs, jobs_in) = sync_channel(BUFFERS);
        let (empty_out, empty) = sync_channel(BUFFERS);
        let (done_out, done) = sync_channel(1);
        for _ in 0..BUFFERS {
            empty_out.send(Buffer::new()).expect("the other end is held here");
        }
        let failed = Arc::new(AtomicBool::new(false));
        let has_failed = Arc::clone(&failed);
        let thread = thread::spawn(move || {
            let mut bench = Bench { vault: &*vault, recipient, entropy, failed: &has_failed };
            bench.work(&jobs_in, &empty_out, &done_out);
        });
        Self { jobs, empty, done, failed, thread: Some(thread) }
    }

    /// Has the object under way failed already? Then reading on is in vain: push a last buffer and ask [`Sealer::finish`] why.
    pub fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    /// Begins an object of about `expected` plain bytes.
    pub fn begin(&self, expected: u64) -> Result<(), SealError> {
        self.failed.store(false, Ordering::Relaxed);
        self.jobs.send(Job::Begin { expected }).map_err(|_| SealError::Gone)
    }

    /// An empty buffer; waits for one.
    pub fn buffer(&self) -> Result<Buffer, SealError> {
        self.empty.recv().map_err(|_| SealError::Gone)
    }

    /// Hands a filled buffer over. All but the last must be full.
    pub fn push(&self, buffer: Buffer, last: bool) -> Result<(), SealError> {
        debug_assert!(last || buffer.is_full(), "only the last buffer may be short");
        self.jobs.send(Job::Bytes { buffer, last }).map_err(|_| SealError::Gone)
    }

    /// Waits for the object whose last buffer was pushed. It is durable only after the vault's barrier.
    pub fn finish(&self) -> Result<ObjectPlace, SealError> {
        self.done.recv().map_err(|_| SealError::Gone)?
    }

    /// Gives up the object that was begun, and the buffer that could not be filled; nothing of it stays.
    pub fn abandon(&self, buffer: Buffer) -> Result<(), SealError> {
        self.jobs.send(Job::Abandon { buffer }).map_err(|_| SealError::Gone)
    }

    /// Seals bytes that are in memory.
    pub fn seal(&self, mut bytes: &[u8]) -> Result<ObjectPlace, SealError> {
        self.begin(bytes.len() as u64)?;
        loop {
            let mut buffer = self.buffer()?;
            let read = |into: &mut [u8]| {
                let n = bytes.len().min(into.len());
                into[..n].copy_from_slice(&bytes[..n]);
                bytes = &bytes[n..];
                Ok(n)
            };
            if buffer.fill(read).is_err() {
                return Err(SealError::Gone);
            }
            let last = bytes.is_empty();
            self.push(buffer, last)?;
            if last {
                return self.finish();
            }
        }
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        let (closed, _) = sync_channel(0);
        self.jobs = closed;
        if let Some(thread) = self.thread.take() {
            // It may wait to give a buffer back or to answer: take what comes until it ends.
            while !thread.is_finished() {
                let _ = self.empty.try_recv();
                let _ = self.done.try_recv();
                thread::yield_now();
            }
            let _ = thread.join();
        }
    }
}

/// What the sealing thread works with.
struct Bench<'a> {
    vault: &'a dyn Vault,
    recipient: Recipient,
    entropy: Entropy,
    failed: &'a AtomicBool,
}

/// An object under way.
struct Open<'a> {
    name: ObjectName,
    writer: Box<dyn ObjectWriter + 'a>,
    encryptor: Encryptor,
    pin: HeaderPin,
    /// Bytes written so far.
    size: u64,
    /// A chunk was written.
    begun: bool,
}

impl<'a> Bench<'a> {
    fn work(
        &mut self,
        jobs: &Receiver<Job>,
        empty: &SyncSender<Buffer>,
        done: &SyncSender<Result<ObjectPlace, SealError>>,
    ) {
        let mut open: Option<Result<Open<'a>, SealError>> = None;
        while let Ok(job) = jobs.recv() {
            match job {
                Job::Begin { expected } => {
                    open = Some(self.begin(expected));
                    self.failed.store(matches!(open, Some(Err(_))), Ordering::Relaxed);
                }
                Job::Bytes { mut buffer, last } => {
                    if let Some(Ok(object)) = &mut open
                        && let Err(e) = object.write(&mut buffer, last)
                    {
                        open = Some(Err(e));
                        self.failed.store(true, Ordering::Relaxed);
                    }
                    if last {
                        let answer = open.take().unwrap_or(Err(SealError::Gone)).and_then(Open::finish);
                        if done.send(answer).is_err() {
                            return;
                        }
                    }
                    if empty.send(buffer).is_err() {
                        return;
                    }
                }
                Job::Abandon { buffer } => {
                    open = None;
                    if empty.send(buffer).is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn begin(&mut self, expected: u64) -> Result<Open<'a>, SealError> {
        let name = ObjectName::from_bytes(self.entropy.bytes());
        let mut writer = self.vault.put(&name)?;
        let (header, encryptor) = Encryptor::new(&[self.recipient], &mut self.entropy)
            .expect("one recipient is neither none nor too many");
        let tags = expected.div_ceil(CHUNK as u64).max(1).saturating_mul(TAG as u64);
        writer.reserve(expected.saturating_add(tags).saturating_add(header.bytes.len() as u64))?;
        writer.write_all(&header.bytes)?;
        Ok(Open { name, writer, encryptor, pin: header.pin, size: header.bytes.len() as u64, begun: false })
    }
}

impl Open<'_> {
    /// Seals the chunks where they lie, and writes each while it is still in the processor's nearest cache.
    fn write(&mut self, buffer: &mut Buffer, last: bool) -> Result<(), SealError> {
        // An empty file is one empty chunk.
        let count = buffer.len.div_ceil(CHUNK).max(usize::from(last && !self.begun));
        for chunk in 0..count {
            let len = buffer.len.saturating_sub(chunk * CHUNK).min(CHUNK);
            let slot = &mut buffer.bytes[chunk * SLOT..chunk * SLOT + len + TAG];
            let (plain, tag) = slot.split_at_mut(len);
            let sealed = self
                .encryptor
                .seal_slice(plain, last && chunk + 1 == count)
                .expect("chunks are cut as the format wants them");
            tag.copy_from_slice(&sealed);
            self.writer.write_all(slot)?;
            self.size += slot.len() as u64;
        }
        self.begun |= count > 0;
        Ok(())
    }

    fn finish(self) -> Result<ObjectPlace, SealError> {
        self.writer.finish()?;
        Ok(ObjectPlace {
            name: self.name.to_string(),
            size: self.size,
            header: hex::encode(self.pin.header_sha256),
            offset: None,
            length: None,
        })
    }
}
