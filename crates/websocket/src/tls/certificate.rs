//! Certificates and keys from files in PEM form.

use std::{fs, path::Path, sync::Arc};

use rustls::{
    InconsistentKeys, RootCertStore,
    crypto::CryptoProvider,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject},
    },
    sign::CertifiedKey,
};

use super::Error;

/// Where a certificate's or key's bytes came from, in messages, if it was not a file.
const MEMORY: &str = "memory";

/// The chain in one file and the key in another, or in the same.
pub(super) fn from_files(
    certificate: &Path,
    key: &Path,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, Error> {
    let chain = chain(certificate)?;
    let private_key = private_key(key)?;
    certified((chain, certificate), (private_key, key), provider)
}

pub(super) fn from_der(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, Error> {
    let memory = Path::new(MEMORY);
    if chain.is_empty() {
        return Err(Error::NoCertificate {
            file: memory.into(),
        });
    }
    certified((chain, memory), (key, memory), provider)
}

/// The authorities in a file.
pub(super) fn authorities(file: &Path) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in chain(file)? {
        roots
            .add(certificate)
            .map_err(|source| Error::BadCertificate {
                file: file.into(),
                source: Box::new(source),
            })?;
    }
    Ok(roots)
}

fn certified(
    (chain, certificate_file): (Vec<CertificateDer<'static>>, &Path),
    (key, key_file): (PrivateKeyDer<'static>, &Path),
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, Error> {
    let key = provider
        .key_provider
        .load_private_key(key)
        .map_err(|source| Error::BadKey {
            file: key_file.into(),
            source: Box::new(source),
        })?;
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        // A key that cannot tell its public half shows at the first handshake.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => {
            Ok(Arc::new(certified))
        }
        Err(rustls::Error::InconsistentKeys(_)) => Err(Error::KeyMismatch {
            certificate: certificate_file.into(),
            key: key_file.into(),
        }),
        Err(source) => Err(Error::BadCertificate {
            file: certificate_file.into(),
            source: Box::new(source),
        }),
    }
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = read(file)?;
    let chain = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| damaged(file, source))?;
    if chain.is_empty() {
        return Err(Error::NoCertificate { file: file.into() });
    }
    Ok(chain)
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, Error> {
    let bytes = read(file)?;
    match PrivateKeyDer::from_pem_slice(&bytes) {
        // The older form says it in a header inside the section (RFC 1421), the newer one in its name.
        _ if contains(&bytes, b"Proc-Type: 4,ENCRYPTED")
            || contains(&bytes, b"-----BEGIN ENCRYPTED PRIVATE KEY-----") =>
        {
            Err(Error::EncryptedKey { file: file.into() })
        }
        Ok(key) => Ok(key),
        Err(pem::Error::NoItemsFound) => Err(Error::NoKey { file: file.into() }),
        Err(source) => Err(damaged(file, source)),
    }
}

fn read(file: &Path) -> Result<Vec<u8>, Error> {
    fs::read(file).map_err(|source| Error::Unreadable {
        file: file.into(),
        source,
    })
}

fn damaged(file: &Path, source: pem::Error) -> Error {
    Error::Damaged {
        file: file.into(),
        source: Box::new(source),
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}
