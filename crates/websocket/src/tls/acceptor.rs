use std::{
    convert::Infallible,
    fmt, fs,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
    server::UnbufferedServerConnection,
};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    Builder, Error, TlsStream,
    builder::{HANDSHAKE_TIMEOUT, Recipe},
    records::Records,
};

/// Makes TLS streams of a server's connections. A clone is the same acceptor.
///
/// TLS 1.2 and 1.3, `http/1.1` for ALPN, no certificates of clients, 10 seconds for a handshake:
/// [`Acceptor::builder`] has the settings.
#[derive(Clone)]
pub struct Acceptor {
    shared: Arc<Shared>,
}

struct Shared {
    config: RwLock<Arc<ServerConfig>>,
    /// Not for a configuration that the user made.
    recipe: Option<Recipe>,
    /// What the files looked like before they were read last.
    seen: Mutex<Vec<Option<Look>>>,
    handshake_timeout: Duration,
}

/// When a file was changed last, and its length.
type Look = (SystemTime, u64);

impl Acceptor {
    /// An acceptor with the certificate chain and the private key in two files in PEM form, or in
    /// one that has both. The chain begins with the server's certificate.
    ///
    /// ```no_run
    /// use sockeye_websocket::tls::Acceptor;
    ///
    /// let acceptor = Acceptor::from_files("fullchain.pem", "privkey.pem")?;
    /// # Ok::<(), sockeye_websocket::tls::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`] names the file and what is wrong with it.
    pub fn from_files(
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<Self, Error> {
        Self::builder().files(certificate, key)
    }

    /// An acceptor with a certificate chain and a private key in DER form.
    ///
    /// ```
    /// use sockeye_websocket::tls::Acceptor;
    ///
    /// let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    /// let key = made.signing_key.serialize_der().try_into()?;
    /// let acceptor = Acceptor::from_der(vec![made.cert.der().clone()], key)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`] says which of both is wrong, and how.
    pub fn from_der(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, Error> {
        Self::builder().der(chain, key)
    }

    /// An acceptor with a configuration of rustls, for another provider or a certificate by name,
    /// for example. [`reload`](Self::reload) changes nothing for it.
    ///
    /// # Errors
    ///
    /// [`Error::Settings`] if the configuration allows early data, which an attacker can repeat.
    pub fn from_config(config: Arc<ServerConfig>) -> Result<Self, Error> {
        if config.max_early_data_size > 0 {
            let error = rustls::Error::General("early data is not supported".to_owned());
            return Err(Error::Settings(Box::new(error)));
        }
        Ok(Self::with(config, None, Vec::new(), HANDSHAKE_TIMEOUT))
    }

    /// The settings.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(super) fn from_recipe(recipe: Recipe, handshake_timeout: Duration) -> Result<Self, Error> {
        // Looked at first: what changes while it is read will look new.
        let seen = look(&recipe);
        let config = recipe.config()?;
        Ok(Self::with(config, Some(recipe), seen, handshake_timeout))
    }

    fn with(
        config: Arc<ServerConfig>,
        recipe: Option<Recipe>,
        seen: Vec<Option<Look>>,
        handshake_timeout: Duration,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                config: RwLock::new(config),
                recipe,
                seen: Mutex::new(seen),
                handshake_timeout,
            }),
        }
    }

    /// Does the handshake on a stream that a client has just opened.
    ///
    /// Call it on the connection's own task: a handshake waits for its client.
    ///
    /// ```no_run
    /// # async fn example(acceptor: sockeye_websocket::tls::Acceptor) -> Result<(), Box<dyn std::error::Error>> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:8443").await?;
    /// let (stream, _) = listener.accept().await?;
    /// let stream = acceptor.accept(stream).await?;
    /// assert!(matches!(stream.alpn_protocol(), None | Some(b"http/1.1")));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Timeout`], [`Error::Handshake`] or [`Error::Io`]; the client has been told where TLS
    /// has a word for it, and the stream is dropped.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the stream.
    pub async fn accept<S>(&self, stream: S) -> Result<TlsStream<S>, Error>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let session = UnbufferedServerConnection::new(self.config())
            .map_err(|error| Error::Settings(Box::new(error)))?;
        let mut records = Records::new(stream, session);
        match tokio::time::timeout(self.shared.handshake_timeout, records.handshake()).await {
            Ok(Ok(())) => Ok(TlsStream::new(records)),
            Ok(Err(error)) => Err(Error::of_handshake(error)),
            Err(_) => Err(Error::Timeout),
        }
    }

    /// Reads the files again. Handshakes that begin from now on use what is in them, none resumes a
    /// session from before, and connections that are there live on.
    ///
    /// It blocks for as long as the system takes to read some kilobytes.
    ///
    /// ```no_run
    /// # fn example(acceptor: sockeye_websocket::tls::Acceptor) {
    /// if let Err(error) = acceptor.reload() {
    ///     eprintln!("the certificate stays the old one: {error}");
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error`] names the file and what is wrong with it; then everything stays as it was.
    pub fn reload(&self) -> Result<(), Error> {
        let Some(recipe) = &self.shared.recipe else {
            return Ok(());
        };
        // Held to the end: two reloads at once leave what the later one read.
        let mut seen = lock(&self.shared.seen);
        *seen = look(recipe);
        let config = recipe.config()?;
        *self
            .shared
            .config
            .write()
            .unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Looks at the files again and again, and [reloads](Self::reload) when one of them has changed
    /// since it was read last. It never ends: spawn it.
    ///
    /// `report` gets the result of each reload. Files that cannot be used are reported once; the
    /// next try is when they have changed again.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # fn example(acceptor: sockeye_websocket::tls::Acceptor) {
    /// tokio::spawn(async move {
    ///     acceptor
    ///         .reload_when_changed(Duration::from_secs(5), |result| match result {
    ///             Ok(()) => println!("the certificate is the new one"),
    ///             Err(error) => eprintln!("the certificate stays the old one: {error}"),
    ///         })
    ///         .await
    /// });
    /// # }
    /// ```
    pub async fn reload_when_changed(
        &self,
        every: Duration,
        mut report: impl FnMut(Result<(), Error>),
    ) -> Infallible {
        loop {
            tokio::time::sleep(every).await;
            if self.is_stale() {
                report(self.reload());
            }
        }
    }

    /// The protocols above TLS that are offered, best first.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), sockeye_websocket::tls::Error> {
    /// let acceptor = sockeye_websocket::tls::Acceptor::from_files("certificate.pem", "key.pem")?;
    /// assert_eq!(acceptor.alpn_protocols(), [b"http/1.1"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn alpn_protocols(&self) -> Vec<Vec<u8>> {
        self.config().alpn_protocols.clone()
    }

    fn config(&self) -> Arc<ServerConfig> {
        self.shared
            .config
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn is_stale(&self) -> bool {
        let recipe = self.shared.recipe.as_ref();
        recipe.is_some_and(|recipe| *lock(&self.shared.seen) != look(recipe))
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files: Vec<_> = self.shared.recipe.iter().flat_map(Recipe::files).collect();
        f.debug_struct("Acceptor")
            .field("files", &files)
            .field("handshake_timeout", &self.shared.handshake_timeout)
            .finish_non_exhaustive()
    }
}

/// A file that cannot be looked at has changed when it can.
fn look(recipe: &Recipe) -> Vec<Option<Look>> {
    recipe
        .files()
        .map(|file| {
            let metadata = fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
        .collect()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
