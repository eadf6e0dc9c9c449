//! Bytes through a connection.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use sockeye_websocket::tls::{
    TlsStream,
    rustls::version::{TLS12, TLS13},
};
use tokio::io::{
    AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf, duplex, split,
};
use tokio_rustls::TlsConnector;

use crate::identity::{Client, Identity, meet, meet_over};

async fn connected() -> (TlsStream<DuplexStream>, Client) {
    let identity = Identity::new();
    let (server, client) = meet(&identity.acceptor(), identity.client(None)).await;
    (server.expect("welcome"), client.expect("trusted"))
}

fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    StdRng::seed_from_u64(length as u64).fill(&mut bytes[..]);
    bytes
}

async fn send<W: AsyncWrite + Unpin>(mut to: W, bytes: Vec<u8>, seed: u64) -> W {
    let mut random = StdRng::seed_from_u64(seed);
    let mut rest = &bytes[..];
    while !rest.is_empty() {
        let length = random.random_range(1..=rest.len().min(100_000));
        to.write_all(&rest[..length]).await.expect("room");
        rest = &rest[length..];
        if random.random() {
            to.flush().await.expect("room");
        }
    }
    to.shutdown().await.expect("room");
    to
}

async fn receive<R: AsyncRead + Unpin>(mut from: R, seed: u64) -> Vec<u8> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut received = Vec::new();
    loop {
        let mut buffer = vec![0; random.random_range(1..100_000)];
        match from.read(&mut buffer).await.expect("a clean end") {
            0 => return received,
            length => received.extend_from_slice(&buffer[..length]),
        }
    }
}

#[tokio::test]
async fn any_chunking_gives_the_same_bytes_in_both_directions() {
    let identity = Identity::new();
    for version in [&TLS12, &TLS13] {
        // From a stream that takes a few bytes at a time to one that takes several records.
        for capacity in [7, 1_000, 100_000] {
            let (near, far) = duplex(capacity);
            let (there, back) = (noise(300_000), noise(299_999));
            let config = identity.client_of(&[version], None);
            let connector = TlsConnector::from(Arc::new(config));
            let acceptor = identity.acceptor();
            let server = async {
                let (input, output) = split(acceptor.accept(near).await.expect("welcome"));
                tokio::join!(receive(input, 1), send(output, there.clone(), 2)).0
            };
            let client = async {
                let name = "localhost".try_into().expect("a name");
                let (input, output) = split(connector.connect(name, far).await.expect("trusted"));
                tokio::join!(receive(input, 3), send(output, back.clone(), 4)).0
            };
            let (got_back, got_there) = tokio::join!(server, client);
            assert!(got_there == there, "{capacity}");
            assert!(got_back == back, "{capacity}");
        }
    }
}

#[tokio::test]
async fn a_frame_in_pieces_is_one_record() {
    let (near, far) = duplex(1 << 20);
    let (far, counted) = Records::new(far);
    let identity = Identity::new();
    let (server, client) = meet_over(&identity.acceptor(), near, identity.client(None), far).await;
    let (mut server, mut client) = (server.expect("welcome"), client.expect("trusted"));
    server.write_all(b"x").await.expect("room");
    client.read_exact(&mut [0]).await.expect("it comes");
    let before = counted.load();
    assert!(server.is_write_vectored());
    let (header, payload) = (noise(4), noise(1_000));
    let pieces = [
        IoSlice::new(&header),
        IoSlice::new(&[]),
        IoSlice::new(&payload),
    ];
    let length = server.write_vectored(&pieces).await.expect("room");
    server.flush().await.expect("room");
    assert_eq!(length, 1_004);
    let mut bytes = vec![0; 1_004];
    client.read_exact(&mut bytes).await.expect("it comes");
    assert_eq!(bytes, [header, payload].concat());
    // A header of 5 bytes, a type of 1 and a tag of 16 (RFC 8446 5.2).
    assert_eq!(counted.load() - before, 1_004 + 22);
}

#[tokio::test]
async fn the_end_is_said_and_heard() {
    let (mut server, mut client) = connected().await;
    server.shutdown().await.expect("room");
    assert_eq!(client.read(&mut [0; 8]).await.expect("a clean end"), 0);
    let error = server.write(b"more").await.expect_err("it was shut");
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    // The other direction is still open (RFC 8446 6.1).
    client.write_all(b"bye").await.expect("room");
    client.shutdown().await.expect("room");
    let mut bytes = Vec::new();
    server.read_to_end(&mut bytes).await.expect("a clean end");
    assert_eq!(bytes, b"bye");
    assert_eq!(server.read(&mut [0; 8]).await.expect("a clean end"), 0);
}

#[tokio::test]
async fn a_cut_connection_is_no_clean_end() {
    let (mut server, mut client) = connected().await;
    client.write_all(b"the beginning of").await.expect("room");
    client.flush().await.expect("room");
    drop(client);
    let mut bytes = Vec::new();
    let error = server
        .read_to_end(&mut bytes)
        .await
        .expect_err("it was cut");
    assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert_eq!(bytes, b"the beginning of");
}

#[tokio::test]
async fn a_changed_byte_ends_the_connection() {
    let identity = Identity::new();
    let (near, mut middle) = duplex(1 << 20);
    let (mut other, far) = duplex(1 << 20);
    let relay = tokio::spawn(async move {
        // What the client sends after its 16 KiB is changed on the way.
        let mut passed = 0;
        loop {
            let (mut up, mut down) = ([0; 4096], [0; 4096]);
            tokio::select! {
                n = middle.read(&mut down) => match n.expect("a pipe") {
                    0 => return other,
                    n => other.write_all(&down[..n]).await.expect("a pipe"),
                },
                n = other.read(&mut up) => {
                    let n = n.expect("a pipe");
                    passed += n;
                    if passed > 8_192 {
                        up[n / 2] ^= 1;
                    }
                    middle.write_all(&up[..n]).await.expect("a pipe");
                },
            }
        }
    });
    let (server, client) = meet_over(&identity.acceptor(), near, identity.client(None), far).await;
    let (mut server, mut client) = (server.expect("welcome"), client.expect("trusted"));
    client.write_all(&noise(16_000)).await.expect("room");
    client.flush().await.expect("room");
    let error = server.read_u8().await.expect_err("it was changed");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    assert_eq!(error.to_string(), "cannot decrypt peer's message");
    // It stays that way, and the peer is told.
    let error = server.read_u8().await.expect_err("it was changed");
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    server.write_all(b"more").await.expect_err("it has failed");
    let error = client.read_u8().await.expect_err("an alert");
    assert_eq!(error.to_string(), "received fatal alert: BadRecordMac");
    drop((server, client));
    relay.await.expect("no panic");
}

#[tokio::test]
async fn keys_are_changed_when_the_peer_asks() {
    let (mut server, mut client) = connected().await;
    for round in 0..20 {
        client
            .get_mut()
            .1
            .refresh_traffic_keys()
            .expect("it is TLS 1.3");
        client.write_all(&[round]).await.expect("room");
        client.flush().await.expect("room");
        assert_eq!(server.read_u8().await.expect("it comes"), round);
        server.write_all(&[round]).await.expect("room");
        server.flush().await.expect("room");
        assert_eq!(client.read_u8().await.expect("it comes"), round);
    }
}

#[tokio::test]
async fn a_peer_that_does_not_read_holds_the_writer_up() {
    let identity = Identity::new();
    let (near, far) = duplex(10_000);
    let (server, client) = meet_over(&identity.acceptor(), near, identity.client(None), far).await;
    let (mut server, mut client) = (server.expect("welcome"), client.expect("trusted"));
    let mut cx = Context::from_waker(std::task::Waker::noop());
    let bytes = noise(200_000);
    let mut taken = 0;
    while let Poll::Ready(n) = Pin::new(&mut server).poll_write(&mut cx, &bytes[taken..]) {
        taken += n.expect("room");
    }
    assert_eq!(taken, 65_536, "one call's worth");
    let (rest, received) = tokio::join!(
        async {
            server.write_all(&bytes[taken..]).await.expect("room");
            server.flush().await
        },
        async {
            let mut received = vec![0; bytes.len()];
            client.read_exact(&mut received).await.map(|_| received)
        }
    );
    rest.expect("room");
    assert!(received.expect("it comes") == bytes);
}

/// A stream that counts the bytes read from it.
struct Records {
    inner: DuplexStream,
    count: Count,
}

#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn load(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Records {
    fn new(inner: DuplexStream) -> (Self, Count) {
        let count = Count::default();
        let counted = count.clone();
        (Self { inner, count }, counted)
    }
}

impl AsyncRead for Records {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.inner).poll_read(cx, buffer);
        let n = buffer.filled().len() - before;
        self.count.0.fetch_add(n, Ordering::Relaxed);
        result
    }
}

impl AsyncWrite for Records {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
