//! wss: who is trusted, and who is not.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{AlertDescription, CertificateError, InvalidMessage, RootCertStore, ServerConfig};
use sockeye_websocket::accept::accept;
use sockeye_websocket::client::{
    ClientTls, ClientTlsError, ConnectError, Connected, Connector, connect,
};
use sockeye_websocket::{Config, Message};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::proxies::leading_to;
use crate::server::{Server, opening, read_head};

/// An authority of the tests' own.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A certificate and its key, both PEM.
struct Certificate {
    chain: String,
    key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        Self::named("ours")
    }

    /// Authorities of the same name would be taken for one, with a wrong signature.
    fn named(name: &str) -> Self {
        let mut params = CertificateParams::new([]).expect("no names");
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    fn issue(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        Certificate {
            chain: pem("CERTIFICATE", certificate.der()),
            key: pem("PRIVATE KEY", &key.serialize_der()),
        }
    }

    pub(crate) fn server(&self, name: &str) -> ServerConfig {
        server(&self.issue(name, |_| {}), None)
    }

    pub(crate) fn trusted(&self) -> Connector {
        let tls = ClientTls::builder()
            .root_pem(self.pem().as_bytes())
            .expect("a root")
            .build()
            .expect("TLS");
        Connector::new().tls(tls)
    }

    fn pem(&self) -> String {
        pem("CERTIFICATE", self.0.der())
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n")
}

/// A server's TLS, which may insist on certificates of clients.
fn server(certificate: &Certificate, clients: Option<&Authority>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let chain = CertificateDer::pem_slice_iter(certificate.chain.as_bytes())
        .collect::<Result<_, _>>()
        .expect("PEM");
    let key = PrivateKeyDer::from_pem_slice(certificate.key.as_bytes()).expect("PEM");
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("versions");
    let config = match clients {
        None => config.with_no_client_auth(),
        Some(authority) => {
            let mut roots = RootCertStore::empty();
            roots.add(authority.0.der().clone()).expect("a root");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .expect("a verifier");
            config.with_client_cert_verifier(verifier)
        }
    };
    config.with_single_cert(chain, key).expect("a certificate")
}

/// Echoes behind TLS.
async fn echo(config: ServerConfig) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let stream = acceptor.accept(stream).await.ok()?;
                let (mut websocket, _) = accept(stream, &Config::new()).await.ok()?;
                websocket
                    .for_each(|message, out| out.send(message))
                    .await
                    .ok()
            });
        }
    });
    address
}

fn url(address: SocketAddr) -> String {
    format!("wss://localhost:{}/", address.port())
}

/// Names the server, whatever the machine's resolver thinks of it.
fn named(connector: Connector, address: SocketAddr) -> Connector {
    connector.resolve("localhost", [address])
}

async fn exchange(connector: &Connector, url: String) {
    let Connected { mut websocket, .. } = connector.connect(url).await.expect("open");
    assert!(websocket.get_ref().is_encrypted());
    // More than one TLS record.
    let text = "x".repeat(100_000);
    websocket.send(text.as_str()).await.expect("sent");
    let answer = websocket.recv().await.expect("open").expect("a message");
    assert_eq!(answer, Message::from(text));
}

async fn refused(connector: Connector, address: SocketAddr) -> rustls::Error {
    let connector = named(connector, address);
    match connector.connect(url(address)).await {
        Err(ConnectError::Tls(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn certificate(error: rustls::Error) -> CertificateError {
    match error {
        rustls::Error::InvalidCertificate(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_root_of_ones_own() {
    let authority = Authority::new();
    let address = echo(authority.server("localhost")).await;
    let connector = named(authority.trusted(), address);
    // The second time resumes the session.
    for _ in 0..2 {
        exchange(&connector, url(address)).await;
    }
}

#[tokio::test]
async fn the_certificate_of_an_address() {
    let authority = Authority::new();
    let address = echo(authority.server("127.0.0.1")).await;
    exchange(&authority.trusted(), format!("wss://{address}/")).await;
    exchange(&authority.trusted(), format!("https://{address}/")).await;
}

#[tokio::test]
async fn a_server_that_certifies_itself() {
    let key = KeyPair::generate().expect("a key");
    let params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
    let own = params.self_signed(&key).expect("a certificate");
    let certificate = Certificate {
        chain: pem("CERTIFICATE", own.der()),
        key: pem("PRIVATE KEY", &key.serialize_der()),
    };
    let address = echo(server(&certificate, None)).await;
    let tls = ClientTls::builder()
        .root_pem(certificate.chain.as_bytes())
        .expect("a root")
        .build()
        .expect("TLS");
    exchange(&named(Connector::new().tls(tls), address), url(address)).await;
}

#[tokio::test]
async fn whom_nobody_trusts() {
    let address = echo(Authority::new().server("localhost")).await;
    let error = refused(Authority::named("theirs").trusted(), address).await;
    assert_eq!(error.to_string(), "invalid peer certificate: UnknownIssuer");
    assert_eq!(certificate(error), CertificateError::UnknownIssuer);
}

#[tokio::test]
async fn the_platform_does_not_trust_our_authority() {
    if ClientTls::platform().is_err() {
        // A machine without certificates trusts nobody, which another test shows.
        return;
    }
    let address = echo(Authority::new().server("localhost")).await;
    let error = refused(Connector::new(), address).await;
    assert_eq!(certificate(error), CertificateError::UnknownIssuer);
}

#[tokio::test]
async fn another_servers_certificate() {
    let authority = Authority::new();
    let address = echo(authority.server("example.com")).await;
    let error = refused(authority.trusted(), address).await;
    assert!(matches!(
        certificate(error),
        CertificateError::NotValidForNameContext { .. }
    ));
}

#[tokio::test]
async fn too_old_and_too_new() {
    let authority = Authority::new();
    let expired = authority.issue("localhost", |params| {
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2001, 1, 1);
    });
    let address = echo(server(&expired, None)).await;
    let error = refused(authority.trusted(), address).await;
    assert!(matches!(
        certificate(error),
        CertificateError::ExpiredContext { .. }
    ));

    let future = authority.issue("localhost", |params| {
        params.not_before = date_time_ymd(3000, 1, 1);
    });
    let address = echo(server(&future, None)).await;
    let error = refused(authority.trusted(), address).await;
    assert!(matches!(
        certificate(error),
        CertificateError::NotValidYetContext { .. }
    ));
}

#[tokio::test]
async fn certificates_of_clients() {
    let authority = Authority::new();
    let own = authority.issue("localhost", |_| {});
    let address = echo(server(&own, Some(&authority))).await;

    let client = authority.issue("client", |_| {});
    let tls = |client: &Certificate| {
        ClientTls::builder()
            .root_pem(authority.pem().as_bytes())
            .expect("a root")
            .client_certificate_pem(client.chain.as_bytes(), client.key.as_bytes())
            .expect("an identity")
            .build()
            .expect("TLS")
    };
    let connector = named(Connector::new().tls(tls(&client)), address);
    exchange(&connector, url(address)).await;

    let missing = refused(authority.trusted(), address).await;
    assert_eq!(
        missing,
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired)
    );

    let stranger = Authority::named("theirs").issue("client", |_| {});
    let unknown = refused(Connector::new().tls(tls(&stranger)), address).await;
    assert_eq!(
        unknown,
        rustls::Error::AlertReceived(AlertDescription::UnknownCA)
    );
}

#[tokio::test]
async fn application_protocols() {
    let authority = Authority::new();
    let mut config = authority.server("localhost");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let address = echo(config.clone()).await;
    exchange(&named(authority.trusted(), address), url(address)).await;

    config.alpn_protocols = vec![b"h2".to_vec()];
    let address = echo(config).await;
    let error = refused(authority.trusted(), address).await;
    assert_eq!(
        error,
        rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)
    );
}

#[tokio::test]
async fn a_server_without_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _ = stream.read(&mut [0; 4096]).await;
        let answer = b"HTTP/1.1 400 Bad Request\r\n\r\n";
        stream.write_all(answer).await.expect("written");
        std::future::pending::<()>().await;
    });
    let error = refused(Authority::new().trusted(), address).await;
    assert_eq!(
        error,
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)
    );
}

#[tokio::test]
async fn a_server_that_does_not_shake_hands() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let error = named(Authority::new().trusted(), address)
        .handshake_timeout(Duration::from_millis(50))
        .connect(url(address))
        .await
        .expect_err("no answer");
    assert!(
        matches!(error, ConnectError::HandshakeTimeout { .. }),
        "{error:?}"
    );

    drop(listener);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let _ = stream.read(&mut [0; 4096]).await;
    });
    let error = named(Authority::new().trusted(), address)
        .connect(url(address))
        .await
        .expect_err("the end");
    assert!(matches!(error, ConnectError::ClosedEarly), "{error:?}");
}

#[tokio::test]
async fn through_a_proxy() {
    let authority = Authority::new();
    let address = echo(authority.server("behind.test")).await;
    let proxy = leading_to(address, "HTTP/1.1 200 OK\r\n\r\n").await;
    let connector = authority
        .trusted()
        .proxy(format!("http://{}", proxy.address));
    exchange(&connector, "wss://behind.test/".to_owned()).await;
    assert!(proxy.heads()[0].starts_with("CONNECT behind.test:443 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn no_redirect_out_of_tls() {
    let authority = Authority::new();
    let plain = Server::start(|head| opening(head, "")).await;
    let away = format!("http://{}/", plain.address);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let acceptor = TlsAcceptor::from(Arc::new(authority.server("localhost")));
    let location = away.clone();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut stream = acceptor.accept(stream).await.expect("TLS");
        read_head(&mut stream).await;
        let answer = format!("HTTP/1.1 301 x\r\nLocation: {location}\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.expect("written");
        let _ = stream.read(&mut [0; 16]).await;
    });
    let error = named(authority.trusted(), address)
        .max_redirects(5)
        .connect(url(address))
        .await
        .expect_err("a downgrade");
    assert!(
        matches!(&error, ConnectError::RedirectDowngrade { location } if *location == away),
        "{error:?}"
    );
    assert!(plain.heads().is_empty());
}

#[tokio::test]
async fn a_redirect_into_tls() {
    let authority = Authority::new();
    let address = echo(authority.server("localhost")).await;
    let secure = url(address);
    let location = secure.clone();
    let plain = Server::start(move |_| {
        format!("HTTP/1.1 308 x\r\nLocation: {location}\r\n\r\n").into_bytes()
    })
    .await;
    let connected = named(authority.trusted(), address)
        .max_redirects(1)
        .connect(plain.url())
        .await
        .expect("open");
    assert!(connected.websocket.get_ref().is_encrypted());
    assert_eq!(connected.url.as_str(), secure);
}

#[tokio::test]
async fn a_name_that_no_certificate_has() {
    let error = connect("wss://a..b/").await.expect_err("no such name");
    assert!(
        matches!(
            &error,
            ConnectError::Resolve { .. } | ConnectError::TlsName { .. }
        ),
        "{error:?}"
    );
    let server = Server::start(|_| Vec::new()).await;
    let error = Authority::new()
        .trusted()
        .resolve("a..b", [server.address])
        .connect("wss://a..b/")
        .await
        .expect_err("no such name");
    assert!(
        matches!(&error, ConnectError::TlsName { host } if host == "a..b"),
        "{error:?}"
    );
}

#[test]
fn what_cannot_be_set_up() {
    let authority = Authority::new();
    let one = authority.issue("one", |_| {});
    let two = authority.issue("two", |_| {});
    let builder = ClientTls::builder;

    let error = builder().build().expect_err("nothing");
    assert!(matches!(error, ClientTlsError::NoRoots), "{error:?}");

    let error = builder().root_pem(b"hello").expect_err("no PEM");
    assert!(matches!(error, ClientTlsError::NoCertificate), "{error:?}");
    let error = builder().root_pem(one.key.as_bytes()).expect_err("a key");
    assert!(matches!(error, ClientTlsError::NoCertificate), "{error:?}");

    let open = b"-----BEGIN CERTIFICATE-----\nAAAA\n";
    let error = builder().root_pem(open).expect_err("cut off");
    assert!(matches!(error, ClientTlsError::Pem(_)), "{error:?}");
    let bad = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let error = builder().root_pem(bad).expect_err("no DER");
    assert!(matches!(error, ClientTlsError::Root(_)), "{error:?}");

    let identity = |chain: &str, key: &str| {
        builder()
            .root_pem(authority.pem().as_bytes())?
            .client_certificate_pem(chain.as_bytes(), key.as_bytes())?
            .build()
    };
    assert!(identity(&one.chain, &one.key).is_ok());
    let error = identity(&one.chain, "").expect_err("no key");
    assert!(matches!(error, ClientTlsError::Pem(_)), "{error:?}");
    let error = identity("", &one.key).expect_err("no certificate");
    assert!(matches!(error, ClientTlsError::NoCertificate), "{error:?}");
    let error = identity(&one.chain, &two.key).expect_err("another key");
    assert!(
        matches!(
            error,
            ClientTlsError::Identity(rustls::Error::InconsistentKeys(_))
        ),
        "{error:?}"
    );
}

/// A system without trusted certificates, which is one where the file that names them is not
/// there. The environment is a process's, so it is another process that looks.
#[test]
fn a_system_that_trusts_nobody() {
    const NOWHERE: &str = "/nowhere/certificates.pem";
    if std::env::var_os("SSL_CERT_FILE").is_none_or(|file| file != NOWHERE) {
        let itself = std::env::current_exe().expect("a test");
        let output = std::process::Command::new(itself)
            .args(["--exact", "tls::a_system_that_trusts_nobody"])
            .env("SSL_CERT_FILE", NOWHERE)
            .env_remove("SSL_CERT_DIR")
            .output()
            .expect("started");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{said}");
        assert!(said.contains("1 passed"), "{said}");
        return;
    }
    let error = ClientTls::platform().expect_err("nobody");
    let ClientTlsError::NoPlatformRoots(errors) = error else {
        panic!("{error:?}");
    };
    assert!(!errors.is_empty());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let error = runtime.block_on(connect("wss://127.0.0.1:1/"));
    let error = error.expect_err("nobody to trust");
    assert!(
        matches!(
            error,
            ConnectError::TlsConfig(ClientTlsError::NoPlatformRoots(_))
        ),
        "{error:?}"
    );
}
