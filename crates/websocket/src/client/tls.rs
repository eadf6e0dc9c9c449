use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Host;

use super::ConnectError;

/// The platform's roots, which take long to load, and what is made of them.
static PLATFORM: OnceLock<ClientTls> = OnceLock::new();

/// How to speak TLS with servers: which authorities to trust, and who this side is. Cheap to clone.
///
/// The certificate of a server is always verified. For development, trust your own certificate or
/// authority:
///
/// ```no_run
/// use sockeye_websocket::client::{ClientTls, Connector};
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let pem = std::fs::read("development.pem")?;
/// let tls = ClientTls::builder().root_pem(&pem)?.build()?;
/// let connected = Connector::new().tls(tls).connect("wss://localhost:9001").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ClientTls(Arc<ClientConfig>);

/// Why TLS cannot be set up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientTlsError {
    /// rustls refuses the certificate and key that this side should show.
    #[error("unusable client certificate or key: {0}")]
    Identity(#[source] rustls::Error),
    /// A PEM text that should have certificates, and has none.
    #[error("no certificate in the PEM text")]
    NoCertificate,
    /// The platform's trusted certificates cannot be loaded, or there are none.
    #[error("no trusted root certificates on this system{}", platform(.0))]
    NoPlatformRoots(Vec<rustls_native_certs::Error>),
    /// Neither the platform's roots nor own ones.
    #[error("no root certificates: nothing could be trusted")]
    NoRoots,
    /// A text that is no PEM, or has no private key where one should be.
    #[error("unusable PEM text: {0}")]
    Pem(#[source] pem::Error),
    /// A certificate that cannot be a root.
    #[error("unusable root certificate: {0}")]
    Root(#[source] rustls::Error),
}

impl ClientTls {
    /// Trusts what the platform trusts. Its certificates are loaded once a process; that reads
    /// files, which [`Connector`](super::Connector) does outside of the runtime's threads.
    ///
    /// # Errors
    /// [`ClientTlsError::NoPlatformRoots`].
    pub fn platform() -> Result<Self, ClientTlsError> {
        if let Some(loaded) = PLATFORM.get() {
            return Ok(loaded.clone());
        }
        let tls = Self::builder().platform_roots()?.build()?;
        Ok(PLATFORM.get_or_init(|| tls).clone())
    }

    /// [`platform`](Self::platform) for a task.
    pub(super) async fn platform_in_background() -> Result<Self, ConnectError> {
        if let Some(loaded) = PLATFORM.get() {
            return Ok(loaded.clone());
        }
        match tokio::task::spawn_blocking(Self::platform).await {
            Ok(tls) => Ok(tls?),
            Err(error) => Err(ConnectError::Io(error.into())),
        }
    }

    /// Trusts nothing yet.
    #[must_use]
    pub fn builder() -> ClientTlsBuilder {
        ClientTlsBuilder {
            roots: RootCertStore::empty(),
            identity: None,
        }
    }

    /// Whatever rustls can do. The list of application protocols is replaced: a WebSocket's
    /// handshake is HTTP/1.1, and where it is HTTP/2, only that is offered.
    #[must_use]
    pub fn from_config(mut config: ClientConfig) -> Self {
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Self(Arc::new(config))
    }

    /// The same for a connection that speaks HTTP/2 (RFC 9113 3.2).
    #[cfg(feature = "http2")]
    pub(super) fn for_http2(&self) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self(Arc::new(config))
    }

    pub(super) async fn connect(
        &self,
        stream: TcpStream,
        host: &Host<String>,
    ) -> Result<TlsStream<TcpStream>, ConnectError> {
        let name = match host {
            Host::Domain(name) => ServerName::try_from(name.clone())
                .map_err(|_| ConnectError::TlsName { host: name.clone() })?,
            Host::Ipv4(ip) => ServerName::from(std::net::IpAddr::from(*ip)),
            Host::Ipv6(ip) => ServerName::from(std::net::IpAddr::from(*ip)),
        };
        TlsConnector::from(Arc::clone(&self.0))
            .connect(name, stream)
            .await
            .map_err(ConnectError::from_io)
    }
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").finish_non_exhaustive()
    }
}

/// Makes a [`ClientTls`] of certificates and keys.
pub struct ClientTlsBuilder {
    roots: RootCertStore,
    identity: Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>,
}

impl ClientTlsBuilder {
    /// Trusts what the platform trusts, beside what else is added. Certificates in its store that
    /// cannot be read are left out.
    ///
    /// # Errors
    /// [`ClientTlsError::NoPlatformRoots`].
    pub fn platform_roots(mut self) -> Result<Self, ClientTlsError> {
        let loaded = rustls_native_certs::load_native_certs();
        let (usable, _) = self.roots.add_parsable_certificates(loaded.certs);
        if usable == 0 {
            return Err(ClientTlsError::NoPlatformRoots(loaded.errors));
        }
        Ok(self)
    }

    /// Trusts each certificate in a PEM text: an authority's, or a server's own.
    ///
    /// # Errors
    /// [`ClientTlsError::Pem`], [`ClientTlsError::NoCertificate`] or [`ClientTlsError::Root`].
    pub fn root_pem(mut self, pem: &[u8]) -> Result<Self, ClientTlsError> {
        for certificate in certificates(pem)? {
            self.roots.add(certificate).map_err(ClientTlsError::Root)?;
        }
        Ok(self)
    }

    /// Shows a certificate to servers that ask for one: `chain` begins with it, `key` is its
    /// private key, both PEM. The key may be PKCS #8, PKCS #1 or SEC 1.
    ///
    /// # Errors
    /// [`ClientTlsError::Pem`] or [`ClientTlsError::NoCertificate`]; whether the two belong
    /// together shows in [`build`](Self::build).
    pub fn client_certificate_pem(
        mut self,
        chain: &[u8],
        key: &[u8],
    ) -> Result<Self, ClientTlsError> {
        let key = PrivateKeyDer::from_pem_slice(key).map_err(ClientTlsError::Pem)?;
        self.identity = Some((certificates(chain)?, key));
        Ok(self)
    }

    /// Done: TLS 1.2 and 1.3 with the cryptography of ring, whatever the process's default is.
    ///
    /// # Errors
    /// [`ClientTlsError::NoRoots`] or [`ClientTlsError::Identity`].
    pub fn build(self) -> Result<ClientTls, ClientTlsError> {
        if self.roots.is_empty() {
            return Err(ClientTlsError::NoRoots);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has the default versions")
            .with_root_certificates(self.roots);
        let config = match self.identity {
            None => config.with_no_client_auth(),
            Some((chain, key)) => config
                .with_client_auth_cert(chain, key)
                .map_err(ClientTlsError::Identity)?,
        };
        Ok(ClientTls::from_config(config))
    }
}

impl fmt::Debug for ClientTlsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTlsBuilder")
            .field("roots", &self.roots.len())
            .finish_non_exhaustive()
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ClientTlsError> {
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<_, _>>()
        .map_err(ClientTlsError::Pem)?;
    if certificates.is_empty() {
        return Err(ClientTlsError::NoCertificate);
    }
    Ok(certificates)
}

fn platform(errors: &[rustls_native_certs::Error]) -> String {
    errors.iter().map(|error| format!("; {error}")).collect()
}
