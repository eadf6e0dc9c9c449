//! Sockeye as an endpoint of poem.
//!
//! poem takes hyper's upgrade out of the request and wraps the stream in a type of its own, so that it has to
//! be handed over as a [`sockeye::Upgrade`].

use std::io;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, combinators::BoxBody};
use poem::{Endpoint, Response, Result};
use sockeye::{Body, RemoteAddr, Server, SocketIoService, Upgrade};
use tower_service::Service as _;

/// The server, to be mounted at `/socket.io/*rest`.
#[derive(Debug, Clone)]
pub struct SocketIo(SocketIoService);

impl SocketIo {
    pub fn new(io: &Server) -> Self {
        Self(io.service())
    }
}

impl Endpoint for SocketIo {
    type Output = Response;

    async fn call(&self, request: poem::Request) -> Result<Response> {
        let upgrade = request.take_upgrade();
        let address = request.remote_addr().as_socket_addr().copied();
        let mut request: Request<BoxBody<Bytes, io::Error>> = request.into();
        if let Ok(upgrade) = upgrade {
            let stream = async { upgrade.await.map_err(io::Error::other) };
            request
                .extensions_mut()
                .insert(Upgrade::from_future(stream));
        }
        if let Some(address) = address {
            request.extensions_mut().insert(RemoteAddr(address));
        }
        let Ok(response) = self.0.clone().call(request).await;
        let never_fails = |body: Body| body.map_err(|never| -> io::Error { match never {} });
        Ok(response.map(never_fails).into())
    }
}
