use std::{io, path::Path};

/// Why there is no [`Acceptor`](super::Acceptor), no reload or no
/// [`TlsStream`](super::TlsStream).
///
/// ```
/// use sockeye_websocket::tls::{Acceptor, Error};
///
/// let error = Acceptor::from_files("missing.pem", "key.pem").unwrap_err();
/// assert!(matches!(error, Error::Unreadable { .. }));
/// assert!(error.to_string().starts_with("cannot read missing.pem: "));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file is not there or cannot be read.
    #[error("cannot read {}: {source}", file.display())]
    Unreadable {
        /// Its path as given.
        file: Box<Path>,
        /// What the system said.
        source: io::Error,
    },
    /// A file is not text in PEM form.
    #[error("{} is damaged: {source}", file.display())]
    Damaged {
        /// Its path as given.
        file: Box<Path>,
        /// What is wrong with it.
        source: Box<rustls::pki_types::pem::Error>,
    },
    /// A file in PEM form has no section `CERTIFICATE`.
    #[error("{} has no certificate in it", file.display())]
    NoCertificate {
        /// Its path as given.
        file: Box<Path>,
    },
    /// A certificate is not one, or not one that rustls can use.
    #[error("the certificate in {} cannot be used: {source}", file.display())]
    BadCertificate {
        /// The path of its file as given.
        file: Box<Path>,
        /// Why not.
        source: Box<rustls::Error>,
    },
    /// A file in PEM form has no section `PRIVATE KEY`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`.
    #[error("{} has no private key in it", file.display())]
    NoKey {
        /// Its path as given.
        file: Box<Path>,
    },
    /// A private key is encrypted with a password, which nobody could enter here.
    #[error("the private key in {} is encrypted: store it decrypted", file.display())]
    EncryptedKey {
        /// The path of its file as given.
        file: Box<Path>,
    },
    /// A private key is damaged or of a kind that rustls does not know.
    #[error("the private key in {} cannot be used: {source}", file.display())]
    BadKey {
        /// The path of its file as given.
        file: Box<Path>,
        /// Why not.
        source: Box<rustls::Error>,
    },
    /// The private key belongs to another certificate.
    #[error("the private key in {} does not match the certificate in {}", key.display(), certificate.display())]
    KeyMismatch {
        /// The path of the certificate's file as given.
        certificate: Box<Path>,
        /// The path of the key's file as given.
        key: Box<Path>,
    },
    /// Settings that rustls refuses.
    #[error("tls cannot be set up: {0}")]
    Settings(#[source] Box<rustls::Error>),
    /// The handshake was not complete in time.
    #[error("tls handshake timed out")]
    Timeout,
    /// The peer speaks no TLS, or none that both sides know, or broke its rules, or does not trust
    /// this side, or is not trusted.
    #[error("tls handshake failed: {0}")]
    Handshake(#[source] Box<rustls::Error>),
    /// The stream failed or ended during the handshake.
    #[error("stream failed during the tls handshake: {0}")]
    Io(#[source] io::Error),
}

impl Error {
    /// Whether a handshake was too slow.
    ///
    /// ```
    /// use sockeye_websocket::tls::Error;
    ///
    /// assert!(Error::Timeout.is_timeout());
    /// ```
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::Timeout)
    }

    /// How a handshake failed.
    pub(super) fn of_handshake(error: io::Error) -> Self {
        match error.downcast::<rustls::Error>() {
            Ok(error) => Self::Handshake(Box::new(error)),
            Err(error) => Self::Io(error),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Unreadable { source, .. } | Error::Io(source) => source.kind(),
            Error::Timeout => io::ErrorKind::TimedOut,
            Error::Handshake(_) => io::ErrorKind::InvalidData,
            _ => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_small() {
        assert!(size_of::<Error>() <= 40, "{}", size_of::<Error>());
    }
}
