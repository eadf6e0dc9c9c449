use std::{
    error::Error,
    future::Future,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
};

use http::{Method, Request, Response, request::Parts};
use http_body::Body as HttpBody;
use sockeye_websocket::handshake::server;

use crate::{
    Application, Body, Connection, Engine, Handshake, Protocol, RequestError, Transport,
    access::{Grant, OriginRefused},
    outbox::Sink,
    request::{self, Asked, Query},
    transport::{answer, polling, upgrade::Pending, websocket},
};

/// The address that a request came from. Whoever accepts connections puts it into a request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteAddr(pub SocketAddr);

/// The request came encrypted. Whoever accepts TLS connections puts it into a request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secure;

/// What is left to do for a request.
enum Step<A: Application, B> {
    /// Nothing.
    Answered(Response<Body>),
    /// To wait for packets.
    Get(Arc<Connection<A>>),
    /// To read packets.
    Post(Arc<Connection<A>>, Box<Request<B>>),
}

impl<A: Application> Engine<A> {
    /// Serves one request on the engine's path, whatever method and transport it uses.
    ///
    /// A request for a WebSocket needs an upgrade among its extensions: hyper's, as hyper and axum leave it
    /// there, or an [`Upgrade`](crate::Upgrade) by whoever serves HTTP. Must be called on a tokio runtime.
    pub fn handle<B>(
        self: &Arc<Self>,
        request: Request<B>,
    ) -> impl Future<Output = Response<Body>> + use<A, B>
    where
        B: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        // What a request brought is not kept while its answer is awaited: a session that polls waits nearly
        // always, and its head would keep the bytes that it was read from.
        let (grant, step) = self.begin(request);
        let engine = Arc::clone(self);
        async move {
            let answer = match step {
                Step::Answered(response) => Ok(response),
                Step::Get(connection) => polling::get(&connection).await,
                Step::Post(connection, request) => {
                    Box::pin(async move {
                        let (parts, body) = request.into_parts();
                        polling::post(&connection, &parts.headers, body).await
                    })
                    .await
                }
            };
            let mut response = answer.unwrap_or_else(|error| engine.refuse(error).response());
            if let Some(grant) = grant {
                engine.config().cors.mark(&grant, response.headers_mut());
            }
            response
        }
    }

    /// Does all that needs no waiting. The answer still lacks what the browser is granted, if that is told.
    fn begin<B>(self: &Arc<Self>, request: Request<B>) -> (Option<Grant>, Step<A, B>) {
        let (mut parts, body) = request.into_parts();
        let grant = match self.admit(&mut parts) {
            Ok(grant) => grant,
            Err(refused) => {
                let response = self.refuse_origin(&refused);
                return (None, Step::Answered(response));
            }
        };
        if parts.method == Method::OPTIONS && grant != Grant::Silent {
            let response = self.config().cors.preflight(&grant, &parts.headers);
            return (None, Step::Answered(response));
        }
        let mut request = Request::from_parts(parts, body);
        let step = if request::is_upgrade(&request) {
            let answer = self.handle_upgrade(&mut request);
            Step::Answered(answer.unwrap_or_else(|error| self.refuse(error).upgrade_response()))
        } else {
            let step = self.begin_polling(request);
            step.unwrap_or_else(|error| Step::Answered(self.refuse(error).response()))
        };
        (Some(grant), step)
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

    fn refuse(&self, error: RequestError) -> RequestError {
        self.counters().count_refused(error);
        tracing::debug!(code = error.code(), %error, ?error, "request refused");
        error
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
        let Some(upgrade) = Pending::take(request.extensions_mut()) else {
            return Err(RequestError::BadRequest("UPGRADE_UNAVAILABLE"));
        };
        match session {
            Some(connection) => websocket::spawn_probe(connection, upgrade),
            None => websocket::spawn(Arc::clone(self), handshake(request), form, upgrade),
        }
        Ok(accept.response().map(|()| Body::default()))
    }

    fn begin_polling<B>(self: &Arc<Self>, request: Request<B>) -> Result<Step<A, B>, RequestError> {
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
                let response = answer::open_response(&connection, &packet);
                Ok(Step::Answered(response))
            }
            Asked::Session(sid, transport) => {
                let connection = self.find_session(sid, &query, remote_address(&request))?;
                if connection.transport() != transport || transport == Transport::WebSocket {
                    return Err(RequestError::BadRequest("TRANSPORT_MISMATCH"));
                }
                match *request.method() {
                    Method::GET => Ok(Step::Get(connection)),
                    Method::POST => Ok(Step::Post(connection, Box::new(request))),
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
