//! One run, seen from outside: takes its output, serves its file, and ends it when it goes too far.

use std::io::{self, Write};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::fuse::Served;
use crate::level::Refused;
use crate::outcome::Ended;
use crate::wire::{Answer, Order, Over, receive, send};

/// How much of standard error is kept.
const COMPLAINTS: usize = 64 << 10;
/// How much is read at once.
const PIECE: usize = 256 << 10;
/// How long the keeper may take to end a run that it was told to end. It needs a moment; a process in the middle of a
/// device's work can need longer.
const GRACE: Duration = Duration::from_secs(20);

/// The ends of a run that stay outside.
pub(crate) struct Running<'a> {
    pub keeper: BorrowedFd<'a>,
    pub output: OwnedFd,
    pub complaints: OwnedFd,
    pub served: Option<Served>,
    pub wall: Duration,
    pub most: u64,
    /// Whether the file could not be read where it was asked for.
    pub unread: bool,
}

/// What came of it.
pub(crate) struct Watched {
    pub over: Over,
    pub untrusted_complaints: Vec<u8>,
    pub unread: bool,
}

/// Why nothing came of it.
pub(crate) enum Lost {
    Refused(Refused),
    Keeper(io::Error),
    Sink(io::Error),
}

impl From<io::Error> for Lost {
    fn from(error: io::Error) -> Self {
        Lost::Keeper(error)
    }
}

impl From<Errno> for Lost {
    fn from(error: Errno) -> Self {
        Lost::Keeper(error.into())
    }
}

/// Why a run was ended from outside.
enum Stopped {
    Time,
    Output,
    Sink(io::Error),
}

impl Running<'_> {
    /// Sees the run through. When this returns, no process of it is left, or the keeper is to be ended.
    pub fn watch(mut self, sink: &mut dyn Write) -> Result<Watched, Lost> {
        let mut deadline = Instant::now() + self.wall;
        let mut buffer = vec![0; PIECE];
        let mut complaints = Vec::new();
        let (mut taken, mut stopped, mut over) = (0u64, None, None);
        let (mut output_open, mut complaints_open) = (true, true);
        // The keeper's word comes when all processes are gone, but what they wrote may still lie in the pipes.
        while over.is_none() || output_open || complaints_open {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                if stopped.is_some() || over.is_some() {
                    return Err(Lost::Keeper(io::ErrorKind::TimedOut.into()));
                }
                self.stop()?;
                (stopped, deadline) = (Some(Stopped::Time), Instant::now() + GRACE);
                continue;
            }
            let ready = self.wait(left, (over.is_none(), output_open, complaints_open))?;
            if ready.asked {
                self.answer();
            }
            if ready.output {
                let got = read(&self.output, &mut buffer)?;
                output_open = got.is_some_and(|bytes| !bytes.is_empty()) || got.is_none();
                let bytes = got.unwrap_or_default();
                let room = self.most - taken;
                let fits = bytes.len().min(usize::try_from(room).unwrap_or(usize::MAX));
                taken += fits as u64;
                let kept = if stopped.is_none() { bytes.get(..fits).unwrap_or_default() } else { &[] };
                let failed = sink.write_all(kept).err().map(Stopped::Sink);
                let flooded = (fits < bytes.len()).then_some(Stopped::Output);
                if let (None, Some(why)) = (&stopped, failed.or(flooded)) {
                    self.stop()?;
                    (stopped, deadline) = (Some(why), Instant::now() + GRACE);
                }
            }
            if ready.complaints {
                let got = read(&self.complaints, &mut buffer)?;
                complaints_open = got.is_some_and(|bytes| !bytes.is_empty()) || got.is_none();
                let bytes = got.unwrap_or_default();
                let fits = bytes.len().min(COMPLAINTS - complaints.len());
                complaints.extend_from_slice(bytes.get(..fits).unwrap_or_default());
            }
            if ready.said {
                match receive::<Answer>(self.keeper)? {
                    Some((Answer::Over(said), _)) => over = Some(said),
                    Some((Answer::Refused(refused), _)) => return Err(Lost::Refused(refused)),
                    Some(_) => return Err(Lost::Keeper(io::ErrorKind::InvalidData.into())),
                    None => return Err(Lost::Keeper(io::ErrorKind::UnexpectedEof.into())),
                }
            }
        }
        let Some(mut over) = over else { return Err(Lost::Keeper(io::ErrorKind::UnexpectedEof.into())) };
        match stopped {
            Some(Stopped::Sink(error)) => return Err(Lost::Sink(error)),
            Some(Stopped::Time) => over.ended = Ended::OutOfTime,
            Some(Stopped::Output) => over.ended = Ended::TooMuchOutput,
            None => {}
        }
        self.let_go();
        Ok(Watched { over, untrusted_complaints: complaints, unread: self.unread })
    }

    /// Answers one question about the file.
    fn answer(&mut self) {
        match self.served.as_mut().map(Served::answer) {
            Some(Ok(true)) => {}
            Some(Err(_)) => {
                self.unread = true;
                self.let_go();
            }
            _ => self.let_go(),
        }
    }

    /// Serves the file no longer, and remembers how that went.
    fn let_go(&mut self) {
        self.unread |= self.served.take().is_some_and(|served| served.failed());
    }

    /// Tells the keeper to end the run. Whoever waits for the file's bytes is let go first, or could not be ended.
    fn stop(&mut self) -> io::Result<()> {
        self.let_go();
        send(self.keeper, &Order::Kill, &[])
    }

    fn wait(&self, left: Duration, wanted: (bool, bool, bool)) -> Result<Ready, Errno> {
        let (said, output, complaints) = wanted;
        let served = self.served.as_ref().map(|served| served.as_fd());
        let watched = [
            said.then_some(self.keeper),
            output.then_some(self.output.as_fd()),
            complaints.then_some(self.complaints.as_fd()),
            served,
        ];
        let mut list: Vec<PollFd<'_>> =
            watched.into_iter().flatten().map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)).collect();
        let timeout = Timespec::try_from(left).map_err(|_| Errno::INVAL)?;
        match poll(&mut list, Some(&timeout)) {
            Ok(_) => {}
            Err(Errno::INTR) => list.clear(),
            Err(error) => return Err(error),
        }
        let mut found = list.iter().map(|one| !one.revents().is_empty());
        let mut next = |asked: bool| asked && found.next().unwrap_or(false);
        Ok(Ready {
            said: next(said),
            output: next(output),
            complaints: next(complaints),
            asked: next(served.is_some()),
        })
    }
}

/// Who has something for us.
struct Ready {
    said: bool,
    output: bool,
    complaints: bool,
    asked: bool,
}

/// What is there; nothing at the end, `None` where a signal came between.
fn read<'b>(pipe: &OwnedFd, buffer: &'b mut [u8]) -> Result<Option<&'b [u8]>, Errno> {
    match rustix::io::read(pipe, &mut buffer[..]) {
        Ok(got) => Ok(buffer.get(..got)),
        Err(Errno::INTR) => Ok(None),
        Err(error) => Err(error),
    }
}
