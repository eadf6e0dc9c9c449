//! The other end of a connection, which sends what it likes.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// A frame that came: its first byte and its payload, unmasked.
pub(crate) type Frame = (u8, Vec<u8>);

pub(crate) struct Peer {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Peer {
    pub(crate) fn new(stream: TcpStream) -> Self {
        let limit = Some(Duration::from_secs(20));
        stream.set_read_timeout(limit).expect("a time-out");
        stream.set_write_timeout(limit).expect("a time-out");
        stream.set_nodelay(true).expect("no delay");
        Self {
            stream,
            read: Vec::new(),
        }
    }

    /// Writes while the library reads: it may stop doing so after a violation.
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        match self.stream.write_all(bytes) {
            Err(error)
                if !matches!(
                    error.kind(),
                    ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
                ) =>
            {
                panic!("{error}")
            }
            _ => {}
        }
    }

    /// What follows is nothing.
    pub(crate) fn end(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Sends a request, and gives the head of the answer.
    pub(crate) fn ask(&mut self, request: &str) -> String {
        self.write(request.as_bytes());
        loop {
            if let Some(end) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let head = self.read.drain(..end + 4).collect();
                return String::from_utf8(head).expect("a head is ASCII");
            }
            assert!(self.more(), "no answer to {request}");
        }
    }

    /// The next frame; `None` at the end of the stream.
    pub(crate) fn frame(&mut self) -> Option<Frame> {
        loop {
            if let Some((frame, length)) = parse(&self.read) {
                self.read.drain(..length);
                return Some(frame);
            }
            if !self.more() {
                assert_eq!(self.read, [], "half a frame");
                return None;
            }
        }
    }

    /// What is left: a close frame and nothing behind it. Gives its code, if it has one.
    #[track_caller]
    pub(crate) fn close_code(&mut self) -> Option<u16> {
        let (first, payload) = self.frame().expect("a frame");
        assert_eq!(first, 0x88, "{payload:02x?}");
        // A client waits for the server to end the stream (RFC 6455 7.1.1).
        self.end();
        assert_eq!(self.frame(), None, "nothing behind the close frame");
        payload.first_chunk().map(|code| u16::from_be_bytes(*code))
    }

    fn more(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        let length = self.stream.read(&mut buffer).expect("bytes or the end");
        self.read.extend(&buffer[..length]);
        length > 0
    }
}

/// The first frame, and how many bytes it has.
fn parse(bytes: &[u8]) -> Option<(Frame, usize)> {
    let [first, second] = *bytes.first_chunk()?;
    let (len, mut at) = match second & 0x7F {
        126 => (
            usize::from(u16::from_be_bytes(*bytes[2..].first_chunk()?)),
            4,
        ),
        127 => (u64::from_be_bytes(*bytes[2..].first_chunk()?) as usize, 10),
        len => (usize::from(len), 2),
    };
    let mut key = [0; 4];
    if second & 0x80 != 0 {
        key = *bytes.get(at..)?.first_chunk()?;
        at += 4;
    }
    let payload = bytes.get(at..at + len)?;
    let payload = payload
        .iter()
        .zip(key.iter().cycle())
        .map(|(byte, key)| byte ^ key);
    Some(((first, payload.collect()), at + len))
}
