//! An HTTPS client.

use std::{io, net::SocketAddr, sync::Arc};

use sockeye::tls::rustls::{
    self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::ring::{self, cipher_suite::TLS13_AES_128_GCM_SHA256},
    pki_types::{CertificateDer, ServerName, UnixTime},
    version::TLS13,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

pub(crate) struct Connection(TlsStream<TcpStream>);

impl Connection {
    /// Connects to an address, and checks the certificate for a name.
    pub(crate) async fn open(
        address: SocketAddr,
        certificate: &CertificateDer<'static>,
        name: &str,
    ) -> io::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).expect("a certificate");
        let config = builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        connect(address, config, name).await.map(Self)
    }

    /// Sends a request and returns the whole answer.
    pub(crate) async fn get(&mut self, target: &str) -> String {
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        self.0
            .write_all(request.as_bytes())
            .await
            .expect("it reads");
        self.0.flush().await.expect("it reads");
        let mut answer = Vec::new();
        loop {
            let n = self.0.read_buf(&mut answer).await.expect("an answer");
            assert_ne!(n, 0, "the connection ends within the answer");
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else {
                continue;
            };
            let head = head.to_ascii_lowercase();
            let (_, length) = head.split_once("content-length: ").expect("its length");
            let length = length.lines().next().expect("a line");
            if body.len() == length.parse::<usize>().expect("a number") {
                return text.into_owned();
            }
        }
    }
}

/// The certificate that a server shows to everybody.
pub(crate) async fn certificate_of(address: SocketAddr) -> CertificateDer<'static> {
    let config = builder()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody))
        .with_no_client_auth();
    let stream = connect(address, config, "localhost")
        .await
        .expect("it serves TLS");
    let certificates = stream.get_ref().1.peer_certificates();
    certificates.expect("servers show one")[0]
        .clone()
        .into_owned()
}

pub(crate) fn fingerprint(certificate: &[u8]) -> String {
    let suite = TLS13_AES_128_GCM_SHA256.tls13().expect("it is one of 1.3");
    let digest = suite.common.hash_provider.hash(certificate);
    let bytes = digest.as_ref().iter();
    let bytes: Vec<_> = bytes.map(|byte| format!("{byte:02X}")).collect();
    bytes.join(":")
}

fn builder() -> rustls::ConfigBuilder<ClientConfig, rustls::WantsVerifier> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .expect("a known version")
}

async fn connect(
    address: SocketAddr,
    config: ClientConfig,
    name: &str,
) -> io::Result<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
}

/// Trusts everybody, only to look at the certificate.
#[derive(Debug)]
struct Anybody;

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        ring::default_provider()
            .signature_verification_algorithms
            .supported_schemes()
    }
}
