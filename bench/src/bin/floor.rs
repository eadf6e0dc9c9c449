//! The floor: what the kernel alone costs. A bare epoll loop that looks at as little as it can and answers from
//! memory. It is no Socket.IO server: it trusts the generator of this crate to say exactly what it always says.

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
    use std::io::{self, Read, Write};
    use std::net::{TcpListener, TcpStream};

    use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
    use sockeye_bench::frame::{self, CLOSE, TEXT};
    use sockeye_bench::ring::Ring;
    use sockeye_bench::script::{self, ACCEPT, Argument};

    const LISTENER: u64 = u64::MAX;

    struct Connection {
        stream: TcpStream,
        stage: Stage,
    }

    #[derive(Clone, Copy)]
    enum Stage {
        Upgrade,
        Connect,
        /// Messages are told apart by what they say.
        Ready,
        /// It has sent one echo and will send nothing else: only bytes are counted from here on.
        Echo {
            argument: usize,
            next: u64,
            partial: usize,
        },
        /// It has asked for one broadcast and will ask for nothing else.
        Broadcast {
            partial: usize,
        },
    }

    struct Echoes {
        request_len: usize,
        answers: Ring,
    }

    struct Floor {
        echoes: Vec<Echoes>,
        broadcast_len: usize,
        deliveries: Ring,
        broadcasts: u64,
        opening: Vec<u8>,
        accepted: Vec<u8>,
        joined: Vec<u8>,
        left: Vec<u8>,
        goodbye: Vec<u8>,
        connections: Vec<Option<Connection>>,
        free: Vec<usize>,
    }

    pub(super) fn serve() -> io::Result<()> {
        let mut args = std::env::args().skip_while(|arg| arg != "--port");
        let port = args.nth(1).and_then(|port| port.parse().ok()).unwrap_or(0);
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        listener.set_nonblocking(true)?;
        println!("listening on {}", listener.local_addr()?);
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(&listener, EpollEvent::new(EpollFlags::EPOLLIN, LISTENER))?;
        let mut floor = Floor::new();
        let mut events = vec![EpollEvent::empty(); 1024];
        let mut scratch = vec![0; 256 * 1024];
        loop {
            let count = epoll.wait(&mut events, EpollTimeout::NONE)?;
            for event in &events[..count] {
                if event.data() == LISTENER {
                    floor.accept(&listener, &epoll)?;
                } else {
                    floor.read(event.data() as usize, &mut scratch)?;
                }
            }
        }
    }

    impl Floor {
        fn new() -> Self {
            let echoes = |argument: Argument| Echoes {
                request_len: argument.requests().message(0).len(),
                answers: argument.answers(),
            };
            let mut opening = format!(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {ACCEPT}\r\n\r\n"
            )
            .into_bytes();
            let handshake = r#"0{"sid":"AAAAAAAAAAAAAAAAAAAA","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
            opening.extend(frame::from_server(TEXT, handshake.as_bytes()));
            Self {
                echoes: Argument::ALL.map(echoes).into(),
                broadcast_len: script::broadcast_requests().message(0).len(),
                deliveries: script::broadcast_deliveries(),
                broadcasts: 0,
                opening,
                accepted: frame::from_server(TEXT, br#"40{"sid":"BBBBBBBBBBBBBBBBBBBB"}"#),
                joined: frame::from_server(TEXT, b"430[]"),
                left: frame::from_server(TEXT, b"431[]"),
                goodbye: frame::from_server(CLOSE, &1000_u16.to_be_bytes()),
                connections: Vec::new(),
                free: Vec::new(),
            }
        }

        fn accept(&mut self, listener: &TcpListener, epoll: &Epoll) -> io::Result<()> {
            loop {
                let stream = match listener.accept() {
                    Ok((stream, _)) => stream,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                    Err(error) => return Err(error),
                };
                stream.set_nonblocking(true)?;
                stream.set_nodelay(true)?;
                let index = self.free.pop().unwrap_or(self.connections.len());
                epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, index as u64))?;
                let connection = Some(Connection {
                    stream,
                    stage: Stage::Upgrade,
                });
                if index == self.connections.len() {
                    self.connections.push(connection);
                } else {
                    self.connections[index] = connection;
                }
            }
        }

        fn read(&mut self, index: usize, scratch: &mut [u8]) -> io::Result<()> {
            let Some(connection) = &mut self.connections[index] else {
                return Ok(());
            };
            let len = match connection.stream.read(scratch) {
                Ok(len) => len,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) => 0,
            };
            if len == 0 {
                self.drop_connection(index);
                return Ok(());
            }
            match connection.stage {
                Stage::Upgrade => {
                    connection.stage = Stage::Connect;
                    connection.stream.write_all(&self.opening)
                }
                Stage::Connect => {
                    connection.stage = Stage::Ready;
                    connection.stream.write_all(&self.accepted)
                }
                Stage::Ready => self.first(index, &scratch[..len]),
                Stage::Echo {
                    argument,
                    next,
                    partial,
                } => {
                    let echoes = &self.echoes[argument];
                    let total = partial + len;
                    let count = total / echoes.request_len;
                    let partial = total % echoes.request_len;
                    connection.stage = Stage::Echo {
                        argument,
                        next: next + count as u64,
                        partial,
                    };
                    if count > 0 {
                        connection.stream.write_all(echoes.answers.run(next, count))
                    } else {
                        Ok(())
                    }
                }
                Stage::Broadcast { partial } => {
                    let total = partial + len;
                    connection.stage = Stage::Broadcast {
                        partial: total % self.broadcast_len,
                    };
                    self.broadcast(total / self.broadcast_len)
                }
            }
        }

        /// What a connection says first tells what it will say.
        fn first(&mut self, index: usize, bytes: &[u8]) -> io::Result<()> {
            if bytes[0] & 0x0f == CLOSE {
                if let Some(connection) = &mut self.connections[index] {
                    connection.stream.write_all(&self.goodbye)?;
                }
                self.drop_connection(index);
                return Ok(());
            }
            let packet = frame::peek_client(bytes);
            let Some(connection) = &mut self.connections[index] else {
                return Ok(());
            };
            if packet.starts_with(b"420[\"join") {
                connection.stream.write_all(&self.joined)
            } else if packet.starts_with(b"421[\"leave") {
                connection.stream.write_all(&self.left)
            } else if packet.starts_with(b"42[\"broadcast") {
                let count = bytes.len() / self.broadcast_len;
                connection.stage = Stage::Broadcast {
                    partial: bytes.len() % self.broadcast_len,
                };
                self.broadcast(count)
            } else {
                // Whole frames tell their kind by their length; only the longest can come in pieces.
                let longest = self.echoes.len() - 1;
                let argument = self.echoes[..longest]
                    .iter()
                    .position(|echo| is_run(bytes, echo.request_len));
                let argument = argument.unwrap_or(longest);
                let echoes = &self.echoes[argument];
                let (count, partial) = (
                    bytes.len() / echoes.request_len,
                    bytes.len() % echoes.request_len,
                );
                connection.stage = Stage::Echo {
                    argument,
                    next: count as u64,
                    partial,
                };
                if count > 0 {
                    connection.stream.write_all(echoes.answers.run(0, count))
                } else {
                    Ok(())
                }
            }
        }

        /// A write for each delivery: what a server pays that gathers nothing.
        fn broadcast(&mut self, count: usize) -> io::Result<()> {
            for _ in 0..count {
                let delivery = self.deliveries.message(self.broadcasts);
                self.broadcasts += 1;
                for connection in self.connections.iter_mut().flatten() {
                    connection.stream.write_all(delivery)?;
                }
            }
            Ok(())
        }

        fn drop_connection(&mut self, index: usize) {
            self.connections[index] = None;
            self.free.push(index);
        }
    }

    /// Whether the first frame's length is that of the requests.
    fn is_run(bytes: &[u8], request_len: usize) -> bool {
        let announced = match bytes[1] & 0x7f {
            126 => 8 + usize::from(u16::from_be_bytes([bytes[2], bytes[3]])),
            short => 6 + usize::from(short),
        };
        announced == request_len
    }
}
