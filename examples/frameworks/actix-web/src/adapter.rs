//! Sockeye as a resource of actix-web.
//!
//! actix-web has types of its own for all of HTTP, and bodies that stay on their thread. So a request is
//! translated, its body comes through a channel, and a WebSocket through a pipe: a task on the connection's
//! thread copies what arrives into the pipe, and what leaves it is the answer's body.

use std::convert::Infallible;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Resource, error::PayloadError,
    http::StatusCode, rt, web,
};
use bytes::Bytes;
use futures_util::StreamExt as _;
use http::{Request, Response, Version, header};
use http_body::Body as _;
use http_body_util::{
    BodyExt as _,
    channel::{Channel, Sender},
};
use sockeye::{Body, RemoteAddr, Server, SocketIoService, Upgrade};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio_util::io::ReaderStream;
use tower_service::Service as _;

/// What a pipe holds in each direction before its writer has to wait.
const PIPE: usize = 16 * 1024;

/// The server at a path, such as `/socket.io/{rest:.*}`.
pub fn resource(path: &str, io: &Server) -> Resource {
    let service = io.service();
    web::resource(path).to(move |request: HttpRequest, payload: web::Payload| {
        answer(service.clone(), request, payload)
    })
}

async fn answer(
    mut service: SocketIoService,
    incoming: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let (sender, body) = Channel::new(1);
    let Ok(mut request) = translated(&incoming, body) else {
        return HttpResponse::BadRequest().finish();
    };
    if !incoming.head().upgrade() {
        let (response, ()) = tokio::join!(service.call(request), relay(payload, sender));
        return translated_answer(response).await;
    }
    let (near, far) = tokio::io::duplex(PIPE);
    request.extensions_mut().insert(Upgrade::from_stream(far));
    let response = service.call(request).await;
    if !matches!(&response, Ok(response) if response.status() == http::StatusCode::SWITCHING_PROTOCOLS)
    {
        return translated_answer(response).await;
    }
    let (leaving, arriving) = tokio::io::split(near);
    rt::spawn(fill(payload, arriving));
    let Ok(response) = response;
    translated_head(&response)
        .upgrade("websocket")
        .streaming(ReaderStream::with_capacity(leaving, PIPE))
}

/// A request as the engine takes it.
fn translated<B>(incoming: &HttpRequest, body: B) -> Result<Request<B>, http::Error> {
    let version = match incoming.version() {
        actix_web::http::Version::HTTP_10 => Version::HTTP_10,
        actix_web::http::Version::HTTP_2 => Version::HTTP_2,
        _ => Version::HTTP_11,
    };
    let mut request = Request::builder()
        .method(incoming.method().as_str())
        .uri(incoming.uri().to_string())
        .version(version);
    for (name, value) in incoming.headers() {
        request = request.header(name.as_str(), value.as_bytes());
    }
    if let Some(address) = incoming.peer_addr() {
        request = request.extension(RemoteAddr(address));
    }
    request.body(body)
}

/// Status and headers of an answer, without those that actix-web writes itself.
fn translated_head<B>(response: &Response<B>) -> HttpResponseBuilder {
    let status = StatusCode::from_u16(response.status().as_u16());
    let mut builder = HttpResponse::build(status.expect("both know the same numbers"));
    for (name, value) in response.headers() {
        if ![header::CONNECTION, header::UPGRADE, header::CONTENT_LENGTH].contains(name) {
            builder.append_header((name.as_str(), value.as_bytes()));
        }
    }
    builder
}

/// A body of a known length is there; any other goes on for as long as the session does.
async fn translated_answer(response: Result<Response<Body>, Infallible>) -> HttpResponse {
    let Ok(response) = response;
    let mut builder = translated_head(&response);
    let body = response.into_body();
    if body.size_hint().exact().is_none() {
        return builder.streaming(body.into_data_stream());
    }
    let Ok(body) = body.collect().await;
    builder.body(body.to_bytes())
}

/// Hands a request's body on. One that is cut short ends with the error, not as if it were whole.
async fn relay(mut payload: web::Payload, mut body: Sender<Bytes, PayloadError>) {
    while let Some(read) = payload.next().await {
        match read {
            Ok(bytes) => {
                if body.send_data(bytes).await.is_err() {
                    return; // The engine has read enough.
                }
            }
            Err(error) => return body.abort(error),
        }
    }
}

/// Copies what arrives after an upgrade into the pipe.
async fn fill(mut payload: web::Payload, mut pipe: impl AsyncWrite + Unpin) {
    while let Some(Ok(bytes)) = payload.next().await {
        if pipe.write_all(&bytes).await.is_err() {
            return;
        }
    }
    // A pipe in memory ends without an error.
    let _ = pipe.shutdown().await;
}
