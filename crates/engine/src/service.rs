use std::{
    any::Any,
    error::Error,
    fmt,
    future::Future,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use http::{Method, Request, Response, StatusCode, header, request::Parts};
use http_body::Body as HttpBody;
use sockeye_websocket::handshake::server;

use crate::{
    Application, Body, Connection, Engine, Handshake, Protocol, RequestError, Sid, Transport,
    access::{Grant, OriginRefused},
    admission::{Entry, Full},
    compression::Encoding,
    hooks::{Denied, Verdict},
    outbox::Sink,
    request::{self, Asked, Query},
    stats::count,
    transport::{
        answer, polling,
        streaming::{self, Embedder, Format},
        upgrade::Pending,
        websocket,
    },
};

/// The address that a request came from. Whoever accepts connections puts it into a request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteAddr(pub SocketAddr);

/// What lasts as long as the connection that a request came on, also when that becomes a WebSocket. Whoever
/// counts connections puts it into a request's extensions.
#[derive(Clone)]
pub struct Lasting(Arc<dyn Any + Send + Sync>);

impl Lasting {
    /// Something that is dropped with the last of its clones.
    #[must_use]
    pub fn new(guard: Arc<dyn Any + Send + Sync>) -> Self {
        Self(guard)
    }
}

impl fmt::Debug for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lasting")
            .field("clones", &Arc::strong_count(&self.0))
            .finish()
    }
}

/// The request came encrypted. Whoever accepts TLS connections puts it into a request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Secure;

/// The code of an answer to what is not allowed.
const FORBIDDEN: u8 = 4;

/// A copy of a request's head if anybody asks for it, what the browser is granted, and what is left to do.
type Begun<A, B> = (Option<Box<Parts>>, Option<Grant>, Step<A, B>);

/// What is left to do for a request.
enum Step<A: Application, B> {
    /// Nothing.
    Answered(Box<Response<Body>>),
    /// To hear whether it may begin a session.
    Ask(Verdict, Box<Request<B>>),
    /// To wait for packets.
    Get(Arc<Connection<A>>, Option<Encoding>),
    /// To read packets for a transport.
    Post(Arc<Connection<A>>, Transport, Box<Request<B>>),
}

impl<A: Application, B> Step<A, B> {
    /// On the heap: the others are small, and one of them is kept for as long as a client polls.
    fn answered(response: Response<Body>) -> Self {
        Self::Answered(Box::new(response))
    }
}

/// Whose transport a WebSocket becomes.
enum For<A: Application> {
    New(Entry),
    Session(Arc<Connection<A>>),
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
        let (head, grant, step) = self.begin(request);
        let engine = Arc::clone(self);
        async move {
            let head = head.as_deref();
            let answer = match step {
                Step::Answered(response) => Ok(*response),
                Step::Ask(verdict, request) => match verdict.await {
                    Ok(sid) => Ok(engine.open(head, *request, sid)),
                    Err(denied) => Ok(engine.deny(head, &denied, &request)),
                },
                Step::Get(connection, encoding) => {
                    let answer = polling::get(&connection).await;
                    match (answer, encoding, engine.config().http_compression) {
                        (Ok((response, true)), Some(encoding), Some(threshold)) => {
                            Ok(Box::pin(encoding.apply(response, threshold)).await)
                        }
                        (answer, ..) => answer.map(|(response, _)| response),
                    }
                }
                Step::Post(connection, transport, request) => {
                    Box::pin(async move {
                        let (Parts { headers, .. }, body) = request.into_parts();
                        if transport == connection.transport() {
                            polling::post(&connection, transport, &headers, body).await
                        } else {
                            streaming::probe(&connection, &headers, body).await
                        }
                    })
                    .await
                }
            };
            let mut response = answer.unwrap_or_else(|error| engine.refuse(head, error).response());
            let status = response.status();
            if let Some(head) = head
                && (status.is_success() || status == StatusCode::SWITCHING_PROTOCOLS)
            {
                let query = Query::parse(head.uri.query().unwrap_or_default());
                let hooks = &engine.config().hooks;
                hooks.mark(response.headers_mut(), head, query.sid.is_none());
            }
            if let Some(grant) = grant {
                engine.config().cors.mark(&grant, response.headers_mut());
            }
            response
        }
    }

    /// Does all that needs no waiting. The answer still lacks what the browser is granted, if that is told.
    fn begin<B>(self: &Arc<Self>, request: Request<B>) -> Begun<A, B> {
        let (mut parts, body) = request.into_parts();
        let forwarded = self.config().trusted_proxies.look_behind(&mut parts);
        let head = self.config().hooks.keep(&parts);
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let embedder = embedder(&parts, &query);
        let origin = embedder.as_ref().ok().and_then(Option::as_ref);
        let origin = origin.map(|embedder| &*embedder.origin);
        let host = forwarded.host.as_deref();
        let grant = match self.config().cors.judge(&parts, origin, host) {
            Ok(grant) => grant,
            Err(refused) => {
                let response = self.refuse_origin(head.as_deref(), &refused);
                return (None, None, Step::answered(response));
            }
        };
        if parts.method == Method::OPTIONS && grant != Grant::Silent {
            let response = self.config().cors.preflight(&grant, &parts.headers);
            return (None, None, Step::answered(response));
        }
        let upgrade = request::is_upgrade(&parts.headers);
        let asked = request::check(&query, &parts.method, upgrade, self.config());
        let step = match asked.and_then(|asked| embedder.map(|_| asked)) {
            Ok(Asked::Handshake(_)) if self.is_closing() => Err(RequestError::Closing),
            Ok(Asked::Handshake(_)) => Ok(match self.config().hooks.ask(&parts) {
                Some(verdict) => {
                    let request = Request::from_parts(parts, body);
                    Step::Ask(verdict, Box::new(request))
                }
                None => {
                    let request = Request::from_parts(parts, body);
                    Step::answered(self.open(head.as_deref(), request, Sid::random()))
                }
            }),
            Ok(Asked::Session(sid, transport)) => self
                .find_session(sid, &query, remote_address(&parts))
                .and_then(|connection| {
                    let request = Request::from_parts(parts, body);
                    self.go_on(head.as_deref(), connection, transport, upgrade, request)
                }),
            Err(error) => Err(error),
        };
        let step = step.unwrap_or_else(|error| {
            Step::answered(self.refuse(head.as_deref(), error).response_to(upgrade))
        });
        (head, Some(grant), step)
    }

    /// Begins a session.
    fn open<B>(
        self: &Arc<Self>,
        head: Option<&Parts>,
        request: Request<B>,
        sid: Sid,
    ) -> Response<Body> {
        let upgrade = request::is_upgrade(request.headers());
        let opened = if self.is_closing() {
            Err(RequestError::Closing)
        } else {
            self.admit_session(&request, sid).and_then(|entry| {
                if upgrade {
                    self.upgrade(head, request, For::New(entry))
                } else {
                    self.open_http(request, entry)
                }
            })
        };
        opened.unwrap_or_else(|error| self.refuse(head, error).response_to(upgrade))
    }

    /// Whether a session of this identifier may begin, and what it begins with.
    fn admit_session<B>(&self, request: &Request<B>, sid: Sid) -> Result<Entry, RequestError> {
        if self.find(sid).is_some() {
            tracing::error!(?sid, "`generate_id` gave the identifier of another session");
            return Err(RequestError::BadRequest("ID_GENERATION_ERROR"));
        }
        let address = request.extensions().get::<RemoteAddr>();
        let address = address.map(|address| address.0.ip());
        match self.admissions.admit(address, Instant::now()) {
            Ok(admission) => Ok(Entry { sid, admission }),
            Err(Full) => Err(RequestError::TooManySessions),
        }
    }

    /// Begins a session over polling or streaming.
    fn open_http<B>(
        self: &Arc<Self>,
        request: Request<B>,
        entry: Entry,
    ) -> Result<Response<Body>, RequestError> {
        let (parts, _) = request.into_parts();
        let sink = Sink::Poll { pending: None };
        let query = parts.uri.query().unwrap_or_default();
        let asked = Query::parse(query);
        let form = asked.form();
        let (transport, format) = match asked.transport.as_deref() {
            Some("streaming") => {
                let format = Format::asked(query, &parts.headers)?;
                (Transport::Streaming, Some(format))
            }
            _ => (Transport::Polling, None),
        };
        let handshake = handshake(&parts);
        let encrypted = handshake.secure();
        let connection = Connection::new(self, entry, sink, transport, form, handshake)
            .ok_or(RequestError::BadRequest("ID_GENERATION_ERROR"))?;
        let sid = connection.sid();
        let mut response = match format {
            Some(format) => streaming::get(&connection, format)?,
            None => answer::open_response(&connection),
        };
        if let Some(cookie) = &self.config().cookie
            && let Some(cookie) = cookie.header(sid.as_str(), encrypted)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(response)
    }

    /// Serves a request of a session.
    fn go_on<B>(
        self: &Arc<Self>,
        head: Option<&Parts>,
        connection: Arc<Connection<A>>,
        transport: Transport,
        upgrade: bool,
        request: Request<B>,
    ) -> Result<Step<A, B>, RequestError> {
        if upgrade {
            // Otherwise a server without WebSocket could be talked into one.
            if transport != Transport::WebSocket {
                return Err(RequestError::BadRequest("TRANSPORT_MISMATCH"));
            }
            let response = self.upgrade(head, request, For::Session(connection))?;
            return Ok(Step::answered(response));
        }
        let current = connection.transport();
        let on_trial = transport == Transport::Streaming && current == Transport::Polling;
        if (current != transport && !on_trial) || transport == Transport::WebSocket {
            return Err(RequestError::BadRequest("TRANSPORT_MISMATCH"));
        }
        match *request.method() {
            Method::GET if transport == Transport::Streaming => {
                let query = request.uri().query().unwrap_or_default();
                let format = Format::asked(query, request.headers())?;
                streaming::get(&connection, format).map(Step::answered)
            }
            Method::GET => {
                let encoding = Encoding::accepted(request.headers());
                Ok(Step::Get(connection, encoding))
            }
            Method::POST => Ok(Step::Post(connection, transport, Box::new(request))),
            _ => Err(RequestError::Method),
        }
    }

    fn refuse_origin(&self, head: Option<&Parts>, refused: &OriginRefused) -> Response<Body> {
        let counter = &self.counters().refused.origin;
        let before = counter.fetch_add(1, Ordering::Relaxed);
        let message = refused.message();
        // Any page can cause as many as it likes: what the first ones tell is enough.
        if (before + 1).is_power_of_two() {
            tracing::warn!(times = before + 1, "{message}");
        } else {
            tracing::debug!(origin = refused.origin, "origin refused");
        }
        let hooks = &self.config().hooks;
        hooks.refused(head, Some(FORBIDDEN), &message, "ORIGIN");
        refused.response()
    }

    fn refuse(&self, head: Option<&Parts>, error: RequestError) -> RequestError {
        self.counters().count_refused(error);
        tracing::debug!(code = error.code(), %error, ?error, "request refused");
        let hooks = &self.config().hooks;
        hooks.refused(head, error.code(), &error.to_string(), error.context());
        error
    }

    /// Refuses a request as the application says.
    fn deny<B>(
        &self,
        head: Option<&Parts>,
        denied: &Denied,
        request: &Request<B>,
    ) -> Response<Body> {
        let message = match denied {
            Denied::Forbidden(message) => message,
            Denied::NoId(message) => {
                tracing::error!(message, "`generate_id` failed");
                let error = self.refuse(head, RequestError::BadRequest("ID_GENERATION_ERROR"));
                return error.response_to(request::is_upgrade(request.headers()));
            }
        };
        count(&self.counters().refused.forbidden);
        tracing::debug!(message, "request forbidden");
        let hooks = &self.config().hooks;
        hooks.refused(head, Some(FORBIDDEN), message, "FORBIDDEN");
        if request::is_upgrade(request.headers()) {
            // The text is the application's, and no markup.
            return request::refused_upgrade(message, "text/plain; charset=utf-8");
        }
        request::forbidden(FORBIDDEN, message)
    }

    /// Changes to the WebSocket protocol, for a session that is there or a new one.
    fn upgrade<B>(
        self: &Arc<Self>,
        head: Option<&Parts>,
        request: Request<B>,
        session: For<A>,
    ) -> Result<Response<Body>, RequestError> {
        let (mut parts, _) = request.into_parts();
        let mut accept = match server::accept(&parts.method, parts.version, &parts.headers) {
            Ok(accept) => accept,
            Err(refusal) => {
                tracing::debug!(%refusal, "websocket handshake refused");
                self.refuse(head, RequestError::BadRequest("WEBSOCKET_HANDSHAKE"));
                return Ok(refusal.response().map(|()| Body::default()));
            }
        };
        let Some(upgrade) = Pending::take(&mut parts.extensions) else {
            return Err(RequestError::BadRequest("UPGRADE_UNAVAILABLE"));
        };
        if let Some(options) = &self.config().per_message_deflate {
            accept.negotiate_deflate(&parts.headers, options);
        }
        let deflate = accept.deflate;
        match session {
            For::Session(connection) => websocket::spawn_probe(connection, upgrade, deflate),
            For::New(entry) => {
                let form = Query::parse(parts.uri.query().unwrap_or_default()).form();
                let handshake = handshake(&parts);
                websocket::spawn(Arc::clone(self), entry, handshake, form, upgrade, deflate);
            }
        }
        Ok(accept.response().map(|()| Body::default()))
    }

    fn find_session(
        &self,
        sid: Sid,
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

/// The page that a request wants a frame for, if it wants one.
fn embedder<'r>(
    request: &'r Parts,
    query: &Query<'_>,
) -> Result<Option<Embedder<'r>>, RequestError> {
    match query.transport.as_deref() {
        Some("streaming") if request.method == Method::GET => {
            Embedder::of(request.uri.query().unwrap_or_default())
        }
        _ => Ok(None),
    }
}

fn remote_address(request: &Parts) -> Option<SocketAddr> {
    let address = request.extensions.get::<RemoteAddr>()?;
    Some(address.0)
}

fn handshake(request: &Parts) -> Handshake {
    let address = remote_address(request);
    // The target may name a scheme too, but that is the client's word.
    let secure = request.extensions.get::<Secure>().is_some();
    Handshake::new(&request.uri, &request.headers, address).with_secure(secure)
}
