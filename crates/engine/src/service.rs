use std::{
    error::Error,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
};

use http::{Method, Request, Response, request::Parts};
use http_body::Body as HttpBody;
use hyper::upgrade::OnUpgrade;
use sockeye_websocket::handshake::server;

use crate::{
    Application, Body, Connection, Engine, Handshake, Protocol, RequestError, Transport,
    access::{Grant, OriginRefused},
    outbox::Sink,
    request::{self, Asked, Query},
    transport::{answer, polling, websocket},
};

/// The address that a request came from. Whoever accepts connections puts it into a request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteAddr(pub SocketAddr);

/// The request came encrypted. Whoever accepts TLS connections puts it into a request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secure;

impl<A: Application> Engine<A> {
    /// Serves one request on the engine's path, whatever method and transport it uses.
    ///
    /// A request for a WebSocket needs hyper's upgrade among its extensions, as hyper and axum leave it
    /// there. Must be called on a tokio runtime.
    pub async fn handle<B>(self: &Arc<Self>, request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        let (mut parts, body) = request.into_parts();
        let cors = &self.config().cors;
        let grant = match self.admit(&mut parts) {
            Ok(grant) => grant,
            Err(refused) => return self.refuse_origin(&refused),
        };
        if parts.method == Method::OPTIONS && grant != Grant::Silent {
            return cors.preflight(&grant, &parts.headers);
        }
        let mut response = self.answer(Request::from_parts(parts, body)).await;
        cors.mark(&grant, response.headers_mut());
        response
    }

    /// Looks behind the proxies, and at the page that caused the request.
    fn admit(&self, request: &mut Parts) -> Result<Grant, OriginRefused> {
        let forwarded = self.config().trusted_proxies.look_behind(request);
        let cors = &self.config().cors;
        cors.judge(request, forwarded.host.as_deref())
    }

    fn refuse_origin(&self, refused: &OriginRefused) -> Response<Body> {
        let before = self
            .counters()
            .refused
            .origin
            .fetch_add(1, Ordering::Relaxed);
        // Any page can cause as many as it likes: what the first ones tell is enough.
        if (before + 1).is_power_of_two() {
            tracing::warn!(times = before + 1, "{}", refused.message());
        } else {
            tracing::debug!(origin = refused.origin, "origin refused");
        }
        refused.response()
    }

    async fn answer<B>(self: &Arc<Self>, mut request: Request<B>) -> Response<Body>
    where
        B: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        let upgrade = request::is_upgrade(&request);
        let answer = if upgrade {
            self.handle_upgrade(&mut request)
        } else {
            self.handle_polling(request).await
        };
        answer.unwrap_or_else(|error| {
            self.counters().count_refused(error);
            tracing::debug!(code = error.code(), %error, ?error, "request refused");
            if upgrade {
                error.upgrade_response()
            } else {
                error.response()
            }
        })
    }

    fn handle_upgrade<B>(
        self: &Arc<Self>,
        request: &mut Request<B>,
    ) -> Result<Response<Body>, RequestError> {
        let query = Query::parse(request.uri().query().unwrap_or_default());
        let asked = request::check(&query, request.method(), true, self.config())?;
        let session = match asked {
            Asked::Handshake(_) if self.is_closing() => return Err(RequestError::Closing),
            Asked::Handshake(_) => None,
            Asked::Session(sid, _) => {
                Some(self.find_session(sid, &query, remote_address(request))?)
            }
        };
        let form = query.form();
        let accept = match server::accept(request.method(), request.version(), request.headers()) {
            Ok(accept) => accept,
            Err(refusal) => {
                self.counters()
                    .count_refused(RequestError::BadRequest("WEBSOCKET_HANDSHAKE"));
                tracing::debug!(%refusal, "websocket handshake refused");
                return Ok(refusal.response().map(|()| Body::default()));
            }
        };
        let Some(upgrade) = request.extensions_mut().remove::<OnUpgrade>() else {
            return Err(RequestError::BadRequest("UPGRADE_UNAVAILABLE"));
        };
        match session {
            Some(connection) => websocket::spawn_probe(connection, upgrade),
            None => websocket::spawn(Arc::clone(self), handshake(request), form, upgrade),
        }
        Ok(accept.response().map(|()| Body::default()))
    }

    async fn handle_polling<B>(
        self: &Arc<Self>,
        request: Request<B>,
    ) -> Result<Response<Body>, RequestError>
    where
        B: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        let query = Query::parse(request.uri().query().unwrap_or_default());
        match request::check(&query, request.method(), false, self.config())? {
            Asked::Handshake(_) if self.is_closing() => Err(RequestError::Closing),
            Asked::Handshake(transport) => {
                let sink = Sink::Poll { pending: None };
                let form = query.form();
                let connection = Connection::new(self, sink, transport, form, handshake(&request));
                let packet = self
                    .config()
                    .open_packet(connection.sid().as_str(), transport);
                Ok(answer::open_response(&connection, &packet))
            }
            Asked::Session(sid, transport) => {
                let connection = self.find_session(sid, &query, remote_address(&request))?;
                if connection.transport() != transport || transport == Transport::WebSocket {
                    return Err(RequestError::BadRequest("TRANSPORT_MISMATCH"));
                }
                let (parts, body) = request.into_parts();
                match parts.method {
                    Method::GET => polling::get(&connection).await,
                    Method::POST => polling::post(&connection, &parts.headers, body).await,
                    _ => Err(RequestError::Method),
                }
            }
        }
    }

    fn find_session(
        &self,
        sid: crate::Sid,
        query: &Query<'_>,
        address: Option<SocketAddr>,
    ) -> Result<Arc<Connection<A>>, RequestError> {
        let connection = self.find(sid).ok_or(RequestError::SessionUnknown)?;
        if query.protocol() != connection.protocol() {
            return Err(RequestError::BadRequest("PROTOCOL_MISMATCH"));
        }
        // In protocol 3 the identifier is the socket's id, and no secret.
        if connection.protocol() == Protocol::V3 && !self.config().eio3_from_any_address {
            let first = connection.handshake().address();
            if first.map(|first| first.ip()) != address.map(|address| address.ip()) {
                return Err(RequestError::BadRequest("ADDRESS_MISMATCH"));
            }
        }
        // A polling session has no task: the runtime that its timers and answers relied on may have ended.
        connection.ensure_running();
        Ok(connection)
    }
}

fn remote_address<B>(request: &Request<B>) -> Option<SocketAddr> {
    let address = request.extensions().get::<RemoteAddr>()?;
    Some(address.0)
}

fn handshake<B>(request: &Request<B>) -> Handshake {
    let address = remote_address(request);
    // In HTTP/2 the target says so too.
    let secure = request.extensions().get::<Secure>().is_some()
        || request.uri().scheme() == Some(&http::uri::Scheme::HTTPS);
    Handshake::new(request.uri(), request.headers(), address).with_secure(secure)
}
