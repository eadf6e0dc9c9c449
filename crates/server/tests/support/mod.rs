//! What the tests share: a server on a socket of its own, and clients that speak Socket.IO by hand.
#![allow(dead_code, reason = "each file of tests uses a part")]

#[path = "../../../engine/tests/support/client.rs"]
pub(crate) mod client;
pub(crate) mod scene;

use std::net::SocketAddr;

use sockeye::{Namespace, Reply, Server, Socket};
use tokio::{net::TcpListener, sync::mpsc};

use client::{Frame, WebSocket, within};

/// Serves on a port that the system picks.
pub(crate) async fn serve(io: &Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let io = io.clone();
    tokio::spawn(async move { io.serve(listener).await });
    address
}

/// A server whose namespace `/` is this one.
pub(crate) async fn start(namespace: Namespace) -> (Server, SocketAddr) {
    let io = Server::builder()
        .namespace("/", with_sync(namespace))
        .build();
    let address = serve(&io).await;
    (io, address)
}

/// Adds an event that is acknowledged at once: what was sent before its answer has arrived with it.
pub(crate) fn with_sync(namespace: Namespace) -> Namespace {
    namespace.on("sync", async || Reply("synced"))
}

/// The sockets that connect, one after another.
pub(crate) struct Sockets(mpsc::UnboundedReceiver<Socket>);

impl Sockets {
    /// Makes a connect handler tell of each socket.
    pub(crate) fn of(namespace: Namespace) -> (Namespace, Self) {
        let (sender, receiver) = mpsc::unbounded_channel();
        let namespace = namespace.on_connect(async move |socket: Socket| {
            // A test that has seen enough does not listen any more.
            let _ = sender.send(socket);
        });
        (namespace, Self(receiver))
    }

    pub(crate) async fn next(&mut self) -> Socket {
        within("a socket", self.0.recv())
            .await
            .expect("the namespace lives")
    }
}

/// A client on WebSocket. Its packets are written without Engine.IO's type.
pub(crate) struct Client {
    pub(crate) socket: WebSocket,
}

impl Client {
    /// Begins a session, and joins nothing.
    pub(crate) async fn open(address: SocketAddr) -> Self {
        let (socket, _) = WebSocket::open(address).await;
        Self { socket }
    }

    /// Begins a session and joins `/`; returns the socket's id too.
    pub(crate) async fn join(address: SocketAddr) -> (Self, String) {
        let mut client = Self::open(address).await;
        let id = client.connect("/", "").await;
        (client, id)
    }

    /// Joins a namespace with this `auth`.
    pub(crate) async fn connect(&mut self, namespace: &str, auth: &str) -> String {
        let prefix = prefix(namespace);
        self.send(&format!("0{prefix}{auth}")).await;
        let answer = self.next().await;
        let json = answer
            .strip_prefix(&format!("0{prefix}"))
            .unwrap_or_else(|| panic!("{answer} instead of CONNECT"));
        let open: serde_json::Value = serde_json::from_str(json).expect("JSON");
        open["sid"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn send(&mut self, packet: &str) {
        self.socket.send(&format!("4{packet}")).await;
    }

    pub(crate) async fn send_binary(&mut self, data: &[u8]) {
        self.socket.send_binary(data).await;
    }

    /// The next packet; pings are answered.
    pub(crate) async fn next(&mut self) -> String {
        // Pings alone are not enough, however long they keep coming.
        within("a packet", async {
            loop {
                match self.socket.next().await {
                    Frame::Text(text) if text == "2" => self.socket.send("3").await,
                    Frame::Text(text) => {
                        return text
                            .strip_prefix('4')
                            .unwrap_or_else(|| panic!("{text} instead of a message"))
                            .to_owned();
                    }
                    other => panic!("{other:?} instead of a packet"),
                }
            }
        })
        .await
    }

    pub(crate) async fn next_binary(&mut self) -> Vec<u8> {
        match self.socket.next().await {
            Frame::Binary(data) => data,
            other => panic!("{other:?} instead of an attachment"),
        }
    }

    /// Sends a packet and waits for the next one.
    pub(crate) async fn ask(&mut self, packet: &str) -> String {
        self.send(packet).await;
        self.next().await
    }

    /// Asserts that nothing else has arrived that was sent before this call.
    pub(crate) async fn assert_quiet(&mut self) {
        assert_eq!(self.ask(r#"2999["sync"]"#).await, r#"3999["synced"]"#);
    }

    /// What arrives until all has that was sent before this call.
    pub(crate) async fn drain(&mut self) -> Vec<String> {
        self.send(r#"2999["sync"]"#).await;
        let mut packets = Vec::new();
        loop {
            match self.next().await {
                packet if packet == r#"3999["synced"]"# => return packets,
                packet => packets.push(packet),
            }
        }
    }

    /// Asserts that the transport ends now, and that the client may come back: no DISCONNECT packet.
    pub(crate) async fn assert_closed(&mut self) {
        assert_eq!(self.socket.closed().await, Some(None));
    }
}

/// How packets name a namespace.
fn prefix(namespace: &str) -> String {
    match namespace {
        "/" => String::new(),
        name => format!("{name},"),
    }
}
