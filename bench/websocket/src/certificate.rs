//! A certificate for the servers that do not make their own, in files that go when the run ends.

use std::fs;
use std::io;
use std::path::PathBuf;

/// The folder with `cert.der` and `key.der`.
#[derive(Debug)]
pub(crate) struct Certificate {
    folder: PathBuf,
}

impl Certificate {
    /// A new one for `localhost`.
    pub(crate) fn make() -> io::Result<Self> {
        let name = format!("sockeye-bench-websocket-{}", std::process::id());
        let certificate = Self {
            folder: std::env::temp_dir().join(name),
        };
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])
            .map_err(io::Error::other)?;
        fs::create_dir_all(&certificate.folder)?;
        fs::write(certificate.cert(), made.cert.der())?;
        fs::write(certificate.key(), made.signing_key.serialize_der())?;
        Ok(certificate)
    }

    pub(crate) fn cert(&self) -> PathBuf {
        self.folder.join("cert.der")
    }

    pub(crate) fn key(&self) -> PathBuf {
        self.folder.join("key.der")
    }
}

impl Drop for Certificate {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
    }
}
