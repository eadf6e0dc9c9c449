use std::{
    convert::Infallible,
    error::Error,
    fmt,
    future::{Future, IntoFuture, Pending, Ready, pending, ready},
    io,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body::Body as HttpBody;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use sockeye_engine::{Lasting, RemoteAddr, Secure};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
};
use tower_service::Service;

use super::{
    WithSocketIo,
    accepting::Accepting,
    heads::Heads,
    places::{Place, Places},
};
use crate::{
    ConfigError, Server,
    shutdown::{HARD_STOP, OVER},
    stats::count,
};

/// How long a shutdown waits for plain HTTP connections once the sessions have ended, at most.
const SHUTDOWN: Duration = Duration::from_secs(5);

impl Server {
    /// Serves HTTP/1.1 on a listener: Socket.IO below its path, and other paths through
    /// [`Serve::fallback`].
    ///
    /// ```no_run
    /// # async fn example() -> std::io::Result<()> {
    /// use sockeye::{Namespace, Server};
    /// use tokio::net::TcpListener;
    ///
    /// let io = Server::builder().namespace("/", Namespace::new()).build();
    /// let listener = TcpListener::bind("127.0.0.1:3000").await?;
    /// io.serve(listener).with_graceful_shutdown(async { tokio::signal::ctrl_c().await.unwrap_or(()) }).await
    /// # }
    /// ```
    pub fn serve(&self, listener: TcpListener) -> Serve {
        Serve {
            server: self.clone(),
            listener,
            accepting: Accepting::Plain,
            max_connections: None,
            heads: Heads::new(self.clone()),
            fallback: NotFound,
            shutdown: pending(),
            drain: OVER,
            hard_stop: HARD_STOP,
        }
    }
}

/// A server on a listener; await it to run.
#[must_use = "nothing is served before it is awaited"]
pub struct Serve<F = NotFound, S = Pending<()>> {
    server: Server,
    listener: TcpListener,
    accepting: Accepting,
    max_connections: Option<usize>,
    heads: Heads,
    fallback: F,
    shutdown: S,
    drain: Duration,
    hard_stop: Duration,
}

impl<F, S> Serve<F, S> {
    /// The service for requests that are not below the server's path, an axum router for example.
    pub fn fallback<F2>(self, fallback: F2) -> Serve<F2, S> {
        Serve {
            server: self.server,
            listener: self.listener,
            accepting: self.accepting,
            max_connections: self.max_connections,
            heads: self.heads,
            fallback,
            shutdown: self.shutdown,
            drain: self.drain,
            hard_stop: self.hard_stop,
        }
    }

    /// Serves over TLS: `https` and `wss`.
    ///
    /// A handshake is on its connection's own task; one that fails is counted in
    /// [`Stats::tls_failures`](crate::Stats::tls_failures) or
    /// [`Stats::tls_timeouts`](crate::Stats::tls_timeouts). The certificate can be replaced while the
    /// server runs, through a clone of the acceptor. An acceptor that offers another protocol than
    /// `http/1.1` is refused by [`check`](Self::check), and when the server is awaited.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use sockeye::{Namespace, Server, tls::Acceptor};
    /// use tokio::net::TcpListener;
    ///
    /// let acceptor = Acceptor::from_files("fullchain.pem", "privkey.pem")?;
    /// let io = Server::builder().namespace("/", Namespace::new()).build();
    /// let listener = TcpListener::bind("0.0.0.0:443").await?;
    /// io.serve(listener).tls(acceptor).await?;
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "tls")]
    pub fn tls(mut self, acceptor: crate::tls::Acceptor) -> Self {
        self.accepting = Accepting::Tls(acceptor);
        self
    }

    /// How many connections there may be at a time, WebSockets among them. Default: the process's limit of open
    /// files less 512, where the system tells it.
    ///
    /// One more is answered with 503 and `Retry-After`, over TLS it is closed; it is counted in
    /// [`Stats::refused_connections`](crate::Stats::refused_connections).
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.max_connections = Some(connections);
        self
    }

    /// How long a request's head may take to arrive, and how long a connection may stay without a request.
    /// Default: 10 s.
    ///
    /// The connection then closes, which is counted in [`Stats::head_timeouts`](crate::Stats::head_timeouts).
    pub fn head_timeout(mut self, timeout: Duration) -> Self {
        self.heads.timeout = timeout;
        self
    }

    /// How long a request's head may be, in bytes; at least 8 KiB. Default: 32 KiB.
    ///
    /// A longer one is answered with 431, and counted in
    /// [`Stats::heads_too_large`](crate::Stats::heads_too_large). A connection reads and writes as much at a time.
    pub fn max_head(mut self, bytes: usize) -> Self {
        self.heads.most = bytes;
        self
    }

    /// Whether the options go together; awaiting the server fails with the same error.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], which says what to change.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.max_connections == Some(0) {
            return Err(ConfigError::Zero("max_connections"));
        }
        self.heads.check()?;
        self.accepting.check()
    }

    /// Ends after `signal` has, as [`Server::shutdown`] does: new sessions are refused with 503, and those there
    /// are end a few at a time, each when it has been served.
    ///
    /// Until then the listener takes connections, so that clients on long-polling get their last packets, and
    /// the [`fallback`](Self::fallback) answers. Then it closes, and plain HTTP requests have 5 seconds to end.
    /// Without sessions and requests the end comes at once.
    ///
    /// ```no_run
    /// # async fn example(io: sockeye::Server, listener: tokio::net::TcpListener) -> std::io::Result<()> {
    /// use std::time::Duration;
    ///
    /// io.serve(listener)
    ///     .with_graceful_shutdown(async { tokio::signal::ctrl_c().await.unwrap_or(()) })
    ///     .drain(Duration::from_secs(5))
    ///     .hard_stop(Duration::from_secs(20))
    ///     .await
    /// # }
    /// ```
    pub fn with_graceful_shutdown<S2>(self, signal: S2) -> Serve<F, S2>
    where
        S2: Future<Output = ()> + Send + 'static,
    {
        Serve {
            server: self.server,
            listener: self.listener,
            accepting: self.accepting,
            max_connections: self.max_connections,
            heads: self.heads,
            fallback: self.fallback,
            shutdown: signal,
            drain: self.drain,
            hard_stop: self.hard_stop,
        }
    }

    /// How long sessions may take to end after the signal, as [`Shutdown::over`](crate::Shutdown::over) says.
    /// Default: 10 seconds. Zero ends all at once.
    pub fn drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }

    /// How long after the signal sessions and handlers are waited for, in all. Default: 30 seconds.
    pub fn hard_stop(mut self, after: Duration) -> Self {
        self.hard_stop = after;
        self
    }
}

impl<F, S> fmt::Debug for Serve<F, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve")
            .field("listener", &self.listener)
            .finish_non_exhaustive()
    }
}

impl<F, S, R> IntoFuture for Serve<F, S>
where
    F: Service<Request<Incoming>, Response = Response<R>, Future: Send + 'static>
        + Clone
        + Send
        + 'static,
    F::Error: Into<Box<dyn Error + Send + Sync>>,
    R: HttpBody<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    type Output = io::Result<()>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<()>> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<F, S, R> Serve<F, S>
where
    F: Service<Request<Incoming>, Response = Response<R>, Future: Send + 'static>
        + Clone
        + Send
        + 'static,
    F::Error: Into<Box<dyn Error + Send + Sync>>,
    R: HttpBody<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    async fn run(self) -> io::Result<()> {
        self.check()
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let Self {
            server,
            listener,
            accepting,
            max_connections,
            heads,
            fallback,
            shutdown,
            drain,
            hard_stop,
        } = self;
        let ending = server.shutdown().over(drain).hard_stop(hard_stop);
        // Connections hear of the shutdown by the end of the sender, and it hears of theirs likewise.
        let (closing, closed) = watch::channel(());
        let (alive, mut gone) = mpsc::channel::<Infallible>(1);
        let service = WithSocketIo::new(server.clone(), fallback);
        let heads = Arc::new(heads);
        let places = Places::new(max_connections);
        let mut ended = pin!(async {
            shutdown.await;
            ending.await;
        });
        loop {
            let (stream, address) = tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        wait_after(&error).await;
                        continue;
                    }
                },
                () = &mut ended => break,
            };
            let stream = prepare(stream);
            let Some(place) = places.take() else {
                count(&server.counters().refused_connections);
                tracing::debug!(%address, "refused: too many connections");
                if !accepting.is_tls() {
                    places.refuse(stream);
                }
                continue;
            };
            let service = TowerToHyperService::new(FromConnection {
                address: RemoteAddr(address),
                secure: accepting.is_tls(),
                place,
                inner: service.clone(),
            });
            let (closed, alive, heads) = (closed.clone(), alive.clone(), Arc::clone(&heads));
            match accepting.clone() {
                Accepting::Plain => {
                    tokio::spawn(async move {
                        talk(heads, stream, service, closed).await;
                        drop(alive);
                    });
                }
                #[cfg(feature = "tls")]
                Accepting::Tls(acceptor) => {
                    let server = server.clone();
                    tokio::spawn(async move {
                        if let Some(stream) = encrypt(&server, &acceptor, stream, &closed).await {
                            talk(heads, stream, service, closed).await;
                        }
                        drop(alive);
                    });
                }
            }
        }
        drop(listener);
        drop((closing, closed, alive));
        if tokio::time::timeout(SHUTDOWN.min(hard_stop), gone.recv())
            .await
            .is_err()
        {
            tracing::warn!("shutdown does not wait for plain HTTP connections any longer");
        }
        Ok(())
    }
}

/// Does the TLS handshake, unless the server closes first.
#[cfg(feature = "tls")]
async fn encrypt(
    server: &Server,
    acceptor: &crate::tls::Acceptor,
    stream: TcpStream,
    closed: &watch::Receiver<()>,
) -> Option<crate::tls::TlsStream<TcpStream>> {
    let mut closed = closed.clone();
    let accepted = tokio::select! {
        accepted = acceptor.accept(stream) => accepted,
        _ = closed.changed() => return None,
    };
    accepted
        .inspect_err(|error| {
            let counters = server.counters();
            count(if error.is_timeout() {
                &counters.tls_timeouts
            } else {
                &counters.tls_failures
            });
            tracing::debug!(%error, "no tls connection");
        })
        .ok()
}

/// Serves HTTP on a connection until it ends, is upgraded, or the server closes.
async fn talk<I, S, R>(heads: Arc<Heads>, stream: I, service: S, mut closed: watch::Receiver<()>)
where
    I: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    S: hyper::service::Service<Request<Incoming>, Response = Response<R>>,
    S::Error: Into<Box<dyn Error + Send + Sync>>,
    R: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>> + 'static,
{
    let connection = heads
        .builder()
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = closed.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        heads.count(&error);
        tracing::debug!(%error, "connection ended");
    }
}

fn prepare(stream: TcpStream) -> TcpStream {
    // Answers are written when they are complete: waiting for more only delays them.
    let _ = stream.set_nodelay(true);
    stream
}

/// Without free descriptors accepting fails at once, again and again.
async fn wait_after(error: &io::Error) {
    tracing::error!(%error, "accepting failed");
    if !matches!(
        error.kind(),
        io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
    ) {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Puts what is known of the connection where the engine looks for it.
#[derive(Debug, Clone)]
struct FromConnection<S> {
    address: RemoteAddr,
    secure: bool,
    place: Place,
    inner: S,
}

impl<S, B> Service<Request<B>> for FromConnection<S>
where
    S: Service<Request<B>>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(self.address);
        // Only this connection may outlive its HTTP.
        if request.headers().contains_key(header::UPGRADE) {
            let place = Lasting::new(self.place.clone());
            request.extensions_mut().insert(place);
        }
        if self.secure {
            request.extensions_mut().insert(Secure);
        }
        self.inner.call(request)
    }
}

/// Answers every request with 404.
#[derive(Debug, Clone, Copy, Default)]
pub struct NotFound;

impl<B> Service<Request<B>> for NotFound {
    type Response = Response<Empty<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<B>) -> Self::Future {
        let mut response = Response::new(Empty::new());
        *response.status_mut() = StatusCode::NOT_FOUND;
        ready(Ok(response))
    }
}
