//! Many connections on one thread: waits, reads, and hands the bytes to the work of a row.

use std::io;
use std::mem;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};

use crate::fault::Fault;
use crate::link::Link;
use crate::process::Server;

/// What a row does with what arrives.
pub trait Work {
    /// Takes what it can of `bytes` and says how much; the rest comes again with what follows it.
    ///
    /// # Errors
    /// What a right server never sends.
    fn received(&mut self, index: usize, link: &mut Link, bytes: &[u8]) -> Result<usize, Fault>;

    /// The stream has ended.
    ///
    /// # Errors
    /// [`Fault::Closed`], unless it may.
    fn ended(&mut self, index: usize, link: &mut Link) -> Result<(), Fault> {
        link.close();
        Err(Fault::Closed { connection: index })
    }

    /// Does what is due by the clock and says when to ask again.
    ///
    /// # Errors
    /// What went wrong in doing it.
    fn tick(&mut self, _links: &mut [Link], _now: Instant) -> Result<Option<Instant>, Fault> {
        Ok(None)
    }
}

/// The connections and what they share.
#[derive(Debug)]
pub struct Fleet {
    epoll: Rc<Epoll>,
    /// All of them, by index.
    pub links: Vec<Link>,
    scratch: Vec<u8>,
    events: Vec<EpollEvent>,
    opened: u32,
}

impl Fleet {
    /// No connections yet.
    ///
    /// # Errors
    /// The system's, if it has no descriptor left.
    pub fn new() -> io::Result<Self> {
        Ok(Self {
            epoll: Rc::new(Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?),
            links: Vec::new(),
            scratch: vec![0; 256 * 1024],
            events: vec![EpollEvent::empty(); 1024],
            opened: 0,
        })
    }

    /// One more TCP connection; its index.
    ///
    /// # Errors
    /// The system's, if it does not connect.
    pub fn open(&mut self, server: &Server) -> io::Result<usize> {
        let index = self.links.len();
        // A thousand to an address, so that ten thousand and what is left of an earlier run fit.
        self.opened += 1;
        self.links.push(Link::open(
            index,
            &self.epoll,
            server.address,
            self.opened / 1000,
        )?);
        Ok(index)
    }

    /// Waits at most `timeout`, then handles whatever has come.
    ///
    /// # Errors
    /// What the work found in it.
    pub fn turn(&mut self, work: &mut impl Work, timeout: Duration) -> Result<(), Fault> {
        let due = work.tick(&mut self.links, Instant::now())?;
        let until_due = due.map_or(timeout, |due| due.saturating_duration_since(Instant::now()));
        let wait = timeout.min(until_due).as_micros().div_ceil(1000);
        let wait = EpollTimeout::from(wait.min(1000) as u16);
        let count = match self.epoll.wait(&mut self.events, wait) {
            Ok(count) => count,
            Err(nix::Error::EINTR) => 0,
            Err(error) => return Err(error.into()),
        };
        for event in &self.events[..count] {
            let index = event.data() as usize;
            let link = &mut self.links[index];
            if event.events().contains(EpollFlags::EPOLLOUT) {
                link.flush()?;
            }
            if event
                .events()
                .intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR)
            {
                read(index, link, &mut self.scratch, work)?;
            }
        }
        Ok(())
    }

    /// Turns until `done` says so.
    ///
    /// # Errors
    /// [`Fault::Stalled`] if it has not said so within `limit`.
    pub fn turn_until<W: Work>(
        &mut self,
        work: &mut W,
        limit: Duration,
        mut done: impl FnMut(&W) -> bool,
        owed: impl FnOnce(&W) -> String,
    ) -> Result<(), Fault> {
        let end = Instant::now() + limit;
        while !done(work) {
            if Instant::now() >= end {
                return Err(Fault::Stalled { owed: owed(work) });
            }
            self.turn(work, Duration::from_millis(10))?;
        }
        Ok(())
    }

    /// Turns for a time.
    ///
    /// # Errors
    /// What the work found.
    pub fn turn_for(&mut self, work: &mut impl Work, span: Duration) -> Result<(), Fault> {
        let end = Instant::now() + span;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            self.turn(work, left)?;
        }
    }
}

fn read(
    index: usize,
    link: &mut Link,
    scratch: &mut [u8],
    work: &mut impl Work,
) -> Result<(), Fault> {
    let len = match link.receive(scratch)? {
        None => return Ok(()),
        Some(0) => return work.ended(index, link),
        Some(len) => len,
    };
    let unsealed = link.unseal(&scratch[..len])?;
    let received = unsealed.as_deref().unwrap_or(&scratch[..len]);
    if link.tail.is_empty() {
        let taken = work.received(index, link, received)?;
        // Whoever closed or replaced the stream wants nothing of the old one.
        if taken < received.len() {
            link.tail.extend_from_slice(&received[taken..]);
        }
    } else {
        let mut bytes = mem::take(&mut link.tail);
        bytes.extend_from_slice(received);
        let taken = work.received(index, link, &bytes)?;
        bytes.drain(..taken);
        link.tail = bytes;
    }
    Ok(())
}
