//! A client of the streaming transport: one answer is read as it comes, and what it sends goes in POSTs.

use std::{collections::VecDeque, net::SocketAddr};

use tokio::{io::AsyncReadExt, net::TcpStream};

use super::client::{Response, raw, request, within};

/// One packet of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Packet {
    Text(String),
    Binary(Vec<u8>),
    /// The answer is complete.
    End,
    /// The connection was cut before the answer was complete.
    Cut,
}

pub(crate) fn text(packet: &str) -> Packet {
    Packet::Text(packet.to_owned())
}

/// How packets are written into an answer.
#[derive(Debug, Clone, Copy)]
enum Form {
    Frames,
    Events,
    Page,
}

/// An answer that goes on.
pub(crate) struct Stream {
    pub(crate) connection: TcpStream,
    /// Status line and headers.
    pub(crate) head: String,
    /// Bytes of chunks that are incomplete.
    chunked: Vec<u8>,
    /// Bytes of the body that are no whole packet yet.
    body: Vec<u8>,
    packets: VecDeque<Packet>,
    form: Form,
    /// Of a page: the nonce of each script, and the first of them.
    pub(crate) nonces: Vec<String>,
    pub(crate) script: String,
    /// How many bytes of the body have come.
    pub(crate) received: usize,
}

impl Stream {
    /// Asks for an answer with this query; panics unless it begins.
    pub(crate) async fn get(address: SocketAddr, query: &str) -> Self {
        Self::with(address, query, "", Form::Frames).await
    }

    /// The same in Server-Sent Events.
    pub(crate) async fn events(address: SocketAddr, query: &str) -> Self {
        let accept = "Accept: text/event-stream\r\n";
        Self::with(address, query, accept, Form::Events).await
    }

    /// The same as a page in a frame, which the query has to name.
    pub(crate) async fn page(address: SocketAddr, query: &str) -> Self {
        Self::page_with(address, query, "Accept: text/html,*/*;q=0.8\r\n").await
    }

    pub(crate) async fn page_with(address: SocketAddr, query: &str, headers: &str) -> Self {
        Self::with(address, query, headers, Form::Page).await
    }

    async fn with(address: SocketAddr, query: &str, headers: &str, form: Form) -> Self {
        let head = format!(
            "GET /socket.io/?EIO=4&transport=streaming{query} HTTP/1.1\r\nHost: test\r\n{headers}\r\n"
        );
        let mut connection = raw(address, head.as_bytes()).await;
        let mut read = Vec::new();
        let end = loop {
            if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
            let n = within("a head", connection.read_buf(&mut read))
                .await
                .expect("an answer");
            assert_ne!(n, 0, "the connection ends within the head: {read:?}");
        };
        let head = String::from_utf8(read[..end].to_vec()).expect("a head is text");
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        let chunked = read.split_off(end + 4);
        let mut stream = Self {
            connection,
            head,
            chunked,
            body: Vec::new(),
            packets: VecDeque::new(),
            form,
            nonces: Vec::new(),
            script: String::new(),
            received: 0,
        };
        stream.read_chunks();
        stream
    }

    /// The next packet.
    pub(crate) async fn next(&mut self) -> Packet {
        within("a packet of the stream", self.read()).await
    }

    async fn read(&mut self) -> Packet {
        loop {
            if let Some(packet) = self.packets.pop_front() {
                return packet;
            }
            if !self.read_some().await {
                return Packet::Cut;
            }
        }
    }

    /// Waits for the script that a page begins with.
    pub(crate) async fn begun(&mut self) {
        while self.nonces.is_empty() {
            let some = within("the first script", self.read_some()).await;
            assert!(some, "the connection was cut before the first script");
        }
    }

    /// Reads what is there; `false` if the connection was cut.
    async fn read_some(&mut self) -> bool {
        match self.connection.read_buf(&mut self.chunked).await {
            Ok(0) | Err(_) => false,
            Ok(_) => {
                self.read_chunks();
                true
            }
        }
    }

    fn read_chunks(&mut self) {
        loop {
            let Some(line) = self.chunked.windows(2).position(|window| window == b"\r\n") else {
                return;
            };
            let length = std::str::from_utf8(&self.chunked[..line]).expect("a length");
            let length = usize::from_str_radix(length, 16).expect("hexadecimal");
            let end = line + 2 + length + 2;
            if self.chunked.len() < end {
                return;
            }
            self.body
                .extend_from_slice(&self.chunked[line + 2..end - 2]);
            self.received += length;
            self.chunked.drain(..end);
            match self.form {
                Form::Frames => self.read_frames(),
                Form::Events => self.read_events(),
                Form::Page => self.read_scripts(),
            }
            if length == 0 {
                self.packets.push_back(Packet::End);
                return;
            }
        }
    }

    fn read_frames(&mut self) {
        while let Some(&first) = self.body.first() {
            let (length, header) = match first & 0x7f {
                126 if self.body.len() >= 3 => (
                    usize::from(self.body[1]) << 8 | usize::from(self.body[2]),
                    3,
                ),
                127 if self.body.len() >= 9 => {
                    let length: [u8; 8] = self.body[1..9].try_into().expect("eight bytes");
                    (u64::from_be_bytes(length) as usize, 9)
                }
                126 | 127 => return,
                length => (usize::from(length), 1),
            };
            if self.body.len() < header + length {
                return;
            }
            let payload = self.body[header..header + length].to_vec();
            self.body.drain(..header + length);
            self.packets.push_back(if first & 0x80 == 0 {
                Packet::Text(String::from_utf8(payload).expect("text"))
            } else {
                Packet::Binary(payload)
            });
        }
    }

    /// Reads as HTML does: a script goes up to the next end tag, whatever it says.
    fn read_scripts(&mut self) {
        const END: &[u8] = b"</script>";
        while let Some(end) = self
            .body
            .windows(END.len())
            .position(|window| window == END)
        {
            let element = String::from_utf8(self.body[..end].to_vec()).expect("text");
            self.body.drain(..end + END.len());
            let script = element.trim_ascii_start();
            let script = script.strip_prefix("<script nonce=").expect(script);
            let (nonce, script) = script.split_once('>').expect("a start tag ends");
            self.nonces.push(nonce.to_owned());
            if self.nonces.len() == 1 {
                script.clone_into(&mut self.script);
                continue;
            }
            assert!(
                !script.contains(['<', '\n', '\u{2028}', '\u{2029}']),
                "{script}"
            );
            let packet = script
                .strip_prefix("p(")
                .and_then(|call| call.strip_suffix(')'));
            let packet = serde_json::from_str(packet.expect(script)).expect("a string");
            self.packets.push_back(Packet::Text(packet));
        }
    }

    fn read_events(&mut self) {
        while let Some(end) = self.body.windows(2).position(|window| window == b"\n\n") {
            let event = String::from_utf8(self.body[..end].to_vec()).expect("text");
            self.body.drain(..end + 2);
            let lines = event
                .split('\n')
                .map(|line| line.strip_prefix("data: ").expect("data"));
            self.packets
                .push_back(Packet::Text(lines.collect::<Vec<_>>().join("\n")));
        }
    }
}

/// A session on streaming.
pub(crate) struct Streaming {
    pub(crate) address: SocketAddr,
    pub(crate) sid: String,
    pub(crate) open: serde_json::Value,
    pub(crate) stream: Stream,
}

impl Streaming {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::begin(address, Stream::get(address, "").await).await
    }

    pub(crate) async fn begin(address: SocketAddr, mut stream: Stream) -> Self {
        let Packet::Text(packet) = stream.next().await else {
            panic!("the open packet comes first")
        };
        let open: serde_json::Value =
            serde_json::from_str(packet.strip_prefix('0').expect("an open packet")).expect("JSON");
        let sid = open["sid"].as_str().expect("a session id").to_owned();
        Self {
            address,
            sid,
            open,
            stream,
        }
    }

    pub(crate) async fn post(&self, body: impl AsRef<[u8]>) -> Response {
        post(
            self.address,
            &self.sid,
            "text/plain;charset=UTF-8",
            body.as_ref(),
        )
        .await
    }

    pub(crate) async fn post_frames(&self, body: &[u8]) -> Response {
        post(self.address, &self.sid, "application/octet-stream", body).await
    }

    /// Posts what is answered with `ok`.
    pub(crate) async fn send(&self, body: impl AsRef<[u8]>) {
        let answer = self.post(body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    }

    /// Asks for the next answer.
    pub(crate) async fn again(&mut self) {
        self.stream = Stream::get(self.address, &format!("&sid={}", self.sid)).await;
    }
}

pub(crate) async fn post(address: SocketAddr, sid: &str, kind: &str, body: &[u8]) -> Response {
    let target = format!("/socket.io/?EIO=4&transport=streaming&sid={sid}");
    request(
        address,
        "POST",
        &target,
        &format!("Content-Type: {kind}\r\n"),
        body,
    )
    .await
}
