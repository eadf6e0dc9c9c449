use std::{error::Error, net::SocketAddr, sync::Arc};

use http::{Method, Request, Response};
use http_body::Body as HttpBody;
use hyper::upgrade::OnUpgrade;
use sockeye_websocket::handshake::server;

use crate::{
    Application, Body, Connection, Engine, Handshake, RequestError, Transport,
    outbox::Sink,
    request::{self, Asked, Query},
    transport::{polling, websocket},
};

/// The address that a request came from. Whoever accepts connections puts it into a request's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemoteAddr(pub SocketAddr);

impl<A: Application> Engine<A> {
    /// Serves one request on the engine's path, whatever method and transport it uses.
    ///
    /// A request for a WebSocket needs hyper's upgrade among its extensions, as hyper and axum leave it
    /// there. Must be called on a tokio runtime.
    pub async fn handle<B>(self: &Arc<Self>, mut request: Request<B>) -> Response<Body>
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
            Asked::Session(sid, _) => Some(self.find_session(sid, &query)?),
        };
        let base64 = query.base64;
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
            None => websocket::spawn(Arc::clone(self), handshake(request), base64, upgrade),
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
                let connection = Connection::new(self, sink, transport, false, handshake(&request));
                let packet = self
                    .config()
                    .open_packet(connection.sid().as_str(), transport);
                Ok(polling::open_response(packet))
            }
            Asked::Session(sid, transport) => {
                let connection = self.find_session(sid, &query)?;
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
    ) -> Result<Arc<Connection<A>>, RequestError> {
        let connection = self.find(sid).ok_or(RequestError::SessionUnknown)?;
        if query.version.as_deref() != Some("4") {
            return Err(RequestError::BadRequest("PROTOCOL_MISMATCH"));
        }
        // A polling session has no task: the runtime that its timers and answers relied on may have ended.
        connection.ensure_running();
        Ok(connection)
    }
}

fn handshake<B>(request: &Request<B>) -> Handshake {
    let address = request
        .extensions()
        .get::<RemoteAddr>()
        .map(|address| address.0);
    Handshake::new(request.uri(), request.headers(), address)
}
