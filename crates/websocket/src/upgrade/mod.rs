//! WebSockets from hyper's requests, over HTTP/1.1 and HTTP/2: by hand, as a tower service, or as
//! an extractor of axum's.
//!
//! | who serves | what to use |
//! |---|---|
//! | hyper with a function of your own | [`Upgrade::from_request`] |
//! | anything of tower's | [`service`] |
//! | axum | [`Upgrade`] as an argument of a handler (feature `axum`) |
//!
//! HTTP/1.1 needs hyper's connection to be driven `with_upgrades()`. HTTP/2 needs the feature
//! `http2` and a server that allows extended CONNECT (RFC 8441): `enable_connect_protocol()` of
//! hyper's builders, which `axum::serve` calls. Such a request has the method CONNECT: where a
//! router tells methods apart, let any in.

#[cfg(feature = "axum")]
mod axum;
mod error;
mod service;
mod stream;

use std::fmt;
use std::future::Future;

use http::request::Parts;
use http::{Extensions, Request, Response};
use hyper::upgrade::OnUpgrade;
use tokio::time::timeout;

use crate::accept::{Asked, Grant, Origins, Policy, Refusal};
use crate::{Config, Role, WebSocket};

pub use error::UpgradeError;
pub use service::{WebSocketService, service};
pub use stream::UpgradedStream;

/// A request for a WebSocket that is granted, and not answered yet.
///
/// Nothing is granted of what the request offers until [`protocols`](Self::protocols) and
/// [`config`](Self::config) say so, and any page may have asked until [`origins`](Self::origins)
/// judges it. A [`Policy`] says all three.
///
/// ```
/// use std::convert::Infallible;
///
/// use http::{Extensions, Request, Response};
/// use hyper::body::Incoming;
/// use sockeye_websocket::upgrade::Upgrade;
///
/// /// For `hyper::service::service_fn`.
/// async fn answer(mut request: Request<Incoming>) -> Result<Response<String>, Infallible> {
///     let upgrade = match Upgrade::from_request(&mut request) {
///         Ok(upgrade) => upgrade.protocols(&["chat"]),
///         Err(refusal) => return Ok(refusal.response()),
///     };
///     Ok(upgrade.on_upgrade(async |mut socket| {
///         let _ = socket.send("welcome").await;
///     }))
/// }
/// ```
pub struct Upgrade {
    grant: Grant,
    on_upgrade: OnUpgrade,
    config: Config,
}

impl Upgrade {
    /// Judges a request by the rules of RFC 6455 or RFC 8441, and by the [`Policy`] among its
    /// extensions, if there is one.
    ///
    /// # Errors
    /// [`Refusal`] says which rule the request broke, and makes the answer. The request is as it
    /// was, so that something else may answer it. It is counted in the policy's
    /// [`Config::stats`]; without a policy there is nowhere to count it.
    pub fn from_request<B>(request: &mut Request<B>) -> Result<Self, Refusal> {
        let policy = request.extensions().get::<Policy>().cloned();
        let grant = judge((&*request).into(), request.extensions());
        Self::new(grant, request.extensions_mut(), policy.as_ref())
    }

    /// Judges a request by the rules and by this policy.
    ///
    /// # Errors
    /// As [`from_request`](Self::from_request).
    pub fn by_policy<B>(request: &mut Request<B>, policy: &Policy) -> Result<Self, Refusal> {
        let grant = judge((&*request).into(), request.extensions());
        Self::new(grant, request.extensions_mut(), Some(policy))
    }

    /// As [`from_request`](Self::from_request), from a request without its body.
    ///
    /// # Errors
    /// As [`from_request`](Self::from_request).
    pub fn from_parts(parts: &mut Parts) -> Result<Self, Refusal> {
        let asked = Asked {
            method: &parts.method,
            version: parts.version,
            uri: &parts.uri,
            headers: &parts.headers,
        };
        let policy = parts.extensions.get::<Policy>().cloned();
        let grant = judge(asked, &parts.extensions);
        Self::new(grant, &mut parts.extensions, policy.as_ref())
    }

    fn new(
        grant: Result<Grant, Refusal>,
        extensions: &mut Extensions,
        policy: Option<&Policy>,
    ) -> Result<Self, Refusal> {
        let config = policy.map(|policy| policy.config.clone());
        let grant = grant.and_then(|grant| match policy {
            Some(policy) => grant.policy(policy),
            None => Ok(grant),
        });
        let upgrade = grant.and_then(|grant| {
            let on_upgrade = extensions.remove::<OnUpgrade>();
            Ok(Self {
                grant,
                on_upgrade: on_upgrade.ok_or(Refusal::NotUpgradable)?,
                config: config.clone().unwrap_or_default(),
            })
        });
        if let (Err(refusal), Some(config)) = (&upgrade, config) {
            config.count(refusal.counter());
        }
        upgrade
    }

    /// Applies all of a policy.
    ///
    /// # Errors
    /// [`Refusal::Origin`], which is counted in the policy's [`Config::stats`].
    pub fn policy(self, policy: &Policy) -> Result<Self, Refusal> {
        let upgrade = self.config(policy.config.clone());
        let upgrade = upgrade.origins(&policy.origins)?;
        Ok(upgrade.protocols(&policy.protocols))
    }

    /// Judges from which page the request came.
    ///
    /// # Errors
    /// [`Refusal::Origin`], which is counted in the [`Config::stats`] of the configuration that
    /// was set before.
    pub fn origins(self, origins: &Origins) -> Result<Self, Refusal> {
        if let Err(refusal) = self.grant.origins(origins) {
            self.config.count(refusal.counter());
            return Err(refusal);
        }
        Ok(self)
    }

    /// Chooses the first of the client's subprotocols that is among these; see
    /// [`Policy::protocols`].
    #[must_use]
    pub fn protocols(mut self, supported: &[impl AsRef<str>]) -> Self {
        self.grant.choose_protocol(supported);
        self
    }

    /// Sets how the connection behaves, and grants what that says of permessage-deflate.
    #[must_use]
    pub fn config(mut self, config: Config) -> Self {
        self.grant.config(&config);
        self.config = config;
        self
    }

    /// The subprotocols that the client offered, the most wanted first.
    pub fn offered_protocols(&self) -> impl Iterator<Item = &str> {
        self.grant.offered_protocols()
    }

    /// The subprotocol that was chosen.
    #[must_use]
    pub fn protocol(&self) -> Option<&str> {
        self.grant.protocol()
    }

    /// The response to return, with status 101, or 200 over HTTP/2. Add cookies or other headers
    /// to it; [`websocket`](Self::websocket) waits until it is written.
    #[must_use]
    pub fn response(&self) -> Response<String> {
        self.grant.response().map(|()| String::new())
    }

    /// The WebSocket, once hyper has written the response. Wait for it in a task of its own: hyper
    /// does not write while the function that returns the response waits.
    ///
    /// # Errors
    /// [`UpgradeError`], which is counted in [`Config::stats`].
    pub async fn websocket(self) -> Result<WebSocket<UpgradedStream>, UpgradeError> {
        // Boxed, since the caller's future keeps the room for as long as the connection lives.
        Box::pin(async move {
            let limit = self.config.get().handshake_timeout;
            let upgraded = match timeout(limit, self.on_upgrade).await {
                Ok(upgraded) => upgraded.map_err(UpgradeError::Hyper),
                Err(_) => Err(UpgradeError::Timeout),
            };
            let upgraded = upgraded.inspect_err(|error| self.config.count(error.counter()))?;
            let (stream, early) = if self.grant.is_http2() {
                (UpgradedStream::http2(upgraded), Vec::new())
            } else {
                UpgradedStream::http1(upgraded)
            };
            let negotiated = self.grant.negotiated(early);
            Ok(WebSocket::new(
                stream,
                Role::Server,
                negotiated,
                &self.config,
            ))
        })
        .await
    }

    /// The response to return; the handler runs in a new task once that is written. It does not
    /// run if the client has gone by then.
    ///
    /// # Panics
    /// If it is not called in a runtime of tokio's.
    #[must_use = "the response has to be returned"]
    pub fn on_upgrade<H, F>(self, handler: H) -> Response<String>
    where
        H: FnOnce(WebSocket<UpgradedStream>) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let response = self.response();
        tokio::spawn(async move {
            if let Ok(socket) = self.websocket().await {
                // A task of its own has room for the handler only, and not for the handshake.
                tokio::spawn(handler(socket));
            }
        });
        response
    }
}

impl fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upgrade")
            .field("protocol", &self.protocol())
            .field("http2", &self.grant.is_http2())
            .finish_non_exhaustive()
    }
}

#[cfg_attr(
    not(feature = "http2"),
    expect(unused_variables, reason = "HTTP/1 has no pseudo-headers")
)]
fn judge(asked: Asked<'_>, extensions: &Extensions) -> Result<Grant, Refusal> {
    #[cfg(feature = "http2")]
    if asked.version >= http::Version::HTTP_2 {
        let protocol = extensions.get::<hyper::ext::Protocol>();
        return Grant::http2(asked, protocol.map(hyper::ext::Protocol::as_str));
    }
    Grant::http1(asked)
}
