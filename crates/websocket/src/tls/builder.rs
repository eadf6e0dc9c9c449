use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivateKeyDer},
    server::WebPkiClientVerifier,
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};

use super::{Acceptor, Error, certificate};

/// How long a handshake may take unless it was said otherwise.
pub(super) const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Makes an [`Acceptor`] with other than its defaults.
///
/// ```no_run
/// use std::time::Duration;
/// use sockeye_websocket::tls::Acceptor;
///
/// # fn example() -> Result<(), sockeye_websocket::tls::Error> {
/// let acceptor = Acceptor::builder()
///     .client_authorities("clients.pem")
///     .handshake_timeout(Duration::from_secs(5))
///     .files("certificate.pem", "key.pem")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it is only a plan"]
pub struct Builder {
    alpn: Vec<Vec<u8>>,
    authorities: Option<PathBuf>,
    anonymous: bool,
    handshake_timeout: Duration,
}

impl Builder {
    pub(super) fn new() -> Self {
        Self {
            alpn: vec![b"http/1.1".to_vec()],
            authorities: None,
            anonymous: false,
            handshake_timeout: HANDSHAKE_TIMEOUT,
        }
    }

    /// The protocols above TLS, best first (RFC 7301); `http/1.1` alone unless they are given.
    ///
    /// With `["h2", "http/1.1"]` browsers talk HTTP/2, so whoever reads the stream must look at
    /// [`TlsStream::alpn_protocol`](super::TlsStream::alpn_protocol). A client that offers
    /// protocols, but none of these, is refused; one that offers none at all is not.
    pub fn alpn<P: Into<Vec<u8>>>(mut self, protocols: impl IntoIterator<Item = P>) -> Self {
        self.alpn = protocols.into_iter().map(Into::into).collect();
        self
    }

    /// Asks clients for a certificate by one of the authorities in a file in PEM form; a client
    /// without one is refused.
    pub fn client_authorities(mut self, file: impl Into<PathBuf>) -> Self {
        self.authorities = Some(file.into());
        self
    }

    /// With [`client_authorities`](Self::client_authorities): whether clients without any
    /// certificate are welcome too; false unless it is said. A bad certificate is refused either way.
    pub fn anonymous_clients(mut self, welcome: bool) -> Self {
        self.anonymous = welcome;
        self
    }

    /// How long a handshake may take from [`Acceptor::accept`] on; 10 seconds unless it is said.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.handshake_timeout = timeout;
        self
    }

    /// An acceptor with the certificate chain and the private key in two files in PEM form, or in
    /// one that has both. The chain begins with the server's certificate.
    ///
    /// # Errors
    ///
    /// [`Error`] names the file and what is wrong with it.
    pub fn files(
        self,
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<Acceptor, Error> {
        self.build(Certificate::Files {
            certificate: certificate.into(),
            key: key.into(),
        })
    }

    /// An acceptor with a certificate chain and a private key in DER form.
    ///
    /// # Errors
    ///
    /// [`Error`] says which of both is wrong, and how.
    pub fn der(
        self,
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Acceptor, Error> {
        let certified = certificate::from_der(chain, key, &ring::default_provider())?;
        self.build(Certificate::Given(certified))
    }

    fn build(self, certificate: Certificate) -> Result<Acceptor, Error> {
        let handshake_timeout = self.handshake_timeout;
        Acceptor::from_recipe(
            Recipe {
                certificate,
                builder: self,
                provider: Arc::new(ring::default_provider()),
            },
            handshake_timeout,
        )
    }
}

#[derive(Debug)]
enum Certificate {
    Files { certificate: PathBuf, key: PathBuf },
    Given(Arc<CertifiedKey>),
}

/// What a reload makes a configuration from.
#[derive(Debug)]
pub(super) struct Recipe {
    certificate: Certificate,
    builder: Builder,
    provider: Arc<CryptoProvider>,
}

impl Recipe {
    /// Reads the files.
    pub(super) fn config(&self) -> Result<Arc<ServerConfig>, Error> {
        let certified = match &self.certificate {
            Certificate::Files { certificate, key } => {
                certificate::from_files(certificate, key, &self.provider)?
            }
            Certificate::Given(certified) => certified.clone(),
        };
        let refused = |error| Error::Settings(Box::new(error));
        let config = ServerConfig::builder_with_provider(self.provider.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(refused)?;
        let config = match &self.builder.authorities {
            None => config.with_no_client_auth(),
            Some(file) => {
                let roots = Arc::new(certificate::authorities(file)?);
                let mut verifier =
                    WebPkiClientVerifier::builder_with_provider(roots, self.provider.clone());
                if self.builder.anonymous {
                    verifier = verifier.allow_unauthenticated();
                }
                let verifier = verifier
                    .build()
                    .map_err(|error| refused(rustls::Error::General(error.to_string())))?;
                config.with_client_cert_verifier(verifier)
            }
        };
        let mut config = config.with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
        config.alpn_protocols = self.builder.alpn.clone();
        Ok(Arc::new(config))
    }

    /// The files that it reads.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        let own = match &self.certificate {
            Certificate::Files { certificate, key } => [Some(certificate), Some(key)],
            Certificate::Given(_) => [None, None],
        };
        own.into_iter()
            .chain([self.builder.authorities.as_ref()])
            .flatten()
            .map(PathBuf::as_path)
    }
}
