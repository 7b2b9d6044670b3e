//! What sandbox and keeper say to each other: one JSON text a message, with the descriptors that belong to it.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::level::{Facts, Level, Refused};
use crate::outcome::{Ended, Used};
use crate::tool::{Limits, Tool};

/// What the sandbox wants.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// The first message: put yourself into this level, for these tools.
    Begin { level: Level, tools: Vec<Tool> },
    /// Run a tool, by its place among the tools. Beside it: standard output, standard error, and the file where it is
    /// held in memory.
    Run { tool: usize, arguments: Vec<String>, limits: Limits, served: Option<u64> },
    /// End the run that is going on.
    Kill,
}

/// What the keeper answers.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The level holds.
    Ready(Facts),
    /// It does not, and the keeper is gone; or a run was not begun.
    Refused(Refused),
    /// A run began. Beside it: where the file's bytes are asked for, if they are served, then the output folder, if
    /// there is one.
    Began,
    /// The run is over, and no process of it is left.
    Over(Over),
}

/// How a run ended, as the keeper saw it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Over {
    pub ended: Ended,
    pub used: Used,
}

/// The longest message. The kernel's buffers hold more than that in one piece.
const LONGEST: usize = 128 << 10;
const MOST_DESCRIPTORS: usize = 3;

/// Sends one message.
pub(crate) fn send(
    socket: BorrowedFd<'_>,
    message: &impl Serialize,
    beside: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    if text.len() > LONGEST || beside.len() > MOST_DESCRIPTORS {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut room);
    if !beside.is_empty() && !control.push(SendAncillaryMessage::ScmRights(beside)) {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let sent = retry(|| sendmsg(socket, &[IoSlice::new(&text)], &mut control, SendFlags::NOSIGNAL))?;
    if sent == text.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Receives one message; `None` where the other side is gone.
pub(crate) fn receive<M: DeserializeOwned>(socket: BorrowedFd<'_>) -> io::Result<Option<(M, Vec<OwnedFd>)>> {
    let mut text = vec![0; LONGEST];
    let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MOST_DESCRIPTORS))];
    let mut control = RecvAncillaryBuffer::new(&mut room);
    let got =
        retry(|| recvmsg(socket, &mut [IoSliceMut::new(&mut text)], &mut control, RecvFlags::CMSG_CLOEXEC))?;
    if got.bytes == 0 {
        return Ok(None);
    }
    if got.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let beside = control.drain().flat_map(|message| match message {
        RecvAncillaryMessage::ScmRights(descriptors) => descriptors.collect::<Vec<OwnedFd>>(),
        _ => Vec::new(),
    });
    let beside = beside.collect();
    let message = serde_json::from_slice(text.get(..got.bytes).unwrap_or_default())?;
    Ok(Some((message, beside)))
}

fn retry<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    loop {
        match call() {
            Err(rustix::io::Errno::INTR) => {}
            other => return other,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd as _;

    use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

    use super::*;

    fn pair() -> (OwnedFd, OwnedFd) {
        socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap()
    }

    #[test]
    fn a_message_arrives_with_its_descriptors() {
        let (here, there) = pair();
        send(here.as_fd(), &Order::Kill, &[here.as_fd(), there.as_fd()]).unwrap();
        let (order, beside) = receive::<Order>(there.as_fd()).unwrap().unwrap();
        assert!(matches!(order, Order::Kill));
        assert_eq!(beside.len(), 2);
    }

    #[test]
    fn the_longest_message_arrives_and_a_longer_one_is_not_sent() {
        let (here, there) = pair();
        let longest = "x".repeat(LONGEST - 2);
        send(here.as_fd(), &longest, &[]).unwrap();
        assert_eq!(receive::<String>(there.as_fd()).unwrap().unwrap().0, longest);
        assert!(send(here.as_fd(), &format!("{longest}x"), &[]).is_err());
    }

    #[test]
    fn an_end_is_told_from_a_message() {
        let (here, there) = pair();
        drop(here);
        assert!(receive::<Order>(there.as_fd()).unwrap().is_none());
    }
}
