//! Serving over TLS. The clients are those of the other tests: a relay puts what they say into TLS.
#![cfg(feature = "tls")]

mod support;

use std::{future::IntoFuture, io, net::SocketAddr, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use sockeye::{
    Handshake, Namespace, Reply, Server, Socket,
    tls::{
        Acceptor,
        rustls::{
            ClientConfig, RootCertStore,
            crypto::ring,
            pki_types::{CertificateDer, PrivateKeyDer},
            version::{TLS12, TLS13},
        },
    },
};
use support::{
    Client,
    client::{Frame, Polling, eventually, request, within},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::oneshot,
};
use tokio_rustls::TlsConnector;

struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a name");
        Self {
            certificate: made.cert.der().clone(),
            key: PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key"),
        }
    }

    fn acceptor(&self) -> Acceptor {
        Acceptor::builder()
            .handshake_timeout(Duration::from_millis(500))
            .der(vec![self.certificate.clone()], self.key.clone_key())
            .expect("they match")
    }

    fn connector(&self) -> TlsConnector {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .expect("known versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        TlsConnector::from(Arc::new(config))
    }

    /// A port whose connections are passed on over TLS.
    async fn relay(&self, to: SocketAddr) -> SocketAddr {
        let (listener, address) = listen().await;
        let connector = self.connector();
        tokio::spawn(async move {
            while let Ok((mut plain, _)) = listener.accept().await {
                let connector = connector.clone();
                tokio::spawn(async move {
                    let stream = TcpStream::connect(to).await?;
                    let name = "localhost".try_into().expect("a name");
                    let mut stream = connector.connect(name, stream).await?;
                    copy_bidirectional(&mut plain, &mut stream).await
                });
            }
        });
        address
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{text}\n-----END {label}-----\n")
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    (listener, address)
}

fn server() -> Server {
    let chat = Namespace::new()
        .on("chat message", async |socket: Socket, text: String| {
            socket.broadcast().emit("chat message", text);
            Reply(true)
        })
        .on("long", async |socket: Socket, length: usize| {
            socket.emit("long", Bytes::from(vec![7; length]));
        })
        .on("length", async |text: String| Reply(text.len()))
        .on("where", async |handshake: Handshake| {
            Reply(
                handshake
                    .address()
                    .map(|address| address.ip().is_loopback()),
            )
        });
    Server::builder().namespace("/", chat).build()
}

/// A server that serves over TLS, and its port.
async fn serve(acceptor: Acceptor) -> (Server, SocketAddr) {
    let (listener, address) = listen().await;
    let io = server();
    tokio::spawn(io.serve(listener).tls(acceptor).into_future());
    (io, address)
}

#[tokio::test]
async fn polling_websocket_and_the_upgrade() {
    let identity = Identity::new();
    let (io, address) = serve(identity.acceptor()).await;
    let address = identity.relay(address).await;

    let (mut socket, _) = Client::join(address).await;
    assert_eq!(socket.ask(r#"21["where"]"#).await, "31[true]");
    let polling = Polling::open(address).await;
    polling.send("40").await;
    assert!(polling.packets(1).await[0].starts_with(r#"40{"sid""#));
    polling.send(r#"421["chat message","from polling"]"#).await;
    assert_eq!(polling.packets(1).await, ["431[true]"]);
    assert_eq!(socket.next().await, r#"2["chat message","from polling"]"#);

    let mut upgraded = polling.upgrade().await;
    upgraded.send(r#"423["chat message","upgraded"]"#).await;
    assert_eq!(upgraded.text().await, "433[true]");
    assert_eq!(socket.next().await, r#"2["chat message","upgraded"]"#);
    let stats = io.stats();
    assert_eq!((stats.tls_failures, stats.tls_timeouts), (0, 0));

    let target = "/socket.io/socket.io.min.js";
    let answer = request(address, "GET", target, "", b"").await;
    assert_eq!(answer.status, 200);
    assert_eq!(request(address, "GET", "/", "", b"").await.status, 404);
}

#[tokio::test]
async fn messages_longer_than_any_buffer() {
    let identity = Identity::new();
    let (_io, address) = serve(identity.acceptor()).await;
    let address = identity.relay(address).await;
    let (mut client, _) = Client::join(address).await;
    let text = "x".repeat(900_000);
    let answer = client.ask(&format!(r#"21["length","{text}"]"#)).await;
    assert_eq!(answer, "31[900000]");
    client.send(r#"2["long",5000000]"#).await;
    assert_eq!(
        client.next().await,
        r#"51-["long",{"_placeholder":true,"num":0}]"#
    );
    let Frame::Binary(data) = client.socket.next().await else {
        panic!("the attachment comes next");
    };
    assert!(data.len() == 5_000_000 && data.iter().all(|byte| *byte == 7));
}

#[tokio::test]
async fn handshakes_that_fail_are_counted_and_hold_nobody_up() {
    let identity = Identity::new();
    let (io, address) = serve(identity.acceptor()).await;
    let mut silent = TcpStream::connect(address).await.expect("it listens");

    let mut plain = TcpStream::connect(address).await.expect("it listens");
    plain
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .expect("it reads");
    let mut answer = Vec::new();
    within("the end", plain.read_to_end(&mut answer))
        .await
        .expect("a clean end");
    assert_eq!(answer.first(), Some(&21), "an alert, no HTTP");
    assert_eq!((io.stats().tls_failures, io.stats().tls_timeouts), (1, 0));

    let (mut client, _) = Client::join(identity.relay(address).await).await;
    assert_eq!(client.ask(r#"21["length","abc"]"#).await, "31[3]");

    assert_eq!(silent.read(&mut [0]).await.expect("a clean end"), 0);
    eventually("the time-out", || io.stats().tls_timeouts == 1).await;
    assert_eq!(io.stats().tls_failures, 1);
}

#[tokio::test]
async fn the_certificate_is_replaced_while_it_serves() {
    let folder = std::env::temp_dir().join(format!("sockeye-serve-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    let (old, new) = (Identity::new(), Identity::new());
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let write = |identity: &Identity| {
        for (path, label, der) in [
            (&certificate, "CERTIFICATE", &*identity.certificate),
            (&key, "PRIVATE KEY", identity.key.secret_der()),
        ] {
            let text = pem(label, der);
            std::fs::write(path, text).expect("the folder is there");
        }
    };
    write(&old);
    let acceptor = Acceptor::from_files(certificate.clone(), key.clone()).expect("they match");
    let (io, address) = serve(acceptor.clone()).await;
    let (mut first, _) = Client::join(old.relay(address).await).await;

    write(&new);
    acceptor.reload().expect("they match");
    let (mut second, _) = Client::join(new.relay(address).await).await;
    assert_eq!(second.ask(r#"21["chat message","hi"]"#).await, "31[true]");
    assert_eq!(first.next().await, r#"2["chat message","hi"]"#);
    let name = "localhost".try_into().expect("a name");
    let stream = TcpStream::connect(address).await.expect("it listens");
    let distrusted = old.connector().connect(name, stream).await;
    assert_eq!(
        distrusted.map(drop).map_err(|error| error.kind()),
        Err(io::ErrorKind::InvalidData)
    );
    eventually("the alert", || io.stats().tls_failures == 1).await;
    std::fs::remove_dir_all(&folder).expect("it is there");
}

#[tokio::test]
async fn a_shutdown_ends_sessions_and_handshakes() {
    let identity = Identity::new();
    let (listener, address) = listen().await;
    let (stop, stopped) = oneshot::channel::<()>();
    // Longer than the test waits.
    let acceptor = Acceptor::builder()
        .handshake_timeout(Duration::from_secs(600))
        .der(vec![identity.certificate.clone()], identity.key.clone_key())
        .expect("they match");
    let serving = tokio::spawn(
        server()
            .serve(listener)
            .tls(acceptor)
            .with_graceful_shutdown(async move { stopped.await.unwrap_or(()) })
            .into_future(),
    );
    let relay = identity.relay(address).await;
    let (mut client, _) = Client::join(relay).await;
    let mut silent = TcpStream::connect(address).await.expect("it listens");
    silent.write_all(b"\x16\x03").await.expect("it reads");
    let name = "localhost".try_into().expect("a name");
    let idle = TcpStream::connect(address).await.expect("it listens");
    let mut idle = identity
        .connector()
        .connect(name, idle)
        .await
        .expect("trusted");

    stop.send(()).expect("it waits for this");
    client.assert_closed().await;
    assert_eq!(silent.read(&mut [0]).await.expect("a clean end"), 0);
    assert_eq!(idle.read(&mut [0]).await.expect("a clean end of TLS"), 0);
    drop((client, idle));
    within("the end", serving)
        .await
        .expect("no panic")
        .expect("no error");
}

#[tokio::test]
async fn an_acceptor_for_http_2_is_refused() {
    let identity = Identity::new();
    let acceptor = Acceptor::builder()
        .alpn(["h2", "http/1.1"])
        .der(vec![identity.certificate.clone()], identity.key.clone_key())
        .expect("they match");
    let (listener, _) = listen().await;
    let error = server()
        .serve(listener)
        .tls(acceptor)
        .await
        .expect_err("only HTTP/1.1 is served");
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    assert_eq!(
        error.to_string(),
        sockeye::ConfigError::Alpn("h2".into()).to_string()
    );
}
