use std::convert::Infallible;
use std::fmt;
use std::future::{self, Future};
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use tower_service::Service;

use super::{Upgrade, UpgradedStream};
use crate::WebSocket;
use crate::accept::Policy;

/// A tower service that makes every request a WebSocket, and hands it to a function; made by
/// [`service`].
#[derive(Clone)]
pub struct WebSocketService<H> {
    handler: H,
    policy: Policy,
}

/// A tower service that makes every request a WebSocket: it answers the request, or refuses it,
/// and spawns a task that runs `handler` with the WebSocket and the request's head.
///
/// With hyper alone, wrap it in `hyper_util::service::TowerToHyperService`; with axum, pass it to
/// `Router::route_service`.
///
/// ```
/// use http::Request;
/// use sockeye_websocket::accept::{Origins, Policy};
/// use sockeye_websocket::upgrade::service;
/// use tower_service::Service;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let mut echo = service(async |mut socket, head| {
///     println!("{} connected", head.uri);
///     let _ = socket.for_each(|message, answers| answers.send(message)).await;
/// })
/// .policy(Policy::new().origins(Origins::same()));
///
/// let not_an_upgrade = Request::get("/").body(String::new()).unwrap();
/// let response = echo.call(not_an_upgrade).await.unwrap();
/// assert_eq!(response.status(), 400);
/// # }
/// ```
pub fn service<H, F>(handler: H) -> WebSocketService<H>
where
    H: Fn(WebSocket<UpgradedStream>, Parts) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    WebSocketService {
        handler,
        policy: Policy::new(),
    }
}

impl<H> WebSocketService<H> {
    /// Sets what is granted. Default: any origin, no subprotocol, the default configuration.
    #[must_use]
    pub fn policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }
}

impl<H, F, B> Service<Request<B>> for WebSocketService<H>
where
    H: Fn(WebSocket<UpgradedStream>, Parts) -> F + Clone + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    type Response = Response<String>;
    type Error = Infallible;
    type Future = future::Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let response = match Upgrade::by_policy(&mut request, &self.policy) {
            Ok(upgrade) => {
                let handler = self.handler.clone();
                let (head, _) = request.into_parts();
                upgrade.on_upgrade(move |socket| handler(socket, head))
            }
            Err(refusal) => refusal.response(),
        };
        future::ready(Ok(response))
    }
}

impl<H> fmt::Debug for WebSocketService<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocketService")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}
