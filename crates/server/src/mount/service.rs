use std::{
    convert::Infallible,
    error::Error,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use http::{Request, Response};
use http_body::Body as HttpBody;
use sockeye_engine::Body;
use tower_service::Service;

use super::{SocketIoLayer, client};
use crate::Server;

/// The server as a tower service: every request to it is for Socket.IO.
///
/// It works on hyper as it is, through hyper-util's `TowerToHyperService`. A WebSocket needs a connection
/// that allows upgrades.
#[derive(Debug, Clone)]
pub struct SocketIoService(Server);

impl Server {
    /// The server as a tower service.
    #[must_use]
    pub fn service(&self) -> SocketIoService {
        SocketIoService(self.clone())
    }

    /// The server as a tower layer: it takes the requests below its path, and leaves the others to the
    /// service beneath.
    #[must_use]
    pub fn layer(&self) -> SocketIoLayer {
        SocketIoLayer::new(self.clone())
    }

    /// The server as an axum router, to be merged into another one.
    #[cfg(feature = "axum")]
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> axum::Router<S> {
        let mounted = self.engine.application().path();
        let path = mounted.as_str();
        let router = axum::Router::new()
            .route_service(&format!("{path}/"), self.service())
            .route_service(&format!("{path}/{{*rest}}"), self.service());
        if mounted.needs_slash() || path.is_empty() {
            return router;
        }
        router.route_service(path, self.service())
    }

    /// Whether a request's path is below the server's.
    pub(crate) fn takes(&self, path: &str) -> bool {
        self.engine.application().path().strip(path).is_some()
    }

    /// Answers one request.
    pub(crate) fn handle<B>(
        &self,
        mut request: Request<B>,
    ) -> impl Future<Output = Response<Body>> + use<B>
    where
        B: HttpBody<Error: Into<Box<dyn Error + Send + Sync>>>,
    {
        let app = self.engine.application();
        let name = app.path().strip(request.uri().path());
        let file = name.filter(|_| app.serves_client()).and_then(client::find);
        #[cfg(feature = "axum")]
        if let Some(axum::extract::ConnectInfo(address)) = request
            .extensions()
            .get::<axum::extract::ConnectInfo<std::net::SocketAddr>>()
            .copied()
        {
            request
                .extensions_mut()
                .insert(sockeye_engine::RemoteAddr(address));
        }
        // Each on the heap by itself: the futures around it would hold room for the larger one twice.
        let answer = match file {
            Some(file) => Ok(Box::new(file.response(request.headers()))),
            None => Err(Box::pin(self.engine.handle(request))),
        };
        async move {
            match answer {
                Ok(file) => *file,
                Err(answer) => answer.await,
            }
        }
    }
}

impl<B> Service<Request<B>> for SocketIoService
where
    B: HttpBody<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let answer = self.0.handle(request);
        Box::pin(async move { Ok(answer.await) })
    }
}
