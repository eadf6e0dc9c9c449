//! One connection to the server under test: bytes in, bytes out, nothing else.

use std::fmt;
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

/// What stands between the bytes of a row and those on the wire, such as TLS.
pub trait Layer: fmt::Debug {
    /// Appends to `wire` what carries `plain`, and whatever else is due, which may be all there is.
    ///
    /// # Errors
    /// The layer's.
    fn seal(&mut self, plain: &[u8], wire: &mut Vec<u8>) -> io::Result<()>;

    /// Appends to `plain` what came with `wire`.
    ///
    /// # Errors
    /// The layer's.
    fn unseal(&mut self, wire: &[u8], plain: &mut Vec<u8>) -> io::Result<()>;
}

/// A connected stream, registered for reading under its index.
#[derive(Debug)]
pub struct Link {
    index: usize,
    socket: Option<OwnedFd>,
    epoll: Rc<Epoll>,
    /// What the last read left of an unfinished message.
    pub(super) tail: Vec<u8>,
    outbox: Vec<u8>,
    layer: Option<Box<dyn Layer>>,
}

impl Link {
    /// Connects, from one of this machine's addresses that `turn` chooses.
    ///
    /// # Errors
    /// The system's.
    pub fn open(index: usize, epoll: &Rc<Epoll>, to: SocketAddrV4, turn: u32) -> io::Result<Self> {
        let mut link = Self {
            index,
            socket: None,
            epoll: Rc::clone(epoll),
            tail: Vec::new(),
            outbox: Vec::new(),
            layer: None,
        };
        link.reopen(to, turn)?;
        Ok(link)
    }

    /// Drops the stream, if there is one, and connects a new one.
    ///
    /// # Errors
    /// The system's.
    pub fn reopen(&mut self, to: SocketAddrV4, turn: u32) -> io::Result<()> {
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

    /// Drops the stream and what was not yet sent or handled.
    pub fn close(&mut self) {
        self.socket = None;
        self.layer = None;
        self.tail = Vec::new();
        self.outbox = Vec::new();
    }

    /// Stops reading, as a client that hangs does: its window fills and stays full.
    ///
    /// # Errors
    /// The system's.
    pub fn pause(&mut self) -> io::Result<()> {
        if let Some(fd) = &self.socket {
            self.epoll.delete(fd)?;
        }
        Ok(())
    }

    /// Reads again.
    ///
    /// # Errors
    /// The system's.
    pub fn resume(&mut self) -> io::Result<()> {
        if let Some(fd) = &self.socket {
            self.epoll
                .add(fd, EpollEvent::new(EpollFlags::EPOLLIN, self.index as u64))?;
        }
        Ok(())
    }

    /// From here on all bytes pass through `layer`, which may begin by sending some of its own.
    ///
    /// # Errors
    /// The system's, or the layer's.
    pub fn wrap(&mut self, layer: Box<dyn Layer>) -> io::Result<()> {
        self.layer = Some(layer);
        self.send(&[])
    }

    /// Writes now; what the kernel does not take follows when it does.
    ///
    /// # Errors
    /// The system's.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(layer) = &mut self.layer else {
            return self.put(bytes);
        };
        let mut wire = Vec::new();
        layer.seal(bytes, &mut wire)?;
        self.put(&wire)
    }

    /// What the layer makes of bytes from the wire; `None` without one.
    pub(super) fn unseal(&mut self, wire: &[u8]) -> io::Result<Option<Vec<u8>>> {
        let Some(layer) = &mut self.layer else {
            return Ok(None);
        };
        let mut plain = Vec::new();
        layer.unseal(wire, &mut plain)?;
        self.send(&[])?;
        Ok(Some(plain))
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
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
