use std::{
    error::Error,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body as HttpBody;
use http_body_util::Either;
use sockeye_engine::Body;
use tower_layer::Layer;
use tower_service::Service;

use crate::Server;

/// Puts the server in front of another service.
#[derive(Debug, Clone)]
pub struct SocketIoLayer(Server);

impl SocketIoLayer {
    pub(crate) fn new(server: Server) -> Self {
        Self(server)
    }
}

impl<S> Layer<S> for SocketIoLayer {
    type Service = WithSocketIo<S>;

    fn layer(&self, inner: S) -> WithSocketIo<S> {
        WithSocketIo {
            server: self.0.clone(),
            inner,
        }
    }
}

/// A service with the server in front of it.
#[derive(Debug, Clone)]
pub struct WithSocketIo<S> {
    server: Server,
    inner: S,
}

impl<S> WithSocketIo<S> {
    pub(crate) fn new(server: Server, inner: S) -> Self {
        Self { server, inner }
    }
}

impl<S, B, R> Service<Request<B>> for WithSocketIo<S>
where
    S: Service<Request<B>, Response = Response<R>, Future: Send + 'static>,
    B: HttpBody<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Response = Response<Either<Body, R>>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        if self.server.takes(request.uri().path()) {
            let answer = self.server.handle(request);
            return Box::pin(async move { Ok(answer.await.map(Either::Left)) });
        }
        let answer = self.inner.call(request);
        Box::pin(async move { Ok(answer.await?.map(Either::Right)) })
    }
}
