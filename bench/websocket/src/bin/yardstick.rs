//! The yardstick: what the kernel and the decoder alone cost. A bare epoll loop with one read buffer and one write a
//! read batch. It is no server for the world: it takes any first request for an upgrade with the bench's own key.

#![cfg_attr(
    target_os = "linux",
    expect(
        clippy::print_stdout,
        reason = "the contract of the bench servers: the address on stdout"
    )
)]

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    linux::serve()
}

#[cfg(not(target_os = "linux"))]
fn main() {}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{self, ErrorKind, IoSlice, Read, Write};
    use std::mem;
    use std::net::{TcpListener, TcpStream};

    use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
    use sockeye_bench::script::ACCEPT;
    use sockeye_websocket::{Decoder, Event, Limits, Opcode, Role, frame};

    const LISTENER: u64 = u64::MAX;
    const READ_BUFFER: usize = 512 * 1024;
    /// From here on a payload is written from where it lies.
    const UNCOPIED: usize = 16 * 1024;

    /// An upgraded stream, or one that will be with its first bytes.
    struct Connection {
        stream: TcpStream,
        decoder: Option<Decoder>,
        /// What the kernel did not take; nothing is read until it has.
        unsent: Vec<u8>,
    }

    struct Yardstick {
        epoll: Epoll,
        connections: Vec<Option<Connection>>,
        free: Vec<usize>,
        read: Vec<u8>,
        out: Vec<u8>,
        /// Whatever one says goes to all.
        hub: bool,
    }

    pub(super) fn serve() -> io::Result<()> {
        let listen = std::env::args().skip_while(|arg| arg != "--listen").nth(1);
        let listener = TcpListener::bind(listen.as_deref().unwrap_or("127.0.0.1:0"))?;
        listener.set_nonblocking(true)?;
        println!("listening on {}", listener.local_addr()?);
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
        let mut yardstick = Yardstick {
            epoll,
            connections: Vec::new(),
            free: Vec::new(),
            read: vec![0; READ_BUFFER],
            out: Vec::new(),
            hub: std::env::args().any(|arg| arg == "--hub"),
        };
        let mut events = vec![EpollEvent::empty(); 1024];
        loop {
            let count = yardstick.epoll.wait(&mut events, EpollTimeout::NONE)?;
            for event in &events[..count] {
                if event.data() == LISTENER {
                    yardstick.accept(&listener)?;
                } else {
                    yardstick.turn(event.data() as usize)?;
                }
            }
        }
    }

    impl Yardstick {
        fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
            loop {
                let stream = match listener.accept() {
                    Ok((stream, _)) => stream,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                    Err(error) => return Err(error),
                };
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
                let index = self.free.pop().unwrap_or(self.connections.len());
                let interest = EpollEvent::new(EpollFlags::EPOLLIN, index as u64);
                self.epoll.add(&stream, interest)?;
                let connection = Some(Connection {
                    stream,
                    decoder: None,
                    unsent: Vec::new(),
                });
                match self.connections.get_mut(index) {
                    Some(slot) => *slot = connection,
                    None => self.connections.push(connection),
                }
            }
        }

        /// One event of one connection, which ends with whatever goes wrong on it.
        fn turn(&mut self, index: usize) -> io::Result<()> {
            let Some(connection) = self.connections[index].as_mut() else {
                return Ok(());
            };
            let was_blocked = !connection.unsent.is_empty();
            let alive = if was_blocked {
                let unsent = mem::take(&mut connection.unsent);
                connection.write(&unsent, &[])
            } else {
                connection.answer(&mut self.read, &mut self.out, self.hub)
            };
            if !matches!(alive, Ok(true)) {
                self.connections[index] = None;
                self.free.push(index);
                return Ok(());
            }
            connection.watch(&self.epoll, index, was_blocked)?;
            if self.hub && !self.out.is_empty() {
                self.tell_all()?;
            }
            Ok(())
        }

        fn tell_all(&mut self) -> io::Result<()> {
            for (index, slot) in self.connections.iter_mut().enumerate() {
                let Some(connection) = slot else { continue };
                let was_blocked = !connection.unsent.is_empty();
                // A broken one ends with its own next event.
                if connection.write(&self.out, &[]).is_ok() {
                    connection.watch(&self.epoll, index, was_blocked)?;
                }
            }
            self.out.clear();
            Ok(())
        }
    }

    impl Connection {
        /// Reads once and writes the answers; a hub leaves them in `out`. `false` at the end of the stream.
        fn answer(&mut self, read: &mut [u8], out: &mut Vec<u8>, hub: bool) -> io::Result<bool> {
            out.clear();
            let len = match self.stream.read(read) {
                Ok(0) => return Ok(false),
                Ok(len) => len,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            };
            let Some(mut decoder) = self.decoder.take() else {
                self.decoder = Some(Decoder::new(Role::Server, Limits::default()));
                let response = format!(
                    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n"
                );
                return self.write(response.as_bytes(), &[]);
            };
            let mut feed = decoder.feed(&mut read[..len]);
            while let Some(event) = feed.next() {
                let (opcode, payload) = match event {
                    Ok(Event::Text(text)) => (Opcode::Text, text.as_bytes()),
                    Ok(Event::Binary(bytes)) => (Opcode::Binary, bytes),
                    Ok(Event::Ping(payload)) => (Opcode::Pong, payload),
                    Ok(_) => continue,
                    Err(error) => return Err(io::Error::other(error)),
                };
                if payload.len() < UNCOPIED || hub {
                    frame::append(out, opcode, payload);
                } else {
                    frame::append_header(out, opcode, payload.len());
                    self.write(out, payload)?;
                    out.clear();
                }
            }
            self.decoder = Some(decoder);
            if hub || out.is_empty() {
                return Ok(true);
            }
            self.write(out, &[])
        }

        /// Writes both parts, or keeps what is not taken.
        fn write(&mut self, head: &[u8], body: &[u8]) -> io::Result<bool> {
            let mut taken = 0;
            if self.unsent.is_empty() {
                let written = if body.is_empty() {
                    self.stream.write(head)
                } else {
                    self.stream
                        .write_vectored(&[IoSlice::new(head), IoSlice::new(body)])
                };
                taken = match written {
                    Ok(taken) => taken,
                    Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                    Err(error) => return Err(error),
                };
            }
            for part in [head, body] {
                self.unsent
                    .extend_from_slice(&part[taken.min(part.len())..]);
                taken = taken.saturating_sub(part.len());
            }
            Ok(true)
        }

        fn watch(&self, epoll: &Epoll, index: usize, was_blocked: bool) -> io::Result<()> {
            let flags = match (was_blocked, !self.unsent.is_empty()) {
                (false, true) => EpollFlags::EPOLLOUT,
                (true, false) => EpollFlags::EPOLLIN,
                _ => return Ok(()),
            };
            let mut interest = EpollEvent::new(flags, index as u64);
            epoll.modify(&self.stream, &mut interest)?;
            Ok(())
        }
    }
}
