//! One connection to the server under test: bytes in, bytes out, nothing else.

use std::io;
use std::net::SocketAddrV4;
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;

use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, SockaddrIn, bind, connect, recv, send, setsockopt,
    socket, sockopt,
};

use crate::process::source;

/// A connected stream, registered for reading under its index.
#[derive(Debug)]
pub(crate) struct Link {
    index: usize,
    socket: Option<OwnedFd>,
    epoll: Rc<Epoll>,
    /// What the last read left of an unfinished message.
    pub(super) tail: Vec<u8>,
    outbox: Vec<u8>,
}

impl Link {
    pub(crate) fn open(
        index: usize,
        epoll: &Rc<Epoll>,
        to: SocketAddrV4,
        turn: u32,
    ) -> io::Result<Self> {
        let mut link = Self {
            index,
            socket: None,
            epoll: Rc::clone(epoll),
            tail: Vec::new(),
            outbox: Vec::new(),
        };
        link.reopen(to, turn)?;
        Ok(link)
    }

    /// Drops the stream, if there is one, and connects a new one.
    pub(crate) fn reopen(&mut self, to: SocketAddrV4, turn: u32) -> io::Result<()> {
        self.close();
        let fd = socket(
            AddressFamily::Inet,
            SockType::Stream,
            SockFlag::SOCK_CLOEXEC,
            None,
        )?;
        // The port is chosen when the peer is known, so that a port serves many peers.
        setsockopt(&fd, sockopt::IpBindAddressNoPort, &true)?;
        setsockopt(&fd, sockopt::TcpNoDelay, &true)?;
        bind(
            fd.as_raw_fd(),
            &SockaddrIn::from(SocketAddrV4::new(source(turn), 0)),
        )?;
        connect(fd.as_raw_fd(), &SockaddrIn::from(to))?;
        self.epoll
            .add(&fd, EpollEvent::new(EpollFlags::EPOLLIN, self.index as u64))?;
        self.socket = Some(fd);
        Ok(())
    }

    pub(crate) fn close(&mut self) {
        self.socket = None;
        self.tail = Vec::new();
        self.outbox = Vec::new();
    }

    /// Stops reading, as a client that hangs does: its window fills and stays full.
    pub(crate) fn pause(&mut self) -> io::Result<()> {
        if let Some(fd) = &self.socket {
            self.epoll.delete(fd)?;
        }
        Ok(())
    }

    /// Reads again.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        if let Some(fd) = &self.socket {
            self.epoll
                .add(fd, EpollEvent::new(EpollFlags::EPOLLIN, self.index as u64))?;
        }
        Ok(())
    }

    /// Writes now; what the kernel does not take follows when it does.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(fd) = &self.socket else {
            return Ok(());
        };
        if !self.outbox.is_empty() {
            self.outbox.extend_from_slice(bytes);
            return Ok(());
        }
        let taken = write(fd, bytes)?;
        if taken < bytes.len() {
            self.outbox.extend_from_slice(&bytes[taken..]);
            self.watch(EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT)?;
        }
        Ok(())
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        let Some(fd) = &self.socket else {
            return Ok(());
        };
        let taken = write(fd, &self.outbox)?;
        self.outbox.drain(..taken);
        if self.outbox.is_empty() {
            self.watch(EpollFlags::EPOLLIN)
        } else {
            Ok(())
        }
    }

    /// Bytes read; `Some(0)` at the end of the stream, however it ended; `None` if there is nothing yet.
    pub(super) fn receive(&self, into: &mut [u8]) -> io::Result<Option<usize>> {
        let Some(fd) = &self.socket else {
            return Ok(None);
        };
        match recv(fd.as_raw_fd(), into, MsgFlags::MSG_DONTWAIT) {
            Ok(len) => Ok(Some(len)),
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(None),
            Err(Errno::ECONNRESET | Errno::EPIPE) => Ok(Some(0)),
            Err(error) => Err(error.into()),
        }
    }

    fn watch(&self, flags: EpollFlags) -> io::Result<()> {
        if let Some(fd) = &self.socket {
            self.epoll
                .modify(fd, &mut EpollEvent::new(flags, self.index as u64))?;
        }
        Ok(())
    }
}

fn write(fd: &OwnedFd, bytes: &[u8]) -> io::Result<usize> {
    match send(
        fd.as_raw_fd(),
        bytes,
        MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL,
    ) {
        Ok(len) => Ok(len),
        Err(Errno::EAGAIN | Errno::EINTR) => Ok(0),
        // The next read tells that the stream has ended.
        Err(Errno::ECONNRESET | Errno::EPIPE) => Ok(bytes.len()),
        Err(error) => Err(error.into()),
    }
}
