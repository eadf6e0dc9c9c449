use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use http::Response;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use url::Url;

use super::address::{self, Overrides};
use super::credentials::Credentials;
use super::dial::Dialled;
use super::opening::{self, Answer};
use super::proxy::Proxy;
use super::proxy_env::ProxyEnv;
use super::redirect::{self, Way};
use super::target::Target;
use super::{ClientStream, ConnectError, request};
use crate::{Config, Role, WebSocket, deflate};

/// How to open connections: what requests say, and by which way they go. Reusable, and cheap
/// enough to clone.
///
/// What is wrong with a header, a cookie or a URL is told by [`connect`](Self::connect).
///
/// ```
/// use std::time::Duration;
/// use sockeye_websocket::client::{Connected, Connector};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// # let url = format!("ws://{}/chat", listener.local_addr()?);
/// # tokio::spawn(async move {
/// #     let (stream, _) = listener.accept().await.unwrap();
/// #     let config = sockeye_websocket::Config::new();
/// #     let (mut websocket, _) = sockeye_websocket::accept::accept(stream, &config).await.unwrap();
/// #     websocket.recv().await
/// # });
/// let connector = Connector::new()
///     .header("User-Agent", "example/1.0")
///     .cookie("session", "abc")
///     .connect_timeout(Duration::from_secs(3));
///
/// let Connected { mut websocket, response, .. } = connector.connect(&url).await?;
/// assert_eq!(response.headers()["upgrade"], "websocket");
/// websocket.send("hello").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Connector {
    pub(super) config: Config,
    connect_timeout: Duration,
    max_redirects: usize,
    nodelay: bool,
    overrides: Overrides,
    proxy: Through,
    pub(super) ask: request::Ask,
    #[cfg(feature = "rustls")]
    tls: Option<super::ClientTls>,
}

/// By which way to go.
#[derive(Clone)]
enum Through {
    Nothing,
    Proxy(String),
    Environment(ProxyEnv),
}

/// A connection that has been opened.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connected<S> {
    /// The connection.
    pub websocket: WebSocket<S>,
    /// The server's answer, with status 101 and its headers.
    pub response: Response<()>,
    /// Where the connection leads: after redirects another URL than the one asked for. It has no
    /// user information.
    pub url: Url,
}

impl Default for Connector {
    fn default() -> Self {
        Self::new()
    }
}

impl Connector {
    /// No headers, no proxy, no redirects.
    #[must_use]
    pub fn new() -> Self {
        Self {
            config: Config::new(),
            connect_timeout: Duration::from_secs(10),
            max_redirects: 0,
            nodelay: true,
            overrides: Overrides::default(),
            proxy: Through::Nothing,
            ask: request::Ask::default(),
            #[cfg(feature = "rustls")]
            tls: None,
        }
    }

    /// Adds a header to the request. Those of the handshake itself, `Host` and `Sec-WebSocket-*`
    /// among them, are refused.
    ///
    /// After a redirect to another origin, `Authorization` and `Cookie` are left out and every
    /// other header is sent there too.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.ask.headers.push((name.into(), value.into()));
        self
    }

    /// Adds a cookie to the request. All of them go into one header.
    #[must_use]
    pub fn cookie(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.ask.cookies.push((name.into(), value.into()));
        self
    }

    /// Sends user name and password (RFC 7617), instead of those in the URL
    /// (`wss://user:password@example.com/`), if there are any. A header `Authorization` goes
    /// before both.
    #[must_use]
    pub fn basic_auth(mut self, user: &str, password: &str) -> Self {
        self.ask.credentials = Some(Credentials::new(user, password));
        self
    }

    /// Offers a subprotocol; the first one is the most wanted. What the server chose is known by
    /// [`WebSocket::protocol`].
    #[must_use]
    pub fn protocol(mut self, name: impl Into<String>) -> Self {
        self.ask.protocols.push(name.into());
        self
    }

    /// Says on which page's behalf it happens, as browsers do (RFC 6455 4.1, 8). Some servers
    /// refuse requests without it, or with another one.
    #[must_use]
    pub fn origin(self, origin: impl Into<String>) -> Self {
        self.header("Origin", origin)
    }

    /// Offers permessage-deflate (RFC 7692). A server may decline it.
    #[must_use]
    pub fn deflate(mut self, options: deflate::Options) -> Self {
        self.config = self.config.deflate(Some(options));
        self
    }

    /// How connections behave, once open: limits, pings, time-outs. Replaces what
    /// [`deflate`](Self::deflate) and [`handshake_timeout`](Self::handshake_timeout) set.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.config = config;
        self
    }

    /// How many redirects are followed. Default 0: a redirect is an error, as in browsers.
    ///
    /// From `wss` to `ws` none is followed. User names and passwords in a `Location` are dropped.
    #[must_use]
    pub fn max_redirects(mut self, max: usize) -> Self {
        self.max_redirects = max;
        self
    }

    /// Goes through an HTTP proxy, named by a URL such as `http://user:password@proxy:3128`, by
    /// means of its method CONNECT, for `ws` and `wss`. The name of the server is then looked up
    /// by the proxy.
    #[must_use]
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Through::Proxy(url.into());
        self
    }

    /// Goes through the proxy that the environment names, if any, as it is now: `https_proxy` for
    /// `wss`, `http_proxy` for `ws`, else `all_proxy`; also in upper case, except for `HTTP_PROXY`,
    /// which on some servers comes from a request.
    ///
    /// `no_proxy` lists what is reached directly, separated by commas: names, which stand for all
    /// below them too, addresses, networks such as `10.0.0.0/8`, each but the last with or without
    /// a port, or `*`.
    #[must_use]
    pub fn proxy_from_env(mut self) -> Self {
        self.proxy = Through::Environment(ProxyEnv::read());
        self
    }

    /// The addresses of a host, instead of looking it up. A port of 0 stands for the URL's.
    #[must_use]
    pub fn resolve(mut self, host: &str, addresses: impl Into<Vec<SocketAddr>>) -> Self {
        self.overrides.set(host, addresses.into());
        self
    }

    /// How long looking up the name and connecting may take, over all addresses of the host.
    /// Default 10 seconds.
    ///
    /// Addresses are tried a quarter of a second apart, IPv6 and IPv4 in turn, and the first to
    /// accept wins (RFC 8305).
    #[must_use]
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long everything between the TCP connection and the WebSocket may take: proxy, TLS,
    /// request and answer. Default 10 seconds. Each redirect has both times anew.
    #[must_use]
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.config = self.config.handshake_timeout(timeout);
        self
    }

    /// Whether small messages leave at once (`TCP_NODELAY`). Default true.
    #[must_use]
    pub fn nodelay(mut self, nodelay: bool) -> Self {
        self.nodelay = nodelay;
        self
    }

    /// Whom to trust for `wss`, instead of the platform's authorities.
    #[cfg(feature = "rustls")]
    #[must_use]
    pub fn tls(mut self, tls: super::ClientTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Opens a connection to a `ws` or `wss` URL; `http` and `https` mean the same.
    ///
    /// # Errors
    /// [`ConnectError`] has a variant for each reason.
    ///
    /// # Cancel safety
    /// Dropping the future closes whatever it had opened.
    pub async fn connect(
        &self,
        url: impl AsRef<str>,
    ) -> Result<Connected<ClientStream>, ConnectError> {
        let mut way = Way::new(Target::parse(url.as_ref())?);
        loop {
            let request = self.request(&way)?;
            let (stream, answer) = self.attempt(&way.target, &request).await?;
            match answer {
                Answer::Opened {
                    negotiated,
                    response,
                } => {
                    return Ok(Connected {
                        websocket: WebSocket::new(stream, Role::Client, negotiated, &self.config),
                        response,
                        url: way.target.into_url(),
                    });
                }
                Answer::Refused(response) => {
                    drop(stream);
                    match redirect::location(&response) {
                        None => return Err(ConnectError::Refused(response)),
                        Some(location) => {
                            way.follow(response.status(), location, self.max_redirects)?;
                        }
                    }
                }
            }
        }
    }

    /// Does only the WebSocket's handshake, on a stream that leads to the server already: a Unix
    /// socket, a tunnel, TLS of another library. The URL says what to ask for; proxy, addresses,
    /// TLS and redirects of this connector do not matter.
    ///
    /// # Errors
    /// [`ConnectError`]; a redirect is always one.
    ///
    /// # Cancel safety
    /// Dropping the future drops the stream.
    pub async fn connect_to<S>(
        &self,
        mut stream: S,
        url: impl AsRef<str>,
    ) -> Result<Connected<S>, ConnectError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let mut way = Way::new(Target::parse(url.as_ref())?);
        let request = self.request(&way)?;
        let opening = opening::open(&mut stream, &request);
        let answer = self.within(opening).await?;
        match answer {
            Answer::Opened {
                negotiated,
                response,
            } => Ok(Connected {
                websocket: WebSocket::new(stream, Role::Client, negotiated, &self.config),
                response,
                url: way.target.into_url(),
            }),
            Answer::Refused(response) => match redirect::location(&response) {
                None => Err(ConnectError::Refused(response)),
                Some(location) => {
                    way.follow(response.status(), location, 0)?;
                    Err(ConnectError::Refused(response))
                }
            },
        }
    }

    /// One connection and one request on it.
    async fn attempt(
        &self,
        target: &Target,
        request: &crate::handshake::client::Request,
    ) -> Result<(ClientStream, Answer), ConnectError> {
        let dialled = self.dial(target).await?;
        let handshake = async {
            let mut stream = dialled.stream().await?;
            let answer = opening::open(&mut stream, request).await?;
            Ok((stream, answer))
        };
        self.within(handshake).await
    }

    /// Connects to the server of a URL, or to its proxy.
    pub(super) async fn dial(&self, target: &Target) -> Result<Dialled, ConnectError> {
        #[cfg(feature = "rustls")]
        let tls = match (&self.tls, target.is_secure()) {
            (_, false) => None,
            (Some(tls), true) => Some(tls.clone()),
            (None, true) => Some(super::ClientTls::platform_in_background().await?),
        };
        #[cfg(not(feature = "rustls"))]
        if target.is_secure() {
            return Err(ConnectError::TlsMissing);
        }

        let server = target.endpoint();
        let proxy = self.proxy_for(target)?;
        let next = proxy.as_ref().map_or(&server, |proxy| &proxy.endpoint);
        let tcp =
            address::connect(next, &self.overrides, self.connect_timeout, self.nodelay).await?;
        Ok(Dialled {
            tcp,
            server,
            proxy,
            #[cfg(feature = "rustls")]
            tls,
        })
    }

    pub(super) async fn within<T>(
        &self,
        handshake: impl Future<Output = Result<T, ConnectError>>,
    ) -> Result<T, ConnectError> {
        let after = self.config.get().handshake_timeout;
        match timeout(after, handshake).await {
            Ok(result) => result,
            Err(_) => Err(ConnectError::HandshakeTimeout { after }),
        }
    }

    fn proxy_for(&self, target: &Target) -> Result<Option<Proxy>, ConnectError> {
        let url = match &self.proxy {
            Through::Nothing => None,
            Through::Proxy(url) => Some(url.as_str()),
            Through::Environment(env) => env.choose(target.is_secure(), &target.endpoint()),
        };
        url.map(Proxy::parse)
            .transpose()
            .map_err(ConnectError::ProxyUrl)
    }

    fn request(&self, way: &Way) -> Result<crate::handshake::client::Request, ConnectError> {
        self.ask.request(way, self.config.get().deflate.as_ref())
    }
}

/// Without secrets: names of headers, and no values.
impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.ask.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Connector")
            .field("config", &self.config)
            .field("connect_timeout", &self.connect_timeout)
            .field("headers", &headers)
            .field("max_redirects", &self.max_redirects)
            .field("protocols", &self.ask.protocols)
            .finish_non_exhaustive()
    }
}
