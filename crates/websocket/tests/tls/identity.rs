//! Certificates made for a test, and clients that trust them.
#![allow(dead_code, reason = "two test programs use a part each")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::STANDARD};
use rcgen::{CertificateParams, Issuer, KeyPair};
use sockeye_websocket::tls::{
    Acceptor, Error, TlsStream,
    rustls::{
        ClientConfig, RootCertStore, SupportedProtocolVersion,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
        version::{TLS12, TLS13},
    },
};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, duplex};
use tokio_rustls::{TlsConnector, client};

pub(crate) type Client = client::TlsStream<DuplexStream>;

/// A certificate and its key.
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a name");
        Self {
            certificate: made.cert.der().clone(),
            key: made.signing_key,
        }
    }

    /// A client's certificate, and the authority that signed it.
    pub(crate) fn signed() -> (Self, Self) {
        let authority_key = KeyPair::generate().expect("the generator works");
        let mut params = CertificateParams::new([]).expect("no names");
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority = params.self_signed(&authority_key).expect("its own key");
        let issuer = Issuer::from_params(&params, &authority_key);
        let key = KeyPair::generate().expect("the generator works");
        let params = CertificateParams::new(["client".to_owned()]).expect("a name");
        let certificate = params.signed_by(&key, &issuer).expect("the issuer's key");
        let signed = Self {
            certificate: certificate.der().clone(),
            key,
        };
        let authority = Self {
            certificate: authority.der().clone(),
            key: authority_key,
        };
        (signed, authority)
    }

    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::try_from(self.key.serialize_der()).expect("it is a key")
    }

    pub(crate) fn certificate_pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }

    pub(crate) fn key_pem(&self) -> String {
        pem("PRIVATE KEY", &self.key.serialize_der())
    }

    pub(crate) fn acceptor(&self) -> Acceptor {
        Acceptor::from_der(vec![self.certificate.clone()], self.key()).expect("they match")
    }

    /// The settings of a client that trusts this certificate and has `own`.
    pub(crate) fn client(&self, own: Option<&Self>) -> ClientConfig {
        self.client_of(&[&TLS13, &TLS12], own)
    }

    pub(crate) fn client_of(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        own: Option<&Self>,
    ) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .expect("known versions")
            .with_root_certificates(roots);
        match own {
            None => config.with_no_client_auth(),
            Some(own) => config
                .with_client_auth_cert(vec![own.certificate.clone()], own.key())
                .expect("they match"),
        }
    }
}

pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text
        .as_bytes()
        .chunks(64)
        .map(String::from_utf8_lossy)
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// Both sides of a handshake.
pub(crate) async fn meet(
    acceptor: &Acceptor,
    client: impl Into<Arc<ClientConfig>>,
) -> (
    Result<TlsStream<DuplexStream>, Error>,
    std::io::Result<Client>,
) {
    let (near, far) = duplex(1 << 20);
    meet_over(acceptor, near, client, far).await
}

pub(crate) async fn meet_over<A, B>(
    acceptor: &Acceptor,
    near: A,
    client: impl Into<Arc<ClientConfig>>,
    far: B,
) -> (
    Result<TlsStream<A>, Error>,
    std::io::Result<client::TlsStream<B>>,
)
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let connector = TlsConnector::from(client.into());
    let name = "localhost".try_into().expect("a name");
    tokio::join!(acceptor.accept(near), connector.connect(name, far))
}

/// A folder that is gone at the end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "sockeye-tls-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).expect("a folder for temporary files");
        Self(folder)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("the folder is there");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl AsRef<Path> for Folder {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}
