//! A client that sends what a test says, byte by byte if need be, and hides nothing of the answers.

use std::{collections::VecDeque, future::Future, net::SocketAddr, time::Duration};

use sockeye_websocket::{
    Decoder, Event, Limits, Opcode, Role,
    deflate::{Options, Params},
    frame::{append_close, append_masked, mask_key},
    handshake::client::{Request, ResponseError},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

/// How long anything may take. It is generous: nothing waits for it unless a test fails.
pub(crate) const LIMIT: Duration = Duration::from_secs(40);

/// Waits for what has to happen.
pub(crate) async fn within<T>(what: &str, future: impl Future<Output = T>) -> T {
    match timeout(LIMIT, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what}: not within {LIMIT:?}"),
    }
}

/// Waits for what tells nobody when it happens, such as a counter.
pub(crate) async fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    within(what, async {
        while !condition() {
            sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

/// The whole answer to an HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    /// Status line and headers.
    pub(crate) head: String,
    pub(crate) body: String,
    /// The body as it came: not all of them are text.
    pub(crate) bytes: Vec<u8>,
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// The packets of a polling answer.
    pub(crate) fn packets(&self) -> Vec<&str> {
        assert_eq!(self.status, 200, "{self:?}");
        self.body.split('\x1e').collect()
    }

    /// Asserts that the engine refused with this code.
    pub(crate) fn assert_refused(&self, code: u8, message: &str) {
        assert_eq!(self.status, 400, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert_eq!(
            self.body,
            format!(r#"{{"code":{code},"message":"{message}"}}"#)
        );
    }
}

/// Sends bytes on a new connection and leaves it open.
pub(crate) async fn raw(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address)
        .await
        .expect("the server listens");
    stream.set_nodelay(true).expect("a new stream is open");
    stream.write_all(bytes).await.expect("the server reads");
    stream
}

/// Sends a request whose answer is awaited later.
pub(crate) async fn start(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
    body: &[u8],
) -> Pending {
    let length = match (method, body) {
        ("GET" | "HEAD" | "OPTIONS", []) => String::new(),
        _ => format!("Content-Length: {}\r\n", body.len()),
    };
    let head = format!("{method} {target} HTTP/1.1\r\nHost: test\r\n{length}{headers}\r\n");
    Pending(raw(address, &[head.as_bytes(), body].concat()).await)
}

/// Sends a request and waits for the answer.
pub(crate) async fn request(
    address: SocketAddr,
    method: &str,
    target: &str,
    headers: &str,
    body: &[u8],
) -> Response {
    start(address, method, target, headers, body)
        .await
        .response()
        .await
}

/// A request that was sent. Dropping it closes its connection.
pub(crate) struct Pending(pub(crate) TcpStream);

impl Pending {
    pub(crate) async fn response(mut self) -> Response {
        within("an HTTP answer", read_response(&mut self.0, Vec::new())).await
    }
}

/// Reads the rest of an answer of which some was read.
async fn read_response(stream: &mut TcpStream, mut read: Vec<u8>) -> Response {
    let end = loop {
        if let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break end;
        }
        let n = stream.read_buf(&mut read).await.expect("an answer");
        assert_ne!(n, 0, "the connection ends within the head: {read:?}");
    };
    let head = String::from_utf8(read[..end].to_vec()).expect("a head is text");
    let status = head[9..12].parse().expect("a status");
    let mut response = Response {
        status,
        head,
        body: String::new(),
        bytes: Vec::new(),
    };
    let mut body = read.split_off(end + 4);
    if status != 101
        && let Some(length) = response.header("content-length")
    {
        let length: usize = length.parse().expect("a length");
        while body.len() < length {
            let n = stream.read_buf(&mut body).await.expect("an answer");
            assert_ne!(n, 0, "the connection ends within the body");
        }
    }
    // Behind an upgrade there are frames.
    response.body = String::from_utf8_lossy(&body).into_owned();
    response.bytes = body;
    response
}

/// A session on long-polling.
#[derive(Debug, Clone)]
pub(crate) struct Polling {
    pub(crate) address: SocketAddr,
    pub(crate) sid: String,
    /// The open packet, without its type.
    pub(crate) open: serde_json::Value,
}

impl Polling {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let target = "/socket.io/?EIO=4&transport=polling";
        let answer = request(address, "GET", target, "", b"").await;
        let (sid, open) = read_open(answer.packets()[0]);
        Self { address, sid, open }
    }

    pub(crate) fn target(&self) -> String {
        format!("/socket.io/?EIO=4&transport=polling&sid={}", self.sid)
    }

    /// Begins to wait for packets.
    pub(crate) async fn start_get(&self) -> Pending {
        start(self.address, "GET", &self.target(), "", b"").await
    }

    pub(crate) async fn get(&self) -> Response {
        self.start_get().await.response().await
    }

    /// Waits for packets until there are so many; noops do not count.
    pub(crate) async fn packets(&self, n: usize) -> Vec<String> {
        let mut packets = Vec::new();
        while packets.len() < n {
            let answer = self.get().await;
            packets.extend(
                answer
                    .packets()
                    .into_iter()
                    .filter(|packet| *packet != "6")
                    .map(str::to_owned),
            );
        }
        packets
    }

    pub(crate) async fn post(&self, body: impl AsRef<[u8]>) -> Response {
        let headers = "Content-Type: text/plain;charset=UTF-8\r\n";
        request(self.address, "POST", &self.target(), headers, body.as_ref()).await
    }

    /// Begins a POST of which a part is missing still.
    pub(crate) async fn start_post(&self, length: usize, part: &[u8]) -> Pending {
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: test\r\nContent-Length: {length}\r\n\r\n",
            self.target()
        );
        Pending(raw(self.address, &[head.as_bytes(), part].concat()).await)
    }

    /// Posts what is answered with `ok`.
    pub(crate) async fn send(&self, body: impl AsRef<[u8]>) {
        let answer = self.post(body).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "ok"));
    }

    /// Opens a WebSocket for this session.
    pub(crate) async fn websocket(&self) -> WebSocket {
        WebSocket::connect(
            self.address,
            &format!("EIO=4&transport=websocket&sid={}", self.sid),
        )
        .await
        .expect("a session may try a websocket")
    }

    /// Changes to WebSocket as clients do, without packets under way.
    pub(crate) async fn upgrade(&self) -> WebSocket {
        let mut socket = self.websocket().await;
        socket.send("2probe").await;
        assert_eq!(socket.text().await, "3probe");
        socket.send("5").await;
        socket
    }
}

fn read_open(packet: &str) -> (String, serde_json::Value) {
    let json = packet.strip_prefix('0').expect("an open packet");
    let open: serde_json::Value = serde_json::from_str(json).expect("JSON");
    let sid = open["sid"].as_str().expect("a session id").to_owned();
    (sid, open)
}

/// What a WebSocket received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Frame {
    Text(String),
    Binary(Vec<u8>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    /// The code, if there is one.
    Close(Option<u16>),
    /// The stream has ended in order.
    End,
    /// The stream was cut.
    Cut,
}

/// A client's WebSocket.
pub(crate) struct WebSocket {
    pub(crate) stream: TcpStream,
    decoder: Decoder,
    frames: VecDeque<Frame>,
    /// What was agreed on of permessage-deflate.
    pub(crate) deflate: Option<Params>,
    /// How many bytes of frames have come.
    pub(crate) received: usize,
}

impl WebSocket {
    /// Opens a WebSocket, or returns the answer that refused it.
    pub(crate) async fn connect(address: SocketAddr, query: &str) -> Result<Self, Response> {
        Self::connect_with(address, query, b"").await
    }

    /// The same, with frames that leave in one write with the request.
    pub(crate) async fn connect_with(
        address: SocketAddr,
        query: &str,
        frames: &[u8],
    ) -> Result<Self, Response> {
        let request =
            Request::new("test", &format!("/socket.io/?{query}")).expect("a valid request");
        Self::request(address, &request, frames).await
    }

    /// Opens a WebSocket that offers permessage-deflate.
    pub(crate) async fn offering(address: SocketAddr, query: &str, options: &Options) -> Self {
        let request =
            Request::new("test", &format!("/socket.io/?{query}")).expect("a valid request");
        Self::request(address, &request.deflate(options), b"")
            .await
            .expect("a session begins")
    }

    async fn request(
        address: SocketAddr,
        request: &Request,
        frames: &[u8],
    ) -> Result<Self, Response> {
        let mut stream = raw(address, &[&request.to_bytes(), frames].concat()).await;
        let mut read = Vec::new();
        let opened = loop {
            let n = within("an upgrade", stream.read_buf(&mut read))
                .await
                .expect("an answer");
            match request.check(&read) {
                Ok(Some(opened)) => break opened,
                Ok(None) => assert_ne!(n, 0, "the connection ends within the head"),
                Err(ResponseError::Status(_)) => {
                    let answer = read_response(&mut stream, read);
                    return Err(within("the rest of the answer", answer).await);
                }
                Err(error) => panic!("{error}"),
            }
        };
        let decoder = Decoder::new(Role::Client, Limits::default().max_message(16 << 20));
        let mut socket = Self {
            stream,
            decoder: match opened.deflate {
                Some(params) => decoder.with_deflate(params),
                None => decoder,
            },
            frames: VecDeque::new(),
            deflate: opened.deflate,
            received: 0,
        };
        socket.feed(&mut read[opened.head_len..]);
        Ok(socket)
    }

    /// Begins a session; returns the open packet without its type too.
    pub(crate) async fn open(address: SocketAddr) -> (Self, serde_json::Value) {
        let mut socket = Self::connect(address, "EIO=4&transport=websocket")
            .await
            .expect("a session begins");
        let (_, open) = read_open(&socket.text().await);
        (socket, open)
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.raw(&text_frame(text)).await;
    }

    pub(crate) async fn send_binary(&mut self, data: &[u8]) {
        self.raw(&client_frame(Opcode::Binary, data)).await;
    }

    pub(crate) async fn close(&mut self, code: Option<u16>) {
        let mut frame = Vec::new();
        append_close(&mut frame, Role::Client, code.map(|code| (code, "")));
        self.raw(&frame).await;
    }

    /// Sends bytes as they are.
    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        within("writing", self.stream.write_all(bytes))
            .await
            .expect("the server reads");
    }

    /// Cuts the connection with RST instead of FIN.
    pub(crate) fn reset(self) {
        socket2::SockRef::from(&self.stream)
            .set_linger(Some(Duration::ZERO))
            .expect("a stream can be told to linger");
    }

    /// The next frame.
    pub(crate) async fn next(&mut self) -> Frame {
        within("a frame", self.read()).await
    }

    async fn read(&mut self) -> Frame {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            if let Some(frame) = self.frames.pop_front() {
                return frame;
            }
            match self.stream.read(&mut buffer).await {
                Ok(0) => return Frame::End,
                Ok(n) => self.feed(&mut buffer[..n]),
                Err(_) => return Frame::Cut,
            }
        }
    }

    /// The next text message.
    pub(crate) async fn text(&mut self) -> String {
        match self.next().await {
            Frame::Text(text) => text,
            other => panic!("{other:?} instead of a text message"),
        }
    }

    /// Reads to the end; returns the close frame's code, if there was such a frame, and asserts that
    /// nothing else came.
    pub(crate) async fn closed(&mut self) -> Option<Option<u16>> {
        let mut code = None;
        loop {
            match self.next().await {
                Frame::Close(found) => code = Some(found),
                Frame::End | Frame::Cut => return code,
                other => panic!("{other:?} instead of the end"),
            }
        }
    }

    fn feed(&mut self, bytes: &mut [u8]) {
        self.received += bytes.len();
        let mut feed = self.decoder.feed(bytes);
        while let Some(event) = feed.next() {
            self.frames.push_back(match event {
                Ok(Event::Text(text)) => Frame::Text(text.to_owned()),
                Ok(Event::Binary(data)) => Frame::Binary(data.to_vec()),
                Ok(Event::Ping(data)) => Frame::Ping(data.to_vec()),
                Ok(Event::Pong(data)) => Frame::Pong(data.to_vec()),
                Ok(Event::Close(close)) => Frame::Close(close.map(|close| close.code)),
                Ok(Event::Part(part)) => panic!("parts were not asked for: {part:?}"),
                Err(error) => panic!("the server breaks the protocol: {error}"),
            });
        }
    }
}

/// A client's frame with a text message.
pub(crate) fn text_frame(text: &str) -> Vec<u8> {
    client_frame(Opcode::Text, text.as_bytes())
}

/// A client's final frame.
pub(crate) fn client_frame(opcode: Opcode, data: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    append_masked(&mut frame, opcode, data, mask_key());
    frame
}

/// A client's frame with this first byte: what no client should send.
pub(crate) fn odd_frame(first: u8, data: &[u8]) -> Vec<u8> {
    let mut frame = client_frame(Opcode::Binary, data);
    frame[0] = first;
    frame
}
